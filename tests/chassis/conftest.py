"""A migrated database for the toy service, and hands to put records through its path."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from o2c_chassis.bus import Slice, Span, partition_of
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.consumer import Path
from o2c_chassis.database import Database
from o2c_chassis.inbox import begin_positions
from o2c_chassis.migrate import migrate
from o2c_contracts.topics import PARTITIONS, TOPICS
from o2c_contracts.wire import Record
from o2c_rules.rulebook import RuleBook

from tests.chassis import toy
from tests.chassis.shelf import CREATE as SHELF
from tests.chassis.shelf import Shelf


@pytest.fixture(scope="module")
def template(module_database: Callable[..., str]) -> str:
    """Migrated once per module; a copy of a database costs a tenth of a migration."""
    url = module_database()
    asyncio.run(_make(url))
    return url


@pytest.fixture
def url(database: Callable[..., str], template: str) -> str:
    return database(template=template)


async def _make(url: str) -> None:
    await migrate(toy.service, url)
    db = await Database(url).open()
    async with db.transaction() as c:
        await c.execute(CREATE)
    await db.close()


CREATE = """
create table accounts (customer_id text primary key, root_id text not null, limit_minor bigint);
create table bought (order_id text primary key, customer_id text not null, number bigint not null,
    total_minor bigint not null, held boolean not null, reminded bigint not null, letter text not null);
create index on bought (customer_id)
"""


class Hands:
    """Puts records on partitions as a bus would, and reads tables."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, SimulatedClock(toy.NOON)
        self.path = Path(toy.service, database, RuleBook.shipped, self.clock)
        self._next: dict[tuple[str, int], int] = {}

    async def give(self, *records: Record, topic: str = toy.INTAKE, sizes: tuple[int, ...] = ()) -> None:
        """Deliver in order, in slices of these sizes for each partition."""
        by_partition: dict[int, list[Record]] = {}
        for r in records:
            by_partition.setdefault(partition_of(r.key or b"", PARTITIONS), []).append(r)
        for partition, part in by_partition.items():
            await self.give_partition(topic, partition, part, sizes)

    async def give_partition(self, topic: str, partition: int, part: list[Record], sizes: tuple[int, ...] = ()) -> None:
        for size in [*sizes, len(part)]:
            here, part = part[:size], part[size:]
            if here:
                first = self._next.get((topic, partition), 0)
                placed = [Record(r.key, r.headers, r.value, n, toy.NOON) for n, r in enumerate(here, first)]
                self._next[topic, partition] = first + len(placed)
                span = Span(topic, "topic-1", partition, first, first + len(placed))
                await self.path.on_slices([Slice(span, placed)])

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(r) for r in await self.database.fetch(query)]

    async def one(self, query: str) -> Any:
        [[value]] = await self.rows(query)
        return value


@pytest.fixture
async def hands(url: str) -> AsyncIterator[Hands]:
    database = await Database(url).open()
    async with database.transaction() as db:
        await begin_positions(db, {(t, p): ("topic-1", 0) for t in TOPICS for p in range(PARTITIONS)})
    yield Hands(database)
    await database.close()


@pytest.fixture
async def shelf(url: str) -> AsyncIterator[Shelf]:
    own = await Database(url).open()
    await own.fetch(SHELF)
    yield Shelf(own)
    await own.close()
