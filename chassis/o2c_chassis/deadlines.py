"""Promises about time: rows with `due_at`, picked without a lock and taken under the family's lock, in one transaction
with their effects.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from o2c_contracts.event import LIVE, Envelope, Message

from . import arrays
from .database import Db
from .errors import HandlerFailed
from .failpoints import failpoint
from .service import DeadlineReached, Service
from .together import Query, Writes
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
select array(select d from deadlines d where due_at <= $1 and not (owner_key = any($2::text[]))
    order by due_at, kind, subject limit $3) as due,
    (select min(due_at) from deadlines where due_at > $1) as next
"""
_STILL = """
select d from deadlines d join unnest($1::text[], $2::text[], $3::bigint[]) g(kind, subject, armed)
on d.kind = g.kind and d.subject = g.subject and d.armed = g.armed where d.due_at is not null for update of d
"""


@dataclass(frozen=True, slots=True)
class Picked:
    """A deadline as it was seen, before its lock."""

    event: DeadlineReached
    due_at: datetime


def arm(writes: Writes, armed: Sequence[tuple[Message, Armed]], taken: Sequence[Message] = ()) -> None:
    """The last word of the slice for each deadline; its armings are counted, so that no id is ever used again.

    `taken`: those among these messages that have fired are armed no more, unless they were armed again.
    """
    failpoint("path.arm")
    last: dict[tuple[str, str], Armed] = {}
    times: dict[tuple[str, str], int] = {}
    for m in taken:
        if isinstance(e := m.event, DeadlineReached):
            last[e.kind, e.subject_id] = Armed(e.kind, e.subject_id, e.owner_key, e.customer_id, None)
    for message, a in armed:
        name = a.kind, a.subject
        if isinstance(message.event, DeadlineReached) and a.due_at and a.due_at <= message.envelope.recorded_at:
            raise HandlerFailed(f"deadline {name} armed again for {a.due_at}, not later than its own instant")
        last[name] = a
        times[name] = times.get(name, 0) + (a.due_at is not None)
    if last:
        rows = [(*name, a.owner_key, a.customer_id, times.get(name, 0), a.due_at) for name, a in sorted(last.items())]
        writes.add(_ARM, *arrays.as_arrays(6, rows))


async def pick(db: Db, now: datetime, but: Collection[str], most: int) -> tuple[list[Picked], datetime | None]:
    """The oldest that are due, without a lock, and when the next one is; `but`: keys known to wait."""
    found = await db.fetchrow(_PICK, now, list(but), most)
    assert found is not None
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
        for r in found["due"]
    ], found["next"]


def still_query(messages: Sequence[Message]) -> Query:
    """Those still armed as they were picked, their rows locked. Under the family's lock."""
    failpoint("deadlines.take")
    events = [m.event for m in messages if isinstance(m.event, DeadlineReached)]
    return _STILL, arrays.as_arrays(3, [(e.kind, e.subject_id, e.armed) for e in events])


def still(messages: Sequence[Message], rows: Sequence[Any]) -> list[Message]:
    """The messages of these rows; `arm` writes that they are taken."""
    names = {(r["kind"], r["subject"]) for r in rows}
    return [m for m in messages if (getattr(m.event, "kind", ""), m.event.subject) in names]


def message(service: Service, picked: Picked, now: datetime, world: str = LIVE) -> Message:
    """What the path handles: caused by this service's own promise, recorded now."""
    e = picked.event
    id_ = f"{e.kind}:{e.subject_id}:{e.armed}"
    source = f"{service.name}/deadlines"
    return Message(Envelope(source, id_, "DeadlineReached", picked.due_at, now, now.date(), world), e)
