"""Which bundle of rule files decides from here on: the last one that this service has written into its own log."""

from datetime import datetime

from o2c_contracts.event import LIVE, Envelope, Message
from o2c_contracts.shared import BundleActivated
from o2c_rules.hot import HotBook
from o2c_rules.rulebook import RuleBook

from .clock import Clock
from .database import Database
from .decide import follows
from .outbox import tell
from .store import lock_names

_LAST = "select number, bundle from activations order by number desc limit 1"


class RulesInForce:
    """Hands the book to each slice; a book swaps between slices only, and its activation precedes what it decides."""

    def __init__(self, service: str, database: Database, hot: HotBook, clock: Clock, world: str = LIVE) -> None:
        self._service, self._database, self._hot, self._clock, self._world = service, database, hot, clock, world
        self._book: RuleBook | None = None

    def book(self) -> RuleBook:
        """The book that decides now."""
        assert self._book is not None, "refresh() first"
        return self._book

    def book_of(self, bundle: str) -> RuleBook:
        """A released book by its hash, to explain what it once decided. NothingInForce where it was not released."""
        return self._hot.book(bundle)

    @property
    def problem(self) -> str | None:
        """Why the newest release could not be read; the book before it goes on deciding."""
        return self._hot.problem

    @property
    def unread_seconds(self) -> float:
        """How long ago the store was read."""
        return self._hot.age

    async def refresh(self) -> None:
        """Look for a release that has come into effect, and activate it."""
        self._hot.poll()
        now = self._clock.now()
        release = self._hot.release_at(now)
        if self._book is None or self._book.hash != release.bundle:
            book = self._hot.book(release.bundle)
            await self._activate(book, release.effective_from, now)
            self._book = book

    async def _activate(self, book: RuleBook, effective_from: datetime, now: datetime) -> None:
        async with self._database.transaction() as db:
            await lock_names(db, {f"s:{self._service}"})
            last = await db.fetchrow(_LAST)
            if last and last["bundle"] == book.hash:
                return
            number = (last["number"] if last else 0) + 1
            await db.execute("insert into activations values ($1, $2, $3, $4)", number, book.hash, effective_from, now)
            event = BundleActivated(service=self._service, bundle=book.hash, effective_from=effective_from)
            own = Envelope(
                f"{self._service}/rules", f"activation/{number}", "Activation", now, now, now.date(), self._world
            )
            await tell(db, self._service, list(follows(Message(own, event), self._service, [event])))
