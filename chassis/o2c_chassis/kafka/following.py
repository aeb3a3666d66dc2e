"""Where a reader stands in each partition of its assignment, and what it believes of a jump in the offsets. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from o2c_chassis.bus import Place, Slice, Span


class Placed(Protocol):
    offset: int


R = TypeVar("R", bound=Placed)


class Following:
    """A span begins where the reader knows it is, never where the records happen to begin."""

    def __init__(self) -> None:
        self._at: dict[Place, tuple[str, int]] = {}
        self._jumped: dict[Place, int] = {}
        self.assignment = 0
        """Counts them: what was begun under an older one is not believed."""

    @property
    def positions(self) -> Mapping[Place, tuple[str, int]]:
        """Place -> (the topic's own id, the next offset)."""
        return self._at

    def forget(self) -> None:
        """Another assignment: nothing is known until each place is begun again."""
        self.assignment += 1
        self._at.clear()
        self._jumped.clear()

    def begin(self, place: Place, topic_id: str, at: int) -> None:
        self._at[place] = topic_id, at

    def take(self, place: Place, records: Sequence[R]) -> tuple[Sequence[R], int | None]:
        """Those of the records that follow without a gap, and where to seek, if they do not all.

        Offsets may have gaps (control records, compaction): a jump is believed when it comes again after a seek to
        where the reader is.
        """
        if place not in self._at:
            return (), None
        at = self._at[place][1]
        first = records[0].offset
        if first != at and self._jumped.pop(place, None) != first:
            if first > at:
                self._jumped[place] = first
            return (), at
        whole = _without_gap(records)
        if len(whole) == len(records):
            return whole, None
        self._jumped[place] = records[len(whole)].offset
        return whole, whole[-1].offset + 1

    def span(self, place: Place, records: Sequence[R]) -> Span:
        """From where the reader is to behind the last of these."""
        topic_id, at = self._at[place]
        return Span(*place[:1], topic_id, place[1], at, records[-1].offset + 1)

    def moved(self, assignment: int, slices: Iterable[Slice]) -> None:
        """These are durable."""
        if assignment == self.assignment:
            for s in slices:
                self._at[s.span.topic, s.span.partition] = s.span.topic_id, s.span.after


def _without_gap(records: Sequence[R]) -> Sequence[R]:
    first = records[0].offset
    if records[-1].offset - first == len(records) - 1:
        return records
    n = next(n for n, r in enumerate(records) if r.offset != first + n)
    return records[:n]
