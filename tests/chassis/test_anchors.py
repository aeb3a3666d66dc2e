"""Each day's chain heads stand on the topic once, and betray a decision log that was rewritten whole."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from o2c_chassis.anchors import Anchors
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.decisions import broken
from o2c_chassis.loopback import Loopback
from o2c_chassis.ports import Nowhere
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_chassis.verification import verified
from o2c_rules.bundles import seed
from o2c_rules.hot import HotBook

from tests.chassis import toy
from tests.chassis.toy import limit, order, record

CHECK = "decision-chains-as-told"


@dataclass
class Scene:
    """The toy on a log of its own, in a time that the test moves."""

    running: Running
    bus: Loopback
    clock: SimulatedClock
    number: int = 0

    async def day_with_an_order(self) -> None:
        self.number += 1
        self.clock.move(self.clock.now() + timedelta(days=1))
        await self.bus.publish(toy.INTAKE, [record(f"o{self.number}", order(f"o{self.number}", "acme"))])
        await self.settle()

    async def settle(self) -> None:
        while await self.running.step():
            pass

    async def check(self) -> tuple[bool, str]:
        await self.running.flush()
        async with self.running.database.reading() as reads:
            checks = (await verified(self.running, reads)).checks
        [found] = [c for c in checks if c.name == CHECK]
        return found.holds, found.found

    async def sql(self, statement: str, *args: Any) -> list[Any]:
        return await self.running.database.fetch(statement, *args)


@pytest.fixture
async def scene(url: str, database: Callable[..., str], tmp_path: Path) -> AsyncIterator[Scene]:
    own, log, clock = await Database(url).open(), await Database(database()).open(), SimulatedClock(toy.NOON)
    bus = await Loopback(log, clock).open()
    in_force = RulesInForce("orders", own, HotBook(seed(tmp_path, toy.NOON)), clock)
    await in_force.refresh()
    running = Running(toy.service, Surroundings(own, bus, in_force, clock, Nowhere()))
    await bus.publish(toy.MASTER, [record("l", limit(100_000_00, "acme"))])
    yield Scene(running, bus, clock)
    await running.relay.close()
    await own.close()
    await bus.close()


async def test_the_heads_are_told_once_a_day(scene):
    for _ in range(3):
        await scene.day_with_an_order()
        await scene.settle()

    told = await scene.running.witness.anchors()

    assert [a.day for a in told] == [(toy.NOON + timedelta(days=n)).date() for n in (1, 2, 3)]
    assert [{head.partition(":")[0] for head in a.heads.values()} for a in told] == [{"1"}, {"2"}, {"3"}]
    assert await scene.check() == (True, "3 days were told")


async def test_another_process_of_the_same_day_tells_them_no_second_time(scene):
    await scene.day_with_an_order()
    other = Anchors("orders", scene.running.database, scene.clock)

    again = await other.step()
    scene.clock.move(scene.clock.now() + timedelta(days=1))

    assert (again, await other.step(), await scene.running.anchors.step()) == (False, True, False)


async def test_a_log_rewritten_whole_verifies_by_itself_and_not_against_what_was_told(scene):
    for _ in range(3):
        await scene.day_with_an_order()
    await scene.day_with_an_order()

    await rewrite(scene, 2)

    async with scene.running.database.transaction() as db:
        assert [text async for text in broken(db)] == []
    day = (toy.NOON + timedelta(days=2)).date()
    [[chain]] = await scene.sql("select chain from decisions limit 1")
    assert await scene.check() == (
        False,
        f"decision chain {chain}: record 2 is not the one that was told on {day}",
    )


async def rewrite(scene: Scene, number: int) -> None:
    """As the database's owner would: another body, and every hash behind it computed anew, the head too."""
    await scene.sql("update decisions set body = convert_to('{\"decision\": {}}', 'utf8') where seq = $1", number)
    before = b""
    for row in await scene.sql("select chain, seq, body from decisions order by chain, seq"):
        before = sha256(before + row["body"]).digest()
        where = "where chain = $2 and seq = $3"
        await scene.sql(f"update decisions set hash = $1 {where}", before, row["chain"], row["seq"])
        await scene.sql(f"update chains set hash = $1 {where}", before, row["chain"], row["seq"])


async def test_what_was_cut_off_the_end_of_the_log_is_missed(scene):
    for _ in range(3):
        await scene.day_with_an_order()
    [last] = await scene.sql("delete from decisions where seq = 3 returning chain, seq")
    await scene.sql("update chains c set seq = d.seq, hash = d.hash from decisions d where d.seq = 2 and c.seq = 3")

    holds, found = await scene.check()

    assert not holds
    assert found.startswith(f"decision chain {last['chain']}: record 3 is not the one")


async def test_a_day_claimed_beforehand_so_that_nothing_is_told_is_found_out(scene):
    await scene.day_with_an_order()
    soon = (scene.clock.now() + timedelta(days=1)).date()
    await scene.sql("insert into anchors values ($1, $2)", soon, scene.clock.now() + timedelta(days=1))
    await scene.day_with_an_order()
    before = await scene.check()
    await scene.day_with_an_order()
    await scene.day_with_an_order()

    assert before[0]
    assert await scene.check() == (False, f"the heads of {soon} never reached the topic")
