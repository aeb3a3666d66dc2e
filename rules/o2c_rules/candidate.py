"""The books a person would like to have: a folder of them, or one file that takes its table's place among others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from .cases import problems_in_cases
from .formats.xlsx_reading import read_cases
from .reading import name_of, read_tree
from .rulebook import CASES, RuleBook, read_file, read_files, table_files
from .source import ENDINGS, BadTable, Finding, Findings, Scalar

MARKED = "a file that is called like its version says which it is: credit@2027.xlsx beside credit.xlsx"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Proposed books, and which of their tables the person means."""

    book: RuleBook
    tables: tuple[str, ...]
    homes: Mapping[str, str] = field(default_factory=dict)
    """A file as it lies among the books -> the path at which the person keeps it."""

    def at_home(self, where: str) -> str:
        """A place (`file:line`, or what begins with one) where the person keeps the file, not among the books."""
        name = next((n for n in self.homes if where.startswith((f"{n}:", f"{n} ")) or where == n), None)
        return where if name is None else self.homes[name] + where.removeprefix(name)

    def home(self, error: BadTable) -> BadTable:
        """The same findings where the person keeps the files."""
        return BadTable(replace(found, where=self.at_home(found.where)) for found in error.findings)


def candidate(path: Path, base: RuleBook) -> Candidate:
    """The books of a folder; or `base` with the one file `path` in the place of the table that it names.

    The golden cases in a sheet of the file, or else beside it (`credit.cases.yaml` beside `credit.csv`), take the place
    of the table's cases.
    BadTable with all that is wrong, also where there is no such file.
    """
    if path.is_dir():
        files = read_files(path)
        book = _book(files, sorted({name_of(file) for file in table_files(files)}), files)
        if not book.tables:
            hint = "name the folder that holds the rule files, or one of them"
            raise BadTable([Finding(str(path), f"no table in this folder ({', '.join(ENDINGS)})", hint)])
        return Candidate(book, book.tables)
    return candidates((path,), base)


def candidates(paths: Sequence[Path], base: RuleBook) -> Candidate:
    """The same for several files at once, such as two versions of one table. BadTable also where two of them stand for
    the same version."""
    files, homes, tables = dict(base.files), dict[str, str](), dict[str, None]()
    for path in paths:
        name, placed = _placed(path, base, files)
        if both := sorted(placed.keys() & homes.keys()):
            text = f"it stands for the same version as {homes[both[0]]}"
            raise BadTable([Finding(str(path), text, MARKED)])
        tables[name] = None
        homes |= placed
    try:
        return Candidate(_book(files, tables, homes), tuple(tables), homes)
    except BadTable as error:
        raise Candidate(base, tuple(tables), homes).home(error) from error


def _placed(path: Path, base: RuleBook, files: dict[str, bytes]) -> tuple[str, dict[str, str]]:
    """Put a file and its cases in the place of the version that it stands for: its table, and what lies where now."""
    content = read_file(path)
    name = table_in(path.name, content)
    target = _target(name, path, content, base)
    stem = target.rpartition(".")[0]
    for old in [f for f in files if f.rpartition(".")[0] == stem and not f.endswith(CASES)]:
        del files[old]
    files[target] = content
    cases, apart = path.with_name(path.stem + CASES), stem + CASES
    if has_cases(path.name, content):
        files.pop(apart, None)
    elif cases.is_file():
        files[apart] = read_file(cases)
        return name, {target: str(path), apart: str(cases)}
    return name, {target: str(path)}


def _book(files: Mapping[str, bytes], tables: Iterable[str], own: Iterable[str]) -> RuleBook:
    """The book of these files. BadTable with all that is wrong in them, also in the golden cases that a person's `own`
    files hold of these tables, which a book by itself never reads."""
    try:
        return RuleBook(files)
    except BadTable as error:
        theirs = tuple(f"{file}:" for file in own)
        more = (found for found in problems_in_cases(files, tables) if found.where.startswith(theirs))
        raise BadTable(dict.fromkeys([*error.findings, *more])) from error


def moved(finding: Finding, file: str, path: str) -> Finding:
    """The finding at the place where the person keeps the file, not where it will lie among the books."""
    if not finding.where.startswith(f"{file}:"):
        return finding
    return Finding(path + finding.where.removeprefix(file), finding.text, finding.hint)


def has_cases(file: str, content: bytes) -> bool:
    """Whether a file holds golden cases beside its table, as a workbook may."""
    written = read_cases(content, Findings(file)) if file.endswith(".xlsx") else None
    return written is not None and bool(written.items)


def table_in(file: str, content: bytes) -> str:
    """The name of the table in a file, whatever the file is called. BadTable where it names none; what else is wrong
    with the file is for who reads all of it."""
    findings = Findings(file)
    tree = read_tree(file, content, findings)
    named = tree.items.get("table") if tree else None
    if not isinstance(named, Scalar) or not named.text.strip():
        findings.raise_any()
        raise BadTable([Finding(f"{file}:1", "the file names no table", "begin with `table: orders/credit`")])
    return named.text.strip()


def _target(name: str, path: Path, content: bytes, base: RuleBook) -> str:
    """The place of a version: the file of the same mark (`credit@2027`); without a mark the only file, else the one of
    the same first day, else a new one."""
    mark = path.stem.partition("@")[2]
    if mark:
        return f"{name}@{mark}{path.suffix}"
    known = base.versions(name) if name in base.tables else ()
    if len(known) <= 1:
        return (known[0].file.rpartition(".")[0] if known else name) + path.suffix
    begins = _first_day(path.name, content)
    same = next((version.file.rpartition(".")[0] for version in known if version.effective_from == begins), None)
    return (same or f"{name}@{begins or 'unread'}") + path.suffix


def _first_day(file: str, content: bytes) -> date | None:
    """The day from which a file says that it holds; None where it says something that is no day."""
    tree = read_tree(file, content, Findings(file))
    told = tree.items.get("effective_from") if tree else None
    if told is None:
        return date.min
    try:
        return date.fromisoformat(told.text.strip()) if isinstance(told, Scalar) else None
    except ValueError:
        return None
