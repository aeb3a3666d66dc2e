"""What a slice tells leaves with the rows it describes: same transaction, then the bus."""

from collections.abc import Sequence
from datetime import datetime

from o2c_contracts import wire
from o2c_contracts.event import Message
from o2c_contracts.topics import topic

from . import arrays
from .database import Db
from .failpoints import failpoint
from .raw import pack, pack_texts
from .tables import outbox, streams

_NAMES = ("topic", "key", "headers", "value", "recorded_at")
_ENQUEUE = arrays.insert(outbox, *_NAMES)
_HEADS = arrays.select_where(streams, ("key",))
_MOVED = arrays.upsert(streams)


async def enqueue(db: Db, service: str, told: Sequence[Message]) -> None:
    """In their order, each with the next version of its key. The keys' families are locked by whoever calls."""
    failpoint("path.enqueue")
    if not told:
        return
    versions: dict[str, int] = {
        r["key"]: r["version"] for r in await db.fetch(_HEADS, sorted({m.event.key for m in told}))
    }
    own, rows = topic(service), []
    for m in told:
        key = m.event.key
        versions[key] = version = versions.get(key, 0) + 1
        name, headers, value = wire.encode_texts(m, version)
        rows.append((own, name, pack_texts(headers), value, m.envelope.recorded_at))
    await arrays.append(db, outbox, rows, _NAMES)
    await db.execute(_MOVED, *arrays.as_arrays(2, sorted(versions.items())))


async def enqueue_raw(db: Db, name: str, record: wire.Record, recorded_at: datetime) -> None:
    """A record for another topic: a dead letter."""
    await db.execute(_ENQUEUE, [name], [record.key], [pack(record.headers)], [record.value], [recorded_at])
