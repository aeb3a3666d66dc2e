"""What a slice tells leaves with the rows it describes: same transaction, then the bus."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from o2c_contracts import wire
from o2c_contracts.event import Message
from o2c_contracts.topics import topic

from . import arrays
from .database import Db
from .errors import HandlerFailed
from .failpoints import failpoint
from .raw import pack, pack_texts
from .tables import outbox, streams
from .together import Query, Writes

_NAMES = ("topic", "key", "headers", "value", "recorded_at")
_ENQUEUE = arrays.insert(outbox, *_NAMES)
_HEADS = arrays.select_where(streams, ("key",))
_MOVED = arrays.upsert(streams)
_SENT_THEN = "topic = $1 and sent_at >= $2 and sent_at <= $3 and ($4::bytea is null or key = $4)"
_COUNT = f"select count(*) from outbox where {_SENT_THEN}"
_UNMARK = f"with again as (update outbox set sent_at = null where {_SENT_THEN} returning 1) select count(*) from again"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a service has sent on its own topic between two instants, both included; of one customer or of all."""

    since: datetime
    until: datetime
    customer_id: str = ""


class TooLarge(HandlerFailed):
    """No reader would take it, nor a broker: once committed it would hold up everything that is told after it."""

    code = "event-too-large"

    def __init__(self, type_: str, size: int) -> None:
        super().__init__(f"{type_} would come to {size} bytes, at most {wire.MOST_BYTES} are told")


def heads_query(keys: Iterable[str]) -> Query:
    """The last versions told of these keys."""
    return arrays.select_whole(streams, ("key",)), [sorted(set(keys))]


def enqueue(writes: Writes, service: str, told: Sequence[Message], heads: Iterable[Any]) -> None:
    """In their order, each with the next version of its key. The keys' families are locked by whoever calls.

    `heads`: the last versions told of these keys, perhaps among others. Raises TooLarge.
    """
    failpoint("path.enqueue")
    before: dict[str, int] = {r["key"]: r["version"] for r in heads}
    versions: dict[str, int] = {}
    own, rows = topic(service), []
    for m in told:
        key = m.event.key
        versions[key] = version = versions.get(key, before.get(key, 0)) + 1
        name, headers, value = wire.encode_texts(m, version)
        if len(value) > wire.MOST_BYTES:
            raise TooLarge(m.envelope.type, len(value))
        rows.append((own, name, pack_texts(headers), value, m.envelope.recorded_at))
    writes.append(outbox, rows, *_NAMES)
    if rows:
        writes.add(_MOVED, *arrays.as_arrays(2, sorted(versions.items())))


async def tell(db: Db, service: str, told: Sequence[Message]) -> None:
    """For what is told beside the path: by the quarantine, by a new bundle of rules."""
    writes = Writes()
    enqueue(writes, service, told, await db.fetch(_HEADS, sorted({m.event.key for m in told})))
    await writes.send(db)


async def send_again(db: Db, service: str, sent: Sent, *, only_count: bool = False) -> int:
    """Let the relay send these once more, as they were and in their order, ahead of what is new; how many.

    For a log that lost what it had acknowledged: who has heard a version drops it, who misses it gets it.
    """
    key = f"c:{sent.customer_id}".encode() if sent.customer_id else None
    count = await db.fetchval(_COUNT if only_count else _UNMARK, topic(service), sent.since, sent.until, key)
    return int(count)


async def enqueue_raw(db: Db, name: str, record: wire.Record, recorded_at: datetime) -> None:
    """A record for another topic: a dead letter."""
    await db.execute(_ENQUEUE, [name], [record.key], [pack(record.headers)], [record.value], [recorded_at])
