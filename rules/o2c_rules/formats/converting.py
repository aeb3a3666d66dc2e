"""From a file, or a table of a book, to a file of another format; says what did not come along. Never overwrites."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from o2c_rules.candidate import has_cases, moved, table_in
from o2c_rules.checking.flaws import Flaw
from o2c_rules.reading import name_of
from o2c_rules.rulebook import RuleBook, UnknownTable, read_file, table_files
from o2c_rules.source import ENDINGS, BadTable, Finding

from .documents import CASES, Document, load, lost, save, save_cases
from .layout import CASES as CASES_SHEET
from .layout import COLUMNS, HEAD, HOW_TO, LISTS, RULES
from .workbook import Workbook

_OWN_SHEETS = frozenset({RULES, CASES_SHEET, COLUMNS, HEAD, HOW_TO, LISTS})
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")


@dataclass(frozen=True, slots=True)
class Source:
    """A document and the file that it stood in."""

    document: Document
    file: str
    content: bytes

    def left_behind(self) -> tuple[str, ...]:
        """What the file holds that is no part of a table: comments of YAML, sheets of a person's own."""
        if self.file.endswith(".yaml"):
            lines = self.content.decode("utf-8-sig").splitlines()
            count = sum(bool(re.search(r"(?:^|\s)#", _QUOTED.sub("", line))) for line in lines)
            return (f"comments in {count} line{'s' * (count > 1)} of {self.file}",) if count else ()
        if self.file.endswith(".xlsx"):
            names = Workbook(self.content).names
            return tuple(f"the sheet {name!r}" for name in names if name.strip().casefold() not in _OWN_SHEETS)
        return ()


@dataclass(frozen=True, slots=True)
class Converted:
    """The files to write, by their paths, and what they do not say though the source did."""

    files: dict[Path, bytes]
    lost: tuple[str, ...]


def of_file(path: Path) -> Source:
    """The document of a file, whatever the file is called; with the cases beside it, unless it is a workbook with cases
    of its own. BadTable at the path of the file."""
    _known_ending(str(path))
    try:
        content = read_file(path)
        beside = path.with_name(path.stem + CASES)
        cases = read_file(beside) if beside.is_file() and not has_cases(path.name, content) else None
        name = table_in(path.name, content)
    except BadTable as error:
        raise BadTable([moved(finding, path.name, str(path)) for finding in error.findings]) from error
    file = name + path.suffix
    try:
        return Source(load(file, content, cases), str(path), content)
    except BadTable as error:
        apart = str(PurePosixPath(file).with_suffix(CASES))
        at_home = [moved(moved(f, file, str(path)), apart, str(beside)) for f in error.findings]
        raise BadTable(at_home) from error


def of_book(name: str, book: RuleBook) -> Source:
    """The document of a table by name, or of one version (`orders/credit@2027`); without one, of the newest."""
    files = [f for f in table_files(book.files) if name in (f.rpartition(".")[0], name_of(f))]
    if not files:
        raise UnknownTable(f"no table {name!r} in this bundle; it has {', '.join(book.tables)}")
    newest = max(book.versions(name_of(files[0])), key=lambda table: table.effective_from).file
    file = newest if newest in files else files[0]
    cases = book.files.get(file.rpartition(".")[0] + CASES)
    return Source(load(file, book.files[file], cases), file, book.files[file])


def converted(document: Document, target: Path, flaws: tuple[Flaw, ...] = ()) -> Converted:
    """The same document as another file, and as one of cases beside it. BadTable for an ending that is no format's."""
    _known_ending(str(target))
    file = document.table.name + target.suffix
    content, cases = save(document, file, flaws), save_cases(document, file)
    again = _again(file, content, cases, target)
    files = {target: content} | ({} if cases is None else {target.with_name(target.stem + CASES): cases})
    return Converted(files, lost(document, again))


def _again(file: str, content: bytes, cases: bytes | None, target: Path) -> Document:
    """What was written, read anew. BadTable at the file that is to be written, which has no lines yet."""
    try:
        return load(file, content, cases)
    except BadTable as error:
        text = "what the table says cannot be written in this format:"
        raise BadTable(Finding(str(target), f"{text} {found.text}", found.hint) for found in error.findings) from error


def _known_ending(path: str) -> None:
    if path.endswith(CASES) or PurePosixPath(path).suffix not in ENDINGS:
        raise BadTable([Finding(path, "no file of a table, by its ending", f"one of {', '.join(ENDINGS)}")])
