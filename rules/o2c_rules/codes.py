"""Facts to small integers. Exactness is decided once, here; behind it are only comparisons of integers.

A number or date first becomes its *place* among the table's own cut points: 2i between cuts, 2i+1 on one, so open and
closed bounds, Decimals of any length and one unit beside a boundary are all exact. A text or boolean becomes the place
of its word. Missing and null have places of their own, which only `-` matches. Places that no row tells apart then
share one *code*, so that the bands of a matrix are a plain equality.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
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
        self.runs = [self._runs(cell) for cell in cells]
        """By row, the runs of places that it accepts, in order; None where it does not ask."""
        self.of_place, self.rows_of_code = merged(self.runs, self.size)
        self.codes = len(self.rows_of_code)
        self.code: Callable[[Any], int] = self._code_of_order() if fact.kind in ORDERED else self._code_of_word()

    def place(self, value: Value | Absent) -> int:
        """The place of a value of this column's kind."""
        if value is MISSING:
            return self.missing
        if value is None:
            return self.null
        if self.fact.kind in ORDERED:
            at = bisect_left(self.cuts, value)
            return 2 * at + (at < len(self.cuts) and self.cuts[at] == value)
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

    def accepted(self, row: int) -> int | None:
        """The codes that a row accepts, as a mask; None where it does not ask."""
        runs = self.runs[row]
        if runs is None:
            return None
        mask = 0
        for place in chain.from_iterable(runs):
            mask |= 1 << self.of_place[place]
        return mask

    def _runs(self, cell: Cell | None) -> tuple[range, ...] | None:
        if cell is None:
            return None
        runs = joined(self._of_test(test) for test in cell.tests)
        return tuple(_others(runs, self.null)) if cell.negated else tuple(runs)

    def _of_test(self, test: Interval | str | bool) -> range:
        if not isinstance(test, Interval):
            return range(self.words[test], self.words[test] + 1)
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

    def of_row(self, row: int) -> Iterator[tuple[int, int]]:
        """Each column that a row asks about, with the mask of the codes it accepts there."""
        for column, coder in enumerate(self.coders):
            accepted = coder.accepted(row)
            if accepted is not None:
                yield column, accepted


def joined(runs: Iterable[range]) -> list[range]:
    """Runs in order, those that touch or overlap as one."""
    found: list[range] = []
    for run in sorted(runs, key=lambda run: run.start):
        if found and run.start <= found[-1].stop:
            found[-1] = range(found[-1].start, max(found[-1].stop, run.stop))
        else:
            found.append(run)
    return found


def _others(runs: Sequence[range], end: int) -> Iterator[range]:
    """The places that the runs leave out."""
    edges = [0, *(edge for run in runs for edge in (run.start, run.stop)), end]
    return (range(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high)


def merged(runs: Sequence[tuple[range, ...] | None], size: int) -> tuple[list[int], list[int]]:
    """For each place its code, and for each code the mask of the rows that match it, whatever they ask elsewhere."""
    matching = sum(1 << row for row, accepted in enumerate(runs) if accepted is None)
    changes = [0] * (size + 1)
    for row, accepted in enumerate(runs):
        for run in accepted or ():
            changes[run.start] ^= 1 << row
            changes[run.stop] ^= 1 << row
    of_place: list[int] = []
    code_of: dict[int, int] = {}
    for change in changes[:-1]:
        matching ^= change
        of_place.append(code_of.setdefault(matching, len(code_of)))
    return of_place, list(code_of)
