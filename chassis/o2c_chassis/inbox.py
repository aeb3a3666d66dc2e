"""Each message changes this database once, in order, however often and by whatever road it comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from o2c_contracts.event import Message
from o2c_contracts.wire import Record

from . import arrays
from .bus import Span
from .database import Db
from .errors import HandlerFailed, Overtaken
from .failpoints import failpoint
from .tables import heard, inbox

_MOVE = """
update positions p set next = g.after
from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
    g(topic, topic_id, partition, first, after)
where p.topic = g.topic and p.topic_id = g.topic_id and p.partition = g.partition and p.next = g.first
"""
_CLAIM = f"{arrays.insert(inbox)} on conflict do nothing returning source, id"
_CLAIM_AND_HEAR = f"with h as ({arrays.upsert(heard, first=4)}) {_CLAIM}"
_KNOWN = arrays.select_where(inbox, ("source", "id"))
_HEADS = arrays.select_whole(heard, ("writer", "key"))
_HEARD = arrays.upsert(heard)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record on its way through: where it came from, whose stream it belongs to, and what it says if we hear it."""

    topic: str
    partition: int
    record: Record
    stream: tuple[str, str, int] | None
    """Writer, key and version, for records of our own services."""
    message: Message | None
    """None for a type that this service passes over: only its version counts."""


class OutOfOrder(HandlerFailed):
    """A version is missing, or stands on another event: the key waits until somebody has looked."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


async def move_positions(db: Db, spans: Sequence[Span]) -> None:
    """Compare and set, in the transaction of the slice: a reader that slept too long cannot write."""
    failpoint("path.move")
    rows = [(s.topic, s.topic_id, s.partition, s.first, s.after) for s in spans]
    done = await db.execute(_MOVE, *arrays.as_arrays(5, rows))
    if done != f"UPDATE {len(rows)}":
        raise Overtaken(f"{done}, expected {len(rows)}: {spans}")


def heard_query(arrivals: Sequence[Arrival]) -> tuple[str, list[Any]]:
    """The last versions heard of the streams that these belong to, each as one value."""
    return _HEADS, arrays.as_arrays(2, sorted({a.stream[:2] for a in arrivals if a.stream is not None}))


async def claim(db: Db, arrivals: Sequence[Arrival], heads: Sequence[Any] = ()) -> tuple[list[Message], list[Arrival]]:
    """Those to handle, in their order; and those that use a known identity for another body.

    Raises OutOfOrder for the first record whose version does not follow.
    """
    failpoint("path.claim")
    following, moved = await _in_version_order(db, arrivals, heads)
    first: dict[tuple[str, str], Message] = {}
    for a in following:
        if a.message is not None:
            first.setdefault(a.message.identity, a.message)
    if not first:
        if moved:
            await db.execute(_HEARD, *arrays.as_arrays(3, moved))
        return [], []
    rows = arrays.as_arrays(3, [(*identity, m.body_hash) for identity, m in first.items()])
    if moved:
        fresh = {(r[0], r[1]) for r in await db.fetch(_CLAIM_AND_HEAR, *rows, *arrays.as_arrays(3, moved))}
    else:
        fresh = {(r[0], r[1]) for r in await db.fetch(_CLAIM, *rows)}
    bodies = {identity: first[identity].body_hash for identity in fresh}
    if again := [identity for identity in first if identity not in fresh]:
        known = await db.fetch(_KNOWN, *arrays.as_arrays(2, again))
        bodies |= {(r["source"], r["id"]): r["body_hash"] for r in known}
    reused = [a for a in following if a.message is not None and a.message.body_hash != bodies[a.message.identity]]
    return [m for identity, m in first.items() if identity in fresh], reused


async def _in_version_order(
    db: Db, arrivals: Sequence[Arrival], found: Sequence[Any]
) -> tuple[list[Arrival], list[tuple[str, str, int]]]:
    """Without repeats of our own services; and how far their streams' heads move on."""
    heads: dict[tuple[str, str], int] = {(r["writer"], r["key"]): r["version"] for r in found}
    before = dict(heads)
    here: dict[tuple[str, str, int], Arrival] = {}
    following: list[Arrival] = []
    for a in arrivals:
        if a.stream is not None:
            writer, key, version = a.stream
            head = heads.get((writer, key))
            if head is not None and version <= head:
                await _expect_repeat(db, a, here.get(a.stream))
                continue
            if head is not None and version > head + 1:
                raise OutOfOrder("version-gap", f"{writer} {key}: version {version} came after {head}")
            heads[writer, key] = version
            here[a.stream] = a
        following.append(a)
    return following, sorted((*name, version) for name, version in heads.items() if before.get(name) != version)


async def _expect_repeat(db: Db, arrival: Arrival, first: Arrival | None) -> None:
    """A version that was heard before must be the same event: else the writer was restored and told another story."""
    assert arrival.stream is not None
    if arrival.message is None:
        return
    identity = arrival.message.identity
    if first is not None:
        same = first.message is not None and first.message.identity == identity
    else:
        same = bool(await db.fetch(_KNOWN, *[[part] for part in identity]))
    if not same:
        writer, key, version = arrival.stream
        raise OutOfOrder("forked", f"{writer} {key}: version {version} was heard before, as another event")


async def positions_of(db: Db, topics: Sequence[str]) -> dict[tuple[str, int], tuple[str, int]]:
    """(topic, partition) -> (the topic's id, next)."""
    rows: list[Any] = await db.fetch(
        "select topic, partition, topic_id, next from positions where topic = any($1::text[])", list(topics)
    )
    return {(r["topic"], r["partition"]): (r["topic_id"], r["next"]) for r in rows}


async def begin_positions(db: Db, begins: dict[tuple[str, int], tuple[str, int]]) -> None:
    """First start of this service on these partitions."""
    rows = [(topic, partition, topic_id, at) for (topic, partition), (topic_id, at) in begins.items()]
    await db.execute(
        "insert into positions (topic, partition, topic_id, next) "
        "select * from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) on conflict do nothing",
        *arrays.as_arrays(4, rows),
    )
