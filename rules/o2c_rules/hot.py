"""The rules a service decides by, swapped between slices: a bad file never replaces a good one, and says why."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from .bundles import NothingInForce, Release, Source, StoreProblem, in_force
from .releasing.models import Models, Schedule, lacking
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
    unfit: Mapping[str, str]
    """Bundles that the code cannot decide by -> why."""


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
        self._tried_at = self._read_at = self._looked_at = monotonic()
        self.problem: str | None = None
        """Why the store could not be read the last time; None when it could."""

    @property
    def age(self) -> float:
        """Seconds since the store was last read and found good (or since this was made)."""
        return self._monotonic() - self._read_at

    @property
    def releases(self) -> tuple[Release, ...]:
        """The chain as last read, every bundle of it compiled."""
        return self._read.releases if self._read else ()

    def due(self) -> bool:
        """Whether it is time to poll: asked before every slice, so it costs a look at a file at most."""
        if self._read is None:
            return True
        if self._source.pause_seconds:
            return self._monotonic() - self._looked_at >= self._source.pause_seconds
        try:
            stamp = self._source.stamp()
        except OSError:
            return True
        if stamp == self._read.stamp:
            self._good()
            return False
        return not self._tried_just_now(stamp)

    def poll(self) -> bool:
        """Read the store if it has changed; True when something new is in use. Never raises for a bad store."""
        self._looked_at = self._monotonic()
        try:
            stamp = self._source.stamp()
            if self._read is not None and stamp == self._read.stamp:
                self._good()
                return False
            if self._tried_just_now(stamp):
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

    def release_at(self, instant: datetime, contract: str | None = None) -> Release:
        """The release in force at an instant."""
        return in_force(self._known().releases, instant, contract)

    def effective(self, now: datetime) -> tuple[Release, ...]:
        """The releases that may decide from now on: they hold for somebody, are effective, and fit the code.

        NothingInForce where one that holds now does not fit: what it decides must not fall to another.
        """
        read = self._known()
        schedule = Schedule(read.releases)
        for release in schedule.holding(now):
            if why := read.unfit.get(release.bundle):
                raise NothingInForce(why)
        ever = schedule.ever_in_force
        return tuple(r for r in read.releases if r.n in ever and r.effective_from <= now and r.bundle not in read.unfit)

    def next_change(self, now: datetime) -> datetime | None:
        """When the next release that is known takes effect."""
        return min((r.effective_from for r in self.releases if r.effective_from > now), default=None)

    def models(self, releases: tuple[Release, ...]) -> Models:
        """The books of these releases, for slices to choose from."""
        return Models(releases, self._known().books.__getitem__)

    def book(self, bundle: str) -> RuleBook:
        """A released book by its hash."""
        if self._read is None or bundle not in self._read.books:
            raise NothingInForce(f"bundle {bundle} is not released")
        return self._read.books[bundle]

    def _known(self) -> _Read:
        if self._read is None:
            raise NothingInForce(self.problem or "the store of rules was not read yet")
        return self._read

    def _good(self) -> None:
        self.problem, self._read_at = None, self._monotonic()

    def _tried_just_now(self, stamp: object) -> bool:
        same = bool(self.problem) and stamp == self._tried
        return same and self._monotonic() - self._tried_at < AGAIN_SECONDS

    def _fresh(self, stamp: object) -> _Read:
        releases = self._source.releases()
        if not releases:
            raise NothingInForce("the store has no releases")
        known = self._read.releases if self._read else ()
        if releases[: len(known)] != known:
            raise StoreProblem(f"the store's first {len(known)} releases are not those read before")
        books = {release.bundle: self._source.book(release.bundle) for release in releases}
        unfit = {bundle: why for bundle, book in books.items() if (why := lacking(self._needs, book))}
        # What was released before this process began may be older than its code; what will hold in the end must fit.
        for release in Schedule(releases).holding(max(r.effective_from for r in releases)):
            if release.bundle in unfit:
                raise StoreProblem(f"release {release.n}{unfit[release.bundle]}")
        return _Read(stamp, releases, books, {bundle: f"bundle {bundle[:12]}{why}" for bundle, why in unfit.items()})
