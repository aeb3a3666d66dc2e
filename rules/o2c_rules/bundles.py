"""Where released rules live: immutable bundles by their hash, and a chain of releases that nobody can change unseen.

    store/bundles/<hash>/orders/credit.yaml …  what was published
    store/releases.jsonl                       which bundle holds from when, by whom; each line hashed over the last

A store is only ever added to. Nothing here reads a clock for a decision: instants are given.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import orjson

from .rulebook import BOOKS, RuleBook, bundle_hash, read_files

GENESIS = "0" * 64
RELEASES = "releases.jsonl"
SHIPPED = "shipped"
"""The author of releases that nobody but the installation made."""


class StoreProblem(Exception):
    """The store cannot be used as it is; the text says why."""


class BrokenChain(StoreProblem):
    """A line of the releases is not what was once written. `release` is the number of the first bad one."""

    def __init__(self, release: int, why: str) -> None:
        super().__init__(f"release {release}: {why}")
        self.release = release


class UnknownBundle(StoreProblem):
    """A hash under which nothing was published, or under which something else lies now."""


class NothingInForce(StoreProblem):
    """No release holds yet at an instant."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who stands for a release: two people, and the ticket they speak of."""

    author: str
    approver: str
    ticket: str

    def __post_init__(self) -> None:
        if not (self.author and self.approver and self.ticket):
            raise StoreProblem("a release names its author, its approver and a ticket")
        if self.author == self.approver:
            raise StoreProblem(f"{self.author} may not approve what {self.author} wrote")


@dataclass(frozen=True, slots=True)
class Release:
    """A bundle that holds from an instant on, until a later release holds."""

    n: int
    bundle: str
    effective_from: datetime
    approval: Approval
    previous: str
    """The hash of the release before."""
    hash: str

    def as_line(self) -> bytes:
        """Its line in the chain."""
        return orjson.dumps(_body(self) | {"hash": self.hash}, option=orjson.OPT_SORT_KEYS) + b"\n"


class Source(Protocol):
    """Where releases and bundles are read from. A folder today; an HTTP store has the same three questions."""

    def stamp(self) -> object:
        """Something cheap that differs whenever the releases do."""

    def releases(self) -> tuple[Release, ...]:
        """The verified chain. BrokenChain names the first bad release."""

    def book(self, bundle: str) -> RuleBook:
        """The compiled bundle, verified against its hash."""


class Store:
    """A store in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._books: dict[str, RuleBook] = {}

    def publish(self, tables: Path) -> str:
        """Take in a folder of tables and give its hash; BadTable, and nothing taken in, when any of them is bad.

        Publishing the same again changes nothing.
        """
        book = RuleBook.of(tables)
        if not book.tables:
            raise StoreProblem(f"{tables} holds no tables")
        target = self._bundle(book.hash)
        if not target.exists():
            self._write(book.files, target)
        self._books[book.hash] = book
        return book.hash

    def release(self, bundle: str, effective_from: datetime, approval: Approval) -> Release:
        """Append a release. UnknownBundle when it was never published or is damaged."""
        if effective_from.tzinfo is None:
            raise ValueError(f"{effective_from} names no zone: instants are aware")
        self.book(bundle)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / RELEASES).open("ab") as file:
            # Two that release at once would write two releases of one number.
            fcntl.flock(file, fcntl.LOCK_EX)
            chain = self.releases()
            made = _chained(chain[-1] if chain else None, bundle, effective_from.astimezone(UTC), approval)
            file.write(made.as_line())
            file.flush()
            os.fsync(file.fileno())
        return made

    def stamp(self) -> object:
        """Size and time of the chain's file; None where there is none."""
        try:
            status = (self.folder / RELEASES).stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def releases(self) -> tuple[Release, ...]:
        """All releases, verified from the first to the last."""
        try:
            content = (self.folder / RELEASES).read_bytes()
        except FileNotFoundError:
            return ()
        return tuple(_verified(content))

    def current(self, at: datetime) -> Release:
        """The release in force at an instant. NothingInForce before the first."""
        return in_force(self.releases(), at)

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


def in_force(releases: tuple[Release, ...], at: datetime) -> Release:
    """The last release of the chain that is effective at an instant, so that a rollback is simply a later release."""
    found = next((release for release in reversed(releases) if release.effective_from <= at), None)
    if found is None:
        raise NothingInForce(f"no release of rules is in force at {at}; the chain has {len(releases)}")
    return found


def seed(folder: Path, first_instant: datetime) -> Store:
    """A store that holds the shipped books from an instant on: for a fresh installation or a simulated world.

    A store in which nobody but the installation ever released follows the shipped books when they change; one in which
    a person did stays as it is.
    """
    store = Store(folder)
    releases = store.releases()
    own = all(release.approval.author == SHIPPED for release in releases)
    if own and (not releases or releases[-1].bundle != RuleBook.shipped().hash):
        store.release(store.publish(BOOKS), first_instant, Approval(SHIPPED, "installation", "shipped books"))
    return store


def _chained(last: Release | None, bundle: str, since: datetime, approval: Approval) -> Release:
    made = Release(
        n=last.n + 1 if last else 1,
        bundle=bundle,
        effective_from=since,
        approval=approval,
        previous=last.hash if last else GENESIS,
        hash="",
    )
    return Release(made.n, made.bundle, made.effective_from, approval, made.previous, _hash(made))


def _body(release: Release) -> dict[str, Any]:
    return {
        "n": release.n,
        "bundle": release.bundle,
        "effective_from": release.effective_from.isoformat(),
        "author": release.approval.author,
        "approver": release.approval.approver,
        "ticket": release.approval.ticket,
        "previous": release.previous,
    }


def _hash(release: Release) -> str:
    return hashlib.sha256(orjson.dumps(_body(release), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _verified(content: bytes) -> Iterator[Release]:
    previous = GENESIS
    lines = content.split(b"\n")
    for n, line in enumerate(lines[:-1], 1):
        release = _parsed(n, line)
        if release.n != n or release.previous != previous or release.hash != _hash(release):
            raise BrokenChain(n, "its hash is not the one that its content and the release before it give")
        if release.as_line() != line + b"\n":
            raise BrokenChain(n, "it is not written the way it was released")
        previous = release.hash
        yield release
    if lines[-1]:
        raise BrokenChain(len(lines), "its line has no end")


def _parsed(n: int, line: bytes) -> Release:
    try:
        body = orjson.loads(line)
        return Release(
            n=body["n"],
            bundle=body["bundle"],
            effective_from=datetime.fromisoformat(body["effective_from"]),
            approval=Approval(body["author"], body["approver"], body["ticket"]),
            previous=body["previous"],
            hash=body["hash"],
        )
    except (ValueError, TypeError, KeyError, StoreProblem) as error:
        raise BrokenChain(n, f"it cannot be read ({error})") from error
