"""Orders that come twice, are amended, reopened, cancelled, or delivered although nobody accepted them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from o2c_chassis.testing import of
from o2c_contracts.intake import DeliveredLine, OrderLine
from o2c_contracts.master import Instructions
from o2c_contracts.orders import (
    DeliveredWhileHeld,
    OrderAmended,
    OrderHeld,
    OrderReleased,
    RequestRefused,
)
from o2c_orders.domain.orders import Delivery, Hold, Order

from tests.orders.cast import (
    TODAY,
    amendment,
    buckets,
    cancellation,
    cents,
    contracted,
    delivery,
    known,
    limited,
    line,
    order,
    registered,
    reopening,
    rig,
    told,
)


def test_a_repeated_order_says_nothing_and_another_order_of_the_same_number_is_refused() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", 100))

    assert world.tell(order("o1", 100)) == []
    events = world.tell(order("o1", 200))

    assert [(e.request, e.reasons[0].row) for e in of(events, RequestRefused)] == [
        ("submit-order", "order-number-taken")
    ]
    assert buckets(world) == (100, 0, 0)


def test_two_customers_may_use_the_same_order_number() -> None:
    world = rig()
    world.tell(*known("anna"), *known("ben"))

    events = world.tell(order("o1", 100, "anna"), order("o1", 300, "ben"))

    assert told(events) == ["OrderAccepted", "OrderAccepted"]
    assert (buckets(world, "anna"), buckets(world, "ben")) == ((100, 0, 0), (300, 0, 0))


def test_an_amendment_is_decided_with_the_order_counted_once() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 600))

    events = world.tell(amendment("o1", 1000))

    assert told(events) == ["OrderAmended"]
    assert of(events, OrderAmended)[0].amendment_id == "A-o1-1000"
    assert buckets(world) == (1000, 0, 0)


def test_an_amendment_that_does_not_fit_takes_the_order_out_of_exposure_and_a_smaller_one_brings_it_back() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 600))

    held = world.tell(amendment("o1", 1100))
    after_hold = buckets(world)
    released = world.tell(amendment("o1", 900))

    assert [r.row for r in of(held, OrderHeld)[0].reasons] == ["over-limit"]
    assert after_hold == (0, 0, 0)
    assert told(released) == ["OrderReleased"]
    assert buckets(world) == (900, 0, 0)


def test_what_the_contract_forbids_is_no_amendment_and_the_order_stays_as_it_was() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", 600))

    events = world.tell(amendment("o1", 700, contract_id="K-anna", currency="USD"))

    assert [(e.request, e.reasons[0].row) for e in of(events, RequestRefused)] == [("amend-order", "contract-currency")]
    assert buckets(world) == (600, 0, 0)


def test_an_amendment_cannot_take_back_what_was_delivered() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", lines=(line(600, quantity=6),)), delivery("o1", 300, quantity="3"))

    events = world.tell(amendment("o1", 200))

    assert of(events, RequestRefused)[0].reasons[0].row == "amend-below-delivered"


TWO_LINES = (line(100, "A"), line(100, "B"))


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        ((line(300, "B"),), "A"),
        ((line(50, "A"), line(250, "B")), "A"),
        ((line(200, "C"),), "A, B"),
    ],
    ids=["dropped", "halved", "both replaced"],
)
def test_an_amendment_takes_back_no_delivered_line_whatever_the_order_comes_to(
    wanted: tuple[OrderLine, ...], lines: str
) -> None:
    world = rig()
    world.tell(*known(), order("o1", lines=TWO_LINES))
    gone = tuple(DeliveredLine(line_id=name, quantity=Decimal(1), net_minor=cents(100)) for name in lines.split(", "))
    world.tell(delivery("o1", lines=gone))
    before = world.rows("orders", Order)

    events = world.tell(amendment("o1", 300, lines=wanted))

    [reason] = of(events, RequestRefused)[0].reasons
    assert (reason.row, reason.field) == ("amend-below-delivered", "lines")
    assert f"of line {lines} more than this would leave" in reason.text
    assert world.rows("orders", Order) == before


def test_fewer_pieces_than_were_delivered_are_no_amendment_even_at_a_higher_price() -> None:
    world = rig()
    world.tell(*known(), order("o1", lines=(line(400, quantity=4),)), delivery("o1", 300, quantity="3"))

    events = world.tell(amendment("o1", 500, lines=(line(500, quantity=2),)))

    assert of(events, RequestRefused)[0].reasons[0].row == "amend-below-delivered"


def test_what_has_not_been_delivered_may_go_and_a_line_that_was_overdelivered_may_stay_as_ordered() -> None:
    world = rig()
    world.tell(*known(), order("o1", lines=TWO_LINES))
    beyond = (DeliveredLine(line_id="A", quantity=Decimal(2), net_minor=cents(200)),)
    world.tell(delivery("o1", lines=beyond))

    assert told(world.tell(amendment("o1", 100, lines=(line(100, "A"),)))) == ["OrderAmended"]


def test_an_amendment_that_brings_the_missing_purchase_order_releases_the_order() -> None:
    world = rig()
    world.tell(*known(instructions=Instructions(purchase_order_needed=True)))
    held = world.tell(order("o1", 100))

    events = world.tell(amendment("o1", 100, purchase_order="4711"))

    assert [(r.row, r.field) for r in of(held, OrderHeld)[0].reasons] == [("purchase-order-missing", "purchase_order")]
    assert told(events) == ["OrderReleased"]


def test_a_cancelled_order_leaves_exposure_and_can_be_reopened() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", 600))

    cancelled = world.tell(cancellation("o1"))
    after_cancel = buckets(world)
    reopened = world.tell(reopening("o1"))

    assert told(cancelled) == ["OrderCancelled"]
    assert after_cancel == (0, 0, 0)
    assert told(reopened) == ["OrderAccepted"]
    assert buckets(world) == (600, 0, 0)


def test_reopening_decides_again() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 600), cancellation("o1"), order("o2", 600))

    events = world.tell(reopening("o1"))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["over-limit"]


def test_a_rejected_order_is_accepted_when_it_is_reopened_on_a_mended_contract() -> None:
    world = rig()
    world.tell(registered(), limited(), contracted(terms_days=None))
    world.tell(order("o1", 100))

    world.tell(contracted())

    assert told(world.tell(reopening("o1"))) == ["OrderAccepted"]


def test_cancelling_an_order_takes_only_what_was_not_delivered() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", lines=(line(600, quantity=6),)), delivery("o1", 200, quantity="2"))

    events = world.tell(cancellation("o1"))

    assert told(events) == ["OrderCancelled"]
    assert buckets(world) == (0, 200, 0)


def test_requests_about_an_order_that_cannot_be_are_refused_with_their_row() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", 100))
    world.tell(delivery("o1", 100))

    refusals = [
        of(world.tell(request), RequestRefused)[0].reasons[0].row
        for request in (
            cancellation("none"),
            amendment("none", 5),
            reopening("none"),
            reopening("o1"),
            cancellation("o1"),
        )
    ]

    assert refusals == [
        "order-unknown",
        "order-unknown",
        "order-unknown",
        "reopen-open-order",
        "cancel-delivered-order",
    ]


def test_goods_that_leave_for_a_held_order_are_told_and_count_as_delivered() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 2000))

    events = world.tell(delivery("o1", 2000))

    [alarm] = of(events, DeliveredWhileHeld)
    assert (alarm.order_id, alarm.delivery_id, alarm.net_minor) == ("o1", "D-o1-1", cents(2000))
    assert buckets(world) == (0, 2000, 0)


def test_a_held_order_that_is_released_after_its_delivery_counts_once() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 2000), delivery("o1", 2000))

    events = world.tell(limited(euros=5000))

    assert told(events) == ["OrderReleased"]
    assert buckets(world) == (0, 2000, 0)


def test_goods_that_leave_without_any_order_are_told() -> None:
    world = rig()
    world.tell(*known())

    assert told(world.tell(delivery("never-ordered", 100))) == ["DeliveredWhileHeld"]


def test_a_delivery_that_is_told_again_says_nothing() -> None:
    world = rig()
    world.tell(*known(), order("o1", lines=(line(600, quantity=6),)), delivery("o1", 300, quantity="3"))

    events = world.tell(delivery("o1", 300, quantity="3.0"))

    assert events == []
    assert buckets(world) == (300, 300, 0)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"quantity": "2"},
        {"euros": 200},
        {"delivered_on": TODAY + timedelta(days=1)},
        {"order_id": "o2"},
        {"currency": "USD"},
        {"legal_entity": "FR01"},
        {"lines": (DeliveredLine(line_id="2", quantity=Decimal(3), net_minor=cents(300)),)},
    ],
    ids=lambda otherwise: next(iter(otherwise)),
)
def test_another_delivery_of_the_same_number_is_refused_and_changes_nothing(otherwise: dict[str, Any]) -> None:
    world = rig()
    world.tell(*known(), order("o1", lines=(line(600, quantity=6),)), order("o2", 100))
    world.tell(delivery("o1", 300, quantity="3"))
    before = world.rows("orders", Order), world.rows("orders", Delivery), buckets(world)

    told_again: dict[str, Any] = {"order_id": "o1", "euros": 300, "quantity": "3", "delivery_id": "D-o1-1"}
    events = world.tell(delivery(**told_again | otherwise))

    [refusal] = of(events, RequestRefused)
    assert (refusal.request, refusal.document_id) == ("confirm-delivery", "D-o1-1")
    assert [(r.row, r.field) for r in refusal.reasons] == [("delivery-number-taken", "delivery_id")]
    assert (world.rows("orders", Order), world.rows("orders", Delivery), buckets(world)) == before


def test_two_customers_may_use_the_same_delivery_number() -> None:
    world = rig()
    world.tell(*known("anna"), *known("ben"), order("o1", 100, "anna"), order("o1", 300, "ben"))

    world.tell(delivery("o1", 100, "anna"), delivery("o1", 300, "ben"))

    assert (buckets(world, "anna"), buckets(world, "ben")) == ((0, 100, 0), (0, 300, 0))


def test_a_held_order_that_is_cancelled_waits_no_longer() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 2000))

    world.tell(cancellation("o1"))

    assert world.deadlines("orders") == {}
    assert not world.rows("orders", Hold)[0].open
    assert of(world.tell(limited(euros=9000)), OrderReleased) == []
