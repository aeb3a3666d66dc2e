"""The same simulated world on a real Kafka: its readers run by themselves, and the driver waits until all is quiet."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from o2c_chassis.clock import SimulatedClock
from o2c_chassis.kafka import Kafka, KafkaReader, apply_topics, specified
from o2c_chassis.running import Running
from o2c_chassis.service import Service
from o2c_contracts.topics import PARTITIONS
from o2c_rules.bundles import seed

from . import local_kafka
from .world import World, begun, installed

TOPICS_FILE = local_kafka.RECIPE / "topics.yaml"
_LOOK_SECONDS = 0.002


class NotEmpty(Exception):
    """The topics of this Kafka hold records: a simulation is never mixed with anything else."""


@dataclass
class KafkaWorld(World):
    """Nobody but this process writes these topics: what was acknowledged here is where each partition ends."""

    reading: Mapping[str, "asyncio.Task[None]"] = field(default_factory=dict)

    async def settle(self) -> None:
        """Until everybody has read everything and nothing is left to relay or deliver, seen twice."""
        quiet = 0
        while quiet < 2:
            while self._behind():
                self._fail_with_readers()
                await asyncio.sleep(_LOOK_SECONDS)
            done = await asyncio.gather(*(running.behind() for running in self.services.values()))
            quiet = 0 if any(done) or self._behind() else quiet + 1

    async def joined(self) -> None:
        """Until every reader has all partitions of its topics."""
        while any(
            len(_reader(running).positions) < PARTITIONS * len(running.service.topics)
            for running in self.services.values()
        ):
            self._fail_with_readers()
            await asyncio.sleep(_LOOK_SECONDS)

    def _behind(self) -> bool:
        assert isinstance(self.bus, Kafka)
        ends = self.bus.published
        for running in self.services.values():
            positions, topics = _reader(running).positions, running.service.topics
            if any(positions.get(place, -1) < end for place, end in ends.items() if place[0] in topics):
                return True
        return False

    def _fail_with_readers(self) -> None:
        for task in self.reading.values():
            if task.done():
                task.result()
                raise RuntimeError("a reader stopped by itself")


@asynccontextmanager
async def kafka_world(
    name: str,
    start: datetime,
    urls: Mapping[str, str],
    folder: Path,
    services: Iterable[Service] | None = None,
) -> AsyncIterator[World]:
    """A fresh world on a broker of its own in `folder`, stopped at the end. `urls`: service -> its database.

    Raises KafkaNotStarted where the machine has no Java or Maven.
    """
    broker = await asyncio.to_thread(local_kafka.start, folder / "kafka", quick=True)
    client = logging.getLogger("aiokafka")
    before = client.level
    client.setLevel(logging.CRITICAL)  # A broker that has only just started refuses some questions: no news.
    try:
        async with world_on(broker.servers, name, start, urls, Rules(folder / "rules", services)) as world:
            yield world
    finally:
        client.setLevel(before)
        await asyncio.to_thread(local_kafka.stop, folder / "kafka", within_seconds=0)


@dataclass(frozen=True, slots=True)
class Rules:
    """A folder for this world's releases, and the services that go by them; None: all five."""

    folder: Path
    services: Iterable[Service] | None = None


@asynccontextmanager
async def world_on(
    servers: str, name: str, start: datetime, urls: Mapping[str, str], rules: Rules
) -> AsyncIterator[World]:
    """A fresh world on a Kafka that runs already and whose topics are empty; else NotEmpty."""
    clock, bus = SimulatedClock(start), Kafka(servers)
    topics = specified(TOPICS_FILE)
    await apply_topics(servers, topics)
    if held := {place: end for place, end in (await bus.ends([t.name for t in topics])).items() if end}:
        await bus.close()
        raise NotEmpty(f"{servers}: {len(held)} partitions hold records, {next(iter(held))} among them")
    seed(rules.folder, start)
    services = rules.services or installed().values()
    started = [await begun(s, urls[s.name], rules.folder, (name, bus, clock)) for s in services]
    reading = {r.service.name: asyncio.create_task(r.reader.run()) for r in started}
    world = KafkaWorld(name, clock, bus, {r.service.name: r for r in started}, reading=reading)
    try:
        await world.joined()
        yield world
    finally:
        await asyncio.gather(*(r.reader.stop() for r in started))
        await asyncio.gather(*reading.values(), return_exceptions=True)
        for running in started:
            await running.relay.close()
            await running.database.close()
        await bus.close()


def _reader(running: Running) -> KafkaReader:
    assert isinstance(running.reader, KafkaReader)
    return running.reader
