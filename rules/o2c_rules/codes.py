"""Facts to small integers. Exactness is decided once, here; behind it are only comparisons of integers.

A number or date first becomes its *place* among the table's own cut points: 2i between cuts, 2i+1 on one, so open and
closed bounds, Decimals of any length and one unit beside a boundary are all exact. A text or boolean becomes the place
of its word. Missing and null have places of their own, which only `-` matches. Places that no row tells apart then
share one *code*, so that the bands of a matrix are a plain equality.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .cells import Bound, Cell, Interval
from .table import Fact, Table
from .values import MISSING, Absent, Kind, Value

ORDERED = frozenset({Kind.NUMBER, Kind.MONEY, Kind.DATE})
Codes = list[int]


class Coder:
    """One column that at least one row asks about."""

    def __init__(self, fact: Fact, cells: Sequence[Cell | None]) -> None:
        self.fact, self.name = fact, fact.name
        tests = [test for cell in cells if cell for test in cell.tests]
        self.cuts: list[Any] = sorted(
            {b for t in tests if isinstance(t, Interval) for b in (t.low, t.high) if b is not None}
        )
        words = sorted({t for t in tests if not isinstance(t, Interval)}, key=str)
        self.words: dict[str | bool, int] = {word: n for n, word in enumerate(words)}
        present = 2 * len(self.cuts) + 1 if fact.kind in ORDERED else len(words) + 1
        self.null, self.missing, self.size = present, present + 1, present + 2
        self.places = [self._places(cell) for cell in cells]
        self.of_place, self.rows_of_code = _merged(self.places, self.size)
        self.codes = len(self.rows_of_code)
        self.code: Callable[[Any], int] = self._code_of_order() if fact.kind in ORDERED else self._code_of_word()

    def place(self, value: Value | Absent) -> int:
        """The place of a value of this column's kind."""
        if value is MISSING:
            return self.missing
        if value is None:
            return self.null
        if self.fact.kind in ORDERED:
            return bisect_left(self.cuts, value) + bisect_right(self.cuts, value)
        return self.words.get(value, len(self.words))  # type: ignore[arg-type]

    def inside(self, place: int) -> tuple[Bound | None, Bound | None]:
        """Between which bounds the values of a place of an ordered column lie; the same twice where it is on a cut."""
        at = place // 2
        if place % 2:
            return self.cuts[at], self.cuts[at]
        return self.cuts[at - 1] if at else None, self.cuts[at] if at < len(self.cuts) else None

    def _code_of_order(self) -> Callable[[Any], int]:
        cuts, of_place, null, missing = self.cuts, self.of_place, self.of_place[self.null], self.of_place[self.missing]

        def code(value: Any) -> int:
            if value is None:
                return null
            if value is MISSING:
                return missing
            return of_place[bisect_left(cuts, value) + bisect_right(cuts, value)]

        return code

    def _code_of_word(self) -> Callable[[Any], int]:
        by_word: dict[Any, int] = {word: self.of_place[place] for word, place in self.words.items()}
        by_word |= {None: self.of_place[self.null], MISSING: self.of_place[self.missing]}
        other = self.of_place[len(self.words)]
        return lambda value: by_word.get(value, other)

    def _places(self, cell: Cell | None) -> frozenset[int] | None:
        """Every place that a cell matches; None where no question is asked."""
        if cell is None:
            return None
        inside = {place for test in cell.tests for place in self._of_test(test)}
        return frozenset(set(range(self.null)) - inside if cell.negated else inside)

    def _of_test(self, test: Interval | str | bool) -> Iterable[int]:
        if not isinstance(test, Interval):
            return (self.words[test],)
        low = 0 if test.low is None else 2 * bisect_left(self.cuts, test.low) + (1 if test.low_closed else 2)
        high = self.null - 1
        if test.high is not None:
            high = 2 * bisect_left(self.cuts, test.high) + (1 if test.high_closed else 0)
        return range(low, high + 1)


class Coding:
    """All columns that any row asks about, and every row's codes in them."""

    def __init__(self, table: Table) -> None:
        asked = [fact for fact in table.facts if any(fact.name in row.cells for row in table.rows)]
        self.coders = [Coder(fact, [row.cells.get(fact.name) for row in table.rows]) for fact in asked]
        self.rows = len(table.rows)
        self._pairs = [(coder.name, coder.code) for coder in self.coders]

    def of(self, projected: Mapping[str, Value | Absent]) -> Codes:
        """The code of each column, in order."""
        return [code(projected[name]) for name, code in self._pairs]

    def of_row(self, row: int) -> Iterator[tuple[int, frozenset[int]]]:
        """Each column that a row asks about, with the codes it accepts there."""
        for column, coder in enumerate(self.coders):
            places = coder.places[row]
            if places is not None:
                yield column, frozenset(coder.of_place[place] for place in places)


def _merged(places: Sequence[frozenset[int] | None], size: int) -> tuple[list[int], list[int]]:
    """For each place its code, and for each code the mask of the rows that match it, whatever they ask elsewhere."""
    anything = sum(1 << row for row, accepted in enumerate(places) if accepted is None)
    masks = [anything] * size
    for row, accepted in enumerate(places):
        for place in accepted or ():
            masks[place] |= 1 << row
    code_of: dict[int, int] = {}
    return [code_of.setdefault(mask, len(code_of)) for mask in masks], list(code_of)
