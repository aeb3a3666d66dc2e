"""What a rule file says before anyone knows what it means: scalars, mappings and lists with their places, and findings.

Every format becomes the same tree, so every check is written once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

ENDINGS = (".yaml", ".csv", ".xlsx", ".dmn")
"""The endings of files that may hold a table."""
BYTES_MOST = 2_000_000
DMN_BYTES_MOST = 10_000_000
"""XML says everything twice: 5,000 rows of eight columns are three million bytes."""
ROWS_MOST = 20_000
TEXT_MOST = 4_000
_PLACE = re.compile(r"(.*?):(?:(.+)!([A-Z]+))?(\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SheetPlace:
    """A cell of a workbook; row and column are counted from 1."""

    sheet: str
    row: int
    column: int

    def __str__(self) -> str:
        return f"{self.sheet}!{column_letters(self.column)}{self.row}"


Place = int | SheetPlace
"""Where something stands: a line, counted from 1, or a cell of a workbook."""


def column_letters(column: int) -> str:
    """The name of a workbook's column, counted from 1: A, B, … Z, AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def spoken(place: Place) -> str:
    """A place in a sentence: `line 7`, or `rules!C7`."""
    return f"line {place}" if isinstance(place, int) else str(place)


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text as written; nothing has been taken for a number, a date or a boolean yet."""

    text: str
    line: Place
    quoted: bool = False

    @property
    def is_null(self) -> bool:
        """Whether a person wrote "nothing" here: an empty place, ~ or null, without quotes."""
        return not self.quoted and self.text in ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Listing:
    """Several nodes in order."""

    items: tuple["Node", ...]
    line: Place


@dataclass(frozen=True, slots=True)
class Entries:
    """Named nodes in order, with the place of each name."""

    items: dict[str, "Node"]
    lines: dict[str, Place]
    line: Place


Node = Scalar | Listing | Entries


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in a file: where, what was found, what to write instead."""

    where: str
    text: str
    hint: str = ""

    def place(self) -> tuple[str, str, int, int, str]:
        """File, sheet, row (or line) and column, to put findings in order."""
        if not (found := _PLACE.fullmatch(self.where)):
            return (self.where, "", 0, 0, "")
        column = found[3] or ""
        return (found[1], found[2] or "", int(found[4]), len(column), column)

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" + (f" ({self.hint})" if self.hint else "")


class BadTable(ValueError):
    """A file, or several, that cannot be used; all that is wrong with them in one go."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings, key=Finding.place))
        super().__init__("\n".join(map(str, self.findings)))


@dataclass(slots=True)
class Findings:
    """Collects what is wrong with one file, so that reading goes on to the next error."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(self, line: Place, text: str, hint: str = "") -> None:
        """Note one error at its place."""
        self.found.append(Finding(f"{self.file}:{line}", text, hint))

    def raise_any(self) -> None:
        """BadTable with everything collected, if anything was."""
        if self.found:
            raise BadTable(self.found)


def decoded(content: bytes, findings: Findings, most: int = BYTES_MOST) -> str | None:
    """The text of a file; None, with a finding, when it is too large or not UTF-8."""
    if len(content) > most:
        findings.add(1, f"the file has {len(content):,} bytes", f"at most {most:,} are read; split the table")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        findings.add(line, f"byte {content[error.start]:#04x} is not UTF-8", "save the file as UTF-8")
        return None
    if "\0" in text:
        findings.add(text[: text.index("\0")].count("\n") + 1, "a NUL character", "save the file as plain text")
        return None
    return text
