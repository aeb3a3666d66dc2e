"""Customers that share a limit, and limits in another currency."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from o2c_chassis.testing import of
from o2c_contracts.collections import AccountResumed, AccountStopped
from o2c_contracts.master import FamilyChanged
from o2c_contracts.orders import CreditChanged, OrderHeld, OrderReleased, RequestRefused
from o2c_contracts.reference import ExchangeRatePublished
from o2c_orders.domain.customers import Customer
from o2c_orders.domain.exposure import Rate

from tests.orders.cast import (
    MONDAY,
    cancellation,
    contracted,
    delivery,
    invoice,
    known,
    limited,
    order,
    registered,
    rig,
    told,
)


def rate(text: str, base: str = "EUR", quote: str = "USD", valid_on: date = date(2026, 1, 1)) -> ExchangeRatePublished:
    return ExchangeRatePublished(base=base, quote=quote, rate=Decimal(text), valid_on=valid_on)


def test_a_family_shares_the_limit_of_its_head() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("ben", 5000, root_id="anna"))
    world.tell(order("o1", 700, "anna"))

    events = world.tell(order("o2", 700, "ben"))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["over-limit"]


def test_room_made_by_one_member_releases_the_order_of_another() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("ben", None, root_id="anna"))
    world.tell(order("o1", 700, "anna"), order("o2", 700, "ben"))

    events = world.tell(cancellation("o1", "anna"))

    assert told(events) == ["OrderCancelled", "OrderReleased"]
    assert [e.key for e in events if not isinstance(e, CreditChanged)] == ["c:anna", "c:ben"]


def test_the_oldest_order_of_the_family_goes_first_whoever_placed_it() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("zoe", None, root_id="anna"))
    world.tell(order("o1", 1000, "anna"))
    world.tell(order("o2", 800, "zoe"), at=MONDAY + timedelta(minutes=1))
    world.tell(order("o3", 800, "anna"), at=MONDAY + timedelta(minutes=2))

    events = world.tell(cancellation("o1", "anna"))

    assert [e.order_id for e in of(events, OrderReleased)] == ["o2"]
    assert [[r.row for r in e.reasons] for e in of(events, OrderHeld)] == [["over-limit"]]


def test_a_new_order_waits_behind_a_relatives() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("ben", None, root_id="anna"))
    world.tell(order("o1", 2000, "anna"))

    events = world.tell(order("o2", 10, "ben"), at=MONDAY + timedelta(minutes=1))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["behind-held-orders"]


def test_what_is_overdue_at_one_member_holds_the_others() -> None:
    world = rig()
    world.tell(*known("anna", 10_000), *known("ben", None, root_id="anna"))
    world.tell(order("o1", 500, "ben"), delivery("o1", 500, "ben"), invoice("o1", 500, "ben"))

    events = world.tell(order("o2", 10, "anna"), at=MONDAY + timedelta(days=90))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["overdue-class-b"]


def test_who_leaves_the_family_takes_its_exposure_along_and_its_own_limit_wakes() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("ben", 5000, root_id="anna"))
    world.tell(order("o1", 900, "anna"), order("o2", 700, "ben"))

    events = world.tell(FamilyChanged(customer_id="ben", root_id=None))

    assert told(events) == ["OrderReleased"]
    assert told(world.tell(order("o3", 4000, "ben"))) == ["OrderAccepted"]


def test_a_move_frees_room_in_the_family_left() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("ben", None, root_id="anna"), *known("carl", 9000))
    world.tell(order("o1", 900, "ben"), order("o2", 900, "anna"))

    events = world.tell(FamilyChanged(customer_id="ben", root_id="carl"))

    assert [(e.order_id, e.key) for e in of(events, OrderReleased)] == [("o2", "c:anna")]
    assert told(world.tell(order("o3", 9000, "carl"))) == ["OrderHeld"]


def test_who_joins_brings_its_exposure_into_the_family() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("ben", 1000))
    world.tell(order("o1", 900, "ben"))

    world.tell(FamilyChanged(customer_id="ben", root_id="anna"))

    assert told(world.tell(order("o2", 200, "anna"))) == ["OrderHeld"]


def test_a_head_has_no_head_itself() -> None:
    world = rig()
    world.tell(*known("anna"), *known("ben", root_id="anna"), *known("carl"))

    under_a_member = world.tell(FamilyChanged(customer_id="carl", root_id="ben"))
    with_members = world.tell(FamilyChanged(customer_id="anna", root_id="carl"))

    assert [e.reasons[0].row for e in of(under_a_member, RequestRefused)] == ["family-head-is-member"]
    assert [e.reasons[0].row for e in of(with_members, RequestRefused)] == ["family-head-has-members"]
    assert {c.customer_id: c.root_id for c in world.rows("orders", Customer)} == {
        "anna": "anna",
        "ben": "anna",
        "carl": "carl",
    }


def test_the_stop_of_the_head_holds_its_family_and_of_a_member_only_itself() -> None:
    world = rig()
    world.tell(*known("anna", 1000), *known("ben", None, root_id="anna"))

    world.tell(AccountStopped(customer_id="ben", reason="level 4"))
    head_goes_on = world.tell(order("o1", 10, "anna"))
    world.tell(AccountStopped(customer_id="anna", reason="level 4"), AccountResumed(customer_id="ben", reason="paid"))
    member_waits = world.tell(order("o2", 10, "ben"))

    assert told(head_goes_on) == ["OrderAccepted"]
    assert [r.row for r in of(member_waits, OrderHeld)[0].reasons] == ["family-stopped"]


def test_exposure_in_another_currency_is_converted_at_the_last_rate_of_that_day() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"))
    world.tell(rate("1.20"), rate("1.00", valid_on=date(2026, 1, 6)))

    fits_today = world.tell(order("o1", 1200, currency="USD"))
    world.tell(cancellation("o1"))
    too_much_tomorrow = world.tell(order("o2", 1200, currency="USD"), at=MONDAY + timedelta(days=1))

    assert told(fits_today) == ["OrderAccepted"]
    assert "150.00 EUR above the limit" in of(too_much_tomorrow, OrderHeld)[0].reasons[0].text


def test_a_rate_works_in_both_directions() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"))
    world.tell(rate("0.50", base="USD", quote="EUR"))

    assert told(world.tell(order("o1", 2100, currency="USD"))) == ["OrderAccepted"]


def test_without_a_rate_the_order_is_held_with_that_reason_and_the_rate_releases_it() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"))

    held = world.tell(order("o1", 100, currency="USD"))
    of_another_pair = world.tell(rate("0.85", quote="GBP"))
    released = world.tell(rate("1.10"))

    assert [r.row for r in of(held, OrderHeld)[0].reasons] == ["rate-missing"]
    assert "EUR/USD" in of(held, OrderHeld)[0].reasons[0].text
    assert of_another_pair == []
    assert told(released) == ["OrderReleased"]
    assert world.deadlines("orders") == {}


def test_nobody_waits_behind_an_order_that_lacks_a_rate() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"), contracted(contract_id="K-eur"))
    world.tell(order("o1", 100, currency="USD"))

    events = world.tell(order("o2", 100, contract_id="K-eur"), at=MONDAY + timedelta(minutes=1))

    assert told(events) == ["OrderAccepted"]


def test_an_order_held_for_a_rate_looks_once_more_in_case_the_rate_came_at_the_same_moment() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"))
    world.tell(order("o1", 100, currency="USD"))
    world.seed_rows("orders", Rate("EUR", "USD", date(2026, 1, 1), Decimal("1.1"), "EUR/USD"))

    events = world.until(MONDAY + timedelta(minutes=1))

    assert told(events) == ["OrderReleased"]


BERLIN_MIDNIGHT = datetime(2026, 1, 5, 23, tzinfo=UTC)
"""When the sixth of January begins."""


@pytest.mark.parametrize("told_after", [timedelta(0), timedelta(hours=5)], ids=["at once", "hours later"])
def test_an_order_held_for_a_rate_goes_when_a_rate_that_was_told_ahead_begins_to_hold(told_after: timedelta) -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"))
    world.tell(order("o1", 100, currency="USD"))
    world.until(MONDAY + told_after)

    told_today = world.tell(rate("1.1", valid_on=date(2026, 1, 6)))
    before_midnight = world.until(BERLIN_MIDNIGHT - timedelta(seconds=1))
    events = world.until(BERLIN_MIDNIGHT)

    assert [type(e) for e in (*told_today, *before_midnight) if isinstance(e, OrderReleased)] == []
    assert told(events) == ["OrderReleased"]
    assert world.deadlines("orders") == {}


def test_a_rate_told_ahead_releases_an_order_that_came_after_it_too() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"))
    world.tell(rate("1.1", valid_on=date(2026, 1, 7)), rate("1.2", valid_on=date(2026, 1, 6)))

    held = world.tell(order("o1", 100, currency="USD"))
    events = world.until(BERLIN_MIDNIGHT)

    assert told(held) == ["OrderHeld"]
    assert "OrderReleased" in told(events)


def test_a_rate_told_ahead_that_leaves_too_much_exposure_keeps_the_order_for_that_reason() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"))
    world.tell(order("o1", 5000, currency="USD"), rate("1", valid_on=date(2026, 1, 6)))

    events = world.until(BERLIN_MIDNIGHT)

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["over-limit"]


def test_a_rate_that_comes_late_decides_nothing_again() -> None:
    world = rig()
    world.tell(registered(), limited(euros=1000), contracted(currency="USD"), rate("2.00"))
    world.tell(order("o1", 2000, currency="USD"))

    assert world.tell(rate("1.00")) == []


def test_rates_that_were_overtaken_long_ago_are_not_loaded_any_more() -> None:
    world = rig()

    for day in range(0, 120, 10):
        at = MONDAY + timedelta(days=day)
        world.tell(rate("1.1", valid_on=at.date()), at=at)

    counting = world.rows("orders", Rate, counts=True)
    assert len(world.rows("orders", Rate)) == 12
    assert [r.valid_on for r in counting] == [MONDAY.date() + timedelta(days=d) for d in (70, 80, 90, 100, 110)]
