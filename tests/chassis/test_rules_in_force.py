"""A released book takes over between slices, from its instant on; a service writes down which one decides."""

from datetime import timedelta
from pathlib import Path as Folder

import orjson
import pytest
from o2c_chassis.consumer import Path
from o2c_chassis.raw import unpack
from o2c_chassis.rules_in_force import RulesInForce
from o2c_rules.bundles import Approval, Store
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
