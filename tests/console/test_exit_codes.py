"""How `o2c` ends tells a script what a person would read: 0 all right, 1 found or refused, 2 bad use or no answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from o2c_console.world import World, loopback_world
from o2c_contracts.topics import SERVICES
from o2c_orders.commands import EndContract

from tests.cast import FIRST, PROMPT, arrives, at, days
from tests.console.conftest import Said, o2c, served

pytestmark = pytest.mark.slow


@pytest.fixture
async def world(database: Callable[..., str], tmp_path: Path) -> AsyncIterator[World]:
    """One customer, of whom nothing waits for anybody."""
    urls = {name: database() for name in (*SERVICES, "log")}
    async with loopback_world("live", at(FIRST, 6), urls, tmp_path / "rules") as opened:
        await opened.publish("shop", *arrives(PROMPT))
        await opened.settle()
        for running in opened.services.values():
            await running.flush()
        yield opened


async def typed(url: str, *words: str) -> Said:
    return await asyncio.to_thread(o2c, url, *words)


async def test_status_ends_with_1_while_a_request_waits_for_people(world):
    async with served(world) as url:
        before = await typed(url, "status")
        end = EndContract(
            customer_id=PROMPT, contract_id=f"K-{PROMPT}", ends_on=FIRST + days(9), roles=("credit_manager",)
        )
        await world.command("orders", end, "clara", "k-1")
        waits, as_json = await typed(url, "status"), await typed(url, "status", "--json")
        [approval] = json.loads((await typed(url, "approvals", "list", "--json")).stdout)["items"]
        await asyncio.to_thread(o2c, url, "approvals", "refuse", approval["approval_id"], who="sara")
        after = await typed(url, "status")

    assert (before.returncode, before.stderr) == (0, "")
    assert (waits.returncode, as_json.returncode) == (1, 1)
    assert json.loads(as_json.stdout)["services"]["orders"]["approvals_open"] == 1
    assert after.returncode == 0


async def test_a_customer_nobody_knows_ends_with_1_in_both_forms(world):
    async with served(world) as url:
        known = await typed(url, "customer", PROMPT), await typed(url, "customer", PROMPT, "--json")
        nobody = await typed(url, "customer", "NOBODY"), await typed(url, "customer", "NOBODY", "--json")

    assert [said.returncode for said in known] == [0, 0]
    assert [said.returncode for said in nobody] == [1, 1]
    assert "nothing is known about NOBODY" in nobody[0].stderr
    assert json.loads(nobody[1].stdout)["items"] == []


async def test_an_event_nobody_saw_ends_with_1_and_says_so(world):
    async with served(world) as url:
        seen = await typed(url, "events", "show", "shop", "shop-1")
        nobody = await typed(url, "events", "show", "shop", "nope")
        as_json = await typed(url, "events", "show", "shop", "nope", "--json")
        await world.publish("shop", *arrives("later"))
        behind = await typed(url, "events", "show", "shop", "nope")

    assert (seen.returncode, seen.stderr) == (0, "")
    assert [said.returncode for said in (nobody, as_json, behind)] == [1, 1, 1]
    assert "no service has seen shop/nope\nhint: source and id are those of its publisher" in nobody.stderr
    assert "not read yet: ask again" in behind.stderr
    assert {s["state"] for s in json.loads(as_json.stdout)["services"].values()} == {"unseen"}


async def test_a_status_that_no_request_can_have_is_bad_use(world):
    async with served(world) as url:
        bogus = await typed(url, "approvals", "list", "--status", "bogus")
        fine = [
            (await typed(url, "approvals", "list", "--status", status)).returncode
            for status in ("open", "granted", "refused", "expired", "voided")
        ]

    assert (bogus.returncode, bogus.stdout) == (2, "")
    assert "'open', 'granted', 'refused', 'expired' or 'voided'" in bogus.stderr
    assert fine == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("words", [("customer", PROMPT), ("events", "show", "shop", "shop-1"), ("approvals", "list")])
async def test_what_one_service_could_not_say_ends_with_1_and_names_it(world, words):
    async with served(world, "disputes") as url:
        said, as_json = await typed(url, *words), await typed(url, *words, "--json")

    assert (said.returncode, as_json.returncode) == (1, 1)
    assert "no answer from: disputes" in said.stderr
    assert json.loads(as_json.stdout)["unreachable"] == ["disputes"]
