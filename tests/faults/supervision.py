"""Processes that are started again when they end, a load, and the sequential model that the end is held against."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psutil
from o2c_chassis.bus import Bus
from o2c_chassis.database import Database
from o2c_chassis.decisions import broken
from o2c_chassis.raw import unpack
from o2c_contracts.wire import Record

from tests.chassis import toy

CUSTOMERS = 12
FIT = 3
"""Orders that each customer's limit has room for."""


class Worker:
    """One instance: alive again soon after it has ended, as a supervisor would keep it."""

    def __init__(self, given: dict[str, Any], log: Path) -> None:
        self._given, self._log, self._again = given, log, True
        self.starts = 0
        self._process = self._start()
        self._watching = asyncio.create_task(self._watch())

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self._process.pid)

    @property
    def said(self) -> str:
        return self._log.read_text()[-3000:]

    def kill(self) -> None:
        """kill -9, and not started again."""
        self._again = False
        self._process.kill()

    async def close(self) -> None:
        self.kill()
        await self._watching

    def _start(self) -> "subprocess.Popen[bytes]":
        self.starts += 1
        command = [sys.executable, "-m", "tests.faults.at_work", json.dumps(self._given)]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=log, stderr=log)

    async def _watch(self) -> None:
        while True:
            while self._process.poll() is None:
                await asyncio.sleep(0.05)
            if not self._again:
                return
            self._given.pop("failpoints", None)
            await asyncio.sleep(0.2)
            self._process = self._start()


@asynccontextmanager
async def at_work(count: int, given: dict[str, Any], folder: Path) -> AsyncIterator[list[Worker]]:
    """So many instances of the service."""
    (folder / "out").mkdir(parents=True)
    workers = [Worker(given | {"folder": str(folder / "out")}, folder / f"worker-{n}.log") for n in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            await worker.close()


class Load:
    """Orders of all customers, round by round; what cannot be published is published again until it can."""

    def __init__(self, bus: Bus) -> None:
        self._bus, self.rounds, self._stopping = bus, 0, False

    async def limits(self) -> None:
        await self._until_published(
            toy.MASTER, [toy.record(f"l-{c}", toy.limit(FIT * 40_00, f"c{c}")) for c in range(CUSTOMERS)]
        )

    async def run(self, pause: float = 0.05) -> None:
        while not self._stopping:
            n = self.rounds
            orders = [toy.record(f"o-{c}-{n}", toy.order(f"c{c}-o{n}", f"c{c}")) for c in range(CUSTOMERS)]
            await self._until_published(toy.INTAKE, orders)
            self.rounds += 1
            await asyncio.sleep(pause)

    def stop(self) -> None:
        self._stopping = True

    async def _until_published(self, topic: str, records: Sequence[Record]) -> None:
        while True:
            with suppress(Exception):
                return await self._bus.publish(topic, records)
            await asyncio.sleep(0.2)


@asynccontextmanager
async def under_load(bus: Bus, url: str) -> AsyncIterator[Load]:
    """Limits first and alone: where two topics of one customer race, either outcome is right."""
    load = Load(bus)
    await load.limits()
    while await _count(url, "accounts") < CUSTOMERS:
        await asyncio.sleep(0.1)
    running = asyncio.create_task(load.run())
    yield load
    load.stop()
    await asyncio.wait_for(running, 60)


async def bought(url: str) -> int:
    """How many orders are on the books; -1 where the database cannot be asked."""
    return await _count(url, "bought")


async def _count(url: str, table: str) -> int:
    with suppress(Exception):
        database = await Database(url, most=1).open()
        try:
            return int((await database.fetch(f"select count(*) as n from {table}"))[0]["n"])
        finally:
            await database.close()
    return -1


async def quiet(url: str, rounds: int, within_seconds: float = 90) -> None:
    """Until everything that was published is on the books, told and delivered."""
    for _ in range(int(within_seconds / 0.2)):
        if await bought(url) == rounds * CUSTOMERS and await _nothing_left(url):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{await bought(url)} of {rounds * CUSTOMERS} orders after {within_seconds} s")


async def _nothing_left(url: str) -> bool:
    database = await Database(url, most=1).open()
    query = """select (select count(*) from outbox where sent_at is null)
        + (select count(*) from deliveries where next_at is not null) as n"""
    [row] = await database.fetch(query)
    await database.close()
    return bool(row["n"] == 0)


async def findings(url: str, rounds: int) -> list[str]:
    """What a sequential model with the same orders would not show; empty where all is right."""
    database = await Database(url).open()
    found = []

    async def rows(query: str) -> list[tuple[Any, ...]]:
        return [tuple(r) for r in await database.fetch(query)]

    expected = sorted((f"c{c}-o{n}", n >= FIT, "delivered") for c in range(CUSTOMERS) for n in range(rounds))
    books = sorted(await rows("select order_id, held, letter from bought"))
    found += [f"on the books: {b}, not {e}" for b, e in zip_longest(books, expected) if b != e][:5]
    if await rows("select number from bought order by 1") != [(n,) for n in range(1, len(expected) + 1)]:
        found.append("numbers are not 1 to n without a gap")
    if await rows("select count(*) from parked"):
        found += [f"parked: {r}" for r in await rows("select code, reason from parked")]
    if await rows("select count(*) from decisions") != [(len(expected),)]:
        found.append("not one decision for each order")
    told = await rows("select key, headers from outbox where topic = 'o2c.orders.v1' order by position")
    versions: dict[bytes, list[int]] = {}
    for key, headers in told:
        versions.setdefault(key, []).append(int(dict(unpack(headers))["ce_streamversion"] or b""))
    found += [f"{k!r}: {v}" for k, v in versions.items() if v != list(range(1, len(v) + 1))]
    if sum(len(v) for k, v in versions.items() if k.startswith(b"c:")) != len(expected):
        found.append("not one event for each order")
    async with database.transaction() as db:
        found += [b async for b in broken(db)]
    await database.close()
    return found
