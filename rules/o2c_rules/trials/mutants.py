"""Tables wrong in one place: a boundary one unit off, a word missing. Which of them no golden case notices."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from o2c_rules.cells import Bound, Cell, Interval
from o2c_rules.codes import ORDERED, Coder
from o2c_rules.explain import stepped
from o2c_rules.table import Row
from o2c_rules.values import Value, shown

from .asking import Version
from .sheets import Sheet, Sheets


@dataclass(frozen=True, slots=True)
class Mutant:
    """One cell that is wrong, and the values that tell it from the right one."""

    row: int
    column: int
    change: str
    """In words: `<= 30` for `<= 31`."""
    cell: Cell | None
    """The wrong cell; None where it accepts nothing."""
    told_by: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Unnoticed:
    """A mutant that every golden case lets pass, and facts that would tell."""

    table: str
    where: str
    row: str
    column: str
    change: str
    sheet: Sheet

    def __str__(self) -> str:
        return f"{self.where}: row {self.row}, {self.column}: {self.change}"

    def as_json(self) -> dict[str, Any]:
        """The survivor as reports print it."""
        return {
            "table": self.table,
            "where": self.where,
            "row": self.row,
            "column": self.column,
            "change": self.change,
            "facts": {name: _plain(value) for name, value in self.sheet.facts.items()},
        }


@dataclass(frozen=True, slots=True)
class Mutation:
    """How many mutants of a version there are, and which nobody notices."""

    table: str
    file: str
    mutants: int
    equivalent: int
    """Of them, those that no fact sheet can tell from the table: nobody could notice them."""
    unnoticed: tuple[Unnoticed, ...]

    def as_json(self) -> dict[str, Any]:
        """The result as reports print it."""
        return {
            "table": self.table,
            "file": self.file,
            "mutants": self.mutants,
            "equivalent": self.equivalent,
            "unnoticed": [found.as_json() for found in self.unnoticed],
        }


def mutate(version: Version, heard: Callable[[], None] | None = None) -> Mutation:
    """Try every mutant of a version against its cases."""
    sheets, found, equivalent, tried = Sheets(version), [], 0, 0
    for mutant in mutants_of(version):
        tried += 1
        if heard:
            heard()
        if is_noticed(version, mutant):
            continue
        sheet = telling(version, sheets, mutant)
        if sheet is None:
            equivalent += 1
        else:
            found.append(_unnoticed(version, mutant, sheet))
    return Mutation(version.table.name, version.table.file, tried, equivalent, tuple(found))


def mutants_of(version: Version) -> Iterator[Mutant]:
    """Bounds moved by one unit both ways, which is also what open for closed and closed for open come to; words
    dropped."""
    for number, row in enumerate(version.table.rows):
        for column, coder in enumerate(version.coders):
            if coder.name in row.cells:
                make = _moved if coder.fact.kind in ORDERED else _dropped
                for mutant in make(row, coder, number, column):
                    if any(version.is_plausible(column, value) for value in mutant.told_by):
                        yield mutant


def is_noticed(version: Version, mutant: Mutant) -> bool:
    """Whether a golden case would fail if the table were so."""
    name, own = version.coders[mutant.column].name, 1 << mutant.row
    for asked in version.asked:
        if not version.only_column(asked.codes, mutant.column) & own:
            continue
        accepts = _accepts(mutant.cell, asked.values[name])
        if accepts != bool(asked.matched & own) and version.notices(asked, asked.matched ^ own):
            return True
    return False


def telling(version: Version, sheets: Sheets, mutant: Mutant) -> Sheet | None:
    """Facts to which the mutant answers otherwise than the table; None where there are none."""
    right = version.table.rows[mutant.row].cells[version.coders[mutant.column].name]
    for value in mutant.told_by:
        if version.is_plausible(mutant.column, value) and _accepts(right, value) != _accepts(mutant.cell, value):
            sheet = sheets.at_point((mutant.row,), mutant.column, value)
            if sheet is not None:
                return sheet
    return None


def _moved(row: Row, coder: Coder, number: int, column: int) -> Iterator[Mutant]:
    cell, unit = row.cells[coder.name], coder.fact.unit
    for at, test in enumerate(cell.tests):
        assert isinstance(test, Interval), "a column of order holds intervals"
        for other, told in _others(test, unit):
            tests = (*cell.tests[:at], other, *cell.tests[at + 1 :])
            change = f"{_written(other)} for {_written(test)}"
            yield Mutant(number, column, change, replace(cell, tests=tests), told)


def _others(test: Interval, unit: Any) -> Iterator[tuple[Interval, tuple[Value, ...]]]:
    """The interval with one bound moved; with each, the values that are in the one and not in the other."""
    if test.low is not None and test.low == test.high:
        for step in (-1, 1):
            value = stepped(test.low, step, unit)
            yield Interval(value, True, value, True), (test.low, value)
        return
    if test.low is not None:
        first = test.low if test.low_closed else stepped(test.low, 1, unit)
        for step in (-1, 1):
            moved = replace(test, low=stepped(test.low, step, unit))
            yield moved, (stepped(first, -1, unit) if step < 0 else first,)
    if test.high is not None:
        last = test.high if test.high_closed else stepped(test.high, -1, unit)
        for step in (-1, 1):
            moved = replace(test, high=stepped(test.high, step, unit))
            yield moved, (stepped(last, 1, unit) if step > 0 else last,)


def _dropped(row: Row, coder: Coder, number: int, column: int) -> Iterator[Mutant]:
    cell = row.cells[coder.name]
    for at, word in enumerate(cell.tests):
        assert not isinstance(word, Interval), "a column without order holds words"
        tests = (*cell.tests[:at], *cell.tests[at + 1 :])
        kept = replace(cell, tests=tests) if tests or cell.negated else None
        yield Mutant(number, column, f"without {shown(word)} in {cell.text}", kept, (word,))


def _accepts(cell: Cell | None, value: object) -> bool:
    """As a table would; missing and null match no cell."""
    if cell is None or value is None or not isinstance(value, bool | str | Bound):
        return False
    return any(_holds(test, value) for test in cell.tests) != cell.negated


def _holds(test: Any, value: Any) -> bool:
    if not isinstance(test, Interval):
        return bool(test == value)
    above = test.low is None or test.low < value or (test.low_closed and test.low == value)
    below = test.high is None or value < test.high or (test.high_closed and test.high == value)
    return bool(above and below)


def _written(test: Interval) -> str:
    if test.low is not None and test.low == test.high:
        return shown(test.low)
    if test.low is None:
        return f"<{'=' * test.high_closed} {shown(test.high)}"
    if test.high is None:
        return f">{'=' * test.low_closed} {shown(test.low)}"
    return f"{'[' if test.low_closed else '('}{shown(test.low)}..{shown(test.high)}{']' if test.high_closed else ')'}"


def _unnoticed(version: Version, mutant: Mutant, sheet: Sheet) -> Unnoticed:
    row = version.table.rows[mutant.row]
    where = f"{version.table.file}:{row.line}"
    return Unnoticed(version.table.name, where, row.id, version.coders[mutant.column].name, mutant.change, sheet)


def _plain(value: Value) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)
