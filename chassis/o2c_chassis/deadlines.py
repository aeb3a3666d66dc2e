"""Promises about time: rows with `due_at`, picked without a lock and taken under the family's lock, in one transaction
with their effects.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from o2c_contracts.event import LIVE, Envelope, Message

from . import arrays
from .database import Db
from .errors import HandlerFailed
from .failpoints import failpoint
from .service import DeadlineReached, Service
from .together import Writes
from .working_set import Armed

_ARM = """
insert into deadlines as d (kind, subject, owner_key, customer_id, armed, due_at)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
on conflict (kind, subject) do update set
    armed = d.armed + excluded.armed, due_at = excluded.due_at,
    owner_key = case when excluded.due_at is null then d.owner_key else excluded.owner_key end,
    customer_id = case when excluded.due_at is null then d.customer_id else excluded.customer_id end
"""
_PICK = """
select kind, subject, owner_key, customer_id, armed, due_at from deadlines
where due_at <= $1 and not (owner_key = any($2::text[])) order by due_at, kind, subject limit $3
"""
_TAKE = """
update deadlines d set due_at = null
from unnest($1::text[], $2::text[], $3::bigint[]) g(kind, subject, armed)
where d.kind = g.kind and d.subject = g.subject and d.armed = g.armed and d.due_at is not null
returning d.kind, d.subject
"""


@dataclass(frozen=True, slots=True)
class Picked:
    """A deadline as it was seen, before its lock."""

    event: DeadlineReached
    due_at: datetime


def arm(writes: Writes, armed: Sequence[tuple[Message, Armed]]) -> None:
    """The last word of the slice for each deadline; its armings are counted, so that no id is ever used again."""
    failpoint("path.arm")
    last: dict[tuple[str, str], Armed] = {}
    times: dict[tuple[str, str], int] = {}
    for message, a in armed:
        name = a.kind, a.subject
        if isinstance(message.event, DeadlineReached) and a.due_at and a.due_at <= message.envelope.recorded_at:
            raise HandlerFailed(f"deadline {name} armed again for {a.due_at}, not later than its own instant")
        last[name] = a
        times[name] = times.get(name, 0) + (a.due_at is not None)
    if last:
        rows = [(*name, a.owner_key, a.customer_id, times[name], a.due_at) for name, a in sorted(last.items())]
        writes.add(_ARM, *arrays.as_arrays(6, rows))


async def pick(db: Db, now: datetime, but: Collection[str], most: int) -> list[Picked]:
    """The oldest that are due, without a lock; `but`: keys known to wait."""
    return [
        Picked(
            DeadlineReached(
                kind=r["kind"],
                subject_id=r["subject"],
                owner_key=r["owner_key"],
                customer_id=r["customer_id"],
                armed=r["armed"],
            ),
            r["due_at"],
        )
        for r in await db.fetch(_PICK, now, list(but), most)
    ]


async def take(db: Db, messages: Sequence[Message]) -> list[Message]:
    """Those still armed as they were picked; from now on they are not. Under the family's lock."""
    failpoint("deadlines.take")
    events = [m.event for m in messages if isinstance(m.event, DeadlineReached)]
    rows = [(e.kind, e.subject_id, e.armed) for e in events]
    taken = {(r["kind"], r["subject"]) for r in await db.fetch(_TAKE, *arrays.as_arrays(3, rows))}
    return [m for m in messages if (getattr(m.event, "kind", ""), m.event.subject) in taken]


def message(service: Service, picked: Picked, now: datetime, world: str = LIVE) -> Message:
    """What the path handles: caused by this service's own promise, recorded now."""
    e = picked.event
    id_ = f"{e.kind}:{e.subject_id}:{e.armed}"
    source = f"{service.name}/deadlines"
    return Message(Envelope(source, id_, "DeadlineReached", picked.due_at, now, now.date(), world), e)


async def armed_now(db: Db, now: datetime) -> tuple[int, datetime | None]:
    """How many are due, and when the next one is."""
    row = await db.fetchrow(
        "select count(*) filter (where due_at <= $1) as due, min(due_at) as next from deadlines "
        "where due_at is not null",
        now,
    )
    return (row["due"], row["next"]) if row else (0, None)
