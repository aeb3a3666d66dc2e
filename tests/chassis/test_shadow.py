"""A candidate beside the rules that decide: it counts where it would differ, and touches nothing."""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from o2c_chassis.exporting_pages import decisions_after
from o2c_chassis.shadow import Candidate, Shadow
from o2c_rules.history.backtest import Looking, backtest, question
from o2c_rules.history.changes import Changes
from o2c_rules.history.looking import Window
from o2c_rules.history.writing import growing
from o2c_rules.rulebook import RuleBook

from tests.chassis import toy
from tests.console.conftest import Desk, desk_at

TABLE = "reference/legal-entities"
SHIPPED = RuleBook.shipped().files[f"{TABLE}.yaml"]
OTHER = SHIPPED.replace(b"id: DE01", b"id: DE01-new").replace(b"Europe/Berlin", b"Europe/Paris")


@pytest.fixture
async def desk(database: Callable[..., str], template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_at(database(template=template), database(), tmp_path / "rules") as made:
        yield made


async def ordered(desk: Desk, *names: str) -> None:
    await desk.publish(toy.INTAKE, *[toy.record(name, toy.order(name), at=desk.running.clock.now()) for name in names])


async def begin(desk: Desk, content: bytes = OTHER, who: str = "olga", **more: str) -> int:
    body = {"files": {f"{TABLE}.yaml": b64encode(content).decode()}, "tables": [TABLE], **more}
    answer = await desk.client.put("/v1/orders/shadow", json=body, headers={"x-o2c-as": who})
    await caught_up(desk.running.shadow)
    return answer.status_code


async def caught_up(shadow: Shadow) -> None:
    while await shadow.step():
        pass


async def status(desk: Desk) -> dict:
    return (await desk.get("shadow")).json()


async def test_what_is_decided_while_a_candidate_is_on_trial_is_counted_by_row(desk: Desk) -> None:
    await ordered(desk, "before")
    desk.running.clock.move(toy.NOON + timedelta(hours=1))
    assert await begin(desk) == 200

    await ordered(desk, "o-1", "o-2")
    await caught_up(desk.running.shadow)

    found = await status(desk)
    ((table,), (turn,)) = found["tables"], found["tables"][0]["turns"]
    assert (found["divergences"], table["decisions"], table["changed"]) == (2, 2, 2)
    assert (turn["from"], turn["to"], turn["decisions"]) == ("DE01", "DE01-new", 2)
    assert "Europe/Berlin → Europe/Paris" in turn["effect"]
    assert (found["behind"], found["problem"], found["begun_by"]) == (0, None, "olga")


async def test_the_counts_are_those_of_a_backtest_over_the_same_window(desk: Desk, tmp_path: Path) -> None:
    await ordered(desk, *[f"a-{n}" for n in range(7)])
    desk.running.clock.move(toy.NOON + timedelta(hours=1))
    await begin(desk)
    since = desk.running.clock.now()
    await ordered(desk, *[f"b-{n}" for n in range(11)])
    await caught_up(desk.running.shadow)

    candidate = RuleBook({f"{TABLE}.yaml": OTHER})
    asked = question(candidate, (TABLE,), RuleBook.shipped(), Window(since=since))
    over_files = backtest(asked, await exported(desk, tmp_path / "history"))

    assert counts(desk.running.shadow.found) == counts(over_files)
    assert over_files.tables[TABLE].changed == 11


async def exported(desk: Desk, root: Path) -> Path:
    async with desk.running.database.reading() as reads:
        with growing(root / "orders", desk.running.clock.now()) as history:
            for line in await decisions_after(reads, [0] * 64, 200):
                history.decision(line)
    return root


def counts(found: Changes) -> tuple:
    return found.tables, {way: (moved.decisions, moved.examples) for way, moved in found.ways.items()}


async def test_a_restart_counts_the_same_again(desk: Desk) -> None:
    await begin(desk)
    await ordered(desk, "o-1", "o-2", "o-3")
    await caught_up(desk.running.shadow)

    another = Shadow(desk.running.database, desk.running.rules.book)
    await caught_up(another)

    assert counts(another.found) == counts(desk.running.shadow.found)
    assert another.looked_at >= 3


async def test_a_trial_writes_nothing_and_tells_nothing(desk: Desk) -> None:
    await ordered(desk, "o-1")
    everything = ("outbox", "decisions", "chains", "accounts", "bought", "inbox", "deadlines", "deliveries", "parked")
    before = {name: await desk.running.database.fetch(f"select * from {name}") for name in everything}

    await begin(desk, since=toy.NOON.isoformat())

    assert {name: await desk.running.database.fetch(f"select * from {name}") for name in everything} == before
    assert desk.running.shadow.found.tables[TABLE].changed == 1


async def test_divergences_are_a_metric_per_row(desk: Desk) -> None:
    await begin(desk)
    await ordered(desk, "o-1")
    await caught_up(desk.running.shadow)

    text = (await desk.client.get("/metrics")).text

    labels = f'{{row_candidate="DE01-new",row_live="DE01",service="orders",table="{TABLE}"}}'
    assert f"o2c_shadow_divergences_total{labels} 1.0" in text
    assert f'o2c_shadow_decisions_total{{service="orders",table="{TABLE}"}} 1.0' in text
    assert 'o2c_shadow_failing{service="orders"} 0.0' in text


async def test_a_candidate_that_cannot_be_read_is_refused_with_every_finding(desk: Desk) -> None:
    assert await begin(desk, b"table: reference/legal-entities\npolicy: Z\nfrobs: 1\n") == 422
    assert (await status(desk))["bundle"] is None


async def test_a_broken_candidate_never_disturbs_the_live_path(desk: Desk) -> None:
    await desk.running.shadow.begin(Candidate("broken", {f"{TABLE}.yaml": b"\xff{"}, (TABLE,), toy.NOON, "olga"))

    await desk.running.shadow.step()
    await ordered(desk, "o-1")
    await desk.running.shadow.step()

    found = await status(desk)
    assert "BadTable" in found["problem"]
    assert found["tables"] == []
    assert len(await desk.running.database.fetch("select 1 from bought")) == 1
    assert 'o2c_shadow_failing{service="orders"} 1.0' in (await desk.client.get("/metrics")).text
    assert await begin(desk) == 200
    assert (await status(desk))["problem"] is None


async def test_a_candidate_that_fails_while_it_is_asked_ends_its_own_trial_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(desk)

    def fail(*_: object) -> bool:
        raise RecursionError("too deep")

    monkeypatch.setattr(Looking, "look_at", fail)
    await ordered(desk, "o-1")
    await desk.running.shadow.step()

    assert (await status(desk))["problem"] == "RecursionError: too deep"
    assert len(await desk.running.database.fetch("select 1 from bought")) == 1


async def test_a_trial_ends_and_another_takes_its_place(desk: Desk) -> None:
    await begin(desk)
    await ordered(desk, "o-1")
    await caught_up(desk.running.shadow)
    await begin(desk, SHIPPED)
    again = await status(desk)

    ended = await desk.client.delete("/v1/orders/shadow", headers={"x-o2c-as": "olga"})
    await caught_up(desk.running.shadow)

    assert again["divergences"] == 0
    assert ended.json() == {"done": True, "text": "the trial has ended", "handled": 0, "parked_again": None}
    assert (await status(desk))["bundle"] is None


async def test_only_those_who_write_rules_or_run_the_platform_begin_and_end_a_trial(desk: Desk) -> None:
    refused = await begin(desk, who="ann")
    not_ended = await desk.client.delete("/v1/orders/shadow", headers={"x-o2c-as": "ann"})

    assert (refused, not_ended.status_code) == (403, 403)
