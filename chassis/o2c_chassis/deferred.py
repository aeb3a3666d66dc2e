"""Slices in which nothing concerns a service need no transaction of their own: they wait for the next that does.

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

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, slices: Sequence[Slice]) -> bool:
        """Add these behind what waits; True when something must be done now."""
        concerned = False
        for s in slices:
            place = s.span.topic, s.span.partition
            before = self._waiting.get(place)
            if before is not None and (before.span.after, before.span.topic_id) == (s.span.first, s.span.topic_id):
                span = Span(s.span.topic, s.span.topic_id, s.span.partition, before.span.first, s.span.after)
                self._waiting[place] = Slice(span, [*before.records, *s.records])
            else:
                self._waiting[place] = s  # Read again from its position: what waited is in it.
            concerned = concerned or any(self._reception.concerns(s.span.topic, r) for r in s.records)
        return concerned or sum(len(s.records) for s in self._waiting.values()) > MOST

    def take(self) -> list[Slice]:
        """All that waits; from now on it is the path's."""
        taken, self._waiting = list(self._waiting.values()), {}
        return taken
