"""Killed at any step and started again, a service ends where it would have ended: real processes, `kill -9`."""

import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from o2c_chassis.database import Database
from o2c_chassis.decisions import broken
from o2c_chassis.raw import unpack

KILLED = -9
PLACES = (
    "loopback.append", "loopback.appended", "path.move", "path.lock", "path.claim", "path.load", "path.save",
    "path.enqueue", "path.arm", "path.queue", "path.record", "commit", "committed", "relay.read", "relay.published",
    "relay.marked", "timer.picked", "deadlines.take", "deliverer.render", "deliverer.sent", "deliveries.tried",
    "deliveries.take",
)  # fmt: skip
QUARANTINE = ("CustomerBlocked", "CustomerUnblocked")
ROWS = {
    "accounts": "select * from accounts order by 1",
    "bought": "select order_id, customer_id, total_minor, held, reminded, letter from bought order by 1",
    "numbers": "select number from bought order by 1",
    "told": "select key, headers, value, topic from outbox where topic not like '%dlq' order by key, position",
    "letters of dead": "select key, value from outbox where topic like '%dlq' order by value",
    "unsent": "select count(*) from outbox where sent_at is null",
    "decisions": "select decision_id, body from decisions order by 1, 2",
    "deadlines": "select kind, subject, owner_key, armed, due_at from deadlines order by 1, 2",
    "deliveries": "select delivery_id, kind, subject, status, next_at from deliveries order by 1",
    "inbox": "select * from inbox order by 1, 2",
    "streams": "select * from streams order by 1",
    "parked": "select topic, key, value, blocks, waits, code, families from parked order by id",
}


class Nursery:
    """Forks processes that are killed, and tells how each ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chassis.crashing"],
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


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("crashes"))
    yield made
    made.close()


class Stage:
    """Databases of one story, and what became of it."""

    def __init__(self, nursery: Nursery, url: str, log: str, folder: Path) -> None:
        self._nursery = nursery
        folder.mkdir()
        (folder / "out").mkdir()
        self.given = {
            "url": url,
            "log": log,
            "folder": str(folder / "out"),
            "hits": str(folder / "hits"),
            "reached": str(folder / "reached"),
        }

    def live(self, failpoints: str, **more: Any) -> int:
        return self._nursery.live(self.given | {"failpoints": failpoints} | more)

    @property
    def said(self) -> str:
        return Path(self.given["hits"]).read_text()

    async def end(self) -> dict[str, Any]:
        """The rows, what stands on the log for each key, and the files of the deliveries."""
        own, log = await Database(self.given["url"]).open(), await Database(self.given["log"]).open()
        found: dict[str, Any] = {n: [tuple(r) for r in await own.fetch(q)] for n, q in ROWS.items()}
        found["told"] = [without_parked_number(*row) for row in found["told"]]
        async with own.transaction() as db:
            found["broken chains"] = [b async for b in broken(db)]
        wire = await log.fetch(
            """select key, headers from log where topic = 'o2c.orders.v1' order by partition, "offset" """
        )
        found["wire"] = first_of_each(wire)
        found["files"] = {p.name: p.read_bytes() for p in sorted(Path(self.given["folder"]).iterdir())}
        await own.close()
        await log.close()
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


def without_parked_number(key: bytes, headers: bytes, value: bytes, topic: str) -> tuple[Any, ...]:
    """Numbers of parked records leave gaps where a transaction was undone; what is named after one differs."""
    named = dict(unpack(headers))
    if (named["ce_type"] or b"").decode() in QUARANTINE:
        return key, named["ce_type"], named["ce_streamversion"]
    return key, headers, value, topic


def first_of_each(rows: Any) -> dict[bytes, list[int]]:
    """Key -> its versions in the order in which they first came: repeats are allowed, gaps and turns are not."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for r in rows:
        version = int(dict(unpack(r["headers"]))["ce_streamversion"] or b"")
        if version not in found[r["key"]]:
            found[r["key"]].append(version)
    return dict(found)


@pytest.fixture
def stages(nursery: Nursery, database: Callable[..., str], template: str, tmp_path: Path) -> Callable[[], Stage]:
    count = iter(range(10_000))
    return lambda: Stage(nursery, database(template=template), database(), tmp_path / str(next(count)))


@pytest.fixture(scope="module")
def undisturbed(nursery: Nursery, module_database: Callable[..., str], template: str) -> dict[str, Any]:
    """The same story when nobody dies: what every other must end like, and how often each place is passed."""
    stage = Stage(nursery, module_database(template=template), module_database(), nursery.folder / "undisturbed")
    assert stage.live("*=count") == 0, stage.said
    return {"end": asyncio.run(stage.end()), "hits": json.loads(stage.said)}


def test_the_story_uses_every_step(undisturbed):
    end, hits = undisturbed["end"], undisturbed["hits"]

    assert set(hits) == set(PLACES)
    assert len(end["bought"]) == 11
    assert {b[5] for b in end["bought"]} == {"delivered"}
    assert [n for (n,) in end["numbers"]] == list(range(1, 12))
    assert (end["unsent"], end["parked"], end["broken chains"]) == ([(0,)], [], [])
    assert all(versions == list(range(1, len(versions) + 1)) for versions in end["wire"].values())
    assert len(end["files"]) == 11


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
async def test_killed_at_any_step_it_ends_where_it_would_have_ended(place, undisturbed, stages):
    times = undisturbed["hits"][place]

    for n in sorted({1, (times + 1) // 2, times}):
        stage = stages()
        assert stage.live(f"{place}=kill@{n}") == KILLED
        assert stage.live("*=count") == 0, stage.said
        assert different(await stage.end(), undisturbed["end"]) == {}, f"killed at {place} number {n}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "times"),
    [("commit", 25), ("committed", 25), ("relay.published", 3), ("deliveries.tried", 4), ("loopback.appended", 9)],
)
async def test_killed_in_every_life_it_gets_there_nevertheless(place, times, undisturbed, stages):
    stage, lives = stages(), 1

    while stage.live(f"{place}=kill@{times}") == KILLED:
        lives += 1
        assert lives < 20

    assert lives > 1
    assert different(await stage.end(), undisturbed["end"]) == {}


WRONG = {
    "claims nothing": ("relay.read=kill@1", "told"),
    "moves positions first": ("path.claim=kill@1", "bought"),
    "acknowledges too early": ("relay.marked=kill@1", "wire"),
    "forgets what is due": ("broken.took=kill@1", "deadlines"),
}
"""What is wrong, where it is killed, and where that shows."""


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_service_that_is_wrong_on_purpose_does_not_end_there(wrong, undisturbed, stages):
    stage, (place, shows) = stages(), WRONG[wrong]

    assert stage.live(place, broken=wrong) == KILLED, stage.said
    stage.live("*=count", broken=wrong)

    assert shows in different(await stage.end(), undisturbed["end"])
