"""`o2c verify` against five services: a decision log that its owner has rewritten whole, heads and all, is found."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path

import pytest
from o2c_console.world import World, loopback_world
from o2c_contracts.topics import SERVICES

from tests.cast import FIRST, PROMPT, arrives, at, days, orders
from tests.console.conftest import Said, o2c, served

pytestmark = pytest.mark.slow


@pytest.fixture
async def world(database: Callable[..., str], tmp_path: Path) -> AsyncIterator[World]:
    urls = {name: database() for name in (*SERVICES, "log")}
    async with loopback_world("live", at(FIRST, 5), urls, tmp_path / "rules") as opened:
        yield opened


async def a_month_passes(world: World, name: str) -> None:
    """After a simulated month the heads are told again, behind the next word of each service."""
    await world.advance(world.clock.now() + days(31))
    await world.publish("shop", orders(PROMPT, name))
    await world.settle()
    for running in world.services.values():
        await running.tell()
        await running.flush()


async def test_verify_compares_the_decisions_with_what_was_told_of_them(world):
    await world.publish("shop", *arrives(PROMPT), orders(PROMPT, "o1"))
    await world.settle()
    await a_month_passes(world, "o2")
    await a_month_passes(world, "o3")

    async with served(world) as url:
        honest = await verify(url)
        await rewrite(world, "orders")
        rewritten = await verify(url)
        as_json = json.loads((await verify(url, "--json")).stdout)

    assert (honest.returncode, honest.stderr) == (0, "")
    assert len(re.findall(r"decision-chains-as-told\s+holds", honest.stdout)) == 5
    assert rewritten.returncode == 1
    assert re.search(r"orders\s+decision-chains\s+holds", rewritten.stdout)
    assert re.search(r"orders\s+decision-chains-as-told\s+FAILS\s+decision chain \d+: record 1", rewritten.stdout)
    failed = {(s, c["name"]) for s, of in as_json["services"].items() for c in of["checks"] if not c["holds"]}
    assert failed == {("orders", "decision-chains-as-told")}


async def verify(url: str, *options: str) -> Said:
    return await asyncio.to_thread(o2c, url, "verify", *options)


async def rewrite(world: World, service: str) -> None:
    """The first decision of every chain becomes another, and every hash behind it follows."""
    database = world.services[service].database
    heads: dict[int, bytes] = {}
    for row in await database.fetch("select chain, seq, body from decisions order by chain, seq"):
        body = row["body"].replace(b'"because_of"', b'"because-of"') if row["seq"] == 1 else row["body"]
        heads[row["chain"]] = sha256(heads.get(row["chain"], b"") + body).digest()
        await database.fetch(
            "update decisions set hash = $1, body = $2 where chain = $3 and seq = $4",
            heads[row["chain"]], body, row["chain"], row["seq"],
        )  # fmt: skip
        await database.fetch("update chains set hash = $1 where chain = $2", heads[row["chain"]], row["chain"])
