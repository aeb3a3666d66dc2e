"""Each document counts in exactly one bucket, whatever overtakes what."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_chassis.testing import Rig, of
from o2c_chassis.working_set import Need
from o2c_contracts.billing import BillingItemCancelled, InvoiceIssued
from o2c_contracts.cash import CustomerMoneyChanged, ItemChanged, PaymentApplied
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.intake import DeliveryConfirmed, OrderCancelRequested, OrderSubmitted
from o2c_contracts.topics import topics_of
from o2c_orders.domain.exposure import CustomerMoney, Exposure, Item, NoRate, Rate, converted
from o2c_orders.domain.orders import Delivery, Order

from tests.orders.cast import (
    MONDAY,
    TODAY,
    buckets,
    cancellation,
    cents,
    delivery,
    invoice,
    item_changed,
    known,
    limited,
    line,
    money,
    order,
    rig,
    told,
    uncharged,
)


def test_a_document_moves_from_bucket_to_bucket_and_never_stands_in_two() -> None:
    world = rig()
    world.tell(*known(euros=None))

    world.tell(order("o1", 100))
    ordered = buckets(world)
    world.tell(delivery("o1", 100))
    delivered = buckets(world)
    world.tell(invoice("o1", 100, tax=19))
    invoiced = buckets(world)
    world.tell(item_changed(left=0))
    paid = buckets(world)

    assert (ordered, delivered, invoiced, paid) == ((100, 0, 0), (0, 100, 0), (0, 0, 119), (0, 0, 0))


def test_a_partial_delivery_splits_the_order() -> None:
    world = rig()
    world.tell(*known(euros=None))

    world.tell(order("o1", lines=(line(600, quantity=6),)), delivery("o1", 200, quantity="2"))

    assert buckets(world) == (400, 200, 0)


def test_a_line_that_was_delivered_in_full_has_nothing_left_whatever_it_came_to() -> None:
    world = rig()
    world.tell(*known(euros=None))

    world.tell(order("o1", lines=(line(600, quantity=6),)), delivery("o1", 590, quantity="6"))

    assert buckets(world) == (0, 590, 0)


def test_more_than_was_ordered_of_one_line_does_not_make_room_for_another() -> None:
    world = rig()
    world.tell(*known(euros=None))
    world.tell(order("o1", lines=(line(100, "1"), line(300, "2"))))

    world.tell(delivery("o1", 150))

    assert buckets(world) == (300, 150, 0)


def test_an_invoice_before_its_delivery_counts_once() -> None:
    world = rig()
    world.tell(*known(euros=None))
    world.tell(order("o1", 100))

    world.tell(invoice("o1", 100))
    before = buckets(world)
    world.tell(delivery("o1", 100))

    assert (before, buckets(world)) == ((0, 0, 100), (0, 0, 100))


def test_a_payment_before_its_invoice_counts_when_the_invoice_comes() -> None:
    world = rig()
    world.tell(*known(euros=None))
    world.tell(order("o1", 100), delivery("o1", 100))

    world.tell(item_changed(left=30))
    before = buckets(world)
    world.tell(invoice("o1", 100))

    assert (before, buckets(world)) == ((0, 100, 0), (0, 0, 30))


def test_a_lower_version_of_an_item_never_overwrites_a_higher() -> None:
    world = rig()
    world.tell(*known(euros=None))
    world.tell(order("o1", 100), delivery("o1", 100), invoice("o1", 100))

    world.tell(item_changed(left=0, version=3), item_changed(left=70, version=2))

    assert buckets(world) == (0, 0, 0)


def test_an_invoice_of_a_delivery_without_lines_of_the_order_takes_all_of_it() -> None:
    world = rig()
    world.tell(*known(euros=None))
    world.tell(order("o1", lines=(line(600, quantity=6),)), delivery("o1", 600, quantity="6"))
    bill = invoice("o1", 600)

    whole = bill.lines[0].model_copy(update={"order_line_id": None})
    world.tell(bill.model_copy(update={"lines": (whole,)}))

    assert buckets(world) == (0, 0, 600)


def test_goods_whose_charge_was_taken_back_are_no_exposure_and_make_room() -> None:
    world = rig()
    world.tell(*known(euros=150))
    world.tell(order("o1", 100), delivery("o1", 100), order("o2", 100))

    events = world.tell(uncharged("o1", 100))

    assert "OrderReleased" in told(events)
    assert buckets(world) == (100, 0, 0)


def test_a_charge_may_be_taken_back_before_its_delivery_is_heard() -> None:
    world = rig()
    world.tell(*known(euros=None))
    world.tell(order("o1", 100))

    world.tell(uncharged("o1", 100))
    before = buckets(world)
    world.tell(delivery("o1", 100))

    assert (before, buckets(world)) == ((0, 0, 0), (0, 0, 0))


def test_a_charge_that_names_no_delivery_never_counted() -> None:
    world = rig()
    world.tell(*known(euros=None))
    world.tell(order("o1", 100), delivery("o1", 100))

    world.tell(uncharged("o1", 100).model_copy(update={"delivery_id": None}))

    assert buckets(world) == (0, 100, 0)


def test_a_recurring_invoice_without_any_delivery_is_an_open_item() -> None:
    world = rig()
    world.tell(*known(euros=None))
    bill = invoice("none", 50)

    charge = bill.lines[0].model_copy(update={"order_id": None, "order_line_id": None, "delivery_id": None})
    world.tell(bill.model_copy(update={"lines": (charge,)}))

    assert buckets(world) == (0, 0, 50)


def test_ten_thousand_old_orders_are_not_read_for_a_new_one() -> None:
    world = rig()
    world.tell(*known(euros=10_000))
    template = order("old", 1)
    old = Order("anna", "old", "K-anna", "DE01", "EUR", 100, 0, "accepted", MONDAY, TODAY, template.model_dump_json())
    world.seed_rows("orders", *(replace(old, order_id=f"old-{n}") for n in range(10_000)))

    asked_for: list[object] = []
    store = world._running["orders"].store
    answer = store.answer

    def noted(wanted: Need[Any]) -> list[Any]:
        asked_for.extend(found := answer(wanted))
        return found

    store.answer = noted  # type: ignore[method-assign]
    events = world.tell(order("new", 100))

    assert told(events) == ["OrderAccepted"]
    assert len(asked_for) < 20


def test_conversion_rounds_once_and_half_up() -> None:
    rates = [
        Rate("EUR", "USD", date(2026, 1, 1), Decimal("1.25"), "EUR/USD"),
        Rate("GBP", "EUR", date(2026, 1, 1), Decimal("1.1"), "EUR/GBP"),
        Rate("EUR", "JPY", date(2026, 1, 1), Decimal(160), "EUR/JPY"),
    ]

    assert converted({"EUR": 100}, "EUR", [], TODAY) == 100
    assert converted({"USD": 125}, "EUR", rates, TODAY) == 100
    assert converted({"USD": 1, "GBP": 1}, "EUR", rates, TODAY) == 2
    assert converted({"USD": -1, "GBP": -1}, "EUR", rates, TODAY) == -2
    assert converted({"JPY": 160}, "EUR", rates, TODAY) == 100
    assert converted({"EUR": 100}, "JPY", rates, TODAY) == 160
    with pytest.raises(NoRate):
        converted({"EUR": 1}, "USD", rates, date(2025, 12, 31))


# One customer's history: per order its euros and how far it came.
STAGES = ("ordered", "cancelled", "delivered", "invoiced", "paid in part", "paid", "not charged")
histories = st.lists(st.tuples(st.integers(1, 50), st.sampled_from(STAGES)), min_size=1, max_size=5)


def events_of(history: list[tuple[int, str]], customer_id: str) -> list[Event]:
    found: list[Event] = []
    for n, (euros, stage) in enumerate(history):
        order_id, step = f"{customer_id}-{n}", STAGES.index(stage)
        found.append(order(order_id, lines=(line(euros * 2, quantity=2),), customer_id=customer_id))
        if stage == "cancelled":
            found.append(cancellation(order_id, customer_id))
        if step >= 2:
            found.append(delivery(order_id, euros, customer_id, quantity="1"))
        if stage == "not charged":
            found.append(uncharged(order_id, euros, customer_id))
            continue
        if step >= 3:
            found.append(invoice(order_id, euros, customer_id, tax=1))
        number = f"I-{order_id}-1"
        if step >= 4:
            found.append(item_changed(PaymentApplied, number, euros, 1, customer_id=customer_id))
        if step >= 5:
            found.append(item_changed(PaymentApplied, number, 0, 2, customer_id=customer_id))
    found += [money(3, 2, 1, customer_id), money(1, 0, 2, customer_id)]
    return found


def published(world: Rig, events: Iterable[Event]) -> None:
    """All at once: the rig reads them in any order that keeps each customer's order within a topic."""
    for n, event in enumerate(events):
        envelope = Envelope("test", f"p-{n}", type(event).__name__, MONDAY, MONDAY, TODAY)
        world.publish(topics_of(type(event))[0], Message(envelope, event))
    world.settle()


def recomputed(events: list[Event]) -> dict[str, tuple[int, int, int, int]]:
    """From the events alone: ordered, delivered, owed, free money, per customer in cents."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    cancelled = {e.order_id for e in events if isinstance(e, OrderCancelRequested)}
    invoiced = {e.lines[0].delivery_id for e in events if isinstance(e, InvoiceIssued)}
    invoiced |= {e.delivery_id for e in events if isinstance(e, BillingItemCancelled)}
    items = {e.invoice_number: e for e in sorted(of(events, ItemChanged), key=lambda e: e.item_version)}
    free = {e.customer_id: e for e in sorted(of(events, CustomerMoneyChanged), key=lambda e: e.version)}
    for event in events:
        sums = found[str(getattr(event, "customer_id", ""))]
        match event:
            case OrderSubmitted() if event.order_id not in cancelled:
                sums[0] += event.total_minor
            case DeliveryConfirmed():
                sums[0] -= event.net_minor
                sums[1] += 0 if event.delivery_id in invoiced else event.net_minor
            case InvoiceIssued():
                item = items.get(event.invoice_number)
                sums[2] += item.open_minor_after if item else event.total_minor
    for customer_id, last in free.items():
        found[customer_id][3] = last.unapplied_minor + last.on_account_minor
    return {customer_id: (a, b, c, d) for customer_id, (a, b, c, d) in found.items()}


def kept(world: Rig) -> dict[str, tuple[int, int, int, int]]:
    free = {m.customer_id: m.unapplied_minor + m.on_account_minor for m in world.rows("orders", CustomerMoney)}
    sums = {e.customer_id: e for e in world.rows("orders", Exposure)}
    found = {}
    for c in free.keys() | sums.keys():
        e = sums.get(c) or Exposure(c, "DE01", "EUR")
        found[c] = (e.ordered_minor, e.delivered_minor, e.receivable_minor, free.get(c, 0))
    return found


@settings(max_examples=40, deadline=None, derandomize=True)
@given(anna=histories, ben=histories, seed=st.integers(0, 10_000))
def test_exposure_equals_its_recomputation_from_the_events_after_any_permutation_of_independent_ones(
    anna: list[tuple[int, str]], ben: list[tuple[int, str]], seed: int
) -> None:
    events = [*events_of(anna, "anna"), *events_of(ben, "ben")]
    master = [*known("anna", None), *known("ben", None, root_id="anna")]
    world = rig(seed=seed)

    published(world, [*master, *events])

    assert kept(world) == recomputed(events)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(history=histories, limit=st.integers(0, 200), seed=st.integers(0, 10_000))
def test_where_decisions_race_what_is_kept_still_equals_what_the_documents_count_and_no_room_is_left_unused(
    history: list[tuple[int, str]], limit: int, seed: int
) -> None:
    world = rig(seed=seed)

    published(world, [*known("anna", limit), *events_of(history, "anna")])

    counted = [0, 0, 0]
    kinds: tuple[type[Any], ...] = (Order, Delivery, Item)
    for place, kind in enumerate(kinds):
        counted[place] = sum(row.counted for row in world.rows("orders", kind, customer_id="anna"))
    assert list(kept(world).get("anna", (0, 0, 0, 0))[:3]) == counted
    held = [o for o in world.rows("orders", Order) if o.status == "held"]
    if held:
        oldest = min(held, key=lambda o: o.place)
        total = sum(counted) - cents(1) + oldest.open_minor
        assert total > cents(limit) * 105 // 100
        again = world.tell(limited(euros=limit))
        assert again == []
