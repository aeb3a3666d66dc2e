"""Each message changes this database once, in order, however often and by whatever road it comes."""

from collections.abc import Container, Sequence
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
from .together import Query, Writes

_MOVE = """
update positions p set next = g.after from (values {}) g(topic, topic_id, partition, first, after)
where p.topic = g.topic and p.topic_id = g.topic_id and p.partition = g.partition and p.next = g.first
"""
_KNOWN = arrays.select_whole(inbox, ("source", "id"))
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


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be done with what has arrived."""

    fresh: list[Message]
    """To handle, in their order."""
    reused: list[Arrival]
    """They use a known identity for another body."""
    moved: list[tuple[str, str, int]]
    """How far the heads of streams move on: writer, key, version."""


def move_text(spans: Sequence[Span]) -> str:
    """Compare and set, in the transaction of the slice: a reader that slept too long cannot write. For its opening."""
    failpoint("path.move")
    rows = (f"({_quoted(s.topic)}, {_quoted(s.topic_id)}, {s.partition}, {s.first}, {s.after})" for s in spans)
    return _MOVE.format(", ".join(rows))


def expect_moved(tag: str, spans: Sequence[Span]) -> None:
    """By the tag of the command that moved them: all, or somebody else has moved on."""
    if tag != f"UPDATE {len(spans)}":
        raise Overtaken(f"{tag}, expected {len(spans)}: {spans}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def heard_query(arrivals: Sequence[Arrival]) -> Query:
    """The last versions heard of the streams that these belong to."""
    return _HEADS, arrays.as_arrays(2, sorted({a.stream[:2] for a in arrivals if a.stream is not None}))


def known_query(arrivals: Sequence[Arrival]) -> Query:
    """Those of their identities that were claimed before."""
    return _KNOWN, arrays.as_arrays(2, list({a.message.identity: None for a in arrivals if a.message is not None}))


def sort_out(arrivals: Sequence[Arrival], heard_rows: Sequence[Any], known_rows: Sequence[Any]) -> Claim:
    """Which of them nobody has handled yet. Raises OutOfOrder for the first record whose version does not follow."""
    failpoint("path.claim")
    heads = {(r["writer"], r["key"]): r["version"] for r in heard_rows}
    bodies: dict[tuple[str, str], bytes] = {(r["source"], r["id"]): r["body_hash"] for r in known_rows}
    following, moved = _in_version_order(arrivals, heads, bodies)
    fresh, reused = [], []
    for a in following:
        if (m := a.message) is None:
            continue
        if m.identity not in bodies:
            bodies[m.identity] = m.body_hash
            fresh.append(m)
        elif bodies[m.identity] != m.body_hash:
            reused.append(a)
    return Claim(fresh, reused, moved)


def claim(writes: Writes, claimed: Claim) -> None:
    """Keep their identities, which nobody else may have taken meanwhile, and how far the streams were heard."""
    writes.append(inbox, [(*m.identity, m.body_hash) for m in claimed.fresh])
    if claimed.moved:
        writes.add(_HEARD, *arrays.as_arrays(3, claimed.moved))


def _in_version_order(
    arrivals: Sequence[Arrival], heads: dict[tuple[str, str], int], known: Container[tuple[str, str]]
) -> tuple[list[Arrival], list[tuple[str, str, int]]]:
    """Without repeats of our own services; and how far their streams' heads move on."""
    before = dict(heads)
    here: dict[tuple[str, str, int], Arrival] = {}
    following: list[Arrival] = []
    for a in arrivals:
        if a.stream is not None:
            writer, key, version = a.stream
            head = heads.get((writer, key))
            if head is not None and version <= head:
                _expect_repeat(a, here.get(a.stream), known)
                continue
            if head is not None and version > head + 1:
                raise OutOfOrder("version-gap", f"{writer} {key}: version {version} came after {head}")
            heads[writer, key] = version
            here[a.stream] = a
        following.append(a)
    return following, sorted((*name, version) for name, version in heads.items() if before.get(name) != version)


def _expect_repeat(arrival: Arrival, first: Arrival | None, known: Container[tuple[str, str]]) -> None:
    """A version that was heard before must be the same event: else the writer was restored and told another story."""
    assert arrival.stream is not None
    if arrival.message is None:
        return
    identity = arrival.message.identity
    if identity not in known if first is None else first.message is None or first.message.identity != identity:
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
