"""Why a table answered as it did: the winner, every row that matched, and the nearest rows that would have won."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from itertools import chain
from typing import Any, NamedTuple

from .cells import Bound
from .codes import ORDERED, Coder, Coding
from .index import Index
from .policies import HitPolicy
from .sentences import amount
from .table import Table
from .values import MISSING, Absent, Kind, Value, shown

MISSES_MOST = 3
_EXACT = Context(prec=100, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


class Miss(NamedTuple):
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
    kind: Kind = Kind.NUMBER
    currency: Value = None
    """Of a money column: the fact `currency` of the sheet. Without it amounts are bare minor units."""

    def sentence(self) -> str:
        """For a person: would be R2 if amount were 99.99 (it is 120.00, 20.01 away)."""
        target = f"were {self._shown(self.nearest)}" if self.nearest is not MISSING else f"were {self.wanted}"
        away = "" if self.distance is None else f", {self.shown_distance} away"
        return f"would be {self.row} if {self.column} {target} (it is {self._shown(self.value)}{away})"

    @property
    def shown_distance(self) -> str:
        """The distance for a person: 1,200.00 EUR, 2 days, 0.05."""
        if isinstance(self.nearest, date):
            return "1 day" if self.distance == 1 else f"{self.distance} days"
        return self._shown(self.distance)

    def _shown(self, value: Value | Absent) -> str:
        if self.kind is Kind.MONEY and self.currency is not None and isinstance(value, int | Decimal):
            return amount(value, self.currency)
        return shown(value)


class Explanation(NamedTuple):
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

    def __init__(self, table: Table, coding: Coding, index: Index, policy: HitPolicy) -> None:
        self._rows, self._index, self._policy = table.rows, index, policy
        self._ids = [row.id for row in table.rows]
        self._columns = [_Column(coder, masks) for coder, masks in zip(coding.coders, index.masks, strict=True)]

    def misses(self, codes: Sequence[int], values: Mapping[str, Value | Absent], currency: Value) -> tuple[Miss, ...]:
        """At most three, in row order. `values` are the declared facts, whose codes these are."""
        found: list[Miss] = []
        for row, column, rest in self._failing_once(codes):
            value = values[column.name]
            nearest = column.nearest(row, value, rest & self._policy.blocking(row))
            if nearest is None:
                continue
            away = None if nearest is MISSING or not column.ordered else distance(value, nearest)
            id_, wanted = self._ids[row], self._rows[row].cells[column.name].text
            found.append(Miss(id_, column.name, wanted, value, nearest, away, column.kind, currency))
            if len(found) == MISSES_MOST:
                break
        return tuple(found)

    def _failing_once(self, codes: Sequence[int]) -> Iterator[tuple[int, "_Column", int]]:
        """Rows in order that fail in one column and may yet answer: row, column, the rows that match all the others."""
        matched, rests = self._index.rests(codes)
        some, everywhere, policy = [], 0, self._policy
        for column, rest in zip(self._columns, rests, strict=True):
            if rest == matched:
                continue
            failing = rest ^ matched
            if always := rest & column.not_asking:
                failing &= policy.open_to(always)
            if failing:
                some.append((failing, column, rest))
                everywhere |= failing
        while everywhere:
            lowest = everywhere & -everywhere
            everywhere ^= lowest
            for failing, column, rest in some:
                if failing & lowest:
                    yield lowest.bit_length() - 1, column, rest
                    break


class _Span(NamedTuple):
    """The cell of a row that is one run of places: the first and the last whole step in it, and where they lie."""

    lowest: Bound | None
    lowest_place: int
    highest: Bound | None
    highest_place: int


class _Column:
    """One column, with the values nearest to the bounds of its cells."""

    def __init__(self, coder: Coder, masks: Sequence[int]) -> None:
        self.name, self.kind, self.ordered = coder.name, coder.fact.kind, coder.fact.kind in ORDERED
        self.not_asking = masks[coder.of_place[coder.missing]]
        self._coder, self._words = coder, list(coder.words)
        self._rows_of_place = [masks[code] for code in coder.of_place]
        self._spans: dict[int, _Span | None] = {}

    def nearest(self, row: int, value: Value | Absent, blocking: int) -> Value | Absent:
        """The nearest value with which the row answers while none of the blocking rows matches; None where there is
        none. MISSING where the row would answer, but no value can be named."""
        if blocking & self.not_asking:
            return None  # A row that does not ask about this column stands in the way whatever the value.
        if not self.ordered or value is None or value is MISSING:
            return self._any_of(row, blocking)
        span = self._spans[row] if row in self._spans else self._span(row)
        if span is not None:
            edge, place, highest, highest_place = span
            if edge is None or (highest is not None and value > highest):  # type: ignore[operator]
                edge, place = highest, highest_place
            if not blocking & self._rows_of_place[place]:
                return edge
        return self._nearest_of_order(row, value, blocking)  # type: ignore[arg-type]

    def _any_of(self, row: int, blocking: int) -> Value | Absent:
        for place in chain.from_iterable(self._coder.runs[row] or ()):
            if not blocking & self._rows_of_place[place]:
                return self._words[place] if place < len(self._words) else MISSING
        return None

    def _span(self, row: int) -> _Span | None:
        """None for a cell of several runs, or with bounds that no whole step lies next to."""
        runs, span = self._coder.runs[row] or (), None
        if len(runs) == 1:
            low, high = runs[0].start, runs[0].stop - 1
            lowest, highest = _edge(self._coder, low, upper=False), _edge(self._coder, high, upper=True)
            endless_below, endless_above = low == 0, high == self._coder.null - 1
            if (lowest is not None or endless_below) and (highest is not None or endless_above):
                span = _Span(lowest, low, highest, high)
        self._spans[row] = span
        return span

    def _nearest_of_order(self, row: int, value: Bound, blocking: int) -> Value | Absent:
        own, runs = self._coder.place(value), self._coder.runs[row] or ()
        below = (place for run in reversed(runs) for place in reversed(run[: max(own - run.start, 0)]))
        above = (place for run in runs for place in run[max(own - run.start, 0) :])
        before = self._first_edge(below, blocking, upper=True)
        after = self._first_edge(above, blocking, upper=False)
        if before is None or after is None:
            return after if before is None else before
        return min(before, after, key=lambda edge: distance(value, edge))

    def _first_edge(self, places: Iterable[int], blocking: int, *, upper: bool) -> Bound | None:
        edges = (
            _edge(self._coder, place, upper=upper) for place in places if not blocking & self._rows_of_place[place]
        )
        return next((edge for edge in edges if edge is not None), None)


def _edge(coder: Coder, place: int, *, upper: bool) -> Bound | None:
    low, high = coder.inside(place)
    if low == high and low is not None:
        return low
    cut, step = (high, -1) if upper else (low, 1)
    if cut is None:
        return None
    try:
        edge = stepped(cut, step, coder.fact.unit)
    except OverflowError:
        return None  # There is no day after the last of the calendar.
    inside = (low is None or low < edge) and (high is None or edge < high)  # type: ignore[operator]
    return edge if inside else None


def stepped(value: Bound, steps: int, unit: int | Decimal) -> Bound:
    """A value some whole steps away: units of a number, days of a date. Cells lie on whole units, so this does too."""
    if isinstance(value, date):
        return value + timedelta(days=steps)
    if isinstance(value, int) and isinstance(unit, int):
        return value + steps * unit
    return _EXACT.add(Decimal(value), steps * unit)


def distance(a: Any, b: Any) -> int | Decimal:
    """How far apart two values of one ordered kind are; days between dates."""
    if isinstance(a, date) and isinstance(b, date):
        return abs((a - b).days)
    if type(a) is int and type(b) is int:
        return abs(a - b)
    apart: Decimal = _EXACT.subtract(a, b)
    return apart.copy_abs()
