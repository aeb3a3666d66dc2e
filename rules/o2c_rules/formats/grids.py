"""A sheet as a table under headings: found wherever a person moved it, blank rows and columns passed over."""

from collections.abc import Iterator
from dataclasses import dataclass

from o2c_rules.source import Findings, SheetPlace, column_letters

from .layout import ANCHORS, CASE_WORDS, CASES, EXPECT
from .workbook import Cell, Sheet


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a table in a sheet, by heading."""

    headings: dict[str, SheetPlace]
    rows: tuple[dict[str, Cell], ...]
    """Only the cells that hold anything; a row has at least one."""


def grid(sheet: Sheet, kind: str, findings: Findings) -> Grid | None:
    """The table of a sheet; None, with a finding, where its row of headings is not found."""
    for row, cells in sheet.rows.items():
        words = {str(cell.value).casefold() for cell in cells.values()}
        if words.issuperset(ANCHORS[kind]):
            return _under(sheet, row, kind, findings)
    wanted = " and ".join(map(repr, ANCHORS[kind]))
    findings.add(
        SheetPlace(sheet.name, 1, 1), f"no row of headings with {wanted}", "write the headings above the table"
    )
    return None


def _under(sheet: Sheet, heading_row: int, kind: str, findings: Findings) -> Grid:
    columns: dict[int, str] = {}
    headings: dict[str, SheetPlace] = {}
    for column, cell in sheet.rows[heading_row].items():
        name = _heading(cell.value, kind) if isinstance(cell.value, str) else ""
        if not name:
            found = cell.problem or repr(str(cell.value))
            findings.add(cell.place, f"{found} as a heading", "write the column's name as text")
        elif name in headings:
            findings.add(cell.place, f"the heading {name!r} a second time", f"it stands already in {headings[name]}")
        else:
            headings[name], columns[column] = cell.place, name
    body = {row: cells for row, cells in sheet.rows.items() if row > heading_row}
    last = SheetPlace(sheet.name, max(body, default=heading_row), max(columns, default=1))
    _refuse_merged(sheet, SheetPlace(sheet.name, heading_row, min(columns, default=1)), last, findings)
    return Grid(headings, tuple(_rows(body, columns, heading_row, findings)))


def _heading(text: str, kind: str) -> str:
    """Small letters, except for what only a case knows: its facts may have any name."""
    small = text.casefold()
    return small if kind != CASES or small in CASE_WORDS or small.startswith(EXPECT) else text


def _rows(
    body: dict[int, dict[int, Cell]], columns: dict[int, str], heading_row: int, findings: Findings
) -> Iterator[dict[str, Cell]]:
    astray: set[int] = set()
    for cells in body.values():
        for column, cell in cells.items():
            if column not in columns and column not in astray:
                astray.add(column)
                above = f"{column_letters(column)}{heading_row}"
                findings.add(cell.place, "a cell under no heading", f"write a heading in {above}, or empty the column")
        if row := {columns[column]: cell for column, cell in cells.items() if column in columns}:
            yield row


def _refuse_merged(sheet: Sheet, first: SheetPlace, last: SheetPlace, findings: Findings) -> None:
    for start, end in sheet.merged:
        if (
            start.row <= last.row
            and end.row >= first.row
            and start.column <= last.column
            and end.column >= first.column
        ):
            area = f"{column_letters(start.column)}{start.row}:{column_letters(end.column)}{end.row}"
            findings.add(start, f"merged cells {area}", "unmerge them and write the value into each cell it holds for")
