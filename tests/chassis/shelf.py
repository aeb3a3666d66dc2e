"""The simplest thing that reads a bus: it keeps what it is handed, in the transaction that moves its position."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from o2c_chassis.bus import Slice
from o2c_chassis.database import Database
from o2c_chassis.inbox import expect_moved, move_text
from o2c_contracts.wire import Record

CREATE = """
create table shelf (n bigint generated always as identity, topic text, partition bigint, "offset" bigint, key bytea,
    primary key (topic, partition, "offset"))
"""


class Shelf:
    """Its primary key refuses what comes twice; the records of each call are kept beside it as they came."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.failures: list[Exception] = []
        """Raised one by one instead of keeping anything."""
        self.calls: list[list[Slice]] = []
        self.kept: list[tuple[str, int, Record]] = []
        self.before_commit: Callable[[], Any] | None = None

    async def __call__(self, slices: Sequence[Slice]) -> None:
        self.calls.append(list(slices))
        if self.failures:
            raise self.failures.pop(0)
        spans = [s.span for s in slices]
        async with self.database.opened(move_text(spans)) as (db, tag):
            expect_moved(tag, spans)
            rows = [(s.span.topic, s.span.partition, r.offset, r.key) for s in slices for r in s.records]
            await db.executemany('insert into shelf (topic, partition, "offset", key) values ($1, $2, $3, $4)', rows)
            if self.before_commit is not None:
                await self.before_commit()
        self.kept += [(s.span.topic, s.span.partition, r) for s in slices for r in s.records]

    async def count(self) -> int:
        rows = await self.database.fetch("select count(*) as n from shelf")
        return int(rows[0]["n"])


@asynccontextmanager
async def reading(stage: Any, shelf: Shelf) -> AsyncIterator["asyncio.Task[None]"]:
    """A reader at work, stopped in the end unless it has ended by itself."""
    reader = stage.reader(shelf)
    reader.pauses = (0.05, 0.05)
    run = asyncio.create_task(reader.run())
    try:
        yield run
        if not run.done():
            await reader.stop()
            await asyncio.wait_for(run, 20)
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


def records(count: int, keys: int = 7) -> list[Record]:
    return [Record(f"c:{n % keys}".encode(), (("n", str(n).encode()),), b"x" * 100) for n in range(count)]


async def have(shelf: Shelf, count: int) -> bool:
    return await shelf.count() >= count


async def until(holds: Callable[[], Any], within_seconds: float = 20, run: "asyncio.Task[Any] | None" = None) -> None:
    """Wait for a condition, looking often; a reader that ended meanwhile ends the test with its own error."""
    end = time.monotonic() + within_seconds
    while True:
        found = holds()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        if run is not None and run.done():
            run.result()
            raise AssertionError("the reader stopped by itself")
        assert time.monotonic() < end, "nothing more happened"
        await asyncio.sleep(0.01)
