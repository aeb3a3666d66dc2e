"""What both buses promise, word for word the same: order, nothing lost, nothing skipped, nothing silently."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol
from uuid import uuid4

import pytest
from aiokafka.partitioner import murmur2 as theirs
from hypothesis import given
from hypothesis import strategies as st
from o2c_chassis.bus import Bus, murmur2, partition_of
from o2c_chassis.database import Database
from o2c_chassis.errors import Lost
from o2c_chassis.inbox import positions_of
from o2c_chassis.loopback import Loopback, LoopbackReader
from o2c_chassis.quarantine import Halted
from o2c_contracts.topics import PARTITIONS
from o2c_contracts.wire import MOST_BYTES, Record

from tests.chassis.shelf import Shelf, have, reading, records, until
from tests.chassis.streams import KafkaStage


class Stage(Protocol):
    """A bus with one topic of its own, and how to do it harm."""

    bus: Bus
    topic: str

    def reader(self, shelf: Shelf) -> Any: ...
    async def make_anew(self) -> None: ...
    async def trim(self, partition: int, before: int) -> None: ...


class LoopbackStage:
    topic = "o2c.intake.v1"

    def __init__(self, log: Database, bus: Loopback) -> None:
        self.log, self.bus = log, bus

    def reader(self, shelf: Shelf) -> LoopbackReader:
        return LoopbackReader(self.bus, shelf.database, (self.topic,), shelf)

    async def make_anew(self) -> None:
        for statement in ("delete from log", f"update ends set topic_id = '{uuid4()}', next = 0"):
            await self.log.fetch(statement)
        self.bus = await Loopback(self.log).open()

    async def trim(self, partition: int, before: int) -> None:
        await self.log.fetch('delete from log where partition = $1 and "offset" < $2', partition, before)
        self.bus = await Loopback(self.log).open()


@pytest.fixture(params=["loopback", pytest.param("kafka", marks=pytest.mark.kafka)])
async def stage(request: pytest.FixtureRequest, database: Callable[..., str]) -> AsyncIterator[Stage]:
    if request.param == "kafka":
        real = KafkaStage(request.getfixturevalue("kafka"))
        await real.make()
        yield real
        await real.bus.close()
    else:
        log = await Database(database()).open()
        yield LoopbackStage(log, await Loopback(log).open())
        await log.close()


async def test_the_records_of_a_key_arrive_in_order_without_a_gap(stage, shelf):
    given_ = records(700)

    async with reading(stage, shelf) as run:
        for n in range(0, 700, 90):
            await stage.bus.publish(stage.topic, given_[n : n + 90])
        await until(lambda: have(shelf, 700), run=run)

    by_key, by_partition = defaultdict(list), defaultdict(list)
    for _, partition, r in shelf.kept:
        by_key[r.key].append(int(r.headers[0][1]))
        by_partition[partition].append(r.offset)
    assert by_key == {f"c:{k}".encode(): list(range(k, 700, 7)) for k in range(7)}
    assert all(offsets == list(range(len(offsets))) for offsets in by_partition.values())


async def test_a_record_goes_where_kafkas_own_client_would_put_it(stage, shelf):
    await stage.bus.publish(stage.topic, [*records(40, keys=40), Record(None, (), b"x")])

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 41), run=run)

    assert {partition == partition_of(r.key or b"", PARTITIONS) for _, partition, r in shelf.kept} == {True}


@given(st.binary(max_size=200))
def test_the_partitioner_is_the_one_of_kafkas_java_client(key):
    assert murmur2(key) == theirs(key)


STRANGE = [
    Record(b"c:a", (("null", None), ("bytes", b"\xff\xfe"), ("twice", b"1"), ("twice", b"2"), ("", b"")), b"{}"),
    Record(b"c:a", (), None),
    Record(None, (("e", b"\x00"),), b""),
    Record(b"", (), b"\x00\xff"),
    Record(b"\xff\x00", (), b"x" * 900_000),
]


async def test_what_others_wrote_arrives_byte_for_byte(stage, shelf):
    await stage.bus.publish(stage.topic, STRANGE)

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, len(STRANGE)), run=run)

    found = [(r.key, r.headers, r.value) for _, _, r in shelf.kept]
    assert sorted(found, key=str) == sorted(((r.key, r.headers, r.value) for r in STRANGE), key=str)
    assert all(r.appended_at is not None for _, _, r in shelf.kept)


async def test_a_slice_that_failed_comes_again_and_none_before_it(stage, shelf):
    shelf.failures = [OSError("the world is broken"), OSError("still")]
    await stage.bus.publish(stage.topic, records(50))

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 50), run=run)

    first, again, third, *_ = shelf.calls
    assert [s.span.first for s in first + again + third] == [0] * len(first + again + third)
    assert len(shelf.kept) == 50


async def test_a_reader_whose_slice_cannot_be_kept_ends_and_takes_no_other(stage, shelf):
    shelf.failures = [OSError("broken for good")] * 3
    await stage.bus.publish(stage.topic, records(5, keys=1))

    async with reading(stage, shelf) as run:
        with pytest.raises(OSError, match="for good"):
            await asyncio.wait_for(run, 20)
    calls = len(shelf.calls)
    await stage.bus.publish(stage.topic, records(5, keys=1))
    await asyncio.sleep(0.1)

    assert len(shelf.calls) == calls == 3
    assert await shelf.count() == 0


async def test_a_halted_reader_stays_alive_and_goes_on_when_it_is_resumed(stage, shelf):
    shelf.failures = [Halted("ten customers were parked")]
    await stage.bus.publish(stage.topic, records(5))

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 5), run=run)

    assert len(shelf.kept) == 5


async def test_a_reader_that_is_killed_in_the_middle_goes_on_where_its_database_stands(stage, shelf):
    await stage.bus.publish(stage.topic, records(300))
    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 1), run=run)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    await stage.bus.publish(stage.topic, records(300))

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 600), run=run)

    assert await shelf.count() == 600


async def test_a_slice_under_way_is_finished_when_the_reader_stops(stage, shelf):
    reached, let_go = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        reached.set()
        await let_go.wait()

    shelf.before_commit = wait
    await stage.bus.publish(stage.topic, records(1))
    reader = stage.reader(shelf)
    run = asyncio.create_task(reader.run())
    await asyncio.wait_for(reached.wait(), 20)

    await reader.stop()
    let_go.set()
    await asyncio.wait_for(run, 20)

    assert await shelf.count() == 1


async def test_the_lag_is_the_end_less_the_position(stage, shelf):
    await stage.bus.publish(stage.topic, records(100))
    before = await stage.bus.ends([stage.topic])

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 100), run=run)
    await stage.bus.publish(stage.topic, records(30))

    async with shelf.database.connection() as db:
        positions = {place: at for place, (_, at) in (await positions_of(db, [stage.topic])).items()}
    assert len(before) == len(positions) == PARTITIONS
    assert sum(before.values()) == 100
    assert sum(end - positions[place] for place, end in (await stage.bus.ends([stage.topic])).items()) == 30


async def test_a_reader_that_was_overtaken_goes_on_where_the_other_stands(stage, shelf):
    await stage.bus.publish(stage.topic, records(10, keys=1))
    place = stage.topic, partition_of(b"c:0", PARTITIONS)
    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 10), run=run)
        await shelf.database.fetch("update positions set next = 15 where topic = $1 and partition = $2", *place)

        await stage.bus.publish(stage.topic, records(10, keys=1))
        await until(lambda: have(shelf, 15), run=run)

    assert [r.offset for _, _, r in shelf.kept] == [*range(10), *range(15, 20)]


async def test_a_position_behind_the_end_is_an_alarm(stage, shelf):
    await stage.bus.publish(stage.topic, records(10, keys=1))
    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 10), run=run)
    await shelf.database.fetch("update positions set next = 99 where next > 0")

    async with reading(stage, shelf) as run:
        with pytest.raises(Lost, match="99"):
            await asyncio.wait_for(run, 20)


async def test_a_topic_that_was_made_anew_is_an_alarm(stage, shelf):
    await stage.bus.publish(stage.topic, records(10))
    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 10), run=run)
    await stage.make_anew()
    await stage.bus.publish(stage.topic, records(30))

    async with reading(stage, shelf) as run:
        with pytest.raises(Lost):
            await asyncio.wait_for(run, 20)
    assert await shelf.count() == 10


async def test_records_that_were_trimmed_before_they_were_read_are_an_alarm(stage, shelf):
    await stage.bus.publish(stage.topic, records(10, keys=1))
    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 10), run=run)
    await stage.bus.publish(stage.topic, records(10, keys=1))
    await stage.trim(partition_of(b"c:0", PARTITIONS), 15)

    async with reading(stage, shelf) as run:
        with pytest.raises(Lost):
            await asyncio.wait_for(run, 20)
    assert await shelf.count() == 10


async def test_what_was_told_of_one_key_can_be_read_again_and_further(stage):
    await stage.bus.publish(stage.topic, records(40))

    found, after = await stage.bus.history(stage.topic, b"c:1")
    await stage.bus.publish(stage.topic, records(4))
    more, end = await stage.bus.history(stage.topic, b"c:1", after)
    none = await stage.bus.history(stage.topic, b"c:1", end)

    assert {r.key for r in found} == {r.key for r in more} == {b"c:1"}
    assert [r.value for r in found][: len(more)] == [r.value for r in more]
    assert len(found) > len(more) > 0
    assert [r.offset for r in found] == sorted(r.offset for r in found)
    assert none == ([], end)


async def test_the_largest_record_that_may_be_told_is_taken_and_comes_back(stage):
    headers = tuple((f"ce_{n}", b"x" * 500) for n in range(20))
    largest = Record(b"c:1", headers, b"x" * MOST_BYTES)

    await stage.bus.publish(stage.topic, [largest])
    found, _ = await stage.bus.history(stage.topic, b"c:1")

    assert [(r.headers, r.value) for r in found] == [(headers, largest.value)]
