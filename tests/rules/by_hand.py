"""Workbooks as people leave them behind: cells put one by one, and files changed as no spreadsheet program would."""

import zipfile
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter

RULES = [
    ["id", "amount_minor", "risk", "days", "share", "asked_on", "late", "then", "level", "because", "basis"],
    ["R1", "< 100.00 EUR", "low, medium", "[1..10]", "-", "-", True, "hold", 1, "{days} days", "house"],
    ["R2", "-", "high", 5, "> 0.5", "-", False, "accept", 2, "", "house"],
]
COLUMNS = [
    ["name", "role", "type", "unit", "allowed", "missing"],
    ["amount_minor", "fact", "money", "", "", ""],
    ["risk", "fact", "text", "", "low, medium, high, 7", "undecided"],
    ["days", "fact", "number", "", "", "default 0"],
    ["share", "fact", "number", 0.01, "", ""],
    ["asked_on", "fact", "date", "", "", ""],
    ["late", "fact", "boolean", "", "", ""],
    ["then", "outcome", "text", "", "hold, accept", ""],
    ["level", "outcome", "number", "", "", ""],
]
HEAD = [
    ["entry", "value"],
    ["table", "orders/credit"],
    ["title", "A test"],
    ["policy", "F"],
    ["version_by", "recorded"],
]
CASES = [["case", "days", "late", "matching rows", "expect then"], ["held", 5, True, "R1", "hold"]]
Rows = Sequence[Sequence[Any]]


class Formatted(NamedTuple):
    """A number with the format that its cell shows it in."""

    value: float
    form: str


class Formula(NamedTuple):
    text: str
    value: Any


def workbook(
    sheets: dict[str, Rows] | None = None, down: int = 0, right: int = 0, merged: dict[str, str] | None = None
) -> bytes:
    """The sheets above with some of them in another state, all moved down and to the right."""
    content = BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    for name, rows in ({"rules": RULES, "columns": COLUMNS, "head": HEAD} | (sheets or {})).items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows, down):
            for column, found in enumerate(row, right):
                _put(book, sheet, at, column, found)
        if area := (merged or {}).get(name):
            sheet.merge_range(area, "")
    book.close()
    return content.getvalue()


def _put(book: Any, sheet: Any, row: int, column: int, found: Any) -> None:
    match found:
        case Formatted(value, form):
            sheet.write_number(row, column, value, book.add_format({"num_format": form}))
        case Formula(text, value):
            sheet.write_formula(row, column, text, value=value)
        case bool():
            sheet.write_boolean(row, column, found)
        case int() | float():
            sheet.write_number(row, column, found)
        case date():
            sheet.write_datetime(row, column, found, book.add_format({"num_format": "dd.mm.yyyy"}))
        case _ if found != "":
            sheet.write_string(row, column, found)


def changed(rows: Rows, row: int, heading: str, found: Any) -> list[list[Any]]:
    """The rows with one cell changed."""
    copied = [list(each) for each in rows]
    copied[row][copied[0].index(heading)] = found
    return copied


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The workbook with a part added, or put in place of the one of that name."""
    result = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, part)
    return result.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(name)
