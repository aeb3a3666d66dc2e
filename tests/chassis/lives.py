"""Lives of a service that may end at any moment, and what is left of them."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from o2c_chassis.bus import Place
from o2c_chassis.database import Database
from o2c_chassis.decisions import broken
from o2c_chassis.inbox import begin_positions
from o2c_chassis.kafka import Kafka
from o2c_chassis.raw import unpack
from o2c_contracts.topics import PARTITIONS
from o2c_contracts.wire import Headers

from tests.chassis import toy

KILLED = -9
TOLD = "o2c.orders.v1"
NAMED_BY_COUNT = ("CustomerBlocked", "CustomerUnblocked", "ChainAnchored")
ROWS = {
    "accounts": "select * from accounts order by 1",
    "bought": "select order_id, customer_id, total_minor, held, reminded, letter from bought order by 1",
    "numbers": "select number from bought order by 1",
    "told": "select key, headers, value, topic from outbox where topic not like '%dlq' order by key, position",
    "dead letters": "select key, value from outbox where topic like '%dlq' order by value",
    "unsent": "select count(*) from outbox where sent_at is null",
    "decisions": "select decision_id, body from decisions order by 1, 2",
    "deadlines": "select kind, subject, owner_key, armed, due_at from deadlines order by 1, 2",
    "deliveries": "select delivery_id, kind, subject, status, next_at from deliveries order by 1",
    "inbox": "select * from inbox order by 1, 2",
    "streams": "select * from streams order by 1",
    "anchors": "select * from anchors order by 1",
    "parked": "select topic, key, value, blocks, waits, code, families from parked order by id",
}


class Nursery:
    """Forks processes that are killed, and tells how each ended."""

    def __init__(self, folder: Path, module: str = "tests.chassis.crashing") -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._out() == "ready"

    def live(self, given: dict[str, Any]) -> int:
        """The exit status; minus the signal's number, where one ended it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        return int(self._out())

    def close(self) -> None:
        self._process.communicate()

    def _out(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class Log(Protocol):
    """What a life publishes to, and what may be read from it afterwards."""

    given: dict[str, str]

    async def prepare(self, url: str) -> None:
        """The service of this database starts where the log ends now."""

    async def told(self) -> list[tuple[bytes, Headers]]:
        """Key and headers of what the service has told since then, in the order of each partition."""


class EmbeddedLog:
    def __init__(self, url: str) -> None:
        self.given = {"log": url}

    async def prepare(self, url: str) -> None:
        """It is new."""

    async def told(self) -> list[tuple[bytes, Headers]]:
        query = f"""select key, headers from log where topic = '{TOLD}' order by partition, "offset" """
        log = await Database(self.given["log"]).open()
        rows = await log.fetch(query)
        await log.close()
        return [(r["key"], unpack(r["headers"])) for r in rows]


class KafkaLog:
    """One broker serves many lives: each begins where the one before it has ended."""

    def __init__(self, servers: str) -> None:
        self.given = {"servers": servers}
        self._begin: dict[Place, int] = {}

    async def prepare(self, url: str) -> None:
        bus, own = Kafka(self.given["servers"]), await Database(url).open()
        self._begin = dict(await bus.ends([*toy.service.topics, TOLD]))
        topics = await bus.topics(toy.service.topics)
        async with own.transaction() as db:
            begins = {place: (topics[place[0]].id, at) for place, at in self._begin.items() if place[0] in topics}
            await begin_positions(db, begins)
        await own.close()
        await bus.close()

    async def told(self) -> list[tuple[bytes, Headers]]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.given["servers"])
        await consumer.start()
        partitions = [TopicPartition(TOLD, p) for p in range(PARTITIONS)]
        consumer.assign(partitions)
        for p in partitions:
            consumer.seek(p, self._begin[TOLD, p.partition])
        ends, found = await consumer.end_offsets(partitions), []
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found += [(r.key, tuple(r.headers)) for r in records]
        await consumer.stop()
        return found


class Stage:
    """The database and the log of one story, and what became of them."""

    def __init__(self, nursery: Nursery, url: str, log: Log, folder: Path) -> None:
        self._nursery, self._log, self._url = nursery, log, url
        self._out, self._hits = folder / "out", folder / "hits"
        self._out.mkdir(parents=True)
        paths = {"folder": str(self._out), "hits": str(self._hits), "reached": str(folder / "reached")}
        self._given = {"url": url} | log.given | paths

    def live(self, failpoints: str, **more: Any) -> int:
        return self._nursery.live(self._given | {"failpoints": failpoints} | more)

    @property
    def said(self) -> str:
        return self._hits.read_text()

    async def prepare(self) -> "Stage":
        await self._log.prepare(self._url)
        return self

    async def end(self) -> dict[str, Any]:
        """The rows, what stands on the log for each key, and the files of the deliveries."""
        own = await Database(self._url).open()
        found: dict[str, Any] = {n: [tuple(r) for r in await own.fetch(q)] for n, q in ROWS.items()}
        found["told"] = [without_counts(*row) for row in found["told"]]
        found["dead letters"] = [(key, json.loads(value) | {"offset": 0}) for key, value in found["dead letters"]]
        async with own.transaction() as db:
            found["broken chains"] = [b async for b in broken(db)]
        await own.close()
        found["wire"] = first_of_each(await self._log.told())
        found["files"] = {p.name: p.read_bytes() for p in sorted(self._out.iterdir())}
        return found


def different(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """What is there and should not be, and what is missing; empty where two ends are the same."""
    parts = {}
    for name, part in expected.items():
        if found[name] != part:
            a, b = _listed(found[name]), _listed(part)
            parts[name] = {"more": [r for r in a if r not in b], "missing": [r for r in b if r not in a]}
    return parts


def _listed(part: Any) -> list[Any]:
    return list(part.items() if isinstance(part, dict) else part)


def without_counts(key: bytes, headers: bytes, value: bytes, topic: str) -> tuple[Any, ...]:
    """Numbers of parked records leave gaps where a transaction was undone, and a day's heads are as of when they were
    told: what is named after either differs."""
    named = dict(unpack(headers))
    if (named["ce_type"] or b"").decode() in NAMED_BY_COUNT:
        return key, named["ce_type"], named["ce_streamversion"]
    return key, headers, value, topic


def first_of_each(told: list[tuple[bytes, Headers]]) -> dict[bytes, list[int]]:
    """Key -> its versions in the order in which they first came: repeats are allowed, gaps and turns are not."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for key, headers in told:
        version = int(dict(headers)["ce_streamversion"] or b"")
        if version not in found[key]:
            found[key].append(version)
    return dict(found)
