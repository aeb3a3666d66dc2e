"""A released book takes over between slices, from its instant on; a service writes down which one decides."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path as Folder

import orjson
import pytest
from o2c_chassis.consumer import Path
from o2c_chassis.raw import unpack
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.working_set import WorkingSet
from o2c_rules.bundles import Approval, Scope, Store
from o2c_rules.hot import HotBook

from tests.chassis import toy
from tests.chassis.crashing import small_store
from tests.chassis.toy import order, record

LATER = toy.NOON + timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Folder) -> Store:
    return small_store(tmp_path)


@pytest.fixture
async def in_force(hands, store: Store) -> RulesInForce:
    rules = RulesInForce("orders", hands.database, HotBook(store), hands.clock)
    await rules.refresh()
    hands.path = Path(toy.service, hands.database, rules.book, hands.clock)
    return rules


def release_without_the_shop(store: Store, folder: Folder) -> None:
    """From LATER on, the table of sources lets `shop` tell nothing."""
    file = folder / "books/reference/sources.yaml"
    file.write_text(file.read_text().replace("system: rates-feed", "system: [rates-feed, shop]"))
    store.release(store.publish(folder / "books"), LATER, Approval("author", "approver", "the shop is closed"))


async def activations(hands) -> list[str]:
    rows = await hands.rows("select headers, value from outbox where topic = 'o2c.orders.v1' order by position")
    told = [(dict(unpack(headers))["ce_type"].decode(), orjson.loads(value)) for headers, value in rows]
    return [content["bundle"] if type_ == "BundleActivated" else type_ for type_, content in told]


async def test_a_release_decides_from_its_instant_on_and_its_activation_precedes_what_it_decides(
    hands, in_force, store, tmp_path
):
    first = in_force.book().hash
    release_without_the_shop(store, tmp_path)

    await in_force.refresh()
    await hands.give(record(1, order("o1")))
    hands.clock.move(LATER)
    await in_force.refresh()
    await hands.give(record(2, order("o2")), record(3, order("o3"), "till"))

    second = in_force.book().hash
    assert first != second
    assert await activations(hands) == [first, "OrderAccepted", second, "OrderAccepted"]
    assert await hands.rows("select order_id from bought order by 1") == [("o1",), ("o3",)]
    assert await hands.rows("select code, blocks from parked") == [("source-not-allowed", False)]


async def test_the_same_book_is_activated_once_however_often_the_service_starts(hands, in_force, store):
    again = RulesInForce("orders", hands.database, HotBook(store), hands.clock)

    await again.refresh()
    await again.refresh()

    assert await activations(hands) == [in_force.book().hash]


async def test_a_damaged_store_leaves_the_good_book_deciding_and_says_why(hands, in_force, store):
    good = in_force.book()
    chain = next(store.folder.glob("releases*"))
    chain.write_bytes(chain.read_bytes().replace(b"author", b"nobody"))

    await in_force.refresh()

    assert in_force.book() is good
    assert in_force.problem


def renamed(store: Store, folder: Folder, name: str) -> str:
    """A bundle in which the German company has another name."""
    file = folder / "books/reference/legal-entities.yaml"
    file.write_text(file.read_text().replace("Nordwind Handel GmbH", name))
    return store.publish(folder / "books")


def decided_by(work: WorkingSet, at: datetime, **facts: str) -> str:
    """The bundle that decides something recorded at an instant."""
    message = toy.message("m", order("o"))
    work.begin(replace(message, envelope=replace(message.envelope, recorded_at=at)))
    asked = work.ask("reference/legal-entities", {"legal_entity": "DE01", **facts}, subject="o")
    return asked.decision.bundle


async def test_a_contract_is_cut_over_in_a_running_service_and_a_rollback_gives_it_back(
    hands, in_force, store, tmp_path
):
    general, two = in_force.book().hash, Approval("author", "approver", "FMO-1")
    fmo = renamed(store, tmp_path, "FMO GmbH")
    back = LATER + timedelta(hours=1)
    store.release(fmo, LATER, two, Scope(("C-1",)))
    store.release(general, back, two, Scope(("C-1",), returns=True))
    hands.clock.move(back)
    await in_force.refresh()
    work = WorkingSet("orders", {}, in_force.models())

    found = [
        decided_by(work, at, contract_id=contract) for at in (toy.NOON, LATER, back) for contract in ("C-1", "C-2")
    ]

    assert found == [general, general, fmo, general, general, general]
    assert decided_by(work, LATER) == general
    assert in_force.book().hash == general
    assert await activations(hands) == [general, fmo, general]


async def test_what_was_recorded_before_a_release_is_decided_by_the_rules_of_then_however_late_it_comes(
    hands, in_force, store, tmp_path
):
    first = in_force.book().hash
    second = renamed(store, tmp_path, "Nordwind SE")
    store.release(second, LATER, Approval("author", "approver", "NAME-1"))
    hands.clock.move(LATER + timedelta(days=1))
    await in_force.refresh()
    work = WorkingSet("orders", {}, in_force.models())

    assert decided_by(work, LATER - timedelta(microseconds=1)) == first
    assert decided_by(work, LATER) == second
    assert in_force.book().hash == second


async def test_a_release_to_come_is_read_and_compiled_before_it_takes_effect(hands, in_force, store, tmp_path):
    first = in_force.book().hash
    store.release(renamed(store, tmp_path, "Nordwind SE"), LATER, Approval("author", "approver", "NAME-1"))

    await in_force.refresh()

    assert [r.n for r in in_force.releases] == [1, 2]
    assert (in_force.models().release.n, in_force.next_change(hands.clock.now())) == (1, LATER)
    assert await activations(hands) == [first]


async def test_a_service_that_was_down_activates_what_came_into_force_meanwhile_in_its_order(
    hands, in_force, store, tmp_path
):
    first = in_force.book().hash
    second = renamed(store, tmp_path, "Nordwind SE")
    store.release(second, LATER, Approval("author", "approver", "NAME-1"))
    store.release(first, LATER + timedelta(hours=1), Approval("author", "approver", "NAME-2"))
    hands.clock.move(LATER + timedelta(hours=2))

    again = RulesInForce("orders", hands.database, HotBook(Store(store.folder)), hands.clock)
    await again.refresh()
    await again.refresh()

    assert await activations(hands) == [first, second, first]
    assert again.book().hash == first
