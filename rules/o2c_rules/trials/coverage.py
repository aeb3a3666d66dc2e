"""What the golden cases of a version cover: rows that answer, cells that decide alone, boundaries from both sides."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from o2c_rules.cells import Bound, Interval
from o2c_rules.codes import ORDERED, Coder
from o2c_rules.explain import stepped
from o2c_rules.values import shown

from .asking import Version
from .sheets import Sheets

HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a boundary or one unit beside it, and the rows that have the boundary."""

    column: int
    cut: Bound
    value: Bound
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of what there is to cover are covered, and what is not, in words."""

    of: int
    missing: tuple[str, ...]

    @property
    def percent(self) -> int:
        """Rounded down: 100 means that nothing is missing."""
        return HUNDRED if not self.of else (self.of - len(self.missing)) * HUNDRED // self.of

    def as_json(self) -> dict[str, Any]:
        """The share as reports print it."""
        return {
            "percent": self.percent,
            "covered": self.of - len(self.missing),
            "of": self.of,
            "missing": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases of one version of a table cover."""

    table: str
    file: str
    cases: int
    row: Share
    """Each row answers in some case."""
    cell: Share
    """Each cell decides in some case: had the cell said `-`, another answer would have come."""
    boundary: Share
    """Each bound of a number or date has a case at it, one unit below and one above, where it decides for its row."""
    unreached: tuple[str, ...] = ()
    """The boundaries that are left out of the count, as no facts were found that stand there and make it decide."""

    def as_json(self) -> dict[str, Any]:
        """The coverage as reports print it."""
        return {
            "table": self.table,
            "file": self.file,
            "cases": self.cases,
            "row": self.row.as_json(),
            "cell": self.cell.as_json(),
            "boundary": self.boundary.as_json() | {"unreached": list(self.unreached)},
        }


def coverage_of(version: Version) -> Coverage:
    """The coverage of one version. What no fact sheet can reach is not asked for."""
    table, sheets = version.table, Sheets(version)
    points = list(points_of(version))
    open_points = [p for p in points if not covered(version, p)]
    unreachable = {p for p in open_points if sheets.at_point(p.rows, p.column, p.value) is None}
    return Coverage(
        table.name,
        table.file,
        len(version.cases),
        _rows(version),
        _cells(version, sheets),
        Share(len(points) - len(unreachable), tuple(said(version, p) for p in open_points if p not in unreachable)),
        tuple(said(version, p) for p in open_points if p in unreachable),
    )


def points_of(version: Version) -> Iterator[Point]:
    """Three points for each cut: one unit below, on it, one unit above."""
    for column, coder in enumerate(version.coders):
        if coder.fact.kind not in ORDERED:
            continue
        for cut, rows in _cuts(version, coder).items():
            for step in (-1, 0, 1):
                value = stepped(cut, step, coder.fact.unit)
                if version.is_plausible(column, value):
                    yield Point(column, cut, value, rows)


def covered(version: Version, point: Point) -> bool:
    """Whether some case stands at the point, and it matters there whether one of its rows matches."""
    name = version.coders[point.column].name
    for asked in version.asked:
        if asked.values[name] == point.value:
            open_rows = version.only_column(asked.codes, point.column)
            if any(open_rows >> row & 1 and version.turns(asked.matched, row) for row in point.rows):
                return True
    return False


def said(version: Version, point: Point) -> str:
    """The point in words."""
    coder = version.coders[point.column]
    ids = ", ".join(version.table.rows[row].id for row in point.rows[:3]) + " …" * (len(point.rows) > 3)
    side = "on" if point.value == point.cut else "one unit below" if _below(point) else "one unit above"
    return f"{coder.name} = {shown(point.value)}, {side} the boundary {shown(point.cut)} of {ids}"


def _below(point: Point) -> bool:
    return bool(point.value < point.cut)  # type: ignore[operator]  # one column has one kind


def _cuts(version: Version, coder: Coder) -> dict[Bound, tuple[int, ...]]:
    """Each cut point of a column with the rows whose cell has it."""
    found: dict[Bound, dict[int, None]] = {cut: {} for cut in coder.cuts}
    for number, row in enumerate(version.table.rows):
        for test in row.cells[coder.name].tests if coder.name in row.cells else ():
            for bound in (test.low, test.high) if isinstance(test, Interval) else ():
                if bound is not None:
                    found[bound][number] = None
    return {cut: tuple(rows) for cut, rows in found.items()}


def answers(version: Version, row: int) -> bool:
    """Whether a row answers in some case."""
    return any(row in version.policy.chosen(asked.matched) for asked in version.asked if asked.matched >> row & 1)


def _rows(version: Version) -> Share:
    answering = {row for asked in version.asked for row in version.policy.chosen(asked.matched)}
    rows = version.table.rows
    return Share(len(rows), tuple(row.id for number, row in enumerate(rows) if number not in answering))


def _cells(version: Version, sheets: Sheets) -> Share:
    """A cell that no fact sheet can single out, because other rows answer first, is not asked for."""
    decided = {
        (row, column)
        for asked in version.asked
        for row, column in version.misses(asked.codes)
        if version.turns(asked.matched, row)
    }
    rows = version.table.rows
    cells = [(n, version.at[name]) for n, row in enumerate(rows) for name in row.cells]
    missing = [cell for cell in cells if cell not in decided]
    reachable = [cell for cell in missing if sheets.where_fails(*cell) is not None]
    return Share(
        len(cells) - len(missing) + len(reachable),
        tuple(
            f"{rows[n].id}: {version.coders[c].name} {rows[n].cells[version.coders[c].name].text}" for n, c in reachable
        ),
    )
