"""What several services keep is the same sum in each: a story on the real path, then one row that lies."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from o2c_chassis.status import status_of
from o2c_chassis.verification import verified
from o2c_console.asking import compared
from o2c_console.world import World, loopback_world
from o2c_contracts.topics import SERVICES

from tests.cast import CONTRARY, FIRST, LATE, PROMPT, arrives, at, contests, days, delivered, orders, pays

pytestmark = pytest.mark.slow

LIES = {
    ("orders", "open DE01 EUR"): "update items set open_minor = open_minor + {} where open",
    ("collections", "open DE01 EUR"): "update items set open_minor = open_minor + {} where open",
    ("disputes", "open DE01 EUR"): "update items set open_minor = open_minor + {} where open_minor > 0",
    ("orders", "unapplied DE01 EUR"): "update customer_money set unapplied_minor = unapplied_minor + {}",
    ("collections", "unapplied DE01 EUR"): "update credits set unapplied_minor = unapplied_minor + {}",
    ("billing", "invoiced DE01 EUR"): "update invoices set total_minor = total_minor + {}",
}
"""Whose row says something else, in which sum it shows, and how it was changed."""


@pytest.fixture
async def world(database: Callable[..., str], tmp_path: Path) -> AsyncIterator[World]:
    urls = {name: database() for name in (*SERVICES, "log")}
    async with loopback_world("live", at(FIRST, 5), urls, tmp_path / "rules") as opened:
        yield opened


async def given_a_story(world: World) -> None:
    """Three invoices: one paid, one paid in part and contested, one open; and money that explains nothing."""
    customers = (PROMPT, LATE, CONTRARY)
    await happens(world, 0, 6, *(e for customer in customers for e in arrives(customer)))
    await happens(world, 0, 7, *(orders(customer, f"{customer}-1") for customer in customers))
    await happens(world, 0, 8, *(delivered(customer, f"{customer}-1") for customer in customers))
    await happens(world, 1, 14, contests(CONTRARY, f"{CONTRARY}-1", 30_00))
    paid = pays(PROMPT, 100_00, FIRST + days(2), f"{PROMPT}-1")
    await happens(world, 2, 12, *paid, *pays(CONTRARY, 60_00, FIRST + days(2), f"{CONTRARY}-1"))
    await happens(world, 3, 12, *pays(PROMPT, 25_00, FIRST + days(3), number="2"))


async def happens(world: World, day: int, hour: int, *events: Any) -> None:
    await world.advance(at(FIRST + days(day), hour))
    await world.publish("shop", *events)
    await world.settle()


async def asked(world: World) -> list[dict[str, Any]]:
    """What `o2c verify` compares, of answers as the services give them; records that concern nobody are passed over."""
    found = {}
    for name, running in world.services.items():
        await running.flush()
        async with running.database.reading() as reads:
            found[name] = (await verified(running, reads)).model_dump()
    return compared(found)


async def test_services_that_keep_the_same_sum_agree_and_one_that_does_not_is_named(world: World) -> None:
    await given_a_story(world)

    told = await asked(world)

    sums = {(c["services"], c["name"]): c["found"] for c in told}
    assert [c for c in told if not c["holds"]] == []
    assert sums["cash=collections", "open DE01 EUR"] == "cash 14000, collections 14000"
    assert sums["billing=cash", "invoiced DE01 EUR"] == "billing 30000, cash 30000"
    assert sums["orders=cash", "unapplied DE01 EUR"] == "orders 2500, cash 2500"
    assert {pair for pair, name in sums if name == "open DE01 EUR"} == {
        "orders=cash", "orders=collections", "orders=disputes", "cash=collections", "cash=disputes",
        "collections=disputes",
    }  # fmt: skip
    for (service, name), lie in LIES.items():
        await world.services[service].database.fetch(lie.format("1"))
        unlike = [c for c in await asked(world) if not c["holds"]]
        await world.services[service].database.fetch(lie.format("-1"))
        assert {c["name"] for c in unlike} == {name}
        assert all(service in c["services"].split("=") for c in unlike)
        assert any("cash" in c["services"].split("=") for c in unlike)


async def test_sums_are_not_compared_while_one_of_the_two_has_not_read_everything(world: World) -> None:
    await given_a_story(world)
    await world.publish("shop", *arrives("new"))

    told = await asked(world)

    assert {c["holds"] for c in told} == {None}
    assert {c["found"] for c in told} == {"not compared: one of them is behind"}


async def test_escalations_that_wait_are_counted_where_they_are_raised(world: World) -> None:
    await happens(world, 0, 6, *arrives(LATE, limit_minor=10_00))
    await happens(world, 0, 8, orders(LATE, "o-1"))

    before = await escalations(world)
    await world.advance(at(FIRST, 12))
    after = await escalations(world)

    assert before == {"orders": 0, "billing": 0, "cash": 0, "collections": 0, "disputes": 0}
    assert after == before | {"orders": 1}


async def escalations(world: World) -> dict[str, int | None]:
    found = {}
    for name, running in world.services.items():
        async with running.database.reading() as reads:
            found[name] = (await status_of(running, reads)).escalations_open
    return found
