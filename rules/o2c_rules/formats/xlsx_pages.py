"""Pages of a workbook as a person wants them: looks, drop-downs, comments, values typed where that loses nothing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from textwrap import wrap
from typing import Any

import xlsxwriter

from o2c_rules.values import Kind

from .layout import LISTS
from .typed_cells import plain
from .workbook import DIGITS_OF_SHEETS

LIST_MOST = 255
"""A drop-down written into its cell may not be longer; a longer one is kept in a sheet of its own."""
SPARE_ROWS = 200
"""How far below the table its drop-downs reach."""
_FIRST_DAY = date(1900, 3, 1)
_NARROW, _WIDE = 8, 34
_LINE_HEIGHT = 13
_LINES = "#C9D1DA"
_TINTS = {"grey": "#EEF1F4", "blue": "#DCE9F7", "green": "#DFF1E1", "sand": "#F7EFD9"}
_STRONG = {"grey": "#5B6770", "blue": "#1F4E79", "green": "#2E6B34", "sand": "#7A5C12"}
_FLAWED = "#FBD5D5"
_CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""Always the same, so that the same table is the same file."""
Look = dict[str, Any]


class Pages:
    """A workbook in the making."""

    def __init__(self) -> None:
        self._file = BytesIO()
        self._book = xlsxwriter.Workbook(
            self._file,
            {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False},
        )
        self._book.set_properties({"created": _CREATED})
        self._looks: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._lists: list[tuple[str, ...]] = []

    def page(self, name: str) -> "Page":
        """A new sheet, printed on one page's width."""
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        return Page(self, sheet)

    def look(self, **wanted: Any) -> Any:
        """A format; the same for the same wishes."""
        key = tuple(sorted(wanted.items()))
        if key not in self._looks:
            self._looks[key] = self._book.add_format(
                {"font_name": "Calibri", "font_size": 10, "valign": "top", **wanted}
            )
        return self._looks[key]

    def choices(self, values: Sequence[str]) -> list[str] | str:
        """The source of a drop-down."""
        if len(",".join(values)) <= LIST_MOST and not any("," in value for value in values):
            return list(values)
        if tuple(values) not in self._lists:
            self._lists.append(tuple(values))
        column = xlsxwriter.utility.xl_col_to_name(self._lists.index(tuple(values)))
        return f"={LISTS}!${column}$1:${column}${len(values)}"

    def content(self) -> bytes:
        """The file."""
        if self._lists:
            sheet = self._book.add_worksheet(LISTS)
            sheet.hide()
            for column, values in enumerate(self._lists):
                for row, value in enumerate(values):
                    sheet.write_string(row, column, value)
        self._book.close()
        return self._file.getvalue()


class Page:
    """One sheet: headings with a hint above each, then rows."""

    def __init__(self, pages: Pages, sheet: Any) -> None:
        self._pages, self._sheet = pages, sheet
        self._widths: dict[int, int] = {}
        self._texts: list[tuple[int, int, str]] = []
        self.row = 0

    def band(self, hints: Sequence[tuple[str, str]]) -> None:
        """A line of small hints above the headings, in the colours of the columns."""
        for column, (text, colour) in enumerate(hints):
            look = self._pages.look(font_color=_STRONG[colour], bg_color=_TINTS[colour], italic=True, text_wrap=True)
            self._sheet.write_string(self.row, column, text, look)
            self._texts.append((self.row, column, text))
        self.row += 1

    def headings(self, names: Sequence[tuple[str, str]], frozen: int = 1) -> None:
        """The row of headings; it and the columns before `frozen` stay in view."""
        for column, (text, colour) in enumerate(names):
            self._sheet.write_string(self.row, column, text, self._heading(colour))
            self._widths[column] = max(_NARROW, len(text) + 4)
        self.row += 1
        self._sheet.freeze_panes(self.row, frozen)
        self._sheet.repeat_rows(0, self.row - 1)

    def put(
        self, column: int, text: str, kind: Kind | None = None, *, flawed: bool = False, faint: bool = False
    ) -> None:
        """A value in the present row: a number, day or truth where reading it gives this very text back, else text."""
        wishes: Look = {"text_wrap": True, "bottom": 1, "bottom_color": _LINES}
        if flawed:
            wishes["bg_color"] = _FLAWED
        if faint or text == "-":
            wishes["font_color"] = "#8A949E"
        self._widths[column] = max(self._widths.get(column, _NARROW), *(len(line) + 2 for line in text.split("\n")))
        self._texts.append((self.row, column, text))
        match typed(text, kind):
            case bool() as truth:
                look = self._pages.look(**wishes, num_format='"TRUE";"TRUE";"FALSE"', align="left")
                self._sheet.write_boolean(self.row, column, truth, look)
            case date() as day:
                look = self._pages.look(**wishes, num_format="yyyy-mm-dd", align="left")
                self._sheet.write_datetime(self.row, column, day, look)
            case Decimal() as number:
                places = -min(0, int(number.as_tuple().exponent))
                form = "0" + ("." + "0" * places if places else "")
                self._sheet.write_number(
                    self.row, column, float(number), self._pages.look(**wishes, num_format=form, align="left")
                )
            case found:
                self._sheet.write_string(self.row, column, found, self._pages.look(**wishes))

    def pick(self, column: int, values: Sequence[str], until: int, *, only: bool, row: int | None = None) -> None:
        """A drop-down below the headings, or in one row; `only` refuses what is not in it."""
        first, last = (self.row, until + SPARE_ROWS) if row is None else (row, row)
        rule: Look = {"validate": "list", "source": self._pages.choices(values), "show_error": only}
        if only:
            rule |= {
                "error_title": "not one of the list",
                "error_message": "choose one of the list, or declare it there",
            }
        self._sheet.data_validation(first, column, last, column, rule)

    def say(self, row: int, column: int, text: str) -> None:
        """A comment on a cell, large enough to be read."""
        lines = sum(1 + len(line) // 44 for line in text.split("\n"))
        size = {"width": 330, "height": min(420, 24 + 17 * lines), "author": "o2c rules check", "font_size": 9}
        self._sheet.write_comment(row, column, text, size)

    def hide(self, first: int, last: int) -> None:
        """Fold columns away; the + above them opens them."""
        for column in range(first, last + 1):
            width = min(_WIDE, self._widths.pop(column))
            self._sheet.set_column(column, column, width, None, {"level": 1, "hidden": True})

    def filtered(self, columns: int, heading_row: int) -> None:
        """The small arrows in the headings that sort and filter."""
        self._sheet.autofilter(heading_row, 0, max(heading_row, self.row - 1), columns - 1)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{self.row + SPARE_ROWS}"})

    def settle(self, widths: dict[int, int] | None = None, collapsed: int | None = None) -> None:
        """Give every column its width, and every row the height that its longest text then needs."""
        settled = {column: (widths or {}).get(column, min(_WIDE, width)) for column, width in self._widths.items()}
        for column, width in settled.items():
            options = {"collapsed": True} if column == collapsed else {}
            self._sheet.set_column(column, column, width, None, options)
        lines: dict[int, int] = {}
        for row, column, text in self._texts:
            if column in settled:
                lines[row] = max(lines.get(row, 1), len(wrap(text, int(settled[column] * 1.1))))
        for row, count in lines.items():
            if count > 1:
                self._sheet.set_row(row, _LINE_HEIGHT * count + 2)

    def prose(self, lines: Sequence[tuple[str, str]]) -> None:
        """Headlines with a paragraph each, in one broad column."""
        self._sheet.set_column(0, 0, 24)
        self._sheet.set_column(1, 1, 100)
        for headline, text in lines:
            self._sheet.write_string(self.row, 0, headline, self._pages.look(bold=True, text_wrap=True))
            self._sheet.write_string(self.row, 1, text, self._pages.look(text_wrap=True))
            self._sheet.set_row(self.row, _LINE_HEIGHT * len(wrap(text, 96)) + 10)
            self.row += 1

    def _heading(self, colour: str) -> Any:
        return self._pages.look(
            bold=True, font_color="#FFFFFF", bg_color=_STRONG[colour], text_wrap=True, border=1, border_color="#FFFFFF"
        )


def typed(text: str, kind: Kind | None) -> str | bool | date | Decimal:
    """The value of a text that a spreadsheet gives back as that text; else the text itself."""
    if kind is Kind.BOOLEAN and text in ("true", "false"):
        return text == "true"
    if kind is Kind.DATE:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        return day if day >= _FIRST_DAY and day.isoformat() == text else text
    if kind in (Kind.NUMBER, Kind.MONEY) and len(text) <= DIGITS_OF_SHEETS:
        bare = text.removeprefix("-").replace(".", "", 1)
        number = Decimal(text) if bare.isascii() and bare.isdigit() else None
        return number if number is not None and plain(number) == text else text
    return text
