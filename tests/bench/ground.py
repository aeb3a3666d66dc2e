"""What all variants of the bench stand on: one Kafka, one PostgreSQL, one loaded topic, and a meter."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psutil
from aiokafka import AIOKafkaProducer
from o2c_chassis.bus import partition_of
from o2c_chassis.kafka import apply_topics, specified
from o2c_console import local_kafka, local_postgres
from o2c_console.local_postgres import Cluster
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.intake import OrderLine, OrderSubmitted
from o2c_contracts.master import ContractProposed, CreditLimitSet, CustomerRegistered
from o2c_contracts.topics import PARTITIONS
from o2c_contracts.wire import Record, encode

INTAKE, MASTER = "o2c.intake.v1", "o2c.master.v1"
TOPICS_FILE = Path(__file__).parents[2] / "deploy" / "kafka" / "topics.yaml"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ground:
    servers: str
    cluster: Cluster

    def postgres_cpu(self) -> float:
        """CPU seconds of the server and all its backends."""
        return _cpu(int((self.cluster.data / "postmaster.pid").read_text().split()[0]))


@dataclass(frozen=True, slots=True)
class Reading:
    """One variant once: events, seconds, and whose CPU."""

    events: int
    seconds: float
    python_cpu: float
    postgres_cpu: float

    @property
    def rate(self) -> float:
        return self.events / self.seconds


class Meter:
    """From the first event read to the last one acknowledged on the output topic."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._at = (time.perf_counter(), time.process_time(), ground.postgres_cpu())

    def read(self, events: int) -> Reading:
        wall, own, postgres = self._at
        return Reading(
            events,
            time.perf_counter() - wall,
            time.process_time() - own,
            self._ground.postgres_cpu() - postgres,
        )


def _cpu(pid: int) -> float:
    total = 0.0
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


@contextlib.asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Servers of their own, durable (fsync on), thrown away afterwards."""
    folder = local_postgres.temporary_folder("bench")
    cluster = local_postgres.start(folder / "postgres", settings={"shared_buffers": "512MB"})
    broker = local_kafka.start(folder / "kafka")
    try:
        await apply_topics(broker.servers, [t for t in specified(TOPICS_FILE) if not t.name.endswith(".dlq")])
        yield Ground(broker.servers, cluster)
    finally:
        local_kafka.stop(folder / "kafka")
        local_postgres.stop(folder / "postgres", mode="immediate")


def master(customers: int) -> Iterator[Event]:
    """Customers with room for every order, each with a running contract."""
    for n in range(customers):
        name = f"C{n:05d}"
        yield CustomerRegistered(customer_id=name, name=name, country="DE")
        yield CreditLimitSet(customer_id=name, state="amount", limit_minor=10**12, currency="EUR")
        yield ContractProposed(
            customer_id=name,
            legal_entity="DE01",
            currency="EUR",
            contract_id=f"K-{name}",
            kind="spot",
            starts_on=date(2026, 1, 1),
            terms_days=30,
        )


def orders(count: int, customers: int) -> Iterator[OrderSubmitted]:
    """One line each, round robin over the customers."""
    line = OrderLine(line_id="1", product="paper", quantity=Decimal(2), unit_price=Decimal("12.50"), net_minor=2500)
    for n in range(count):
        name = f"C{n % customers:05d}"
        yield OrderSubmitted(
            customer_id=name,
            legal_entity="DE01",
            currency="EUR",
            order_id=f"O{n:07d}",
            contract_id=f"K-{name}",
            lines=(line,),
            total_minor=2500,
        )


def record(n: int, event: Event) -> Record:
    at = datetime.now(UTC)
    return encode(Message(Envelope("bench", f"{n}", type(event).__name__, at, at, at.date()), event))


async def load(servers: str, topic: str, records: list[Record]) -> None:
    """Onto the topic, each on its key's partition, acknowledged."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    try:
        for at in range(0, len(records), 1000):
            sent = [
                await producer.send(
                    topic, r.value, key=r.key, headers=list(r.headers), partition=partition_of(r.key or b"", PARTITIONS)
                )
                for r in records[at : at + 1000]
            ]
            await asyncio.gather(*sent)
    finally:
        await producer.stop()
