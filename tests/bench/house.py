"""The house: the orders service itself, with its real rules, on real Kafka and PostgreSQL; and where its time goes."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from o2c_chassis import consumer
from o2c_chassis.clock import RealClock
from o2c_chassis.database import Database
from o2c_chassis.kafka import Kafka
from o2c_chassis.memory import settle_down
from o2c_chassis.migrate import migrate
from o2c_chassis.ports import Nowhere
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_console.world import installed
from o2c_contracts.wire import Record
from o2c_rules.bundles import seed
from o2c_rules.hot import HotBook

from tests.bench.ground import NOW, Ground, Meter, Reading

OUTPUT = "o2c.orders.v1"


async def start(ground: Ground, url: str, rules: Path) -> Running:
    """The service as production starts it."""
    service = installed()["orders"]
    await migrate(service, url)
    database = await Database(url).open()
    in_force = RulesInForce(service.name, database, HotBook(seed(rules, NOW)), RealClock())
    await in_force.refresh()
    return Running(service, Surroundings(database, Kafka(ground.servers), in_force, RealClock(), Nowhere()))


async def until_told(running: Running, type_: str, count: int) -> None:
    """Until so many events of a type were acknowledged by the bus."""
    query = "select count(*) from outbox where sent_at is not null and position(convert_to($1, 'UTF8') in headers) > 0"
    while (await running.database.fetch(query, f'"ce_type","{type_}"'))[0][0] < count:
        await asyncio.sleep(0.2)


async def run(running: Running, ground: Ground, count: int) -> Reading:
    """From now until `count` records were acknowledged on the output topic; counted where they are published."""
    acknowledged, enough, publish = 0, asyncio.Event(), running.bus.publish

    async def counted(topic: str, records: Sequence[Record]) -> None:
        nonlocal acknowledged
        await publish(topic, records)
        acknowledged += len(records) if topic == OUTPUT else 0
        if acknowledged >= count:
            enough.set()

    running.bus.publish = counted  # type: ignore[method-assign]
    settle_down()
    meter = Meter(ground)
    task = asyncio.create_task(running.run())
    waiting = asyncio.create_task(enough.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    reading = meter.read(count)
    await running.stop()
    await task
    return reading


class Steps:
    """Wall time inside each step of the path, by wrapping it; for a run of its own, since the wrapping costs too."""

    def __init__(self, running: Running) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running = running
        self._undo: list[tuple[Any, str, Any]] = []

    def __enter__(self) -> "Steps":
        for owner, name, label in (
            (self._running.path.reception, "arrive", "decode"),
            (self._running.path.families, "guess", "whom to lock"),
            (self._running.path, "enter", "look"),
            (consumer, "sort_out", "claim"),
            (consumer.Loading, "rest", "load"),
            (consumer, "decide", "decide"),
            (consumer, "save", "rows to arrays"),
            (consumer.outbox, "enqueue", "encode events"),
            (consumer.decisions, "record", "encode decisions"),
            (consumer.Writes, "send", "write"),
            (self._running.relay, "step", "relay"),
        ):
            original = getattr(owner, name)
            self._undo.append((owner, name, original))
            setattr(owner, name, self._timed(original, label))
        return self

    def __exit__(self, *_: object) -> None:
        for owner, name, original in self._undo:
            setattr(owner, name, original)

    def _timed(self, original: Callable[..., Any], label: str) -> Callable[..., Any]:
        if asyncio.iscoroutinefunction(original):

            async def timed(*args: Any, **kwargs: Any) -> Any:
                begun = time.perf_counter()
                try:
                    return await original(*args, **kwargs)
                finally:
                    self.seconds[label] += time.perf_counter() - begun

            return timed

        def timed_now(*args: Any, **kwargs: Any) -> Any:
            begun = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                self.seconds[label] += time.perf_counter() - begun

        return timed_now
