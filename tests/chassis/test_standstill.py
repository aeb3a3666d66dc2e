"""What stops one customer, what stops the whole release, and what stops nobody: failing handlers and newer types."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from o2c_chassis.consumer import Path
from o2c_chassis.quarantine import Bounds, Halted
from o2c_chassis.service import Hears, Service, nothing
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.cash import PaymentApplied
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.intake import OrderSubmitted
from o2c_contracts.wire import Record, encode
from o2c_rules.rulebook import RuleBook

from tests.chassis import toy
from tests.chassis.toy import order, record

CASH = "o2c.cash.v1"


def boom(customer: str) -> Record:
    return record(f"boom-{customer}", order(f"{customer}-o", customer, purchase_order="boom"))


async def test_a_release_that_fails_for_everybody_stops_before_it_has_parked_them_all(hands):
    hands.path.quarantine.bounds = Bounds(customers_min=3, share_max=0.2, window=timedelta(minutes=30))
    await hands.give(boom("ada"), boom("bea"))

    with pytest.raises(Halted, match="2 customers parked"):
        await hands.give(boom("cal"))
    with pytest.raises(Halted):
        await hands.give(record("fine", order("fine", "dan")))

    assert await hands.one("select count(*) from parked") == 2
    assert await hands.one("select count(*) from bought") == 0
    assert await hands.path.quarantine.resume() is True


async def test_the_stop_is_remembered_by_the_next_process(hands):
    hands.path.quarantine.bounds = Bounds(customers_min=1, share_max=0.0)
    with pytest.raises(Halted):
        await hands.give(boom("ada"))

    hands.path = Path(toy.service, hands.database, RuleBook.shipped, hands.clock)

    with pytest.raises(Halted):
        await hands.give(record("fine", order("fine", "dan")))


def applied(customer: str, version: int, **newer: str) -> Record:
    """A word of cash; with headers of another release where they are given."""
    event = PaymentApplied(
        customer_id=customer, legal_entity="DE01", currency="EUR", invoice_number=f"{customer}-{version}",
        amount_minor=1, open_minor_after=0, item_version=1, value_date=toy.NOON.date(), payment_id="p", tier="exact",
    )  # fmt: skip
    at = toy.NOON
    envelope = Envelope("cash", f"{customer}-{version}", "PaymentApplied", at, at, at.date(), stream_version=version)
    made = encode(Message(envelope, event))
    kept = tuple(h for h in made.headers if h[0] not in newer)
    return replace(made, headers=(*kept, *((name, value.encode()) for name, value in newer.items())))


@pytest.fixture
def heard(hands) -> list[str]:
    """The toy listens to cash."""
    found = []
    hears = Hears(PaymentApplied, nothing, lambda event, work: found.append(event.invoice_number) or ())
    service = replace(toy.service, hears=(*toy.service.hears, hears))
    hands.path = Path(service, hands.database, RuleBook.shipped, hands.clock)
    return found


async def test_a_type_of_a_newer_release_is_passed_over_and_counted(hands, heard):
    await hands.give(applied("ada", 1), applied("ada", 2, ce_type="PaymentForgiven"), applied("ada", 3), topic=CASH)

    assert heard == ["ada-1", "ada-3"]
    assert hands.path.reception.passed_over == 1
    assert await hands.one("select count(*) from parked") == 0


async def test_a_type_that_must_be_known_holds_its_customer_until_the_upgrade_and_nobody_else(hands, heard):
    newer = applied("ada", 1, ce_type="PaymentForgiven", ce_mustknow="true")

    await hands.give(newer, applied("ada", 2), applied("bea", 1), topic=CASH)

    assert heard == ["bea-1"]
    assert await hands.rows("select code, blocks from parked order by id") == [("must-know", True), ("waits", True)]


def telling(size: int) -> Service:
    """The toy, whose word about an order that says `long` comes to so many bytes."""

    def on_order(event: OrderSubmitted, work: WorkingSet) -> Iterator[Event]:
        for told in toy.on_order(event, work):
            if event.purchase_order != "long":
                yield told
                continue
            because = (
                "x" * (size - len(told.model_copy(update={"because": ("",)}).model_dump_json(exclude_none=True))),
            )
            yield told.model_copy(update={"because": because})

    hears = tuple(replace(h, handler=on_order) if h.event is OrderSubmitted else h for h in toy.service.hears)
    return replace(toy.service, hears=hears)


async def test_what_nobody_could_read_is_never_told_and_its_cause_is_parked(hands):
    hands.path = Path(telling(1_200_000), hands.database, RuleBook.shipped, hands.clock)

    await hands.give(
        record("fine", order("o0", "ada")), record("long", order("o1", "ada", purchase_order="long")),
        record("other", order("o2", "bea")), record("behind", order("o3", "ada")),
    )  # fmt: skip

    assert await hands.rows("select event_id, code, waits from parked order by id") == [
        ("long", "event-too-large", False),
        ("behind", "waits", True),
    ]
    assert await hands.one("select max(length(value)) from outbox") < 1_000_000
    assert await hands.rows("select order_id from bought order by 1") == [("o0",), ("o2",)]


async def test_what_is_parked_for_its_size_goes_on_with_a_release_that_says_it_shorter(hands):
    hands.path = Path(telling(1_200_000), hands.database, RuleBook.shipped, hands.clock)
    await hands.give(record("long", order("o1", "ada", purchase_order="long")), record("behind", order("o3", "ada")))

    hands.path = Path(telling(900_000), hands.database, RuleBook.shipped, hands.clock)
    taken = await hands.path.take_up("c:ada")

    assert taken == 2
    assert await hands.rows("select order_id from bought order by 1") == [("o1",), ("o3",)]
    assert await hands.rows("select * from parked") == []


async def test_an_event_of_a_company_without_books_is_put_aside_and_holds_up_nobody_not_even_its_customer(hands):
    elsewhere = order("o1", "ada").model_copy(update={"legal_entity": "XX99"})

    await hands.give(record("a", order("o0", "ada")), record("b", elsewhere), record("c", order("o2", "ada")))
    await hands.give(record("d", order("o3", "bea")))

    assert await hands.rows("select event_id, code, blocks, waits from parked") == [
        ("b", "unknown-entity", False, False)
    ]
    assert await hands.rows("select order_id from bought order by 1") == [("o0",), ("o2",), ("o3",)]
