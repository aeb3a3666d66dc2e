"""The toy service at work in a process of its own, in real time, until it is killed."""

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from o2c_chassis import failpoints
from o2c_chassis.clock import RealClock
from o2c_chassis.database import Database
from o2c_chassis.kafka import Kafka, KafkaReader
from o2c_chassis.kafka.subscribing import Timing
from o2c_chassis.loopback import Loopback
from o2c_chassis.ports import Folder
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_rules.hot import HotBook

from tests.chassis import toy
from tests.chassis.crashing import small_store


async def work(given: dict[str, Any], rules: Path) -> None:
    """Ends only with an error: whoever started it starts it again."""
    clock = RealClock()
    database = await Database(given["url"]).open()
    bus: Any = Kafka(given["servers"]) if "servers" in given else await _loopback(given["log"])
    in_force = RulesInForce(toy.service.name, database, HotBook(small_store(rules)), clock)
    await in_force.refresh()
    failpoints.arm(given.get("failpoints", ""))
    running = Running(toy.service, Surroundings(database, bus, in_force, clock, Folder(Path(given["folder"]))))
    if isinstance(running.reader, KafkaReader):
        running.reader.timing = Timing(poll=0.05, watch=1, session=given.get("session", 3))
    await running.run()


async def _loopback(url: str) -> Loopback:
    return await Loopback(await Database(url).open(), exclusive=False).open()


def main() -> None:
    rules = Path(tempfile.mkdtemp(prefix="o2c-at-work-"))
    try:
        asyncio.run(work(json.loads(sys.argv[1]), rules))
    finally:
        shutil.rmtree(rules, ignore_errors=True)


if __name__ == "__main__":
    main()
