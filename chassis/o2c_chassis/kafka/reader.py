"""Reading from Kafka: FastStream hands over batches, the position in the database is the truth.

The group only shares out partitions. FastStream takes the next batch when a handler has failed, so nothing may leave
the handler: a slice is tried again in place until it is durable, or the reader ends with the error.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, groupby
from typing import Any, TypeVar

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    IllegalStateError,
    KafkaConnectionError,
    KafkaError,
    OffsetOutOfRangeError,
)
from faststream.kafka import KafkaBroker

from o2c_chassis.bus import PAUSES, OnSlices, Place, Slice
from o2c_chassis.database import Database
from o2c_chassis.errors import Lost, Overtaken
from o2c_chassis.quarantine import Halted

from . import standing
from .following import Following
from .producer import Kafka
from .salvage import taken_apart
from .subscribing import LOG, MOST_FETCHED, Group, Timing, as_records, leave, subscribed

R = TypeVar("R")


class Stuck(Exception):
    """The client library does not fetch any more; only a new process helps."""


class KafkaReader(ConsumerRebalanceListener):
    """One service's share of its topics."""

    def __init__(self, bus: Kafka, group: str, topics: Sequence[str], database: Database, on_slices: OnSlices) -> None:
        self.timing = Timing()
        self.pauses = PAUSES
        self._bus, self._group = bus, Group(bus.servers, group, tuple(topics), bus.security)
        self._database, self._on_slices = database, on_slices
        self._following = Following()
        self._seen: dict[str, str] = {}
        self._turn = asyncio.Lock()
        self._interrupted = asyncio.Event()
        self._ended: asyncio.Future[None] | None = None
        self._stopping = False
        self._subscriber: Any = None
        self._linger = False
        self._answered = 0, 0.0

    @property
    def positions(self) -> Mapping[Place, int]:
        """What is durable of the partitions that are this reader's now."""
        return {place: at for place, (_, at) in self._following.positions.items()}

    async def run(self) -> None:
        """Until stopped; raises what it cannot get over: Lost, Stuck, or the world's error after the last pause."""
        self._ended = asyncio.get_running_loop().create_future()
        broker = await self._patiently(self._join, lambda: not self._stopping)
        if broker is None:
            return
        try:
            await self._watch(self._ended)
        finally:
            await self.stop()
            await self._hint()
            await leave(broker)

    async def stop(self) -> None:
        """Let the slice under way finish, take no other."""
        self._stopping = True
        self._interrupted.set()
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    async def _join(self) -> KafkaBroker:
        if names := standing.missing(self._group.topics, await self._bus.topics(self._group.topics)):
            raise LookupError(f"no such topics: {names}; `o2c topics apply` makes them")
        broker, self._subscriber = subscribed(self._group, self.timing, self)
        self._subscriber.get_msg = self._next
        self._subscriber(self._on_batch)
        try:
            await broker.start()
        except BaseException:
            await leave(broker)
            raise
        return broker

    # What the group says

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """The slice under way may finish; whoever is second to move a position is refused anyhow."""
        self._following.forget()
        self._interrupted.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._turn.acquire(), self.timing.revoke)
            self._turn.release()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Nothing is fetched before each position is known: not by the group's offset, not by a reset."""
        consumer = self._subscriber.consumer
        for partition in assigned:
            consumer.seek(partition, 0)
            consumer.pause(partition)
        if not self._stopping:
            self._interrupted.clear()
        places = [(p.topic, p.partition) for p in assigned]
        try:
            await self._patiently(lambda: self._to_positions(places), lambda: not self._stopping)
        except Exception as error:  # noqa: BLE001 - whatever it is: aiokafka would log it and read on
            self._end(error)

    async def _to_positions(self, places: Sequence[Place]) -> None:
        """Read on where this database says, or not at all."""
        assignment = self._following.assignment
        positions = await standing.known(self._bus, self._database, places)
        self._seen |= {topic: id_ for (topic, _), (id_, _) in positions.items()}
        consumer = self._subscriber.consumer
        if consumer is None or assignment != self._following.assignment:
            return
        mine = consumer.assignment()
        for place, (topic_id, at) in positions.items():
            partition = TopicPartition(*place)
            if partition in mine:
                self._following.begin(place, topic_id, at)
                consumer.seek(partition, at)
                consumer.resume(partition)

    # What the log says

    async def _next(self, consumer: Any) -> tuple[Any, ...]:
        """Instead of FastStream's own: an error in here must end the reader, not be logged and tried for ever."""
        if self._linger:
            await asyncio.sleep(self.timing.linger)
        begun = asyncio.get_running_loop().time()
        try:
            found = await self._fetched(consumer)
        except OffsetOutOfRangeError:
            await self._checked()
            raise
        except (KafkaError, ConsumerStoppedError):
            raise
        except (TimeoutError, OSError) as error:
            raise KafkaConnectionError(repr(error)) from error
        except Exception as error:
            self._end(error)
            raise ConsumerStoppedError from error
        records = tuple(chain(*found.values()))
        back_to_back = asyncio.get_running_loop().time() - begun < 0.001
        self._linger = back_to_back and len(records) < self.timing.slice_records and self.timing.linger > 0
        return records

    async def _fetched(self, consumer: Any) -> dict[TopicPartition, Sequence[Any]]:
        """What the client has; where it cannot read a record, everything that waits is read without it."""
        most = self.timing.slice_records
        with suppress(UnicodeDecodeError):
            return dict(await consumer.getmany(timeout_ms=int(self.timing.poll * 1000), max_records=most))
        found: dict[TopicPartition, Sequence[Any]] = {}
        positions = self.positions
        for place, (_, end) in (await self._bus.bounds(positions)).items():
            if positions[place] < end and most > 0:
                fetched = await self._bus.fetch(place, positions[place], MOST_FETCHED)
                if records := taken_apart(place, fetched, positions[place], most):
                    found[TopicPartition(*place)] = records
                    consumer.seek(TopicPartition(*place), records[-1].offset + 1)
                    most -= len(records)
        return found

    async def _on_batch(self, records: Sequence[Any]) -> None:
        async with self._turn:
            assignment = self._following.assignment
            if self._given_up(assignment):
                return
            try:
                if slices := self._slices(records):
                    await self._until_durable(assignment, slices)
            except Exception as error:  # noqa: BLE001 - FastStream would pass over it and take the next batch
                self._end(error)

    def _slices(self, records: Sequence[Any]) -> list[Slice]:
        slices = []
        for partition, part in groupby(records, key=lambda r: TopicPartition(r.topic, r.partition)):
            place = partition.topic, partition.partition
            taken, seek = self._following.take(place, list(part))
            if taken:
                slices.append(Slice(self._following.span(place, taken), as_records(taken)))
            if seek is not None:
                self._subscriber.consumer.seek(partition, seek)
        return slices

    async def _until_durable(self, assignment: int, slices: Sequence[Slice]) -> None:
        pauses = iter(self.pauses)
        everywhere = partial(self._to_positions, list(self._following.positions))
        while not self._given_up(assignment):
            try:
                await self._on_slices(slices)
            except Overtaken:
                await self._patiently(everywhere, lambda: not self._given_up(assignment))
                return
            except Halted:
                await self._pause(1)
            except Lost:
                raise
            except Exception:
                pause = next(pauses, None)
                if pause is None:
                    raise
                await self._pause(pause)
            else:
                self._following.moved(assignment, slices)
                return

    # Whether all is well

    async def _watch(self, ended: "asyncio.Future[None]") -> None:
        """Between batches nobody would notice that a topic was trimmed or made anew, or that nothing comes any more."""
        while not ended.done():
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(ended), self.timing.watch)
            if not ended.done():
                await self._checked()
                await self._hint()
        ended.result()

    async def _checked(self) -> None:
        try:
            await standing.check(self._bus, self._seen, dict(self._following.positions))
            self._listen()
        except (KafkaError, TimeoutError, OSError) as error:
            LOG.warning("%s: the brokers do not answer: %r", self._group.name, error)
        except Exception as error:  # noqa: BLE001 - Lost, Stuck, or worse
            self._end(error)

    def _listen(self) -> None:
        """Each answer to a fetch renews its partitions' stamp, records or not."""
        consumer, now = self._subscriber.consumer, asyncio.get_running_loop().time()
        stamps = [consumer.last_poll_timestamp(p) or 0 for p in consumer.assignment()] if consumer else []
        newest = max(stamps, default=0)
        if newest != self._answered[0] or self._turn.locked() or not self._following.positions:
            self._answered = newest, now
        elif now - self._answered[1] > self.timing.silent:
            raise Stuck(f"{self._group.name}: no answer to a fetch for {self.timing.silent} s, though brokers answer")

    async def _hint(self) -> None:
        """For tools that show lag: the group's offset is never read here."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return
        mine = consumer.assignment()
        offsets = {TopicPartition(*p): at for p, at in self.positions.items() if TopicPartition(*p) in mine}
        if offsets:
            with suppress(KafkaError, IllegalStateError, TimeoutError):
                await asyncio.wait_for(consumer.commit(offsets), 5)

    # Patience

    async def _patiently(self, step: Callable[[], Awaitable[R]], wanted: Callable[[], bool]) -> R | None:
        """Again while it is wanted and the world is broken; None where it is not wanted any more."""
        pauses = iter(self.pauses)
        while wanted():
            try:
                return await step()
            except Lost:
                raise
            except Exception:
                pause = next(pauses, None)
                if pause is None:
                    raise
                await self._pause(pause)
        return None

    async def _pause(self, seconds: float) -> None:
        """Shorter, where partitions are taken away or the reader stops."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._interrupted.wait(), seconds)

    def _given_up(self, assignment: int) -> bool:
        ended = self._ended is None or self._ended.done()
        return ended or self._stopping or assignment != self._following.assignment

    def _end(self, error: BaseException) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)
