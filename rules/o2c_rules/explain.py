"""Why a table answered as it did: the winner, every row that matched, and the nearest rows that would have won."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from itertools import chain
from operator import or_

from .cells import Bound
from .codes import ORDERED, Coder, Coding
from .index import Index, bits
from .policies import HitPolicy
from .values import MISSING, Absent, Value, shown

MISSES_MOST = 3


@dataclass(frozen=True, slots=True)
class Miss:
    """A row that fails in one column only and would have answered."""

    row: str
    column: str
    wanted: str
    """The cell as the analyst wrote it."""
    value: Value | Absent
    nearest: Value | Absent = MISSING
    """The value inside the cell that lies nearest: with it this row answers, one unit before it not. MISSING where
    there is no such thing, as for `not("a")`."""
    distance: int | Decimal | None = None
    """In the column's unit of measure, days for dates; None for what has no order, or was missing."""

    def sentence(self) -> str:
        """For a person: would be R2 if amount were 99.99 (it is 120.00, 20.01 away)."""
        target = f"were {shown(self.nearest)}" if self.nearest is not MISSING else f"were {self.wanted}"
        away = "" if self.distance is None else f", {shown(self.distance)} away"
        return f"would be {self.row} if {self.column} {target} (it is {shown(self.value)}{away})"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person wants to know about a decision."""

    table: str
    winners: tuple[str, ...]
    because: tuple[str, ...]
    matched: tuple[str, ...]
    """All rows that match, also those that an earlier one hides."""
    misses: tuple[Miss, ...]
    undecided: str | None = None

    def sentences(self) -> tuple[str, ...]:
        """The whole in plain lines."""
        if self.undecided:
            return (f"{self.table} cannot decide: {self.undecided}",)
        heads = [f"{row}: {text}" if text else row for row, text in zip(self.winners, self.because, strict=False)]
        return (*(heads or ["no row matches"]), *(miss.sentence() for miss in self.misses))


class Explainer:
    """Finds the nearest misses of one table."""

    def __init__(self, coding: Coding, index: Index, policy: HitPolicy) -> None:
        self._coding, self._index, self._policy = coding, index, policy

    def misses(
        self, codes: Sequence[int], values: Mapping[str, Value | Absent]
    ) -> Iterator[tuple[int, Coder, Value | Absent]]:
        """Row, column and nearest value of at most three misses, in row order."""
        candidates = [0] * len(codes)
        rest = [0] * len(codes)
        for column, missed in self._index.single_misses(codes):
            coder, masks = self._coding.coders[column], self._index.masks[column]
            rest[column] = self._index.without(codes, column)
            always = rest[column] & masks[coder.of_place[coder.missing]]
            candidates[column] = missed & self._policy.open_to(always)
        found = 0
        for row in bits(reduce(or_, candidates, 0)):
            column = next(column for column, mask in enumerate(candidates) if mask >> row & 1)
            coder = self._coding.coders[column]
            nearest = self._nearest(row, column, rest[column], values[coder.name])
            if nearest is not None:
                yield row, coder, nearest[0]
                found += 1
                if found == MISSES_MOST:
                    return

    def _nearest(self, row: int, column: int, rest: int, value: Value | Absent) -> tuple[Value | Absent] | None:
        """The nearest value with which the row answers, in a tuple of its own; None where it never does."""
        coder, masks = self._coding.coders[column], self._index.masks[column]
        blocking = rest & self._policy.blocking(row)

        def answers(place: int) -> bool:
            return not blocking & masks[coder.of_place[place]]

        if not answers(coder.missing):
            return None  # A row that does not ask about this column stands in the way whatever the value.

        runs = coder.runs[row] or ()
        if coder.fact.kind in ORDERED and isinstance(value, int | Decimal | date):
            return _nearest_of_order(coder, runs, answers, value)
        winning = [place for place in chain.from_iterable(runs) if answers(place)]
        words = (word for word, place in coder.words.items() if place in winning)
        return (next(words, MISSING),) if winning else None


def _nearest_of_order(
    coder: Coder, runs: Sequence[range], answers: Callable[[int], bool], value: Bound
) -> tuple[Value | Absent] | None:
    own = coder.place(value)
    below = (place for run in reversed(runs) if run.start < own for place in reversed(run[: max(own - run.start, 0)]))
    above = (place for run in runs if run.stop > own for place in run[max(own - run.start, 0) :])
    before = next(_edges(coder, below, answers, upper=True), None)
    after = next(_edges(coder, above, answers, upper=False), None)
    edges = [edge for edge in (before, after) if edge is not None]
    if not edges:
        return None
    return (min(edges, key=lambda edge: distance(value, edge)),)


def _edges(coder: Coder, places: Iterable[int], answers: Callable[[int], bool], *, upper: bool) -> Iterator[Bound]:
    for place in places:
        if answers(place) and (edge := _edge(coder, place, upper=upper)) is not None:
            yield edge


def _edge(coder: Coder, place: int, *, upper: bool) -> Bound | None:
    """The outermost whole step inside a place; None where its bounds leave no step between them."""
    low, high = coder.inside(place)
    if low == high and low is not None:
        return low
    cut, step = (high, -1) if upper else (low, 1)
    if cut is None:
        return None
    edge = stepped(cut, step, coder.fact.unit)
    inside = (low is None or low < edge) and (high is None or edge < high)  # type: ignore[operator]
    return edge if inside else None


def stepped(value: Bound, steps: int, unit: int | Decimal) -> Bound:
    """A value some whole steps away: units of a number, days of a date. Cells lie on whole units, so this does too."""
    if isinstance(value, date):
        return value + timedelta(days=steps)
    return value + steps * unit


def distance(a: Value | Absent, b: Value | Absent) -> int | Decimal:
    """How far apart two values of one ordered kind are; days between dates."""
    if isinstance(a, date) and isinstance(b, date):
        return abs((a - b).days)
    if isinstance(a, int) and isinstance(b, int):
        return abs(a - b)
    if isinstance(a, int | Decimal) and isinstance(b, int | Decimal):
        return abs(Decimal(a) - b)
    raise TypeError(f"{a!r} and {b!r} have no distance")
