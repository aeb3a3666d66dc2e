"""Five services killed at any step of a real story and started again end where they would have ended: `kill -9`."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from o2c_chassis.database import Database
from o2c_chassis.decisions import broken
from o2c_chassis.migrate import migrate
from o2c_console.world import installed
from o2c_contracts.topics import SERVICES

from tests.chassis.lives import KILLED, Nursery
from tests.flows.ends import Ended, different, ended

pytestmark = pytest.mark.slow
SAMPLED, SEED = 23, 20260302
PLACES = {
    "anchors.tell", "commit", "committed", "deadlines.take", "deliverer.render", "deliverer.sent", "deliveries.take",
    "deliveries.tried", "loopback.append", "loopback.appended", "path.arm", "path.claim", "path.enqueue", "path.load",
    "path.lock", "path.move", "path.queue", "path.record", "path.save", "relay.marked", "relay.published", "relay.read",
    "timer.picked",
}  # fmt: skip
"""Every step at which a process may die."""


class Stage:
    """The databases of one story, its files, and how far it has come."""

    def __init__(self, nursery: Nursery, urls: dict[str, str], folder: Path) -> None:
        self._nursery, self.urls, self._folder = nursery, urls, folder
        (folder / "out").mkdir(parents=True)

    def live(self, armed: str) -> int:
        paths = {n: str(self._folder / n) for n in ("hits", "reached", "instant")}
        return self._nursery.live(paths | {"folder": str(self._folder / "out"), "urls": self.urls, "failpoints": armed})

    @property
    def said(self) -> str:
        return (self._folder / "hits").read_text()

    async def end(self) -> dict[str, Any]:
        """All rows, what is unsent or undelivered, the letters, and whether the decision chains verify."""
        opened = {name: Opened(name, await Database(self.urls[name], most=1).open()) for name in SERVICES}
        found: dict[str, Any] = dict(await ended(opened))
        for name, of in opened.items():
            found[f"{name}.unsent"] = Counter(r["n"] for r in await of.database.fetch(UNSENT))
            async with of.database.transaction() as db:
                found[f"{name}.chains"] = Counter([b async for b in broken(db)])
            await of.database.close()
        found["letters"] = Counter(p.stat().st_size for p in (self._folder / "out").iterdir())
        return found


UNSENT = "select count(*) as n from outbox where sent_at is null"


class Opened(Ended):
    """One of the five, looked at from outside."""

    def __init__(self, name: str, database: Database) -> None:
        self.service, self.database = installed()[name], database


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("crashes"), "tests.flows.five_lives")
    yield made
    made.close()


@pytest.fixture(scope="module")
def templates(module_database: Callable[..., str]) -> dict[str, str]:
    """Each service's database, migrated once."""
    urls = {name: module_database() for name in SERVICES}

    async def make() -> None:
        for name, service in installed().items():
            await migrate(service, urls[name])

    asyncio.run(make())
    return urls


@pytest.fixture
def stages(nursery: Nursery, database: Callable[..., str], templates: dict[str, str], tmp_path: Path) -> Any:
    count = iter(range(100_000))

    def make() -> Stage:
        urls = {name: database(template=url) for name, url in templates.items()} | {"log": database()}
        return Stage(nursery, urls, tmp_path / str(next(count)))

    return make


@pytest.fixture(scope="module")
def undisturbed(
    nursery: Nursery, module_database: Callable[..., str], templates: dict[str, str]
) -> tuple[dict[str, Any], dict[str, int]]:
    """How it ends when nobody dies, and how often each step is taken."""
    urls = {name: module_database(template=url) for name, url in templates.items()} | {"log": module_database()}
    stage = Stage(nursery, urls, nursery.folder / "undisturbed")
    assert stage.live("*=count") == 0, stage.said
    return asyncio.run(stage.end()), json.loads(stage.said)


def test_the_story_takes_every_step_and_reaches_every_service(undisturbed):
    end, hits = undisturbed

    told = {name: " ".join(end[f"{name}.told"]) for name in SERVICES}
    expected = {
        "orders": ("OrderHeld", "OrderReleased"),
        "billing": ("InvoiceIssued", "CreditNoteIssued", "InvoiceDelivered"),
        "cash": ("PaymentApplied", "CreditApplied", "InvoiceCleared"),
        "collections": ("DunningNoticeSent",),
        "disputes": ("DisputeOpened", "DisputeResolved"),
    }
    assert set(hits) == PLACES
    assert [(name, type_) for name, types_ in expected.items() for type_ in types_ if type_ not in told[name]] == []
    assert all(end[f"{name}.unsent"] == Counter([0]) for name in SERVICES)
    assert all(end[f"{name}.parked"] == end[f"{name}.chains"] == Counter() for name in SERVICES)
    assert sum(end["letters"].values()) >= 4


def somewhere(hits: dict[str, int], count: int, seed: int) -> list[tuple[str, int]]:
    """Steps, each at one of the times that it is taken; every kind of step about equally often."""
    draw = random.Random(seed)
    kinds = [draw.sample(sorted(hits), len(hits)) for _ in range(-(-count // len(hits)))]
    return [(place, draw.randint(1, hits[place])) for round_ in kinds for place in round_][:count]


async def dies_and_ends_the_same(stages: Any, end: dict[str, Any], place: str, n: int) -> None:
    stage = stages()
    assert stage.live(f"{place}=kill@{n}") == KILLED, stage.said
    assert stage.live("*=count") == 0, stage.said
    assert different(await stage.end(), end) == {}, f"killed at {place} number {n}"


async def test_five_services_killed_somewhere_end_where_they_would_have_ended(undisturbed, stages):
    end, hits = undisturbed

    for place, n in somewhere(hits, SAMPLED, SEED):
        await dies_and_ends_the_same(stages, end, place, n)


async def test_a_story_that_nobody_takes_up_again_is_seen_to_end_otherwise(undisturbed, stages):
    end, hits = undisturbed
    stage = stages()

    assert stage.live(f"commit=kill@{hits['commit'] // 2}") == KILLED, stage.said

    assert "cash.open_items" in different(await stage.end(), end)


@pytest.mark.prove
@pytest.mark.parametrize("place", sorted(PLACES))
async def test_five_services_killed_at_each_time_of_each_step_end_where_they_would_have_ended(
    place, undisturbed, stages
):
    end, hits = undisturbed

    for n in range(1, hits[place] + 1):
        await dies_and_ends_the_same(stages, end, place, n)
