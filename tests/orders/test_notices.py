"""Nobody forgets an order that waits: notices at shares of the target in business time, each once."""

from datetime import UTC, datetime, timedelta

from o2c_chassis.testing import of
from o2c_contracts.master import Instructions
from o2c_contracts.shared import EscalationRaised
from o2c_orders.domain.orders import Hold

from tests.orders.cast import amendment, cancellation, known, limited, order, registered, reopening, rig

FRIDAY_AFTERNOON = datetime(2026, 1, 9, 14, tzinfo=UTC)
"""15:00 in Berlin, two business hours before the weekend."""


def test_notices_go_out_at_shares_of_the_target_in_business_time() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", 9000), at=FRIDAY_AFTERNOON)

    events = of(world.until(FRIDAY_AFTERNOON + timedelta(days=10)), EscalationRaised)

    assert [(e.level, e.to, e.escalation_id) for e in events] == [
        ("50", "credit_analyst", "anna/o1:50:1"),
        ("80", "credit_manager", "anna/o1:80:1"),
        ("100", "controller", "anna/o1:100:1"),
        ("150", "cfo", "anna/o1:150:1"),
    ]
    assert events[0].text == "50 % of 4 business hours have passed; the order waits: over-limit"
    assert world.deadlines("orders") == {}


def test_the_first_notice_goes_to_whoever_owns_the_order_by_then() -> None:
    world = rig()
    world.tell(*known(instructions=Instructions(purchase_order_needed=True)))
    world.tell(order("o1", 9000), at=FRIDAY_AFTERNOON)
    [before] = world.rows("orders", Hold)

    world.tell(limited(euros=9000))
    [notice] = of(world.until(FRIDAY_AFTERNOON + timedelta(hours=2)), EscalationRaised)

    assert (before.owner, notice.level, notice.to) == ("credit_analyst", "50", "sales_director")
    assert notice.text.endswith("the order waits: purchase-order-missing")


def test_the_clock_stands_still_over_the_weekend() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", 9000), at=FRIDAY_AFTERNOON)

    on_friday = of(world.until(FRIDAY_AFTERNOON + timedelta(hours=2)), EscalationRaised)
    over_the_weekend = of(world.until(datetime(2026, 1, 12, 8, tzinfo=UTC)), EscalationRaised)
    on_monday = of(world.until(datetime(2026, 1, 12, 10, tzinfo=UTC)), EscalationRaised)

    assert [e.level for e in on_friday] == ["50"]
    assert over_the_weekend == []
    assert [e.level for e in on_monday] == ["80", "100"]


def test_a_decision_stops_the_notices() -> None:
    for decide in (limited(euros=9000), cancellation("o1"), amendment("o1", 10)):
        world = rig()
        world.tell(*known())
        world.tell(order("o1", 9000))

        world.tell(decide)

        assert of(world.until(FRIDAY_AFTERNOON + timedelta(days=10)), EscalationRaised) == []


def test_an_order_that_waits_for_its_contract_is_not_forgotten_either() -> None:
    world = rig()
    world.tell(registered(), limited())
    world.tell(order("o1"), at=FRIDAY_AFTERNOON)

    events = world.until(FRIDAY_AFTERNOON + timedelta(hours=2))

    assert [e.text for e in of(events, EscalationRaised)] == [
        "50 % of 4 business hours have passed; the order waits: unknown-contract"
    ]


def test_a_key_customer_is_decided_sooner() -> None:
    world = rig()
    world.tell(*known(tier="key"))
    world.tell(order("o1", 9000), at=FRIDAY_AFTERNOON)

    assert world.deadlines("orders")["order-sla", "anna/o1"] == FRIDAY_AFTERNOON + timedelta(hours=1)


def test_an_order_held_a_second_time_has_notices_of_its_own() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", 9000), at=FRIDAY_AFTERNOON)
    first = of(world.until(FRIDAY_AFTERNOON + timedelta(hours=2)), EscalationRaised)
    world.tell(cancellation("o1"), reopening("o1"))

    second = of(world.until(FRIDAY_AFTERNOON + timedelta(days=4)), EscalationRaised)

    assert [e.escalation_id for e in first] == ["anna/o1:50:1"]
    assert second[0].escalation_id == "anna/o1:50:2"
