"""The embedded bus: a log in a PostgreSQL database of its own. Same order, same redelivery, no broker.

One process writes it; what it published lately is kept in memory too, so that its readers need not ask for it again.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

from o2c_contracts.topics import PARTITIONS, TOPICS
from o2c_contracts.wire import Record
from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, Table, Text

from . import arrays
from .bus import PAUSES, OnSlices, Place, Slice, Span, partition_of
from .clock import Clock, RealClock
from .database import Database
from .errors import Lost, Overtaken
from .failpoints import failpoint
from .inbox import begin_positions, positions_of
from .quarantine import Halted
from .raw import pack, unpack

metadata = MetaData()
log = Table(
    "log",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", BigInteger, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("key", LargeBinary),
    Column("headers", LargeBinary, nullable=False),
    Column("value", LargeBinary),
    Column("appended_at", DateTime(timezone=True), nullable=False),
)
ends = Table(
    "ends",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", BigInteger, primary_key=True),
    Column("topic_id", Text, nullable=False),
    Column("next", BigInteger, nullable=False),
)
# One round trip per publish. `back`: how far a new record stands from its partition's new end.
_APPEND = """
with advanced as (
    insert into ends as e (topic, partition, topic_id, next)
    select $1, g.partition, g.topic_id, g.count
    from unnest($2::bigint[], $3::text[], $4::bigint[]) g(partition, topic_id, count)
    on conflict (topic, partition) do update set next = e.next + excluded.next returning partition, next
), added as (
    insert into log (topic, partition, "offset", key, headers, value, appended_at)
    select $1, a.partition, a.next - g.back, g.key, g.headers, g.value, $10
    from unnest($5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[], $9::bytea[])
        g(partition, back, key, headers, value) join advanced a using (partition)
)
select partition, next from advanced
"""
_READ = """
select topic, partition, "offset", key, headers, value, appended_at from (
    select l.*, row_number() over (partition by l.topic, l.partition order by l."offset") as n
    from unnest($1::text[], $2::bigint[], $3::bigint[]) g(topic, partition, start)
    join log l on l.topic = g.topic and l.partition = g.partition and l."offset" >= g.start
        and l."offset" < g.start + $4) found
where n <= $4 order by topic, partition, "offset"
"""
_OF_KEY = """
select key, headers, value, "offset", appended_at from log
where topic = $1 and partition = $2 and "offset" >= $3 and "offset" < $4 and key = $5 order by "offset"
"""
_REMEMBER = 4_000
"""Records of one partition kept in memory."""


class Loopback:
    """Publishes and reads; `exclusive`: no other process writes this log, so its ends are known without asking."""

    def __init__(self, database: Database, clock: Clock | None = None, *, exclusive: bool = True) -> None:
        self._database, self._clock, self.exclusive = database, clock or RealClock(), exclusive
        self._published = asyncio.Event()
        self.appended: Counter[str] = Counter()
        """Publishes of this process so far, by topic: while they stand still, who exclusively reads need not look."""
        self._ends: dict[str, dict[Place, int]] = {}
        self._tails: dict[Place, deque[Record]] = {}
        self._asked: set[str] = set()
        self._lock = asyncio.Lock()

    async def open(self) -> "Loopback":
        """Make the tables and the topics where they are missing."""
        async with self._database.transaction() as db:
            await db.execute("select pg_advisory_xact_lock(7)")
            for statement in _TABLES:
                await db.execute(statement)
            rows = [(t, p, str(uuid4()), 0) for t in TOPICS for p in range(PARTITIONS)]
            await db.execute(f"{arrays.insert(ends)} on conflict do nothing", *arrays.as_arrays(4, rows))
        return self

    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        """Durable when it returns; records of one key stay in order."""
        if not records:
            return
        now = self._clock.now()
        placed = [(partition_of(r.key or b"", PARTITIONS), r) for r in records]
        counts = Counter(p for p, _ in placed)
        behind, rows = dict(counts), []
        for p, r in placed:
            rows.append((p, behind[p], r.key, pack(r.headers), r.value))
            behind[p] -= 1
        new = [(p, str(uuid4()), n) for p, n in sorted(counts.items())]
        failpoint("loopback.append")
        async with self._lock, self._database.connection() as db:
            after = await db.fetch(_APPEND, topic, *arrays.as_arrays(3, new), *arrays.as_arrays(5, rows), now)
            ends_ = {r["partition"]: r["next"] for r in after}
            kept = [
                (p, replace(r, offset=ends_[p] - row[1], appended_at=now))
                for (p, r), row in zip(placed, rows, strict=True)
            ]
            self._remember(topic, kept, ends_)
        failpoint("loopback.appended")
        self.appended[topic] += 1
        self._published.set()

    async def ends(self, topics: Sequence[str]) -> Mapping[Place, int]:
        """Where the next record of each partition will go."""
        if not self.exclusive or not self._asked.issuperset(topics):
            query = "select topic, partition, next from ends where topic = any($1::text[])"
            for r in await self._database.fetch(query, list(topics)):
                self._moved(r["topic"], r["partition"], r["next"])
            self._asked |= set(topics)
        return {place: end for topic in topics for place, end in self._ends.get(topic, {}).items()}

    async def topic_ids(self, topics: Sequence[str]) -> dict[Place, str]:
        query = "select topic, partition, topic_id from ends where topic = any($1::text[])"
        return {(r["topic"], r["partition"]): r["topic_id"] for r in await self._database.fetch(query, list(topics))}

    async def read(self, starts: Mapping[Place, int], most: int) -> dict[Place, list[Record]]:
        """Up to `most` records of each of these partitions."""
        found: dict[Place, list[Record]] = {}
        asking: dict[Place, int] = {}
        for place, start in starts.items():
            tail = self._tails.get(place)
            if self.exclusive and tail and tail[0].offset <= start:
                skip = start - tail[0].offset
                found[place] = [tail[n] for n in range(skip, min(len(tail), skip + most))]
            else:
                asking[place] = start
        if asking:
            rows = [(*place, start) for place, start in asking.items()]
            for r in await self._database.fetch(_READ, *arrays.as_arrays(3, rows), most):
                record = Record(r["key"], unpack(r["headers"]), r["value"], r["offset"], r["appended_at"])
                found.setdefault((r["topic"], r["partition"]), []).append(record)
        return found

    async def history(self, topic: str, key: bytes, first: int = 0) -> tuple[list[Record], int]:
        """The records of one key in order, from an offset of its partition on; and the offset to go on from."""
        place = topic, partition_of(key, PARTITIONS)
        after = (await self.ends([topic]))[place]
        rows = await self._database.fetch(_OF_KEY, *place, first, after, key)
        found = [Record(r["key"], unpack(r["headers"]), r["value"], r["offset"], r["appended_at"]) for r in rows]
        return found, after

    async def check(self) -> None:
        await self._database.fetch("select 1")

    async def close(self) -> None:
        await self._database.close()

    async def wait(self, seconds: float) -> None:
        """Until something was published here, or some time has passed."""
        self._published.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._published.wait(), seconds)

    def _remember(self, topic: str, kept: Sequence[tuple[int, Record]], after: Mapping[int, int]) -> None:
        if not self.exclusive:
            return
        for p, record in kept:
            tail = self._tails.setdefault((topic, p), deque())
            if tail and tail[-1].offset + 1 != record.offset:
                tail.clear()
            tail.append(record)
            if len(tail) > _REMEMBER:
                tail.popleft()
        for p, end in after.items():
            self._moved(topic, p, end)

    def _moved(self, topic: str, partition: int, end: int) -> None:
        ends_ = self._ends.setdefault(topic, {})
        ends_[topic, partition] = max(end, ends_.get((topic, partition), 0))


class LoopbackReader:
    """One service reading its topics; all partitions that are behind go into one transaction."""

    def __init__(self, bus: Loopback, database: Database, topics: Sequence[str], on_slices: OnSlices) -> None:
        self._bus, self._database, self._topics, self._on_slices = bus, database, topics, on_slices
        self._at: dict[Place, tuple[str, int]] = {}
        self._stopping = False
        self._looked_at: dict[str, int] = {}
        self.most = 500
        self.pauses = PAUSES

    @property
    def behind(self) -> bool:
        """False where surely nothing new is there."""
        seen, appended = self._looked_at, self._bus.appended
        return not self._bus.exclusive or any(appended[t] != seen.get(t) for t in self._topics)

    async def step(self) -> int:
        """Everything there is right now, up to the size of a slice; how many records."""
        appended = {t: self._bus.appended[t] for t in self._topics}
        topics = [t for t, n in appended.items() if n != self._looked_at.get(t) or not self._bus.exclusive]
        if not topics:
            return 0
        if not self._at:
            await self._assign()
        ends_ = await self._bus.ends(topics)
        starts = {place: self._at[place][1] for place, end in ends_.items() if end > self._at[place][1]}
        if not starts:
            self._looked_at = appended
            return 0
        slices, left = [], self.most
        found = await self._bus.read(starts, self.most)
        for (topic, partition), start in sorted(starts.items()):
            part = found.get((topic, partition), [])[:left]
            if left and (not part or part[0].offset != start):
                raise Lost(f"{topic}/{partition}: record {start} is gone, the log ends at {ends_[topic, partition]}")
            left -= len(part)
            if part:
                topic_id, first = self._at[topic, partition]
                slices.append(Slice(Span(topic, topic_id, partition, first, part[-1].offset + 1), part))
        try:
            await self._on_slices(slices)
        except Overtaken:
            self._at.clear()
            self._looked_at = {}
            return 0
        for s in slices:
            self._at[s.span.topic, s.span.partition] = s.span.topic_id, s.span.after
        if left:
            self._looked_at = appended
        return self.most - left

    async def run(self) -> None:
        """Until stopped. A broken world is retried with growing pauses, then ends the reader."""
        pauses = iter(self.pauses)
        while not self._stopping:
            try:
                if await self.step() == 0:
                    await self._bus.wait(0.1)
                pauses = iter(self.pauses)
            except Halted:
                await asyncio.sleep(1)
            except Lost:
                raise
            except Exception:
                pause = next(pauses, None)
                if pause is None:
                    raise
                self._at.clear()
                self._looked_at = {}
                await asyncio.sleep(pause)

    async def stop(self) -> None:
        self._stopping = True

    async def _assign(self) -> None:
        """begin <= position <= end, and the same topic as before: else nothing may be skipped silently."""
        ids, ends_ = await self._bus.topic_ids(self._topics), await self._bus.ends(self._topics)
        async with self._database.transaction() as db:
            known = await positions_of(db, self._topics)
            await begin_positions(db, {place: (id_, 0) for place, id_ in ids.items() if place not in known})
        for place, id_ in ids.items():
            was, at = known.get(place, (id_, 0))
            if was != id_ or not 0 <= at <= ends_[place]:
                raise Lost(
                    f"{place[0]}/{place[1]}: position {at} of topic {was}, the log is {id_} up to {ends_[place]}"
                )
            self._at[place] = id_, at


_TABLES = (
    """create table if not exists log (topic text, partition bigint, "offset" bigint, key bytea, headers bytea not null,
    value bytea, appended_at timestamptz not null, primary key (topic, partition, "offset"))""",
    """create table if not exists ends (topic text, partition bigint, topic_id text not null, next bigint not null,
    primary key (topic, partition))""",
)
