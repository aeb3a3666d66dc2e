"""A process that lives through one story with the toy service, armed to die anywhere; and the nursery that starts it.

`python -m tests.chassis.crashing` imports everything once, then forks a child for each line of JSON that it reads: a
process of its own in some milliseconds, which `kill -9` ends like any other.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from o2c_chassis import consumer, failpoints
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.inbox import Claim
from o2c_chassis.kafka import Kafka, KafkaReader
from o2c_chassis.kafka.subscribing import Timing
from o2c_chassis.loopback import Loopback
from o2c_chassis.people import on_command
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_chassis.service import DeadlineReached
from o2c_chassis.together import Writes
from o2c_contracts import wire
from o2c_contracts.event import Event
from o2c_rules.bundles import Approval, Store
from o2c_rules.hot import HotBook
from o2c_rules.rulebook import BOOKS

from tests.chassis import toy

WORLD = "crash"
CUSTOMERS = ("acme", "bolt", "cork")
MENDED, DAYS = 3, 6


def story() -> list[tuple[str, list[wire.Record]]]:
    """Limits, a family, orders that fit and orders that do not, one twice, one that breaks its handler."""

    def records(*events: tuple[str, Event]) -> list[wire.Record]:
        return [wire.encode(toy.message(id_, event, world=WORLD)) for id_, event in events]

    orders = [(f"{c}-{n}", toy.order(f"{c}-o{n}", c)) for n in range(3) for c in CUSTOMERS]
    move = toy.FamilyChanged(customer_id="bolt", root_id="acme")
    broken = ("boom", toy.order("dust-o0", "dust", purchase_order="boom"))
    return [
        (toy.MASTER, records(*[(f"l-{c}", toy.limit(100_00, c)) for c in CUSTOMERS])),
        (toy.INTAKE, records(*orders[:4], broken)),
        (toy.MASTER, records(("m", move), ("l-again", toy.limit(120_00, "cork")))),
        (toy.INTAKE, records(*orders[3:], ("after", toy.order("dust-o1", "dust")))),
    ]


class Files:
    """A way out that keeps what it was given: a repeat writes the same file again."""

    renders = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, document: Any, content: Any, delivery_id: str) -> tuple[str, str]:
        (self._folder / delivery_id).write_bytes(document.content + repr(dict(content)).encode())
        failpoints.failpoint("deliverer.sent")
        return "folder", delivery_id


async def live(given: dict[str, Any], hot: HotBook) -> None:
    """Publish the story, let it settle, wake what is due day by day; who is started again goes on with the same day."""
    reached_file = Path(given["reached"])
    reached = int(reached_file.read_text()) if reached_file.exists() else 0
    clock = SimulatedClock(toy.NOON + timedelta(days=reached))
    database = await Database(given["url"]).open()
    if broken := given.get("broken"):
        BROKEN[broken](database)
    bus: Any = (
        Kafka(given["servers"])
        if "servers" in given
        else await Loopback(await Database(given["log"]).open(), clock).open()
    )
    in_force = RulesInForce(toy.service.name, database, hot, clock, WORLD)
    await in_force.refresh()
    failpoints.arm(given["failpoints"])
    running = Running(toy.service, Surroundings(database, bus, in_force, clock, Files(Path(given["folder"])), WORLD))
    running.relay.most = 4
    async with _reading(running, bus) as settle:
        for topic, records in story():
            await bus.publish(topic, records)
            await settle()  # Else two topics of one customer race, and either outcome is right.
        for day in range(reached, DAYS + 1):
            reached_file.write_text(str(day))
            clock.move(toy.NOON + timedelta(days=day))
            await running.tell()  # On every day, as a running service does, even on one without a word to send.
            if day == MENDED:
                await _mended(running)
            while await running.wake_due():
                await settle()
            if day < MENDED:
                await _cancelled(running, f"cork-o{day}")
            await settle()
    await running.relay.close()
    await database.close()
    await bus.close()


@asynccontextmanager
async def _reading(running: Running, bus: Any) -> Any:
    """How to wait until everything is quiet, seen twice."""
    if isinstance(bus, Loopback):
        yield lambda: _quiet(running.step)
        return
    # The group only shares out partitions: a new one need not wait until the broker has noticed who was killed.
    reader = KafkaReader(bus, f"orders-{uuid4()}", running.service.topics, running.database, running.on_slices)
    reader.timing = Timing(poll=0.02)
    reader.pauses = ()
    run = asyncio.create_task(reader.run())

    async def pushed() -> int:
        ends = await bus.ends(running.service.topics)
        while any(reader.positions.get(place, -1) < end for place, end in ends.items()):
            if run.done():
                run.result()
            await asyncio.sleep(0.005)
        return await running.behind()

    yield lambda: _quiet(pushed)
    await reader.stop()
    await run


async def _cancelled(running: Running, order: str) -> None:
    """A person's command; whoever does not know whether it was done sends it again with the same key."""
    command = toy.CancelOrder(customer_id="cork", order_id=order)
    message = toy.message(f"cancel {order}", command, "orders/ann/cancel", running.clock.now(), world=WORLD)
    await on_command(running.path, replace(message, body_hash=b"cancel"))


async def _mended(running: Running) -> None:
    """The order that broke its handler does so no more, and what waits for it is taken up."""
    routes = toy.service.routes
    routes[toy.OrderSubmitted] = replace(
        routes[toy.OrderSubmitted],
        handler=lambda event, work: toy.on_order(event.model_copy(update={"purchase_order": None}), work),
    )
    await running.path.take_up("c:dust")


async def _quiet(step: Callable[[], Awaitable[int]]) -> None:
    seen = 0
    while seen < 2:
        seen = 0 if await step() else seen + 1


# Variants that are wrong on purpose: the check must see each of them.


def _claims_nothing(_: Database) -> None:
    def sort_out(arrivals: Any, *_: Any) -> Claim:
        return Claim([a.message for a in arrivals if a.message is not None], [], [])

    consumer.sort_out = sort_out
    consumer.claim = lambda writes, claimed: None


def _moves_positions_first(database: Database) -> None:
    right = database.opened

    @asynccontextmanager
    async def opened(*statements: str) -> AsyncIterator[tuple[Any, str]]:
        first = [text for text in statements if text.lstrip().startswith("update positions")]
        for text in first:
            async with right(text):
                pass
        rest = [text for text in statements if text not in first]
        async with right(*rest) as (db, _):
            yield db, f"UPDATE {len(first)}"

    database.opened = opened  # type: ignore[method-assign]


def _acknowledges_too_early(_: Database) -> None:
    right, held = Loopback.publish, dict[str, list[wire.Record]]()

    async def publish(self: Loopback, topic: str, records: Any) -> None:
        before, held[topic] = held.get(topic, []), list(records)
        await right(self, topic, before if topic == "o2c.orders.v1" else records)

    Loopback.publish = publish  # type: ignore[method-assign]


def _forgets_what_is_due(_: Database) -> None:
    right = consumer.Path.carry_out

    async def carry_out(self: Any, turn: Any, messages: Any) -> Any:
        writes = Writes()
        consumer.deadlines.arm(writes, (), turn.taken)
        if any(isinstance(m.event, DeadlineReached) for m in turn.taken):
            await writes.send(turn.db)
            await turn.db.execute("commit; begin")
            failpoints.failpoint("broken.took")
        return await right(self, turn, messages)

    consumer.Path.carry_out = carry_out  # type: ignore[method-assign]


BROKEN: dict[str, Callable[[Database], None]] = {
    "claims nothing": _claims_nothing,
    "moves positions first": _moves_positions_first,
    "acknowledges too early": _acknowledges_too_early,
    "forgets what is due": _forgets_what_is_due,
}


Life = Callable[[dict[str, Any], HotBook], Awaitable[None]]


def _child(life: Life, given: dict[str, Any], hot: HotBook) -> None:
    try:
        asyncio.run(life(given, hot))  # type: ignore[arg-type]
        Path(given["hits"]).write_text(json.dumps(failpoints.hits))
    except BaseException:  # noqa: BLE001 - a forked child may not run on into its parent's loop
        Path(given["hits"]).write_text(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def small_store(folder: Path) -> Store:
    """Rules for the toy service alone: quicker to read than all the books."""
    shutil.copytree(BOOKS / "reference", folder / "books/reference")
    store = Store(folder / "store")
    store.release(store.publish(folder / "books"), toy.NOON, Approval("author", "approver", "only what the toy asks"))
    return store


def nurse(life: Life, store_in: Callable[[Path], Store]) -> None:
    """One line in: what to live through. One line out: how that process ended."""
    folder = Path(tempfile.mkdtemp(prefix="o2c-crash-rules-"))
    try:
        hot = HotBook(store_in(folder))
        hot.poll()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            pid = os.fork()
            if pid == 0:
                _child(life, json.loads(line), hot)
            _, status = os.waitpid(pid, 0)
            sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    nurse(live, small_store)
