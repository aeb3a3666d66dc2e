"""Heads of the decision chains, told once a day: what stands on the topic, no owner of a database can take back.

They are read back from the bus and never from the database that they bear witness against.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from o2c_contracts import wire
from o2c_contracts.event import LIVE, Envelope, Message
from o2c_contracts.shared import ChainAnchored
from o2c_contracts.topics import topic

from . import arrays
from .bus import Bus
from .clock import Clock
from .database import Database, Db
from .decide import follows
from .decisions import heads
from .failpoints import failpoint
from .locking import lock_names
from .outbox import tell

_CLAIM = "insert into anchors (day, told_at) values ($1, $2) on conflict do nothing returning day"
_CONTRADICTED = """
select g.day, g.chain, g.seq
from unnest($1::date[], $2::bigint[], $3::bigint[], $4::bytea[]) g(day, chain, seq, hash)
left join decisions d on d.chain = g.chain and d.seq = g.seq
where d.hash is distinct from g.hash order by g.day, g.chain limit 1
"""
_TOLD = "select day from anchors where told_at < $1 order by day"
_SENT_BY_THEN = timedelta(days=1)
_TYPE = ChainAnchored.__name__


class Anchors:
    """Tells this service's heads on each UTC day, once however many processes there are.

    `days`: a simulated world, which nobody can rewrite for long, need not tell them every day.
    """

    def __init__(self, service: str, database: Database, clock: Clock, world: str = LIVE, days: int = 1) -> None:
        self._service, self._database, self._clock, self._world = service, database, clock, world
        self._days = days
        self._told: date | None = None

    async def step(self) -> bool:
        """True where the day's heads were told just now; on the rest of the day it asks nobody."""
        now = self._clock.now()
        today = now.astimezone(UTC).toordinal()
        day = date.fromordinal(today - today % self._days)
        if day == self._told:
            return False
        done = await self._tell(now, day)
        self._told = day
        return done

    async def _tell(self, now: datetime, day: date) -> bool:
        failpoint("anchors.tell")
        async with self._database.transaction() as db:
            await lock_names(db, {f"s:{self._service}"})
            if await db.fetchrow(_CLAIM, day, now) is None:
                return False
            event = ChainAnchored(service=self._service, heads=await heads(db))
            own = Envelope(f"{self._service}/anchors", day.isoformat(), "Anchor", now, now, day, self._world)
            await tell(db, self._service, list(follows(Message(own, event), self._service, [event])))
        return True


@dataclass(frozen=True, slots=True)
class Anchor:
    """The heads of one day as everybody could read them."""

    day: date
    heads: dict[str, str]


class Witness:
    """What the topic says of one service; remembers how far it has read."""

    def __init__(self, service: str, bus: Bus, world: str = LIVE) -> None:
        self._service, self._bus, self._world = service, bus, world
        self._next = 0
        self._found: dict[date, Anchor] = {}

    async def anchors(self) -> list[Anchor]:
        """All of them, oldest first. Of a day that was told twice the first counts."""
        key = f"s:{self._service}".encode()
        records, after = await self._bus.history(topic(self._service), key, self._next)
        for record in records:
            message = wire.decode(topic(self._service), record) if _is_anchor(record) else None
            if message is not None and message.envelope.world == self._world:
                assert isinstance(message.event, ChainAnchored)
                day = message.envelope.business_date
                self._found.setdefault(day, Anchor(day, message.event.heads))
        self._next = after
        return [self._found[day] for day in sorted(self._found)]


async def contradicted(db: Db, anchors: Iterable[Anchor], now: datetime) -> str:
    """The first thing in this database that is not what was told; empty where everything is.

    Each anchored head must still be the hash of its record, and each day that claims to have been told must be there:
    else a row put into `anchors` beforehand would keep a service silent.
    """
    known: dict[date, Anchor] = {a.day: a for a in anchors}
    heads_: dict[tuple[int, int, bytes], date] = {}
    for anchor in known.values():
        for chain, head in anchor.heads.items():
            seq, _, digest = head.partition(":")
            heads_.setdefault((int(chain), int(seq), bytes.fromhex(digest)), anchor.day)
    rows = [(day, *head) for head, day in heads_.items()]
    if wrong := await db.fetchrow(_CONTRADICTED, *arrays.as_arrays(4, rows)):
        return f"decision chain {wrong['chain']}: record {wrong['seq']} is not the one that was told on {wrong['day']}"
    silent = [r["day"] for r in await db.fetch(_TOLD, now - _SENT_BY_THEN) if r["day"] not in known]
    return f"the heads of {silent[0]} never reached the topic" if silent else ""


def _is_anchor(record: wire.Record) -> bool:
    return any(name == "ce_type" and value == _TYPE.encode() for name, value in record.headers)
