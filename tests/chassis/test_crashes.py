"""Killed at any step and started again, a service ends where it would have ended: real processes, `kill -9`."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from o2c_chassis.kafka import apply_topics, specified
from o2c_console import local_kafka

from tests.chassis.lives import KILLED, EmbeddedLog, KafkaLog, Nursery, Stage, different

PLACES = (
    "loopback.append", "loopback.appended", "path.move", "path.lock", "path.claim", "path.load", "path.save",
    "path.enqueue", "path.arm", "path.queue", "path.record", "commit", "committed", "relay.read", "relay.published",
    "relay.marked", "timer.picked", "deadlines.take", "deliverer.render", "deliverer.sent", "deliveries.tried",
    "deliveries.take", "anchors.tell",
)  # fmt: skip
ON_KAFKA = ("path.claim", "commit", "committed", "relay.read", "relay.published", "deadlines.take", "deliverer.sent")


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("crashes"))
    yield made
    made.close()


@pytest.fixture
def stages(nursery: Nursery, database: Callable[..., str], template: str, tmp_path: Path) -> Callable[[], Stage]:
    count = iter(range(10_000))
    return lambda: Stage(nursery, database(template=template), EmbeddedLog(database()), tmp_path / str(next(count)))


@pytest.fixture(scope="module")
def undisturbed(nursery: Nursery, module_database: Callable[..., str], template: str) -> dict[str, Any]:
    """The same story when nobody dies: what every other must end like, and how often each place is passed."""
    log = EmbeddedLog(module_database())
    stage = Stage(nursery, module_database(template=template), log, nursery.folder / "undisturbed")
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
@pytest.mark.parametrize("place", ["commit", "committed", "relay.published", "deliveries.tried", "loopback.appended"])
async def test_killed_in_every_life_it_gets_there_nevertheless(place, undisturbed, stages):
    stage, lives, times = stages(), 1, undisturbed["hits"][place] * 3 // 4

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


@pytest.mark.slow
async def test_killed_on_kafka_it_ends_where_it_would_have_ended_on_the_embedded_bus(
    nursery, own_kafka, undisturbed, database, template, tmp_path
):
    servers = own_kafka().servers
    await apply_topics(servers, specified(local_kafka.RECIPE / "topics.yaml"))

    for place in ("undisturbed", *ON_KAFKA):
        stage = Stage(nursery, database(template=template), KafkaLog(servers), tmp_path / place)
        await stage.prepare()
        if place in ON_KAFKA:
            times = (undisturbed["hits"][place] + 1) // 2
            assert stage.live(f"{place}=kill@{times}") == KILLED, stage.said
        assert stage.live("*=count") == 0, stage.said
        assert different(await stage.end(), undisturbed["end"]) == {}, f"killed at {place}"
