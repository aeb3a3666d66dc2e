"""Releases by people: alone within authority, else with others' agreement, bound to what they saw."""

from datetime import timedelta
from typing import Any

import pytest
from o2c_chassis.approvals import Approval
from o2c_chassis.errors import Refused
from o2c_chassis.testing import Rig, of
from o2c_contracts.collections import AccountStopped
from o2c_contracts.event import Event
from o2c_contracts.master import CustomerChanged, Instructions
from o2c_contracts.orders import OrderHeld, OrderReleased
from o2c_contracts.shared import (
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
)
from o2c_orders.commands import ApproveRequest, RefuseRequest, ReleaseOrder
from o2c_orders.domain.orders import Hold

from tests.orders.cast import (
    MONDAY,
    amendment,
    buckets,
    cancellation,
    cents,
    known,
    limited,
    order,
    reopening,
    rig,
    told,
)


def held(euros: int | str, limit: int = 100_000, **said: Any) -> Rig:
    world = rig()
    world.tell(*known(euros=limit, **said))
    world.tell(order("o1", euros))
    return world


def release(world: Rig, role: str, person: str, order_id: str = "o1") -> list[Event]:
    return world.command("orders", ReleaseOrder(customer_id="anna", order_id=order_id, roles=(role,)), person)


def approve(world: Rig, approval_id: str, role: str, person: str) -> list[Event]:
    return world.command("orders", ApproveRequest(customer_id="anna", approval_id=approval_id, roles=(role,)), person)


def requested(world: Rig, role: str = "credit_analyst", person: str = "ada") -> ApprovalRequested:
    [asked] = of(release(world, role, person), ApprovalRequested)
    return asked


def test_an_analyst_releases_alone_up_to_ten_percent_and_ten_thousand() -> None:
    world = held(108_000)

    events = release(world, "credit_analyst", "ada")

    [released] = of(events, OrderReleased)
    assert released.released_by == "ada"
    assert released.because[0].startswith("ada released it in spite of: exposure with this order is 108,000.00 EUR")
    assert buckets(world) == (108_000, 0, 0)
    assert world.deadlines("orders") == {}


def test_above_that_the_matrix_names_who_must_agree() -> None:
    world = held(115_000)

    asked = requested(world)

    assert (asked.action, asked.document_id, asked.amount_minor) == ("order-release", "o1", cents(15_000))
    assert [(s.role, s.count) for s in asked.steps] == [("credit_manager", 1)]
    assert asked.expires_at == MONDAY + timedelta(hours=48)
    assert buckets(world) == (0, 0, 0)


def test_the_manager_releases_alone_up_to_a_quarter_and_twenty_five_thousand() -> None:
    assert told(release(held(125_000), "credit_manager", "mia")) == ["OrderReleased"]
    assert told(release(held(126_000), "credit_manager", "mia")) == ["ApprovalRequested"]


def test_the_last_agreement_is_the_release() -> None:
    world = held(160_000)
    asked = requested(world)

    first = approve(world, asked.approval_id, "controller", "cora")
    second = approve(world, asked.approval_id, "sales_director", "sam")

    assert [(s.role, s.count) for s in asked.steps] == [("controller", 1), ("sales_director", 1)]
    assert first == []
    assert told(second) == ["ApprovalGranted", "OrderReleased"]
    assert of(second, ApprovalGranted)[0].approved_by == ("cora", "sam")
    assert of(second, OrderReleased)[0].released_by == "cora, sam"
    assert world.deadlines("orders") == {}


def test_nobody_approves_their_own_request_or_twice_or_without_the_role() -> None:
    world = held(160_000)
    asked = requested(world, "controller", "cora")

    for role, person, code in (
        ("controller", "cora", "own-request"),
        ("collector", "carl", "no-authority"),
    ):
        with pytest.raises(Refused) as refusal:
            approve(world, asked.approval_id, role, person)
        assert refusal.value.code == code
    approve(world, asked.approval_id, "controller", "otto")
    with pytest.raises(Refused) as refusal:
        approve(world, asked.approval_id, "sales_director", "otto")
    assert refusal.value.code == "already-approved"


def test_who_has_no_say_may_not_even_ask() -> None:
    with pytest.raises(Refused) as refusal:
        release(held(108_000), "collector", "carl")

    assert (refusal.value.code, refusal.value.status) == ("no-authority", 403)


def test_an_order_that_is_not_held_needs_no_release() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", 10))

    for order_id, code in (("o1", "release-unheld-order"), ("none", "order-unknown")):
        with pytest.raises(Refused) as refusal:
            release(world, "credit_manager", "mia", order_id)
        assert refusal.value.code == code


def test_one_person_saying_no_ends_the_request_and_it_may_be_asked_again() -> None:
    world = held(115_000)
    asked = requested(world)

    events = world.command(
        "orders",
        RefuseRequest(customer_id="anna", approval_id=asked.approval_id, comment="too much", roles=("credit_manager",)),
        "mia",
    )

    [refused] = of(events, ApprovalRefused)
    assert (refused.refused_by, refused.comment) == ("mia", "too much")
    assert world.rows("orders", Hold)[0].open
    assert requested(world).approval_id != asked.approval_id


def test_a_request_that_nobody_decides_expires_and_the_order_stays_held() -> None:
    world = held(115_000)
    asked = requested(world)

    events = world.until(MONDAY + timedelta(hours=48))

    assert [e.approval_id for e in of(events, ApprovalExpired)] == [asked.approval_id]
    with pytest.raises(Refused) as refusal:
        approve(world, asked.approval_id, "credit_manager", "mia")
    assert refusal.value.code == "approval-not-open"
    assert buckets(world) == (0, 0, 0)


def test_an_open_request_is_not_asked_twice() -> None:
    world = held(115_000)
    requested(world)

    with pytest.raises(Refused) as refusal:
        requested(world)

    assert refusal.value.code == "already-requested"


def test_an_amendment_voids_the_request() -> None:
    world = held(115_000)
    asked = requested(world)

    events = world.tell(amendment("o1", 116_000))

    assert [(e.approval_id, e.reason) for e in of(events, ApprovalVoided)] == [
        (asked.approval_id, "the order was amended")
    ]
    with pytest.raises(Refused):
        approve(world, asked.approval_id, "credit_manager", "mia")


@pytest.mark.parametrize(
    ("event", "why"),
    [(limited(euros=900_000), "the order was accepted"), (cancellation("o1"), "the order was cancelled")],
)
def test_a_request_ends_with_the_hold(event: Event, why: str) -> None:
    world = held(115_000)
    requested(world)

    events = world.tell(event)

    assert [e.reason for e in of(events, ApprovalVoided)] == [why]
    assert world.rows("orders", Approval)[0].status == "voided"
    assert world.deadlines("orders") == {}


def test_a_new_reason_is_something_that_nobody_agreed_to() -> None:
    world = held(115_000)
    asked = requested(world)
    world.tell(AccountStopped(customer_id="anna", reason="level 4"))

    with pytest.raises(Refused) as refusal:
        approve(world, asked.approval_id, "credit_manager", "mia")

    assert refusal.value.code == "payload-changed"


def test_a_request_ends_when_the_reasons_against_the_order_change_and_it_may_be_asked_anew() -> None:
    world = held(115_000)
    asked = requested(world)

    events = world.tell(CustomerChanged(customer_id="anna", instructions=Instructions(purchase_order_needed=True)))
    again = requested(world)

    assert [(e.approval_id, e.reason) for e in of(events, ApprovalVoided)] == [
        (asked.approval_id, "the reasons against the order changed")
    ]
    assert told(approve(world, again.approval_id, "credit_manager", "mia")) == ["ApprovalGranted", "OrderReleased"]


def test_a_request_outlives_what_changes_nothing_about_the_order() -> None:
    world = held(114_000)
    world.tell(amendment("o1", 115_000))
    requested(world)

    events = world.tell(limited(euros=100_001))

    assert [type(e).__name__ for e in events if isinstance(e, ApprovalVoided | OrderHeld)] == []
    assert [a.status for a in world.rows("orders", Approval)] == ["open"]


def test_a_reason_that_nobody_told_yet_ends_the_request_when_it_is_asked_again() -> None:
    world = held(115_000)
    asked = requested(world)
    world.tell(AccountStopped(customer_id="anna", reason="level 4"))

    events = release(world, "credit_manager", "mia")

    assert told(events) == ["ApprovalVoided", "OrderHeld", "ApprovalRequested"]
    assert of(events, ApprovalVoided)[0].approval_id == asked.approval_id
    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["account-stopped", "over-limit"]
    again = of(events, ApprovalRequested)[0].approval_id
    approve(world, again, "controller", "cora")
    assert told(approve(world, again, "sales_director", "sam")) == ["ApprovalGranted", "OrderReleased"]
    assert [(a.approval_id, a.status) for a in world.rows("orders", Approval) if a.status == "open"] == []


def test_when_more_is_over_the_limit_than_was_asked_for_the_agreement_is_void() -> None:
    world = held(115_000)
    asked = requested(world)
    world.tell(limited(euros=90_000))

    events = approve(world, asked.approval_id, "credit_manager", "mia")

    assert told(events) == ["ApprovalVoided"]
    assert buckets(world) == (0, 0, 0)


def test_an_exception_from_a_stop_takes_finance_and_sales_however_small() -> None:
    world = rig()
    world.tell(*known(), AccountStopped(customer_id="anna", reason="level 4"))
    world.tell(order("o1", 10))

    asked = requested(world, "credit_manager", "mia")

    assert [(s.role, s.count) for s in asked.steps] == [("controller", 1), ("sales_director", 1)]
    with pytest.raises(Refused):
        release(world, "credit_analyst", "ada")


def test_open_requests_of_the_customer_add_up_so_that_splitting_gains_nothing() -> None:
    world = held(118_000)
    world.tell(order("o2", 118_000), at=MONDAY + timedelta(minutes=1))
    first = requested(world)

    [second] = of(release(world, "credit_analyst", "ada", "o2"), ApprovalRequested)

    assert [s.role for s in first.steps] == ["credit_manager"]
    assert second.amount_minor == cents(18_000)
    assert [s.role for s in second.steps] == ["controller", "sales_director"]


def test_a_release_lasts_for_that_order_up_to_that_amount_against_those_reasons() -> None:
    world = held(108_000)
    release(world, "credit_analyst", "ada")

    less = world.tell(amendment("o1", 107_000))
    more = world.tell(amendment("o1", 109_000))

    assert told(less) == ["OrderAmended"]
    assert [r.row for r in of(more, OrderHeld)[0].reasons] == ["over-limit"]


def test_a_release_does_not_cover_a_reason_that_came_later() -> None:
    world = held(108_000)
    release(world, "credit_analyst", "ada")
    world.tell(AccountStopped(customer_id="anna", reason="level 4"))

    events = world.tell(amendment("o1", 107_000))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["account-stopped", "over-limit"]


def test_a_percent_that_is_begun_counts_in_full() -> None:
    assert told(release(held(55_000, limit=50_000), "credit_analyst", "ada")) == ["OrderReleased"]
    assert told(release(held("55000.01", limit=50_000), "credit_analyst", "ada")) == ["ApprovalRequested"]


def test_a_release_ends_with_a_cancellation() -> None:
    world = held(108_000)
    release(world, "credit_analyst", "ada")
    world.tell(cancellation("o1"))

    assert told(world.tell(reopening("o1"))) == ["OrderHeld"]


def test_an_approval_of_another_customer_is_unknown_here() -> None:
    world = held(115_000)
    asked = requested(world)

    with pytest.raises(Refused) as refusal:
        world.command(
            "orders",
            ApproveRequest(customer_id="ben", approval_id=asked.approval_id, roles=("credit_manager",)),
            "mia",
        )

    assert (refusal.value.code, refusal.value.status) == ("unknown-approval", 404)
