"""Publishing on Kafka: idempotent, acknowledged by all replicas in sync, one batch per partition.

A producer that failed once is thrown away: aiokafka's may have used up sequence numbers and would be refused for ever.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from o2c_contracts.topics import PARTITIONS
from o2c_contracts.wire import Record

from o2c_chassis.bus import Place, partition_of
from o2c_chassis.errors import Lost

from .cluster import Cluster, Topic
from .salvage import taken_apart
from .security import OPEN, Security

PUBLISH_SECONDS = 20.0
_START_SECONDS, _CLOSE_SECONDS = 10.0, 5.0
MOST_BYTES = 1_048_576
"""Of one request's batch: a value of 1,000,000 bytes and its headers fit."""
_LOOKED_BACK_BYTES = 8 * 1024**2


class Discarded(KafkaError):
    """The producer that was to send this has failed meanwhile: whether it was written is unknown, publish it again."""


class Kafka:
    """One producer, made when it is first needed; the brokers' word on topics and offsets."""

    def __init__(self, servers: str, security: Security = OPEN) -> None:
        self.servers, self.security = servers, security
        self.published: dict[Place, int] = {}
        """Where the next record would go, by what was acknowledged here: the end, where nobody else writes."""
        self._cluster = Cluster(servers, security)
        self._producer: Any = None
        self._building = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        """Durable when it returns; records of one key stay in order. To publish again repeats, it never reorders."""
        if not records:
            return
        producer = await self._producing()
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._send(producer, topic, records)
        except BaseException:
            self._discard(producer)
            raise

    async def ends(self, topics: Sequence[str]) -> Mapping[Place, int]:
        """Where the next record of each partition will go."""
        found = await self.topics(topics)
        places = [(name, partition) for name, topic in found.items() for partition in topic.leaders]
        return {place: end for place, (_, end) in (await self._cluster.offsets(places)).items()}

    async def bounds(self, places: Iterable[Place]) -> Mapping[Place, tuple[int, int]]:
        """Place -> (the first offset there still is, where the next record goes)."""
        return await self._cluster.offsets(places)

    async def topics(self, names: Iterable[str]) -> Mapping[str, Topic]:
        """Those of them that exist."""
        return await self._cluster.topics(names)

    async def fetch(self, place: Place, first: int, most_bytes: int) -> bytes:
        """Batches as they lie in the log."""
        return await self._cluster.fetch(place, first, most_bytes)

    async def history(self, topic: str, key: bytes, first: int = 0) -> tuple[list[Record], int]:
        """The records of one key in order, from an offset of its partition on; and the offset to go on from."""
        place = topic, partition_of(key, PARTITIONS)
        begin, after = (await self.bounds([place]))[place]
        at, found = max(begin, first), list[Record]()
        while at < after:
            records = taken_apart(place, await self.fetch(place, at, _LOOKED_BACK_BYTES), at, after - at)
            if not records:
                raise Lost(f"{topic}/{place[1]}: nothing can be read from {at} on, though it ends at {after}")
            found += [Record(r.key, tuple(r.headers), r.value, r.offset) for r in records if r.key == key]
            at = records[-1].offset + 1
        return found, after

    async def check(self) -> None:
        """Raises when no broker answers."""
        await self._cluster.topics(())

    async def close(self) -> None:
        """Everything acknowledged is durable already; nothing is waited for longer than a few seconds."""
        if self._producer is not None:
            self._discard(self._producer)
        await asyncio.gather(*self._closing)
        await self._cluster.close()

    async def _producing(self) -> Any:
        async with self._building:
            if self._producer is None:
                producer: Any = AIOKafkaProducer(  # type: ignore[no-untyped-call]
                    bootstrap_servers=self.servers,
                    client_id="o2c-producer",
                    acks="all",
                    enable_idempotence=True,
                    compression_type=None,
                    linger_ms=0,
                    max_batch_size=262_144,
                    max_request_size=MOST_BYTES,
                    request_timeout_ms=10_000,
                    retry_backoff_ms=100,
                    metadata_max_age_ms=60_000,
                    **self.security.for_aiokafka,
                )
                try:
                    await asyncio.wait_for(producer.start(), _START_SECONDS)
                except BaseException:
                    self._discard(producer)
                    raise
                self._producer = producer
            return self._producer

    def _discard(self, producer: Any) -> None:
        if self._producer is producer:
            self._producer = None
        task = asyncio.get_running_loop().create_task(_close(producer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _send(self, producer: Any, topic: str, records: Sequence[Record]) -> None:
        by_partition: dict[int, list[Record]] = {}
        for r in records:
            by_partition.setdefault(partition_of(r.key or b"", PARTITIONS), []).append(r)
        sent = []
        for partition, part in by_partition.items():
            for batch, count in _batches(producer, part):
                waiting = await producer.send_batch(batch, topic, partition=partition)
                waiting.add_done_callback(_looked_at)
                sent.append((partition, count, waiting))
        for partition, count, waiting in sent:
            after = (await waiting).offset + count
            self.published[topic, partition] = max(after, self.published.get((topic, partition), 0))


def _batches(producer: Any, records: Sequence[Record]) -> Iterable[tuple[Any, int]]:
    """Full batches in the order of the records, each with how many it holds."""
    batch, count = producer.create_batch(), 0
    for r in records:
        headers = list(r.headers)
        if batch.append(key=r.key, value=r.value, timestamp=None, headers=headers) is None:
            yield batch, count
            batch, count = producer.create_batch(), 0
            batch.append(key=r.key, value=r.value, timestamp=None, headers=headers)
        count += 1
    batch.close()
    yield batch, count


def _looked_at(sent: "asyncio.Future[Any]") -> None:
    """Several batches fail together and one of them is raised: the others' errors are not news."""
    if not sent.cancelled():
        sent.exception()


async def _close(producer: Any) -> None:
    """What it still holds fails first: stopping would wait for a broker that may never come back."""
    producer._message_accumulator.fail_all(Discarded())  # noqa: SLF001 - there is no other way to empty it
    with suppress(Exception):
        await asyncio.wait_for(producer.stop(), _CLOSE_SECONDS)
