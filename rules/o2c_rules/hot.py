"""The rules a service decides by, swapped between slices: a bad file never replaces a good one, and says why."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .bundles import NothingInForce, Release, Source, StoreProblem, in_force
from .rulebook import RuleBook
from .source import BadTable

AGAIN_SECONDS = 1.0
"""How long a store that was found bad is left alone while it looks the same."""


@dataclass(frozen=True, slots=True)
class _Read:
    """One successful reading of the store; swapped as a whole."""

    stamp: object
    releases: tuple[Release, ...]
    books: dict[str, RuleBook]


class HotBook:
    """What a store holds, compiled. `poll` between slices; a slice keeps the book it began with."""

    def __init__(
        self,
        source: Source,
        *,
        needs: RuleBook | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`needs` is a book whose tables and outcomes a bundle must have: the one the code was written against."""
        self._source, self._needs, self._monotonic = source, needs, monotonic
        self._read: _Read | None = None
        self._tried: object = None
        self._tried_at = self._read_at = monotonic()
        self.problem: str | None = None
        """Why the store could not be read the last time; None when it could."""

    @property
    def age(self) -> float:
        """Seconds since the store was last read and found good (or since this was made)."""
        return self._monotonic() - self._read_at

    @property
    def releases(self) -> tuple[Release, ...]:
        """The chain as last read."""
        return self._read.releases if self._read else ()

    def poll(self) -> bool:
        """Read the store if it has changed; True when something new is in use. Never raises for a bad store."""
        try:
            stamp = self._source.stamp()
            if self._read is not None and stamp == self._read.stamp:
                self._good()
                return False
            if self.problem and stamp == self._tried and self._monotonic() - self._tried_at < AGAIN_SECONDS:
                return False
            self._tried, self._tried_at = stamp, self._monotonic()
            fresh = self._fresh(stamp)
        except (StoreProblem, BadTable, OSError) as error:
            self.problem = str(error)
            return False
        self._read = fresh
        self._good()
        return True

    def at(self, instant: datetime) -> RuleBook:
        """The book in force at an instant. NothingInForce when there is none, or the store was never readable."""
        return self.book(self.release_at(instant).bundle)

    def release_at(self, instant: datetime) -> Release:
        """The release in force at an instant."""
        if self._read is None:
            raise NothingInForce(self.problem or "the store of rules was not read yet")
        return in_force(self._read.releases, instant)

    def book(self, bundle: str) -> RuleBook:
        """A released book by its hash."""
        if self._read is None or bundle not in self._read.books:
            raise NothingInForce(f"bundle {bundle} is not released")
        return self._read.books[bundle]

    def _good(self) -> None:
        self.problem, self._read_at = None, self._monotonic()

    def _fresh(self, stamp: object) -> _Read:
        releases = self._source.releases()
        if not releases:
            raise NothingInForce("the store has no releases")
        known = self._read.releases if self._read else ()
        if releases[: len(known)] != known:
            raise StoreProblem(f"the store's first {len(known)} releases are not those read before")
        books = {release.bundle: self._source.book(release.bundle) for release in releases}
        # What was released before this process began may be older than its code; only the last of it must fit.
        for release in releases[len(known) :] if known else releases[-1:]:
            self._check(release, books[release.bundle])
        return _Read(stamp, releases, books)

    def _check(self, release: Release, book: RuleBook) -> None:
        """A bundle without a table or an outcome that the code asks for would stop every customer at once."""
        if self._needs is None:
            return
        for table in self._needs.tables:
            wanted = {outcome.name for outcome in self._needs.versions(table)[-1].outcomes}
            if table not in book.tables:
                raise StoreProblem(f"release {release.n} lacks the table {table}")
            for version in book.versions(table):
                if lacking := sorted(wanted - {outcome.name for outcome in version.outcomes}):
                    raise StoreProblem(f"release {release.n}: {version.file} lacks {', '.join(lacking)}")
