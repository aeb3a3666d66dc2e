"""Slices in which nothing concerns a service need no transaction of their own: they wait, each partition by itself.

Only their positions and stream versions would move. Whatever happens to them here, the positions in the database tell
the truth: who finds them moved or taken by another reads again from there.
"""

from collections.abc import Sequence

from .bus import Place, Slice, Span
from .reception import Reception

MOST = 500
"""Records that may wait."""


class Deferred:
    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._waiting: dict[Place, Slice] = {}
        self._concerned: set[Place] = set()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, slices: Sequence[Slice]) -> bool:
        """Add these behind what waits; True when something must be done now."""
        for s in slices:
            place = s.span.topic, s.span.partition
            before = self._waiting.get(place)
            if before is not None and (before.span.after, before.span.topic_id) == (s.span.first, s.span.topic_id):
                span = Span(s.span.topic, s.span.topic_id, s.span.partition, before.span.first, s.span.after)
                self._waiting[place] = Slice(span, [*before.records, *s.records])
            else:
                self._waiting[place] = s  # Read again from its position: what waited is in it.
            if any(self._reception.concerns(s.span.topic, r) for r in s.records):
                self._concerned.add(place)
        return bool(self._concerned) or self._too_many

    def take(self) -> list[Slice]:
        """The partitions in which something concerns us, and what waited there before; all where too many wait."""
        if self._too_many or not self._concerned:
            return self.take_all()
        taken = [self._waiting.pop(place) for place in sorted(self._concerned) if place in self._waiting]
        self._concerned.clear()
        return taken

    def take_all(self) -> list[Slice]:
        """All that waits; from now on it is the path's."""
        taken, self._waiting = list(self._waiting.values()), {}
        self._concerned.clear()
        return taken

    @property
    def _too_many(self) -> bool:
        return sum(len(s.records) for s in self._waiting.values()) > MOST
