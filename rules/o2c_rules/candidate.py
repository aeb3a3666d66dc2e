"""The books a person would like to have: a folder of them, or one file that takes its table's place among others."""

from dataclasses import dataclass
from pathlib import Path

from .reading import name_of, read_tree
from .rulebook import CASES, RuleBook, table_files
from .source import BadTable, Finding, Findings, Scalar


@dataclass(frozen=True, slots=True)
class Candidate:
    """Proposed books, and which of their tables the person means."""

    book: RuleBook
    tables: tuple[str, ...]


def candidate(path: Path, base: RuleBook) -> Candidate:
    """The books of a folder; or `base` with the one file `path` in the place of the table that it names.

    The golden cases beside a file (`credit.cases.yaml` beside `credit.xlsx`) take the place of the table's cases.
    BadTable with all that is wrong, also where there is no such file.
    """
    if path.is_dir():
        book = RuleBook.of(path)
        return Candidate(book, book.tables)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadTable(
            [Finding(str(path), error.strerror or str(error), "name a rule file, or a folder of them")]
        ) from error
    name = _table_of(path, content)
    files = dict(base.files)
    target = _target(name, path, files)
    for old in [f for f in files if f.rpartition(".")[0] == target.rpartition(".")[0] and not f.endswith(CASES)]:
        del files[old]
    files[target] = content
    cases = path.with_name(path.stem + CASES)
    if cases.is_file():
        files[target.rpartition(".")[0] + CASES] = cases.read_bytes()
    return Candidate(RuleBook(files), (name,))


def _table_of(path: Path, content: bytes) -> str:
    findings = Findings(path.name)
    tree = read_tree(path.name, content, findings)
    findings.raise_any()
    named = tree.items.get("table") if tree else None
    if not isinstance(named, Scalar) or not named.text.strip():
        raise BadTable([Finding(f"{path.name}:1", "the file names no table", "begin with `table: orders/credit`")])
    return named.text.strip()


def _target(name: str, path: Path, files: dict[str, bytes]) -> str:
    """The place of a version: the file of the same mark (`credit@2027`), else the only file, else a new one."""
    mark = path.stem.partition("@")[2]
    stem = f"{name}@{mark}" if mark else name
    known = [f for f in table_files(files) if name_of(f) == name]
    if not mark and len(known) == 1:
        stem = known[0].rpartition(".")[0]
    return stem + path.suffix
