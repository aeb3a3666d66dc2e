"""Which bundles of rule files decide from here on: those that this service has written into its own log."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from o2c_contracts.event import LIVE, Envelope, Message
from o2c_contracts.shared import BundleActivated
from o2c_rules.bundles import NothingInForce, Release
from o2c_rules.hot import HotBook
from o2c_rules.releasing.models import Models
from o2c_rules.rulebook import RuleBook

from .clock import Clock
from .database import Database
from .decide import follows
from .locking import lock_names
from .outbox import tell

_ALL = "select number, bundle, effective_from from activations order by number"


class RulesInForce:
    """Hands the books to each slice; they swap between slices only, and an activation precedes what it decides."""

    def __init__(self, service: str, database: Database, hot: HotBook, clock: Clock, world: str = LIVE) -> None:
        self._service, self._database, self._hot, self._clock, self._world = service, database, hot, clock, world
        self._models: Models | None = None
        self._seen: tuple[Release, ...] = ()
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._unfit: str | None = None
        self._reading = asyncio.Lock()

    def models(self) -> Models:
        """What decides now, by contract and instant."""
        assert self._models is not None, "refresh() first"
        return self._models

    def book(self) -> RuleBook:
        """The book that decides now, where no contract has a model of its own."""
        return self.models().newest

    def book_of(self, bundle: str) -> RuleBook:
        """A released book by its hash, to explain what it once decided. NothingInForce where it was not released."""
        return self._hot.book(bundle)

    @property
    def releases(self) -> tuple[Release, ...]:
        """The releases that this process has read and compiled, those of tomorrow too."""
        return self._hot.releases

    def next_change(self, now: datetime) -> datetime | None:
        """When the next release that is known takes effect."""
        return self._hot.next_change(now)

    @property
    def problem(self) -> str | None:
        """Why the newest release could not be read; the book before it goes on deciding."""
        return self._hot.problem or self._unfit

    @property
    def unread_seconds(self) -> float:
        """How long ago the store was read."""
        return self._hot.age

    async def refresh(self) -> None:
        """Look for a release that has come into effect, and activate it. Books are compiled beside the path: whoever
        comes meanwhile goes on with those in force."""
        if self._hot.due() and not (self._reading.locked() and self._models is not None):
            async with self._reading:
                await asyncio.to_thread(self._hot.poll)
        now = self._clock.now()
        if self._models is None or self._changed(now):
            releases = self._hot.releases
            try:
                effective = self._hot.effective(now)
            except NothingInForce as error:
                if self._models is None:
                    raise
                self._unfit, self._seen, self._since = str(error), releases, now
                self._until = self._hot.next_change(now)
                return
            self._unfit = None
            await self._activate(effective, now)
            self._models = self._hot.models(effective)
            self._seen, self._since, self._until = releases, now, self._hot.next_change(now)

    def _changed(self, now: datetime) -> bool:
        if self._hot.releases is not self._seen or (self._until is not None and now >= self._until):
            return True
        return self._since is not None and now < self._since

    async def _activate(self, effective: Sequence[Release], now: datetime) -> None:
        """Each once, whichever process of this service comes first."""
        async with self._database.transaction() as db:
            await lock_names(db, {f"s:{self._service}"})
            rows = await db.fetch(_ALL)
            active = {(r["bundle"], r["effective_from"]) for r in rows}
            number = rows[-1]["number"] if rows else 0
            for release in effective:
                if (release.bundle, release.effective_from) in active:
                    continue
                active.add((release.bundle, release.effective_from))
                number += 1
                await db.execute(
                    "insert into activations values ($1, $2, $3, $4)",
                    number, release.bundle, release.effective_from, now,
                )  # fmt: skip
                event = BundleActivated(
                    service=self._service, bundle=release.bundle, effective_from=release.effective_from
                )
                own = Envelope(
                    f"{self._service}/rules", f"activation/{number}", "Activation", now, now, now.date(), self._world
                )
                await tell(db, self._service, list(follows(Message(own, event), self._service, [event])))
