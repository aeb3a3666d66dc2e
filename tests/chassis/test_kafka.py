"""What only Kafka does: groups, transactions, a client that cannot read everything, topics as an operator made them."""

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.record.util import calc_crc32c
from o2c_chassis.bus import partition_of
from o2c_chassis.errors import Lost
from o2c_chassis.kafka import Kafka, KafkaReader, apply_topics, specified
from o2c_chassis.kafka.following import Following
from o2c_chassis.kafka.reader import Stuck
from o2c_chassis.kafka.topics import TopicSpec, until_led
from o2c_contracts.topics import PARTITIONS
from o2c_contracts.wire import Record

from tests.chassis.shelf import Shelf, have, reading, records, until
from tests.chassis.streams import KafkaStage, admin

TOPICS_FILE = Path(__file__).parents[2] / "deploy/kafka/topics.yaml"


@pytest.fixture
async def stage(kafka: str) -> AsyncIterator[KafkaStage]:
    made = KafkaStage(kafka)
    await made.make()
    yield made
    await made.bus.close()


async def test_a_topic_made_anew_under_a_running_reader_ends_it(stage, shelf):
    await stage.bus.publish(stage.topic, records(10))

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 10), run=run)
        await stage.make_anew()
        await stage.bus.publish(stage.topic, records(100))

        with pytest.raises(Lost):
            await asyncio.wait_for(run, 20)
    assert await shelf.count() == 10


async def test_a_header_name_that_is_no_text_holds_nobody_up(stage, shelf):
    partition = partition_of(b"c:0", PARTITIONS)
    await stage.bus.publish(stage.topic, records(3, keys=1))
    await _write_a_name_that_is_no_text(stage, partition)
    await stage.bus.publish(stage.topic, records(3, keys=1))

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 9), run=run)

    assert [r.offset for _, _, r in shelf.kept] == list(range(9))
    assert [r.headers for _, _, r in shelf.kept][3:6] == [(), (("\\xff\\xfeqq", b"1"),), ()]
    assert all(r.appended_at is not None for _, _, r in shelf.kept)


async def _write_a_name_that_is_no_text(stage: KafkaStage, partition: int) -> None:
    """No Python client sends it: the bytes are changed after they were packed."""
    producer = AIOKafkaProducer(bootstrap_servers=stage.servers)
    await producer.start()
    batch = producer.create_batch()
    for headers in ([], [("zzqq", b"1")], []):
        batch.append(key=b"c:0", value=b"v", timestamp=None, headers=headers)
    packed = bytearray(batch._build())
    at = packed.index(b"zzqq")
    packed[at : at + 4] = b"\xff\xfeqq"
    struct.pack_into(">I", packed, 17, calc_crc32c(bytes(packed[21:])))
    batch._buffer = bytes(packed)
    await (await producer.send_batch(batch, stage.topic, partition=partition))
    await producer.stop()


async def test_markers_of_transactions_are_passed_over_and_aborted_records_never_seen(stage, shelf):
    producer = AIOKafkaProducer(bootstrap_servers=stage.servers, transactional_id=f"x-{stage.topic}")
    await producer.start()
    for n in range(6):
        await producer.begin_transaction()
        await producer.send_and_wait(stage.topic, str(n).encode(), key=b"c:0", partition=3)
        await (producer.abort_transaction() if n % 2 else producer.commit_transaction())
    await producer.stop()

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 3), run=run)

    assert [(r.offset, r.value) for _, _, r in shelf.kept] == [(0, b"0"), (4, b"2"), (8, b"4")]
    spans = [(s.span.first, s.span.after) for call in shelf.calls for s in call]
    assert [first for first, _ in spans] == [0, *[after for _, after in spans[:-1]]]


async def test_the_groups_own_offset_is_never_believed(stage, shelf):
    await stage.bus.publish(stage.topic, records(20, keys=1))
    other = AIOKafkaConsumer(bootstrap_servers=stage.servers, group_id=stage.group, enable_auto_commit=False)
    await other.start()
    partition = TopicPartition(stage.topic, partition_of(b"c:0", PARTITIONS))
    other.assign([partition])
    await other.commit({partition: 15})
    await other.stop()

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 20), run=run)

    assert [r.offset for _, _, r in shelf.kept] == list(range(20))


async def test_two_instances_share_the_partitions_and_one_takes_over_what_the_other_leaves(stage, shelf):
    other = Shelf(shelf.database)

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 0), run=run)
        async with reading(stage, other) as run_too:
            await _publish_until(stage, lambda: shelf.kept and other.kept, (run, run_too))
            both = {p for _, p, _ in shelf.kept}, {p for _, p, _ in other.kept}
        await stage.bus.publish(stage.topic, records(160, keys=160))
        total = sum((await stage.bus.ends([stage.topic])).values())
        await until(lambda: have(shelf, total), run=run)

    assert await shelf.count() == total
    assert len(shelf.kept) + len(other.kept) == total
    assert both[0] != both[1]


async def _publish_until(stage: KafkaStage, holds: Any, runs: Any) -> None:
    for _ in range(200):
        await stage.bus.publish(stage.topic, records(32, keys=32))
        await asyncio.sleep(0.05)
        assert not any(run.done() for run in runs)
        if holds():
            return
    raise AssertionError("the second instance got no partition")


async def test_a_reader_of_a_topic_that_does_not_exist_says_how_to_make_it_and_makes_none(kafka, shelf):
    bus = Kafka(kafka)
    reader = KafkaReader(bus, "nobody", ("no-such-topic",), shelf.database, shelf)
    reader.pauses = ()

    with pytest.raises(LookupError, match="o2c topics apply"):
        await reader.run()

    assert not await bus.topics(["no-such-topic"])
    await bus.close()


async def test_a_client_that_fetches_no_more_ends_the_reader_though_the_brokers_answer(stage, shelf):
    await stage.bus.publish(stage.topic, records(5))
    reader = stage.reader(shelf)
    reader.timing = replace(reader.timing, silent=0.5)
    run = asyncio.create_task(reader.run())
    await until(lambda: have(shelf, 5), run=run)

    consumer = reader._subscriber.consumer
    consumer.pause(*consumer.assignment())

    with pytest.raises(Stuck):
        await asyncio.wait_for(run, 20)


async def test_a_reader_that_lingers_gets_everything_in_larger_slices(stage, shelf):
    reader = stage.reader(shelf)
    reader.timing = replace(reader.timing, linger=0.05)
    run = asyncio.create_task(reader.run())

    for n in range(0, 200, 4):
        await stage.bus.publish(stage.topic, records(200)[n : n + 4])
    await until(lambda: have(shelf, 200), run=run)
    await reader.stop()
    await run

    assert await shelf.count() == 200
    assert len(shelf.calls) < 50


async def test_a_reader_whose_broker_is_gone_from_the_start_ends_with_its_error(shelf):
    bus = Kafka("127.0.0.1:1")
    reader = KafkaReader(bus, "nobody", ("t",), shelf.database, shelf)
    reader.pauses = (0.01,)

    with pytest.raises(KafkaError):
        await reader.run()
    with pytest.raises(KafkaError):
        await bus.check()
    with pytest.raises(KafkaError):
        await bus.publish("t", records(1))
    await bus.close()


async def test_a_producer_that_was_refused_once_does_not_refuse_the_next(stage):
    with pytest.raises(KafkaError):
        await stage.bus.publish(stage.topic, [Record(b"c:0", (), b"x" * 1_200_000)])

    await stage.bus.publish(stage.topic, records(5, keys=1))

    assert sum((await stage.bus.ends([stage.topic])).values()) == 5


async def test_what_was_acknowledged_tells_where_each_partition_ends(stage):
    await stage.bus.publish(stage.topic, records(3000, keys=50))
    await stage.bus.publish(stage.topic, [Record(b"c:0", (), b"x" * 600_000)] * 3)

    ends = await stage.bus.ends([stage.topic])
    assert {place: end for place, end in ends.items() if end} == stage.bus.published


async def test_a_time_that_the_publisher_chose_is_not_taken_for_the_logs(kafka, shelf):
    stage = KafkaStage(kafka)
    await stage.make(stamped="CreateTime")
    await stage.bus.publish(stage.topic, records(1))

    async with reading(stage, shelf) as run:
        await until(lambda: have(shelf, 1), run=run)
    await stage.bus.close()

    assert [r.appended_at for _, _, r in shelf.kept] == [None]


async def test_topics_are_made_where_they_are_missing_and_never_changed(stage):
    spec = TopicSpec(stage.topic, PARTITIONS, 1, {"message.timestamp.type": "LogAppendTime"})
    missing = replace(spec, name=f"{stage.topic}-2", configs=spec.configs | {"retention.ms": "-1"})

    made = await apply_topics(stage.servers, [spec, missing])
    again = await apply_topics(
        stage.servers, [replace(spec, partitions=32), replace(missing, configs={"retention.ms": "7"})]
    )

    assert (made.created, made.differs, made.unchanged) == ((missing.name,), (), (spec.name,))
    assert again.created == ()
    assert [(d.topic, d.what, d.wanted, d.found) for d in again.differs] == [
        (spec.name, "partitions", "32", "16"),
        (missing.name, "retention.ms", "7", "-1"),
    ]
    assert len((await stage.bus.topics([spec.name]))[spec.name].leaders) == PARTITIONS


async def test_a_topic_the_brokers_do_not_know_yet_is_waited_for(stage):
    spec = TopicSpec(f"{stage.topic}-4", PARTITIONS, 1, {})
    waiting = asyncio.create_task(until_led(stage.servers, [spec]))
    await asyncio.sleep(0.5)
    early = waiting.done()

    await apply_topics(stage.servers, [spec])

    await asyncio.wait_for(waiting, 20)
    assert not early


async def test_looking_at_topics_makes_none(stage):
    spec = TopicSpec(f"{stage.topic}-3", PARTITIONS, 1, {})

    seen = await apply_topics(stage.servers, [spec], create=False)

    assert [(d.what, d.found) for d in seen.differs] == [("topic", "missing")]
    async with admin(stage.servers) as client:
        assert spec.name not in await client.list_topics()


def test_the_topics_file_gives_every_topic_and_its_dead_letters():
    spec = specified(TOPICS_FILE)

    assert len(spec) == 9 + 9 * 5
    assert {(t.partitions, t.replication) for t in spec} == {(PARTITIONS, 1)}
    assert {t.configs["message.timestamp.type"] for t in spec} == {"LogAppendTime"}
    assert {t.configs["min.insync.replicas"] for t in specified(TOPICS_FILE, "cluster")} == {"2"}


@dataclass
class At:
    offset: int


def at(*offsets: int) -> list[At]:
    return [At(n) for n in offsets]


PLACE = ("t", 0)


def following(start: int) -> Following:
    found = Following()
    found.begin(PLACE, "id", start)
    return found


def test_records_that_follow_are_taken_whole():
    assert following(5).take(PLACE, at(5, 6, 7)) == (at(5, 6, 7), None)


def test_a_jump_is_believed_only_when_it_comes_again_after_a_seek():
    reader = following(5)

    assert reader.take(PLACE, at(8, 9)) == ((), 5)
    assert reader.take(PLACE, at(8, 9)) == (at(8, 9), None)
    assert reader.span(PLACE, at(8, 9)).first == 5


def test_a_jump_that_does_not_come_again_is_forgotten():
    reader = following(5)
    reader.take(PLACE, at(8))

    assert reader.take(PLACE, at(5, 6, 7, 8)) == (at(5, 6, 7, 8), None)
    assert reader.take(PLACE, at(9)) == ((), 5)


def test_what_was_read_before_is_never_taken_again():
    assert following(5).take(PLACE, at(3, 4, 5)) == ((), 5)


def test_a_gap_within_a_batch_is_a_jump_too():
    reader = following(5)

    taken, seek = reader.take(PLACE, at(5, 6, 9, 10))
    assert (taken, seek) == (at(5, 6), 7)
    reader.begin(PLACE, "id", 7)
    assert reader.take(PLACE, at(9, 10)) == (at(9, 10), None)


def test_what_is_not_assigned_is_dropped():
    reader = following(5)
    reader.forget()

    assert reader.take(PLACE, at(5)) == ((), None)
