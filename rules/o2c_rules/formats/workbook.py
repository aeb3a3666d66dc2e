"""The sheets of a workbook as cells with what a person sees in them. Never computes a formula."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from posixpath import dirname, join, normpath
from typing import Any

from o2c_rules.source import ROWS_MOST, Finding, Findings, SheetPlace

from .archive import Archive, Unusable

ROWS_SEEN_MOST = 2 * ROWS_MOST
DIGITS_OF_SHEETS = 15
"""A spreadsheet keeps 15 digits of a number; what a person typed beyond them is lost before we see it."""
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_DATES_BUILT_IN = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_LOCAL_CURRENCY = frozenset({5, 6, 7, 8, 42, 44})
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30, tzinfo=UTC), datetime(1904, 1, 1, tzinfo=UTC)
_TRUTHS = {"TRUE()": True, "FALSE()": False}
"""How LibreOffice stores a truth; nothing has to be computed for it."""
_SIGNS = {"€": "EUR", "£": "GBP"}
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_MONEY = re.compile(r'\[\$([^\]-]*)|"\s*([A-Z]{3}|[€£$¥])\s*"|([€£$¥])')

Value = str | bool | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place; `currency` where its format shows one, `?` where it does not say which."""

    value: Value
    place: SheetPlace
    currency: str = ""
    problem: str = ""
    """Why the value does not count: a formula, an error, too many digits."""


@dataclass(slots=True)
class Sheet:
    """The cells of a sheet that hold anything, row by row, by column."""

    name: str
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[tuple[SheetPlace, SheetPlace]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Style:
    is_date: bool = False
    currency: str = ""


class Workbook:
    """A workbook whose sheets are read when asked for."""

    def __init__(self, content: bytes) -> None:
        """Unusable where it is none, or one that may not be read."""
        self._archive = Archive(content)
        self._strings: list[str] | None = None
        self._styles: list[_Style] | None = None
        self._epoch = _EPOCH
        try:
            self._parts = dict(self._sheets())
        except Unusable:
            self._refuse_excess(())
            raise
        self._refuse_excess(self._parts.items())

    @property
    def names(self) -> tuple[str, ...]:
        """The sheets in order, hidden ones too."""
        return tuple(self._parts)

    def sheet(self, name: str, findings: Findings) -> Sheet:
        """One sheet. Unusable where it is damaged; a finding where it goes on for ever."""
        sheet = Sheet(name)
        last = 0
        for count, element in enumerate(self._archive.elements(self._parts[name], "row", "mergeCell"), 1):
            if element.tag.endswith("}mergeCell"):
                sheet.merged += _area(name, element.get("ref", ""))
                continue
            if count > ROWS_SEEN_MOST:
                findings.add(
                    SheetPlace(name, last + 1, 1),
                    f"the sheet goes on for more than {ROWS_SEEN_MOST:,} rows, though the last cell with content is in "
                    f"row {max(sheet.rows, default=0)}",
                    "delete the empty rows below the table (mark them, Delete) and save",
                )
                break
            last = _whole(element.get("r"), last + 1, name)
            if cells := dict(self._cells(name, last, element)):
                sheet.rows[last] = cells
        return sheet

    def _refuse_excess(self, sheets: Iterable[tuple[str, str]]) -> None:
        """Where the file is too large, name the sheet that makes it so: mostly blank rows that were formatted once."""
        if not self._archive.excess:
            return
        heavy = next((name for name, part in sheets if part == self._archive.heaviest), "")
        if not heavy:
            raise Unusable(self._archive.excess, "delete empty rows, columns and pictures, or split the table")
        raise Unusable(
            f"{self._archive.excess}, most of it in this sheet",
            "delete the empty rows below the table (mark them, Delete) and save; else split the table",
            f"{heavy}!A1",
        )

    def _sheets(self) -> Iterator[tuple[str, str]]:
        book = "xl/workbook.xml"
        if book not in self._archive:
            raise Unusable("no workbook in it", "save it as .xlsx (Excel workbook)", book)
        targets = {
            element.get("Id"): element.get("Target", "")
            for element in self._archive.elements("xl/_rels/workbook.xml.rels", "Relationship")
        }
        for element in self._archive.elements(book, "workbookPr", "sheet"):
            if element.tag.endswith("}workbookPr"):
                if element.get("date1904") in ("1", "true"):
                    self._epoch = _EPOCH_1904
                continue
            target = targets.get(element.get(_RELATION) or element.get(_STRICT_RELATION), "")
            part = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(book), target))
            yield element.get("name", ""), part

    def _cells(self, sheet: str, row: int, element: Any) -> Iterator[tuple[int, Cell]]:
        column = 0
        for written in element.iterchildren("{*}c"):
            reference = _REFERENCE.fullmatch(written.get("r", ""))
            column = _number(reference[1]) if reference else column + 1
            place = SheetPlace(sheet, row, column)
            cell = self._cell(written, place)
            if cell.problem or (cell.value is not None and cell.value != ""):
                yield column, cell

    def _cell(self, written: Any, place: SheetPlace) -> Cell:
        formula = written.find("{*}f")
        if formula is not None and (formula.text or "") in _TRUTHS:
            return Cell(_TRUTHS[formula.text], place)
        if formula is not None:
            return Cell(None, place, problem=f"a formula ={_shortened(formula.text or '')}")
        sort, text = written.get("t", "n"), written.findtext("{*}v") or ""
        if sort == "inlineStr":
            inline = written.find("{*}is")
            return Cell("" if inline is None else _words(inline), place)
        if sort == "e":
            return Cell(None, place, problem=f"the error {text}")
        if not text:
            return Cell(None, place)
        if sort == "s":
            return Cell(self._shared(_whole(text, 0, place), place), place)
        if sort == "b":
            return Cell(text == "1", place)
        if sort == "d":
            return _stated(text, place)
        return Cell(_clean(text), place) if sort == "str" else self._measured(text, written.get("s"), place)

    def _measured(self, text: str, style: str | None, place: SheetPlace) -> Cell:
        try:
            found = float(text)
            look = self._style(_whole(style, 0, place))
            if look.is_date:
                return _day(self._epoch + timedelta(days=found), place)
        except (ValueError, OverflowError):
            return Cell(None, place, problem=f"{_shortened(text)!r}, which is neither a number nor a day")
        if abs(found) >= 10**DIGITS_OF_SHEETS or found != found:
            why = f"a number of more than {DIGITS_OF_SHEETS} digits, of which a spreadsheet keeps no more"
            return Cell(None, place, problem=why)
        return Cell(Decimal(format(found, f".{DIGITS_OF_SHEETS}g")), place, look.currency)

    def _shared(self, at: int, place: SheetPlace) -> str:
        if self._strings is None:
            part = "xl/sharedStrings.xml"
            self._strings = [_words(e) for e in self._archive.elements(part, "si")] if part in self._archive else []
        if not 0 <= at < len(self._strings):
            raise Unusable(f"{place} names text {at}, which is not there", "the file is damaged; save it once more")
        return self._strings[at]

    def _style(self, at: int) -> _Style:
        if self._styles is None:
            self._styles = list(self._looks()) if "xl/styles.xml" in self._archive else []
        return self._styles[at] if 0 <= at < len(self._styles) else _Style()

    def _looks(self) -> Iterator[_Style]:
        codes: dict[int, str] = {}
        for element in self._archive.elements("xl/styles.xml", "numFmt", "cellXfs"):
            if element.tag.endswith("}numFmt"):
                codes[_whole(element.get("numFmtId"), 0, "styles")] = element.get("formatCode", "")
            else:
                for look in element.iterchildren("{*}xf"):
                    id_ = _whole(look.get("numFmtId"), 0, "styles")
                    yield _look(id_, codes.get(id_, ""))


def refusal(error: Unusable, file: str) -> Finding:
    """What is wrong with a whole file, at the part concerned."""
    where = f"{file}:{error.part}" if error.part else f"{file}:1"
    return Finding(where, str(error), error.hint)


def _look(id_: int, code: str) -> _Style:
    letters = _QUOTED.sub("", code).lower()
    is_date = id_ in _DATES_BUILT_IN or (any(c in letters for c in "dmyhs") and "general" not in letters)
    if is_date:
        return _Style(is_date=True)
    if id_ in _LOCAL_CURRENCY and not code:
        return _Style(currency="?")
    signs = ((found[1] or found[2] or found[3] or "").strip() for found in _MONEY.finditer(code))
    sign = next(filter(None, signs), "")
    known = re.fullmatch("[A-Z]{3}", sign) or not sign
    return _Style(currency=sign if known else _SIGNS.get(sign, "?"))


def _day(moment: datetime, place: SheetPlace) -> Cell:
    moment = (moment + timedelta(microseconds=500)).replace(microsecond=0)
    if moment.time() != datetime.min.time():
        return Cell(None, place, problem=f"a day with a time, {moment:%Y-%m-%d %H:%M}")
    return Cell(moment.date(), place)


def _stated(text: str, place: SheetPlace) -> Cell:
    try:
        return _day(datetime.fromisoformat(text), place)
    except ValueError:
        return Cell(None, place, problem=f"{_shortened(text)!r}, which is no day")


def _whole(text: str | None, otherwise: int, where: object) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < DIGITS_OF_SHEETS):
        raise Unusable(f"damaged: {_shortened(text)!r} in {where} is no number", "save the workbook once more as .xlsx")
    return int(text)


def _words(element: Any) -> str:
    """The text of a cell, without what is only there to be read aloud."""
    runs = element.iterchildren("{*}t", "{*}r")
    return _clean("".join(run.text or "" if run.tag.endswith("}t") else run.findtext("{*}t") or "" for run in runs))


def _clean(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).strip()


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def _number(letters: str) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - ord("A") + 1
    return found


def _area(sheet: str, reference: str) -> Iterator[tuple[SheetPlace, SheetPlace]]:
    ends = [_REFERENCE.fullmatch(part) for part in reference.split(":")]
    places = [SheetPlace(sheet, int(end[2]), _number(end[1])) for end in ends if end]
    if len(places) == len(ends) and places:
        yield places[0], places[-1]
