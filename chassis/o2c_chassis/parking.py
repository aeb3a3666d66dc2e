"""Records that could not be handled: put aside as they came, and taken up again in order.

Parking, the blocked check and taking up happen under the family's lock.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from o2c_contracts.wire import Record, headers_of

from . import outbox
from .bus import Span
from .database import Db
from .raw import pack, unpack
from .together import Query

_NAMES = (
    "topic", "partition", "offset", "key", "headers", "value", "appended_at", "families", "blocks", "waits", "code",
    "reason", "source", "event_id", "parked_at",
)  # fmt: skip
_PUT = f"""
insert into parked ({", ".join(f'"{n}"' for n in _NAMES)})
values ({", ".join(f"${n}" for n in range(1, len(_NAMES) + 1))}) returning id
"""
_BLOCKED = "select distinct unnest(families) from parked where blocks and families && $1::text[]"
_WAITING = "select * from parked where blocks and families && $1::text[] order by id"


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is stable and countable, the text is for a person. `waits`: nothing wrong with it but the one before."""

    code: str
    text: str
    blocks: bool
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parked record with the place that it came from."""

    id: int
    topic: str
    partition: int
    record: Record


def blocked_query(names: Iterable[str]) -> Query:
    """All names that wait together with any of these. Under the families' locks: one could be blocked meanwhile."""
    return _BLOCKED, [sorted(names)]


async def blocked(db: Db, names: Iterable[str]) -> set[str]:
    """The same, asked alone."""
    return {row[0] for row in await db.fetch(_BLOCKED, sorted(names))}


@dataclass(frozen=True, slots=True)
class Aside:
    """A record that is put aside: from where, as it came, why, and with whom it waits."""

    place: Span
    record: Record
    reason: Reason
    families: tuple[str, ...]
    at: datetime


async def put_aside(db: Db, aside: Aside) -> int:
    """The record as it came; its number."""
    place, record, reason = aside.place, aside.record, aside.reason
    headers = headers_of(record)
    row = [place.topic, place.partition, record.offset, record.key, pack(record.headers), record.value]
    row += [record.appended_at, sorted(aside.families), reason.blocks, reason.waits, reason.code]
    row += [_one_line(reason.text, 500), _one_line(headers.get("ce_source")), _one_line(headers.get("ce_id")), aside.at]
    return int(await db.fetchval(_PUT, *row))


def _one_line(text: str | None, most: int = 200) -> str:
    """Text of others as a person may see it: PostgreSQL takes no NUL, a terminal no control characters."""
    return re.sub(r"[\x00-\x1f]+", " ", text or "")[:most]


async def dead_letter(db: Db, service: str, aside: Aside) -> None:
    """Place, reason and identity for others to see; the bytes stay in the table, so that erasure stays possible."""
    place, record, reason = aside.place, aside.record, aside.reason
    headers = headers_of(record)
    content = {
        "topic": place.topic,
        "partition": place.partition,
        "offset": record.offset,
        "group": service,
        "code": reason.code,
        "reason": _one_line(reason.text, 500),
        "source": _one_line(headers.get("ce_source")),
        "id": _one_line(headers.get("ce_id")),
        "type": _one_line(headers.get("ce_type")),
    }
    letter = Record(record.key or b"", (("content-type", b"application/json"),), orjson.dumps(content))
    await outbox.enqueue_raw(db, f"{place.topic}.{service}.dlq", letter, aside.at)


async def waiting(db: Db, names: Sequence[str]) -> list[Waiting]:
    """Everything that waits with these names, oldest first; within one stream in the order of its versions."""
    rows = [Waiting(r["id"], r["topic"], r["partition"], record_of(r)) for r in await db.fetch(_WAITING, list(names))]
    places: dict[tuple[str | None, bytes | None], list[int]] = {}
    for n, row in enumerate(rows):
        if version_of(row) is not None:
            places.setdefault((headers_of(row.record).get("ce_source"), row.record.key), []).append(n)
    ordered = list(rows)
    for slots in places.values():
        for slot, row in zip(slots, sorted((rows[n] for n in slots), key=lambda w: version_of(w) or 0), strict=True):
            ordered[slot] = row
    return ordered


def version_of(row: Waiting) -> int | None:
    text = headers_of(row.record).get("ce_streamversion", "")
    return int(text) if text.isdecimal() else None


def record_of(row: Any) -> Record:
    return Record(row["key"], unpack(row["headers"]), row["value"], row["offset"], row["appended_at"])


async def forget(db: Db, ids: Sequence[int]) -> None:
    await db.execute("delete from parked where id = any($1::bigint[])", list(ids))


async def names_of(db: Db, number: int) -> set[str]:
    """With whom it waits: its families, or where it blocks nobody the key that it came with."""
    row = await db.fetchrow("select key, families from parked where id = $1", number)
    return set(row["families"]) or {(row["key"] or b"").decode(errors="replace")} if row else set()


async def taken(db: Db, number: int, *, even_blocking: bool = False) -> Waiting | None:
    """One that blocks nobody, or under its lock any, no longer parked."""
    query = "delete from parked where id = $1 and (not blocks or $2) returning *"
    r = await db.fetchrow(query, number, even_blocking)
    return Waiting(r["id"], r["topic"], r["partition"], record_of(r)) if r else None


async def newest_after(db: Db, number: int, row: Waiting) -> int | None:
    """Under which number the same record was put aside again."""
    query = 'select max(id) from parked where id > $1 and topic = $2 and partition = $3 and "offset" = $4'
    found = await db.fetchval(query, number, row.topic, row.partition, row.record.offset)
    return int(found) if found is not None else None


async def share_parked(db: Db, code: str, since: datetime) -> tuple[int, float]:
    """Customers parked for this reason since then: how many, and their share of the customers lately told about."""
    count = await db.fetchval(
        "select count(distinct key) from parked where blocks and not waits and code = $1 and parked_at >= $2",
        code,
        since,
    )
    recent = await db.fetchval(
        "select count(distinct key) from (select key from outbox order by position desc limit 1000) lately"
    )
    return count, count / max(1, count + recent)
