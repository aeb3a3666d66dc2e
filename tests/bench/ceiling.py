"""The raw ceiling: the very rows that the house wrote, written again by nothing but asyncpg and aiokafka.

getmany, one set-based transaction per poll, a pipelined producer. No decoding, no model, no rule, no hash, no lock.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from o2c_chassis.bus import partition_of
from o2c_chassis.raw import unpack
from o2c_contracts.topics import PARTITIONS

from tests.bench.ground import INTAKE, Ground, Meter, Reading


@dataclass(frozen=True, slots=True)
class Written:
    """What the house wrote for each order: table -> rows; and what it published."""

    columns: Mapping[str, Sequence[str]]
    rows: Mapping[str, Mapping[str, list[tuple[Any, ...]]]]
    """Event id -> table -> rows."""
    published: Mapping[str, tuple[bytes, list[tuple[str, bytes]], bytes]]


async def written_by_the_house(url: str) -> Written:
    """Read back, by the order that each row belongs to."""
    db = await asyncpg.connect(url)
    columns: dict[str, Sequence[str]] = {}
    rows: dict[str, dict[str, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
    published = {}
    for table, event_id in _TABLES.items():
        found = await db.fetch(f"select {event_id} as event_id, t.* from {table} t where {event_id} is not null")
        columns[table] = [k for k in dict(found[0]) if k != "event_id"] if found else []
        for r in found:
            rows[r["event_id"]][table].append(tuple(r)[1:])
    for r in await db.fetch("select key, headers, value from outbox where topic = 'o2c.orders.v1'"):
        headers = unpack(r["headers"])
        cause = next((v or b"").decode() for n, v in headers if n == "ce_causedby").removeprefix("bench/")
        published[cause] = (r["key"], [(n, v or b"") for n, v in headers], r["value"])
    await db.close()
    return Written(columns, rows, published)


# How the event that a row belongs to is found in it.
_TABLES = {
    "inbox": "case when source = 'bench' then id end",
    "outbox": "substring(convert_from(headers, 'UTF8') from '\"ce_causedby\",\"bench/([0-9]+)\"')",
    "decisions": 'substring(convert_from(body, \'UTF8\') from \'"because_of":\\["bench","([0-9]+)"\')',
    "orders": "ltrim(substring(order_id from 2), '0')",
}


async def run(ground: Ground, url: str, written: Written, count: int, output: str) -> Reading:
    """The same events, read from the same topic by another group."""
    db = await asyncpg.connect(url)
    await db.execute("truncate inbox, outbox, decisions, orders, streams")
    consumer = AIOKafkaConsumer(
        bootstrap_servers=ground.servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    consumer.assign([TopicPartition(INTAKE, p) for p in range(PARTITIONS)])
    await consumer.seek_to_beginning()
    producer = AIOKafkaProducer(bootstrap_servers=ground.servers, acks="all", enable_idempotence=True, linger_ms=0)
    await producer.start()
    meter, seen, waiting = Meter(ground), 0, []
    while seen < count:
        batch = await consumer.getmany(timeout_ms=1000, max_records=500)
        ids = [_id(r) for records in batch.values() for r in records]
        async with db.transaction():
            await _write(db, written, ids, {p.partition: rs[-1].offset + 1 for p, rs in batch.items()})
        for event_id in ids:
            if event_id in written.published:
                key, headers, value = written.published[event_id]
                waiting.append(
                    await producer.send(
                        output, value, key=key, headers=headers, partition=partition_of(key, PARTITIONS)
                    )
                )
        seen += len(ids)
    await asyncio.gather(*waiting)
    reading = meter.read(count)
    await producer.stop()
    await consumer.stop()
    await db.close()
    return reading


def _id(record: Any) -> str:
    return next(value.decode() for name, value in record.headers if name == "ce_id")


async def _write(db: Any, written: Written, ids: Sequence[str], positions: Mapping[int, int]) -> None:
    await db.execute(
        "update positions set next = g.n from unnest($1::bigint[], $2::bigint[]) g(p, n) "
        "where topic = $3 and partition = g.p",
        list(positions),
        list(positions.values()),
        INTAKE,
    )
    for table, columns in written.columns.items():
        rows = [row for event_id in ids for row in written.rows[event_id].get(table, ())]
        if rows:
            await db.copy_records_to_table(table, records=rows, columns=columns)
    keys = {written.published[i][0].decode() for i in ids if i in written.published}
    await db.execute(
        "insert into streams select k, 1 from unnest($1::text[]) k "
        "on conflict (key) do update set version = streams.version + 1",
        sorted(keys),
    )
