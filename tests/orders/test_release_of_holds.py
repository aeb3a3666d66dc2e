"""A hold ends by the event that frees the room: oldest first, and nobody overtakes where the table says so."""

from datetime import date, timedelta
from typing import Any

import pytest
from o2c_chassis.testing import Rig, of
from o2c_contracts.cash import (
    CreditApplied,
    DiscountGranted,
    PaymentApplicationReversed,
    PaymentApplied,
    WriteOffPosted,
    WriteOffReversed,
)
from o2c_contracts.collections import (
    AccountResumed,
    AccountStopped,
    PromiseBroken,
    PromiseJudged,
    PromiseKept,
    PromisePartlyKept,
    PromiseRestored,
)
from o2c_contracts.master import CustomerChanged, Instructions
from o2c_contracts.orders import OrderHeld, OrderReleased
from o2c_orders.domain.orders import Hold

from tests.orders.cast import (
    MONDAY,
    TODAY,
    amendment,
    buckets,
    cancellation,
    cents,
    contracted,
    delivery,
    invoice,
    item_changed,
    known,
    limited,
    money,
    order,
    registered,
    reopening,
    rig,
    told,
)


def owing(euros: int = 900, limit: int = 1000, **said: Any) -> Rig:
    """Anna was delivered and invoiced o1, due on 4 February, and owes it."""
    world = rig()
    world.tell(*known(euros=limit, **said))
    world.tell(order("o1", euros), delivery("o1", euros), invoice("o1", euros))
    return world


def judged(kind: type[PromiseJudged], broken: int) -> PromiseJudged:
    return kind(
        customer_id="anna",
        legal_entity="DE01",
        currency="EUR",
        promise_id="PR-1",
        invoice_number="I-o1-1",
        amount_minor=cents(900),
        paid_minor=0,
        broken_promises=broken,
    )


@pytest.mark.parametrize("kind", [PaymentApplied, CreditApplied, DiscountGranted, WriteOffPosted])
def test_what_cash_takes_off_an_item_releases_the_order_it_made_room_for(kind: type[PaymentApplied]) -> None:
    world = owing(900)
    world.tell(order("o2", 500))

    events = world.tell(item_changed(kind, left=100))

    [released] = of(events, OrderReleased)
    assert (released.order_id, released.total_minor) == ("o2", cents(500))
    assert buckets(world) == (500, 0, 100)


@pytest.mark.parametrize("kind", [PaymentApplicationReversed, WriteOffReversed])
def test_what_is_owed_again_counts_again(kind: type[PaymentApplicationReversed]) -> None:
    world = owing(900)
    world.tell(item_changed(PaymentApplied, left=0, version=1))

    world.tell(item_changed(kind, left=900, version=2))

    assert buckets(world) == (0, 0, 900)
    assert told(world.tell(order("o2", 500))) == ["OrderHeld"]


def test_a_payment_that_frees_too_little_releases_nobody() -> None:
    world = owing(900)
    world.tell(order("o2", 500))

    assert world.tell(item_changed(left=700)) == []


def test_a_higher_limit_releases() -> None:
    world = owing(900)
    world.tell(order("o2", 500))

    assert told(world.tell(limited(euros=2000))) == ["OrderReleased"]


def test_leaving_credit_management_releases() -> None:
    world = owing(900)
    world.tell(order("o2", 50_000))

    assert told(world.tell(limited(euros=None))) == ["OrderReleased"]


def test_money_that_pays_no_item_yet_lowers_exposure_and_releases() -> None:
    world = owing(900)
    world.tell(order("o2", 500))

    assert told(world.tell(money(unapplied=200, on_account=200))) == ["OrderReleased"]


def test_older_news_of_a_customers_money_changes_nothing() -> None:
    world = rig()
    world.tell(*known(euros=0), money(unapplied=500, version=2))
    world.tell(money(unapplied=0, version=1))

    assert told(world.tell(order("o1", 500))) == ["OrderAccepted"]


def test_a_cancellation_releases_the_next() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 900), order("o2", 500))

    assert told(world.tell(cancellation("o1"))) == ["OrderCancelled", "OrderReleased"]


def test_an_amendment_to_less_releases_the_next() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 900), order("o2", 500))

    assert told(world.tell(amendment("o1", 400))) == ["OrderAmended", "OrderReleased"]


def test_a_resumed_account_releases() -> None:
    world = rig()
    world.tell(*known(euros=1000), AccountStopped(customer_id="anna", reason="level 4"))
    held = world.tell(order("o1", 500))

    events = world.tell(AccountResumed(customer_id="anna", reason="paid"))

    assert [r.row for r in of(held, OrderHeld)[0].reasons] == ["account-stopped"]
    assert told(events) == ["OrderReleased"]


def test_a_stop_takes_back_nothing_that_was_accepted() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 500))

    assert world.tell(AccountStopped(customer_id="anna", reason="level 4")) == []
    assert buckets(world) == (500, 0, 0)


def test_another_risk_class_or_other_instructions_release() -> None:
    world = rig()
    world.tell(*known(euros=1000, risk_class="C", instructions=Instructions(purchase_order_needed=True)))
    world.tell(order("o1", 1080))

    still = world.tell(CustomerChanged(customer_id="anna", risk_class="A"))
    released = world.tell(CustomerChanged(customer_id="anna", instructions=Instructions()))

    assert [r.row for r in of(still, OrderHeld)[0].reasons] == ["purchase-order-missing"]
    assert told(released) == ["OrderReleased"]


def test_an_order_is_released_only_when_all_its_reasons_are_gone() -> None:
    world = owing(900)
    world.tell(AccountStopped(customer_id="anna", reason="level 4"))
    world.tell(order("o2", 500))

    paid = world.tell(item_changed(left=0))
    resumed = world.tell(AccountResumed(customer_id="anna", reason="paid"))

    assert [r.row for r in of(paid, OrderHeld)[0].reasons] == ["account-stopped"]
    assert told(resumed) == ["OrderReleased"]


def test_a_hold_whose_reasons_stay_the_same_is_not_told_again() -> None:
    world = owing(900)
    world.tell(order("o2", 2000))

    assert world.tell(item_changed(left=800)) == []
    assert "1,750.00 EUR" in world.rows("orders", Hold)[0].reasons


def test_the_oldest_goes_first_and_the_first_that_does_not_fit_stops_those_behind_it() -> None:
    world = owing(900)
    for n, euros in ((2, 700), (3, 100), (4, 100)):
        world.tell(order(f"o{n}", euros), at=MONDAY + timedelta(minutes=n))

    nobody = world.tell(item_changed(left=500, version=1))
    everybody = world.tell(item_changed(left=0, version=2))

    assert nobody == []
    assert [e.order_id for e in of(everybody, OrderReleased)] == ["o2", "o3", "o4"]


def test_a_new_order_that_would_fit_waits_behind_one_held_for_credit() -> None:
    world = owing(900)
    world.tell(order("o2", 700))

    events = world.tell(order("o3", 10), at=MONDAY + timedelta(minutes=1))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["behind-held-orders"]


def test_orders_that_waited_for_their_contract_are_all_decided_when_it_comes() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000))
    for n, euros in ((1, 100), (2, 5000), (3, 100)):
        world.tell(order(f"o{n}", euros), at=MONDAY + timedelta(minutes=n))

    events = world.tell(contracted())

    assert told(events) == ["ContractActivated", "OrderAccepted", "OrderHeld", "OrderHeld"]
    assert [[r.row for r in e.reasons] for e in of(events, OrderHeld)] == [["over-limit"], ["behind-held-orders"]]


def test_nobody_waits_behind_an_order_that_is_held_for_other_reasons() -> None:
    world = rig()
    world.tell(*known(euros=1000, instructions=Instructions(purchase_order_needed=True)))
    world.tell(order("o1", 100))

    events = world.tell(order("o2", 100, purchase_order="4711"), at=MONDAY + timedelta(minutes=1))

    assert told(events) == ["OrderAccepted"]


def test_overdue_holds_by_the_calendar_of_the_day_on_which_it_is_asked() -> None:
    world = owing(500)

    on_the_fifteenth_day = world.tell(order("o2", 100), at=MONDAY.replace(month=2, day=19))
    on_the_sixteenth = world.tell(order("o3", 100), at=MONDAY.replace(month=2, day=20))

    assert told(on_the_fifteenth_day) == ["OrderAccepted"]
    [reason] = of(on_the_sixteenth, OrderHeld)[0].reasons
    assert reason.row == "overdue-class-b"
    assert reason.text == "500.00 EUR is overdue, the oldest for 16 days; class B is held after 15"


def test_an_overdue_remainder_that_is_negligible_holds_nobody() -> None:
    world = owing(500)
    world.tell(item_changed(left="10.00"))

    assert told(world.tell(order("o2", 100), at=MONDAY + timedelta(days=300))) == ["OrderAccepted"]


def test_a_cent_more_than_negligible_holds() -> None:
    world = owing(500)
    world.tell(item_changed(left="10.01"))

    assert told(world.tell(order("o2", 100), at=MONDAY + timedelta(days=300))) == ["OrderHeld"]


def test_paying_what_is_overdue_releases() -> None:
    world = owing(500)
    world.tell(order("o2", 100), at=MONDAY + timedelta(days=60))

    assert told(world.tell(item_changed(left=0))) == ["OrderReleased"]


def test_a_broken_promise_holds_while_the_money_is_overdue_and_its_restoration_releases() -> None:
    world = owing(500)
    world.tell(judged(PromiseBroken, 1), at=MONDAY.replace(month=2, day=10))
    held = world.tell(order("o2", 100))

    released = world.tell(judged(PromiseRestored, 0))

    assert [r.row for r in of(held, OrderHeld)[0].reasons] == ["broken-promise"]
    assert told(released) == ["OrderReleased"]


def test_what_is_due_today_is_not_overdue() -> None:
    world = owing(500)
    world.tell(judged(PromiseBroken, 1))

    due_today = world.tell(order("o2", 10), at=MONDAY.replace(month=2, day=4))
    the_day_after = world.tell(order("o3", 10), at=MONDAY.replace(month=2, day=5))

    assert told(due_today) == ["OrderAccepted"]
    assert [r.row for r in of(the_day_after, OrderHeld)[0].reasons] == ["broken-promise"]


@pytest.mark.parametrize("kind", [PromiseKept, PromisePartlyKept])
def test_the_number_of_broken_promises_is_the_one_told_last(kind: type[PromiseJudged]) -> None:
    world = owing(100)
    world.tell(judged(PromiseBroken, 3))
    held = world.tell(order("o2", 100))

    released = world.tell(judged(kind, 2))

    assert [r.row for r in of(held, OrderHeld)[0].reasons] == ["broken-promises"]
    assert told(released) == ["OrderReleased"]


def test_a_limit_that_ran_out_holds_until_it_is_renewed() -> None:
    world = rig()
    world.tell(*known(), limited(valid_until=date(2026, 1, 4)))
    held = world.tell(order("o1", 100))

    released = world.tell(limited(valid_until=date(2026, 12, 31)))

    assert [r.row for r in of(held, OrderHeld)[0].reasons] == ["limit-expired"]
    assert told(released) == ["OrderReleased"]


def test_a_limit_holds_on_its_last_day() -> None:
    world = rig()
    world.tell(*known(), limited(valid_until=TODAY))

    assert told(world.tell(order("o1", 100))) == ["OrderAccepted"]


def test_a_reopened_order_stands_at_the_end_of_the_queue() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 100), cancellation("o1"))
    world.tell(order("o2", 5000), at=MONDAY + timedelta(minutes=1))

    events = world.tell(reopening("o1"), at=MONDAY + timedelta(minutes=2))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["behind-held-orders"]


def test_class_d_prepays() -> None:
    world = rig()
    world.tell(*known(risk_class="D"))
    held = world.tell(order("o1", 100))

    released = world.tell(money(unapplied=100))

    assert [r.row for r in of(held, OrderHeld)[0].reasons] == ["class-d-prepays"]
    assert told(released) == ["OrderReleased"]


def test_a_limit_without_an_amount_is_refused_and_the_old_one_stays() -> None:
    world = rig()
    world.tell(*known(euros=1000))

    events = world.tell(limited(limit_minor=None))

    assert told(events) == ["RequestRefused"]
    assert told(world.tell(order("o1", 2000))) == ["OrderHeld"]


def test_every_hold_has_an_owner_and_a_day_on_which_somebody_hears_of_it() -> None:
    world = owing(900)

    world.tell(order("o2", 500))

    [hold] = world.rows("orders", Hold, open=True)
    assert (hold.owner, hold.target_hours, hold.step, hold.step_to) == ("credit_analyst", 4, 50, "owner")
    assert world.deadlines("orders")["order-sla", "anna/o2"].date() == TODAY
