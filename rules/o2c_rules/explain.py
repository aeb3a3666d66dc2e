"""Why a table answered as it did: the winner, every row that matched, and the nearest rows that would have won."""

from collections.abc import Iterable, Mapping, Sequence
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
        self._index, self._policy = index, policy
        self._columns = [_Column(table, coder, masks) for coder, masks in zip(coding.coders, index.masks, strict=True)]

    def misses(self, codes: Sequence[int], values: Mapping[str, Value | Absent], currency: Value) -> tuple[Miss, ...]:
        """At most three, in row order. `values` are the declared facts, whose codes these are."""
        failing, everywhere = self._failing_once(codes)
        found: list[Miss] = []
        blocking = self._policy.blocking
        while everywhere:
            lowest = everywhere & -everywhere
            everywhere ^= lowest
            for rows, column, rest in failing:
                if rows & lowest:
                    row = lowest.bit_length() - 1
                    miss = column.miss(row, values[column.name], rest & blocking(row), currency)
                    if miss is not None:
                        found.append(miss)
                    break
            if len(found) == MISSES_MOST:
                break
        return tuple(found)

    def _failing_once(self, codes: Sequence[int]) -> tuple[list[tuple[int, "_Column", int]], int]:
        """For each column the rows that fail in it alone and may yet answer, and those that match all the others; then
        the rows of all columns together."""
        matched, rests = self._index.rests(codes)
        failing, everywhere, open_to = [], 0, self._policy.open_to
        for column, rest in zip(self._columns, rests, strict=True):
            rows = rest ^ matched
            if rows:
                always = rest & column.not_asking
                if always:
                    rows &= open_to(always)
                failing.append((rows, column, rest))
                everywhere |= rows
        return failing, everywhere


class _Asked(NamedTuple):
    """What a row asks about a column: the first and the last whole step of its cell where that is one run, with the
    rows that match there."""

    row: str
    wanted: str
    is_span: bool
    lowest: Bound | None = None
    rows_at_lowest: int = 0
    highest: Bound | None = None
    rows_at_highest: int = 0


class _Column:
    """One column, with the values nearest to the bounds of its cells."""

    def __init__(self, table: Table, coder: Coder, masks: Sequence[int]) -> None:
        self.name, self._kind, self._ordered = coder.name, coder.fact.kind, coder.fact.kind in ORDERED
        self.not_asking = masks[coder.of_place[coder.missing]]
        self._coder, self._words, self._rows = coder, list(coder.words), table.rows
        self._rows_of_place = [masks[code] for code in coder.of_place]
        self._asked: dict[int, _Asked] = {}

    def miss(self, row: int, value: Any, blocking: int, currency: Value) -> Miss | None:
        """With which value the row would answer; None where it never does, because some of the blocking rows match."""
        if blocking & self.not_asking:
            return None  # A row that does not ask about this column stands in the way whatever the value.
        asked = self._asked.get(row)
        if asked is None:
            asked = self._asked[row] = self._of_row(row)
        if not self._ordered or value is None or value is MISSING:
            word = self._any_of(row, blocking)
            return None if word is None else Miss(asked.row, self.name, asked.wanted, value, word, None, self._kind)
        id_, wanted, is_span, nearest, rows, highest, rows_at_highest = asked
        if nearest is None or (highest is not None and value > highest):
            nearest, rows = highest, rows_at_highest
        if not is_span or blocking & rows:
            nearest = self._nearest(row, value, blocking)
        if nearest is None:
            return None
        return Miss(id_, self.name, wanted, value, nearest, distance(value, nearest), self._kind, currency)

    def _any_of(self, row: int, blocking: int) -> Value | Absent:
        """A word with which the row answers; MISSING where it would, but no word can be named."""
        for place in chain.from_iterable(self._coder.runs[row] or ()):
            if not blocking & self._rows_of_place[place]:
                return self._words[place] if place < len(self._words) else MISSING
        return None

    def _of_row(self, row: int) -> _Asked:
        id_, wanted = self._rows[row].id, self._rows[row].cells[self.name].text
        runs = self._coder.runs[row] or ()
        if not self._ordered or len(runs) != 1:
            return _Asked(id_, wanted, is_span=False)
        low, high = runs[0].start, runs[0].stop - 1
        lowest, highest = _edge(self._coder, low, upper=False), _edge(self._coder, high, upper=True)
        if (lowest is None and low != 0) or (highest is None and high != self._coder.null - 1):
            return _Asked(id_, wanted, is_span=False)  # No whole step lies next to a bound.
        return _Asked(id_, wanted, True, lowest, self._rows_of_place[low], highest, self._rows_of_place[high])

    def _nearest(self, row: int, value: Bound, blocking: int) -> Bound | None:
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
