"""What must reach the outside: queued in the transaction, rendered and sent after it, at least once, with an end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson
from o2c_contracts.event import LIVE, Envelope, Message

from . import arrays
from .database import Db
from .failpoints import failpoint
from .service import DeliveryEnded, Document, Service
from .tables import deliveries
from .together import Query, Writes
from .working_set import Wanted

_QUEUE = f"{arrays.insert(deliveries)} on conflict do nothing"
_OPEN = "select * from deliveries where next_at <= $1 order by next_at, delivery_id limit $2"
_STILL = "select d from deliveries d where d.delivery_id = any($1::text[]) and d.next_at is not null for update of d"
_ENDED = """
update deliveries set next_at = null, status = g.status
from unnest($1::text[], $2::text[]) g(delivery_id, status) where deliveries.delivery_id = g.delivery_id
"""
_TRIED = """
update deliveries set attempts = attempts + 1, status = $2, channel = $3, address = $4, problem = $5, next_at = $6
where delivery_id = $1
"""
PAUSES = (1, 10, 60, 600, 3600)
"""Seconds before the next attempt; after the last one it is undeliverable."""


class Undeliverable(Exception):
    """This address will never take it: no further attempt."""


class Port(Protocol):
    """A way out: a folder, SMTP, or nowhere in a simulated world."""

    renders: bool
    """False: only that it was wanted counts; nothing is rendered."""

    async def send(self, document: Document, content: Mapping[str, Any], delivery_id: str) -> tuple[str, str]:
        """Channel and address that took it. May be called again for the same delivery: same name, same content."""


def queue(writes: Writes, wanted: Sequence[tuple[Message, Wanted]]) -> None:
    failpoint("path.queue")
    rows = [
        (
            w.delivery_id,
            w.kind,
            w.subject,
            w.owner_key,
            w.customer_id,
            orjson.dumps(w.content).decode(),
            "queued",
            0,
            "",
            "",
            "",
            m.envelope.recorded_at,
            m.envelope.recorded_at,
        )
        for m, w in wanted
    ]
    if rows:
        writes.add(_QUEUE, *arrays.as_arrays(13, rows))


async def open_ones(db: Db, now: datetime, most: int = 50) -> list[Any]:
    return list(await db.fetch(_OPEN, now, most))


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one went: taken there by a channel at an address, or the problem, which may be final."""

    taken: tuple[str, str] | None
    problem: str = ""
    final: bool = False


async def tried(db: Db, row: Any, now: datetime, attempt: Attempt) -> None:
    """After an attempt: `sent` or `failed` wait for their handler, `queued` for the next attempt."""
    failpoint("deliveries.tried")
    channel, address = attempt.taken or ("", "")
    attempts = row["attempts"] + 1
    if attempt.taken:
        status, next_at = "sent", now
    elif attempt.final or attempts > len(PAUSES):
        status, next_at = "failed", now
    else:
        status, next_at = "queued", now + timedelta(seconds=PAUSES[attempts - 1])
    await db.execute(_TRIED, row["delivery_id"], status, channel, address, attempt.problem[:500], next_at)


def message(service: Service, row: Any, now: datetime, world: str = LIVE) -> Message:
    """What the path handles when a delivery has ended."""
    delivered = row["status"] == "sent"
    event = DeliveryEnded(
        kind=row["kind"],
        subject_id=row["subject"],
        owner_key=row["owner_key"],
        customer_id=row["customer_id"],
        delivered=delivered,
        channel=row["channel"] or "none",
        address=row["address"],
        problem=row["problem"],
    )
    return Message(
        Envelope(f"{service.name}/deliveries", row["delivery_id"], "DeliveryEnded", now, now, now.date(), world), event
    )


def still_query(messages: Sequence[Message]) -> Query:
    """Those that have not been told yet, their rows locked: each delivery ends once."""
    failpoint("deliveries.take")
    return _STILL, [[m.envelope.id for m in messages]]


def still(messages: Sequence[Message], rows: Sequence[Any]) -> list[Message]:
    """The messages of these rows; `end` writes that they were told."""
    ids = {r["delivery_id"] for r in rows}
    return [m for m in messages if m.envelope.id in ids]


def end(writes: Writes, taken: Sequence[Message]) -> None:
    """Those among these messages that are ended deliveries are over."""
    rows = [
        (m.envelope.id, "delivered" if m.event.delivered else "undeliverable")
        for m in taken
        if isinstance(m.event, DeliveryEnded)
    ]
    if rows:
        writes.add(_ENDED, *arrays.as_arrays(2, rows))
