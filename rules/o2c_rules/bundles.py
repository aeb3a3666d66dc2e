"""Where released rules live: immutable bundles by their hash, and a chain of releases that nobody can change unseen.

    store/bundles/<hash>/orders/credit.yaml …  what was published
    store/bundles/<hash>/reports/…             what checks said of it; hashed in the release's line
    store/proposals/P-1/…                      what waits for a second person, and what became of it
    store/releases.jsonl                       which bundle holds from when, by whom; each line hashed over the last

A store is only ever added to. Nothing here reads a clock for a decision: instants are given.
"""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from .releasing.chain import (
    GENESIS,
    NO_CIRCUMSTANCES,
    NO_SCOPE,
    Approval,
    BrokenChain,
    Circumstances,
    NothingInForce,
    Release,
    Scope,
    StoreProblem,
    chained,
    verified,
)
from .releasing.models import Schedule
from .rulebook import BOOKS, CASES, RuleBook, bundle_hash, read_files
from .source import BadTable

RELEASES = "releases.jsonl"
REPORTS = "reports"
SHIPPED = "shipped"
"""The author of releases that nobody but the installation made."""
_REPORT = re.compile(r"[a-z]{1,40}-[0-9a-f]{64}")


class UnknownBundle(StoreProblem):
    """A hash under which nothing was published, or under which something else lies now."""


class Source(Protocol):
    """Where releases and bundles are read from: a folder, or another machine's store."""

    @property
    def pause_seconds(self) -> float:
        """How long it is left alone between two looks; 0 where a look costs nothing."""

    def stamp(self) -> object:
        """Something cheap that differs whenever the releases do."""

    def releases(self) -> tuple[Release, ...]:
        """The verified chain. BrokenChain names the first bad release."""

    def book(self, bundle: str) -> RuleBook:
        """The compiled bundle, verified against its hash."""


class Store:
    """A store in a folder."""

    pause_seconds = 0.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._books: dict[str, RuleBook] = {}

    def publish(self, tables: Path) -> str:
        """Take in a folder of tables and give its hash; BadTable, and nothing taken in, when any of them is bad.

        Publishing the same again changes nothing.
        """
        return self.publish_book(RuleBook.of(tables))

    def publish_book(self, book: RuleBook) -> str:
        """The same for a book at hand."""
        if not book.tables:
            raise StoreProblem("it holds no tables")
        target = self._bundle(book.hash)
        if not target.exists():
            self._write(book.files, target)
        self._books[book.hash] = book
        return book.hash

    def release(
        self,
        bundle: str,
        effective_from: datetime,
        approval: Approval,
        scope: Scope = NO_SCOPE,
        about: Circumstances = NO_CIRCUMSTANCES,
    ) -> Release:
        """Append a release. UnknownBundle when it was never published or is damaged."""
        if effective_from.tzinfo is None:
            raise ValueError(f"{effective_from} names no zone: instants are aware")
        self.book(bundle)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / RELEASES).open("ab") as file:
            # Two that release at once would write two releases of one number.
            fcntl.flock(file, fcntl.LOCK_EX)
            chain = self.releases()
            made = chained(
                chain[-1] if chain else None, Release(0, bundle, effective_from, approval, "", "", scope, about)
            )
            file.write(made.as_line())
            file.flush()
            os.fsync(file.fileno())
        return made

    def add_report(self, bundle: str, name: str, content: bytes) -> str:
        """Lay a report beside the tables of a bundle; its SHA-256, by which it is found and checked again."""
        digest = hashlib.sha256(content).hexdigest()
        self.book(bundle)
        write_whole(self._report(bundle, name, digest), content)
        return digest

    def report(self, bundle: str, name: str, digest: str) -> bytes:
        """A report as it was laid down. StoreProblem when it is gone or was changed."""
        try:
            content = self._report(bundle, name, digest).read_bytes()
        except FileNotFoundError as error:
            raise StoreProblem(f"the report {name} of bundle {bundle[:12]} is gone") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise StoreProblem(f"the report {name} of bundle {bundle[:12]} is not what was written")
        return content

    def chain(self) -> bytes:
        """The chain as it stands in its file."""
        try:
            return (self.folder / RELEASES).read_bytes()
        except FileNotFoundError:
            return b""

    def verify(self) -> tuple[Release, ...]:
        """Everything from the first byte on: chain, tables and reports. BrokenChain names the first bad release."""
        releases = self.releases()
        for release in releases:
            try:
                self._read(release.bundle)
                for name, digest in release.about.reports.items():
                    self.report(release.bundle, name, digest)
            except (StoreProblem, BadTable, OSError) as error:
                raise BrokenChain(release.n, str(error)) from error
        return releases

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else changes the proposals of this store meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def stamp(self) -> object:
        """Size and time of the chain's file; None where there is none."""
        try:
            status = (self.folder / RELEASES).stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def releases(self) -> tuple[Release, ...]:
        """All releases, verified from the first to the last."""
        return tuple(verified(self.chain()))

    def current(self, at: datetime, contract: str | None = None) -> Release:
        """The release in force at an instant. NothingInForce before the first."""
        return in_force(self.releases(), at, contract)

    def book(self, bundle: str) -> RuleBook:
        """The compiled bundle; compiled once, verified against its hash when it is read."""
        found = self._books.get(bundle)
        if found is None:
            found = self._books[bundle] = self._read(bundle)
        return found

    def _read(self, bundle: str) -> RuleBook:
        folder = self._bundle(bundle)
        if not folder.is_dir():
            raise UnknownBundle(f"bundle {bundle} was never published in {self.folder}")
        files = read_files(folder)
        if (found := bundle_hash(files)) != bundle:
            raise UnknownBundle(f"bundle {bundle} is damaged: its files now have the hash {found}")
        return RuleBook(files)

    def _report(self, bundle: str, name: str, digest: str) -> Path:
        if not _REPORT.fullmatch(f"{name}-{digest}"):
            raise StoreProblem(f"{name!r} with {digest!r} names no report")
        return self._bundle(bundle) / REPORTS / f"{name}-{digest[:16]}.json"

    def _bundle(self, bundle: str) -> Path:
        if len(bundle) != len(GENESIS) or not set(bundle) <= set("0123456789abcdef"):
            raise UnknownBundle(f"{bundle!r} is no hash of a bundle")
        return self.folder / "bundles" / bundle

    def _write(self, files: Mapping[str, bytes], target: Path) -> None:
        """Beside its place first, so that a bundle is there whole or not at all."""
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".publishing-", dir=target.parent))
        try:
            for name, content in files.items():
                path = beside / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            beside.chmod(0o755)
            try:
                beside.rename(target)
            except OSError:
                # Somebody published the same bundle in the meantime.
                if not target.is_dir():
                    raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def in_force(releases: tuple[Release, ...], at: datetime, contract: str | None = None) -> Release:
    """The last release of the chain that is effective at an instant, so that a rollback is simply a later release."""
    return Schedule(releases).at(at, contract)


def write_whole(path: Path, content: bytes) -> None:
    """A file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def seed(folder: Path, first_instant: datetime) -> Store:
    """A store that holds the shipped books from an instant on: for a fresh installation or a simulated world.

    A store in which nobody but the installation ever released follows the shipped books when they change; one in which
    a person did keeps every table that it has, and is given those that it lacks: this version's code asks for them.
    """
    store = Store(folder)
    releases = store.releases()
    own = all(release.approval.author == SHIPPED for release in releases)
    if own and (not releases or releases[-1].bundle != RuleBook.shipped().hash):
        store.release(store.publish(BOOKS), first_instant, Approval(SHIPPED, "installation", "shipped books"))
    elif not own:
        _complete(store, releases, first_instant)
    return store


def _complete(store: Store, releases: tuple[Release, ...], now: datetime) -> None:
    """Release anew what holds now and what is to come, each from its instant, with the shipped tables that it lacks."""
    schedule, shipped = Schedule(releases), RuleBook.shipped()
    try:
        holding = schedule.holding(now)
    except NothingInForce:
        holding = ()
    to_come = [r for r in releases if r.n in schedule.ever_in_force and r.effective_from > now]
    for release in (*holding, *sorted(to_come, key=lambda r: (r.effective_from, r.n))):
        book = store.book(release.bundle)
        lacking = [v.file for name in shipped.tables if name not in book.tables for v in shipped.versions(name)]
        if lacking:
            cases = [f"{file.rpartition('.')[0]}{CASES}" for file in lacking]
            new = {name: shipped.files[name] for name in (*lacking, *cases) if name in shipped.files}
            bundle = store.publish_book(RuleBook({**book.files, **new}))
            approval = Approval(SHIPPED, "installation", "tables that this version asks for")
            store.release(bundle, max(now, release.effective_from), approval, release.scope)


__all__ = [
    "RELEASES",
    "SHIPPED",
    "Approval",
    "BrokenChain",
    "Circumstances",
    "NothingInForce",
    "Release",
    "Scope",
    "Source",
    "Store",
    "StoreProblem",
    "UnknownBundle",
    "in_force",
    "seed",
    "write_whole",
]
