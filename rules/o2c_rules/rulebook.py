"""A bundle of tables, compiled and immutable: the one thing a service asks."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from weakref import WeakValueDictionary

from .calendar_book import FILE as CALENDARS
from .calendar_book import read_calendars
from .calendars import Calendar
from .compiled import Compiled, Disagreement, compile_table
from .decision import Decision
from .durable import NAME
from .reading import name_of, read_table
from .records import Record, read_record
from .source import BYTES_MOST, DMN_BYTES_MOST, ENDINGS, BadTable, Finding
from .table import Row, Table
from .values import Facts, Value

BOOKS = Path(__file__).parent / "books"
FILES_MOST = 2_000
CASES = ".cases.yaml"
_compiled: WeakValueDictionary[tuple[str, bytes], Compiled] = WeakValueDictionary()


class UnknownTable(LookupError):
    """A table that the bundle does not hold."""


class UnknownCalendar(LookupError):
    """A calendar that the bundle does not hold."""


class RuleBook:
    """One bundle. Deciding never changes it; two threads may ask it."""

    executor = NAME
    """Which executor answers; the index checks each answer."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files: Mapping[str, bytes] = MappingProxyType(dict(sorted(files.items())))
        self.hash = bundle_hash(self.files)
        self._tables, findings = _versions(self.files)
        self._calendars: Mapping[str, Calendar] = {}
        try:
            if CALENDARS in self.files:
                self._calendars = read_calendars(self.files[CALENDARS])
        except BadTable as error:
            findings += error.findings
        if findings:
            raise BadTable(findings)

    @classmethod
    def shipped(cls) -> "RuleBook":
        """All books that come with this package, compiled once per process."""
        return _shipped()

    @classmethod
    def of(cls, folder: Path) -> "RuleBook":
        """The books of a folder. BadTable with all that is wrong in any of them."""
        return cls(read_files(folder))

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of all tables."""
        return tuple(self._tables)

    def versions(self, table: str) -> tuple[Table, ...]:
        """All versions of a table as written, the oldest first."""
        return tuple(compiled.table for compiled in self._of(table))

    def compiled(self, table: str) -> tuple[Compiled, ...]:
        """All versions of a table as they decide, the oldest first."""
        return self._of(table)

    def version_by(self, table: str) -> str:
        """By which date the version of a table is chosen: recorded, document, service, tax_point or value."""
        return str(self._of(table)[-1].table.version_by)

    def decide(self, table: str, facts: Facts, on: date | None) -> Decision:
        """The answer of the table's version in force on a date, which is the one its `version_by` names.

        Undecided without a date, or where no version is in force. UnknownTable for a table that is not in the bundle.
        """
        versions = self._of(table)
        facts = dict(facts)
        if on is None:
            why = f"there is no {versions[-1].table.version_by} date to choose the version by"
            return Decision(versions[-1], self.hash, None, facts, (), why)
        if isinstance(on, datetime):
            raise TypeError(f"{table}: a version is chosen by a calendar day, not by the moment {on}")
        for compiled in versions:
            if compiled.table.effective_from <= on <= compiled.table.effective_to:
                return compiled.decide(facts, on, self.hash)
        return Decision(versions[-1], self.hash, on, facts, (), f"no version of {table} is in force on {on}")

    def rows(self, table: str, on: date) -> tuple[Row, ...]:
        """The rows of the version in force, for ladders and schedules that must be walked; none where none is."""
        for compiled in self._of(table):
            if compiled.table.effective_from <= on <= compiled.table.effective_to:
                return compiled.table.rows
        return ()

    @property
    def calendars(self) -> Mapping[str, Calendar]:
        """All calendars by name."""
        return self._calendars

    def calendar(self, name: str) -> Calendar:
        """A calendar of business time. UnknownCalendar, with the known ones, where there is none of that name."""
        try:
            return self._calendars[name]
        except KeyError:
            raise UnknownCalendar(f"no calendar {name!r}; the bundle has {', '.join(self._calendars)}") from None

    def recall(self, record: Record) -> Decision:
        """The recorded decision made again, to explain it. Disagreement when it would not come out the same."""
        if record.bundle != self.hash:
            raise Disagreement(f"the decision was made by bundle {record.bundle}, this is {self.hash}")
        decision = self.decide(record.table, record.facts, record.on)
        if tuple(row.id for row in decision.rows) != record.rows or decision.undecided != record.undecided:
            raise Disagreement(f"{record.table} was decided by {record.rows}, and is now by {decision.rows}")
        return decision

    def _of(self, table: str) -> tuple[Compiled, ...]:
        try:
            return self._tables[table]
        except KeyError:
            raise UnknownTable(f"no table {table!r} in this bundle; it has {', '.join(self._tables)}") from None


def read_files(folder: Path) -> dict[str, bytes]:
    """Every rule file below a folder, by its path with `/`. Hidden files, and what spreadsheet programs leave beside
    an open workbook, are no rules."""
    if not folder.is_dir():
        raise BadTable([Finding(str(folder), "is no folder of rule files")])
    found = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix in ENDINGS and path.is_file() and not path.name.startswith((".", "~$"))
    }
    if len(found) > FILES_MOST:
        raise BadTable([Finding(str(folder), f"{len(found)} files", f"at most {FILES_MOST}")])
    return {name: read_file(path, name) for name, path in found.items()}


def read_file(path: Path, name: str = "") -> bytes:
    """The content of one rule file, no more of it than the reader looks at. BadTable where it cannot be read, or is
    written to meanwhile."""
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            content = file.read(max(BYTES_MOST, DMN_BYTES_MOST) + 1)
            after, now = os.fstat(file.fileno()), path.stat()
    except OSError as error:
        hint = "name a rule file, or a folder of them"
        raise BadTable([Finding(name or str(path), error.strerror or str(error), hint)]) from error
    if not (_same(before, after) and _same(after, now)):
        hint = "wait until it is saved, then try again"
        raise BadTable([Finding(f"{name or path}:1", "the file changed while it was read", hint)])
    return content


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_ino, before.st_size, before.st_mtime_ns) == (after.st_ino, after.st_size, after.st_mtime_ns)


def bundle_hash(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents: the identity of a bundle."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(hashlib.sha256(name.encode()).digest())
        whole.update(hashlib.sha256(files[name]).digest())
    return whole.hexdigest()


def table_files(files: Mapping[str, bytes]) -> Iterator[str]:
    """The files that hold tables: not their golden cases, not the calendars."""
    return (name for name in files if not name.endswith(CASES) and name != CALENDARS)


@cache
def _shipped() -> RuleBook:
    return RuleBook.of(BOOKS)


def _versions(files: Mapping[str, bytes]) -> tuple[dict[str, tuple[Compiled, ...]], list[Finding]]:
    """All tables, each with its versions in order of their dates, and whatever is wrong with any."""
    found: dict[str, list[Compiled]] = {}
    findings: list[Finding] = []
    for name in table_files(files):
        try:
            compiled = _compile(name, files[name])
        except BadTable as error:
            findings += error.findings
        else:
            found.setdefault(compiled.name, []).append(compiled)
    for versions in found.values():
        versions.sort(key=lambda compiled: compiled.table.effective_from)
        findings += _conflicts([compiled.table for compiled in versions])
    known = {name_of(name) for name in (*table_files(files), *({CALENDARS} & files.keys()))}
    for name in files:
        if name.endswith(CASES) and name_of(name.removesuffix(CASES) + ".yaml") not in known:
            findings.append(Finding(f"{name}:1", "cases without a table", "put them beside their table"))
    return {name: tuple(found[name]) for name in sorted(found)}, findings


def _conflicts(versions: list[Table]) -> Iterator[Finding]:
    for earlier, later in pairwise(versions):
        if later.effective_from <= earlier.effective_to:
            until = "for ever" if earlier.effective_to == date.max else f"to {earlier.effective_to}"
            yield Finding(
                f"{later.file}:1",
                f"is in force from {later.effective_from}, while {earlier.file} is {until}",
                "give the earlier version its effective_to, the day before",
            )
        if later.version_by != earlier.version_by:
            yield Finding(f"{later.file}:1", f"version_by differs from {earlier.file}", "all versions share one date")


def _compile(name: str, content: bytes) -> Compiled:
    """Compiled tables are shared between bundles, so that a release of one table costs one table."""
    key = (name, hashlib.sha256(content).digest())
    compiled = _compiled.get(key)
    if compiled is None:
        compiled = _compiled[key] = compile_table(read_table(name, content))
    return compiled


__all__ = [
    "BadTable",
    "Decision",
    "Disagreement",
    "Facts",
    "Finding",
    "Record",
    "Row",
    "RuleBook",
    "UnknownTable",
    "Value",
    "read_record",
]
