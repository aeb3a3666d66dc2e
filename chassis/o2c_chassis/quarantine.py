"""What is put aside, who is told, and when a release that parks too many customers must stop consuming."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from o2c_contracts.event import LIVE, Envelope, Event, Message
from o2c_contracts.shared import CustomerBlocked, CustomerUnblocked
from o2c_contracts.topics import WRITER
from o2c_contracts.wire import Record, headers_of

from . import parking
from .bus import Span
from .clock import Clock
from .database import Database, Db
from .decide import follows
from .locking import lock_names
from .outbox import tell
from .parking import Aside, Reason, Waiting
from .pending import Pending
from .service import Service

_COUNTS_AS_HEARD = """
insert into heard as h values ($1, $2, $3)
on conflict (writer, key) do update set version = greatest(h.version, excluded.version)
"""


class Halted(Exception):
    """This release parked too many customers for one reason: nothing is consumed until `o2c resume` or another one."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many customers one reason may park before the service stops."""

    customers_min: int = 10
    share_max: float = 0.2
    window: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Discard:
    """A parked record that two different people give up."""

    number: int
    by: tuple[str, str]


class Quarantine:
    def __init__(self, service: Service, database: Database, clock: Clock, pending: Pending, world: str = LIVE) -> None:
        self._service, self._database, self._clock, self._pending = service, database, clock, pending
        self._world = world
        self.bounds = Bounds()
        self.release_name = _release_of(service.name)
        self._checked = False
        self.halted: str | None = None

    async def refuse_when_halted(self) -> None:
        """Raises Halted while this release is stopped; remembered over restarts."""
        if self._checked and self.halted is None:
            return
        rows = await self._database.fetch("select reason from halts where release = $1", self.release_name)
        self._checked, self.halted = True, rows[0]["reason"] if rows else None
        if self.halted is not None:
            raise Halted(self.halted)

    async def resume(self) -> bool:
        """A person has looked; True where it was stopped."""
        async with self._database.connection() as db:
            done = await db.execute("delete from halts where release = $1", self.release_name)
        self.halted = None
        return bool(done != "DELETE 0")

    async def put_aside(self, db: Db, place: Span, record: Record, reason: Reason, names: Iterable[str] = ()) -> int:
        """As it came; where it is not merely waiting, others hear of it on the dead-letter topic."""
        aside = Aside(place, record, reason, tuple(names), self._clock.now())
        number = await parking.put_aside(db, aside)
        if not reason.waits and place.topic.startswith("o2c."):
            self._pending.unsent = True
            await parking.dead_letter(db, self._service.name, aside)
        return number

    async def block(self, db: Db, place: Span, record: Record, error: Exception, names: set[str]) -> None:
        """The record's family waits whole from now on. Under its lock."""
        code = getattr(error, "code", None) or type(error).__name__
        await self._halt_when_many(db, code)
        number = await self.put_aside(db, place, record, Reason(code, str(error), blocks=True), names)
        key = (record.key or b"").decode(errors="replace")
        if key.startswith("c:"):
            event = CustomerBlocked(customer_id=key[2:], service=self._service.name, parked_id=str(number), reason=code)
            await self._tell(db, event, f"parked/{number}")

    async def release(self, db: Db, family: str) -> tuple[list[Waiting], set[str]]:
        """Everything that waits with this name, no longer parked, under the locks of all who wait together."""
        names = {family}
        while True:
            await lock_names(db, names)
            more = names | await parking.blocked(db, names)
            if more == names:
                break
            names = more
        rows = await parking.waiting(db, sorted(names))
        await parking.forget(db, [row.id for row in rows])
        return rows, names

    async def give_up(self, db: Db, row: Waiting, discard: Discard) -> None:
        """It counts as heard from now on, should it come again; who decided so stands on the dead-letter topic.

        Where it is a version of another service's stream, the next one may follow.
        """
        headers = headers_of(row.record)
        source, id_ = headers.get("ce_source"), headers.get("ce_id")
        if source and id_ and row.topic.startswith("o2c."):
            body = sha256(row.record.value or b"").digest()
            await db.execute("insert into inbox values ($1, $2, $3) on conflict do nothing", source, id_, body)
        writer, version = WRITER.get(row.topic), parking.version_of(row)
        if writer is not None and version is not None and row.record.key is not None:
            await db.execute(_COUNTS_AS_HEARD, writer, row.record.key.decode(errors="replace"), version)
        if row.topic.startswith("o2c."):
            place = Span(row.topic, "", row.partition, row.record.offset, row.record.offset + 1)
            reason = Reason("discarded", f"discarded by {' and '.join(discard.by)}", blocks=False)
            self._pending.unsent = True
            aside = Aside(place, row.record, reason, (), self._clock.now())
            await parking.dead_letter(db, self._service.name, aside)

    async def told_unblocked(self, db: Db, names: set[str], rows: Sequence[Waiting]) -> None:
        """Everybody who waited hears that it is over."""
        for name in sorted(n for n in names if n.startswith("c:") and rows):
            event = CustomerUnblocked(customer_id=name[2:], service=self._service.name)
            await self._tell(db, event, f"unblocked/{rows[-1].id}")

    async def _tell(self, db: Db, event: Event, id_: str) -> None:
        now, self._pending.unsent = self._clock.now(), True
        own = Envelope(f"{self._service.name}/quarantine", id_, "Quarantine", now, now, now.date(), self._world)
        await tell(db, self._service.name, list(follows(Message(own, event), self._service.name, [event])))

    async def _halt_when_many(self, db: Db, code: str) -> None:
        now, bounds = self._clock.now(), self.bounds
        count, share = await parking.share_parked(db, code, now - bounds.window)
        if count + 1 < bounds.customers_min or share < bounds.share_max:
            return
        self.halted = f"{count} customers parked for {code} within {bounds.window}"
        async with self._database.connection() as own:  # Its own transaction: the parking rolls back, this stays.
            await own.execute(
                "insert into halts (release, reason, since) values ($1, $2, $3) on conflict do nothing",
                self.release_name,
                self.halted,
                now,
            )
        raise Halted(self.halted)


def _release_of(name: str) -> str:
    try:
        return version(f"o2c-{name}")
    except PackageNotFoundError:
        return "unreleased"
