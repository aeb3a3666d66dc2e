"""Orders as they come: accepted, held with every reason, rejected, waiting; amended, reopened, cancelled."""

from datetime import date, timedelta

from o2c_chassis.testing import of
from o2c_contracts.collections import AccountStopped
from o2c_contracts.master import Instructions
from o2c_contracts.orders import (
    DeliveredWhileHeld,
    OrderAccepted,
    OrderAmended,
    OrderHeld,
    OrderRejected,
    OrderReleased,
    RequestRefused,
)
from o2c_orders.commands import EndContract
from o2c_orders.domain.orders import Hold, Order

from tests.orders.cast import (
    MONDAY,
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


def test_an_order_within_the_limit_is_accepted_and_counts_as_exposure() -> None:
    world = rig()
    world.tell(*known(euros=1000))

    events = world.tell(order("o1", 400, external_ref="PO-77"))

    assert told(events) == ["OrderAccepted"]
    [accepted] = of(events, OrderAccepted)
    assert (accepted.order_id, accepted.total_minor, accepted.external_ref) == ("o1", cents(400), "PO-77")
    assert accepted.because == ("nothing speaks against it",)
    assert accepted.decision_id == world.decisions("orders")[-1].id
    assert buckets(world) == (400, 0, 0)


def test_an_order_over_the_limit_is_held_says_why_and_is_not_exposure() -> None:
    world = rig()
    world.tell(*known(euros=1000))

    events = world.tell(order("o1", 2000))

    assert told(events) == ["OrderHeld"]
    [reason] = of(events, OrderHeld)[0].reasons
    assert reason.row == "over-limit"
    assert reason.text == (
        "exposure with this order is 2,000.00 EUR: 950.00 EUR above the limit of 1,000.00 EUR and its tolerance of 5 %"
    )
    assert reason.decision_id is not None
    assert buckets(world) == (0, 0, 0)


def test_an_order_is_held_with_all_its_reasons_at_once() -> None:
    world = rig()
    world.tell(*known(euros=1000, instructions=Instructions(purchase_order_needed=True, partial_delivery=False)))
    world.tell(AccountStopped(customer_id="anna", reason="insolvency feared"))

    events = world.tell(order("o1", 2000))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == [
        "account-stopped",
        "over-limit",
        "purchase-order-missing",
        "partial-delivery-not-wanted",
    ]
    [hold] = world.rows("orders", Hold)
    assert hold.owner == "collections_manager"


def test_the_tolerance_belongs_to_the_kind_of_document_and_the_risk_class() -> None:
    for risk, fits, too_much in (("A", 1100, "1100.01"), ("B", 1050, "1050.01"), ("C", 1000, "1000.01")):
        world = rig()
        world.tell(*known(euros=1000, risk_class=risk))

        assert told(world.tell(order("o1", fits))) == ["OrderAccepted"]
        world.tell(cancellation("o1"))
        assert told(world.tell(order("o2", too_much))) == ["OrderHeld"]


def test_outside_credit_management_no_credit_row_applies_but_stops_and_contracts_still_do() -> None:
    world = rig()
    world.tell(*known(euros=None))

    assert told(world.tell(order("o1", 1_000_000))) == ["OrderAccepted"]
    assert told(world.tell(order("o2", 1, currency="USD"))) == ["OrderRejected"]
    world.tell(AccountStopped(customer_id="anna", reason="asked for by the auditor"))
    assert told(world.tell(order("o3", 1))) == ["OrderHeld"]


def test_who_has_a_limit_of_zero_prepays() -> None:
    world = rig()
    world.tell(*known(euros=0))

    events = world.tell(order("o1", 100))

    assert [r.row for r in of(events, OrderHeld)[0].reasons] == ["prepayment-missing"]


def test_an_order_in_another_currency_than_its_contract_is_rejected_with_the_field() -> None:
    world = rig()
    world.tell(*known())

    events = world.tell(order("o1", 100, currency="USD"))

    [rejected] = of(events, OrderRejected)
    assert [(r.row, r.field) for r in rejected.reasons] == [("contract-currency", "currency")]


def test_an_order_with_another_company_than_its_contract_is_rejected() -> None:
    world = rig()
    world.tell(*known())

    events = world.tell(order("o1", 100, legal_entity="FR01"))

    assert [(r.row, r.field) for r in of(events, OrderRejected)[0].reasons] == [
        ("contract-legal-entity", "legal_entity")
    ]


def test_an_order_for_a_company_that_keeps_no_books_is_rejected_and_blocks_nobody() -> None:
    world = rig()
    world.tell(*known())

    events = world.tell(order("o1", 100, legal_entity="ZZ99"))

    assert "unknown-legal-entity" in [r.row for r in of(events, OrderRejected)[0].reasons]
    assert told(world.tell(order("o2", 100))) == ["OrderAccepted"]


def test_an_order_outside_the_days_of_its_contract_is_rejected_with_its_row() -> None:
    world = rig()
    world.tell(registered(), limited(), contracted(starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 28)))

    early = world.tell(order("o1"), on=date(2026, 1, 31))
    within = world.tell(order("o2"), on=date(2026, 2, 28))
    late = world.tell(order("o3"), on=date(2026, 3, 1))

    assert [r.row for r in of(early, OrderRejected)[0].reasons] == ["contract-not-begun"]
    assert told(within) == ["OrderAccepted"]
    assert [(r.row, r.field) for r in of(late, OrderRejected)[0].reasons] == [("contract-ended", "contract_id")]
    assert (
        of(late, OrderRejected)[0].reasons[0].text == "contract K-anna ended on 2026-02-28, the order is of 2026-03-01"
    )


def test_an_order_on_a_contract_that_a_person_ended_is_rejected() -> None:
    world = rig()
    world.tell(*known())
    world.command(
        "orders",
        EndContract(customer_id="anna", contract_id="K-anna", ends_on=date(2026, 1, 4), roles=("sales_director",)),
        "sam",
    )

    events = world.tell(order("o1"))

    assert [r.row for r in of(events, OrderRejected)[0].reasons] == ["contract-ended"]


def test_an_order_on_a_refused_contract_is_rejected() -> None:
    world = rig()
    world.tell(registered(), limited(), contracted(terms_days=None))

    events = world.tell(order("o1"))

    assert [r.row for r in of(events, OrderRejected)[0].reasons] == ["contract-refused"]


def test_an_order_before_its_contract_is_accepted_as_soon_as_it_is_known() -> None:
    world = rig()
    world.tell(registered(), limited())

    assert told(world.tell(order("o1"))) == []
    assert world.rows("orders", Order)[0].status == "waiting"
    assert ("unknown-party", "anna/o1") in world.deadlines("orders")

    events = world.tell(contracted())

    assert told(events) == ["ContractActivated", "OrderAccepted"]
    assert world.deadlines("orders") == {}


def test_an_order_before_its_customer_is_accepted_as_soon_as_it_is_registered() -> None:
    world = rig()
    world.tell(contracted())
    world.tell(order("o1"))

    events = world.tell(registered())

    assert told(events) == ["OrderAccepted"]


def test_an_order_waits_for_the_head_of_its_family_who_owns_the_limit() -> None:
    world = rig()
    world.tell(registered("ben", root_id="anna"), contracted("ben"))
    assert told(world.tell(order("o1", 100, "ben"))) == []

    events = world.tell(registered("anna"))

    assert told(events) == ["OrderAccepted"]


def test_an_order_whose_contract_never_comes_is_rejected_at_its_deadline() -> None:
    world = rig()
    world.tell(registered(), limited())
    world.tell(order("o1"))

    assert of(world.until(MONDAY + timedelta(hours=71)), OrderRejected) == []
    events = world.until(MONDAY + timedelta(hours=72))

    [rejected] = of(events, OrderRejected)
    assert [r.row for r in rejected.reasons] == ["unknown-contract", "contract-did-not-come"]
    assert world.deadlines("orders") == {}
    assert told(world.tell(contracted())) == ["ContractActivated"]


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


def test_a_held_order_that_is_cancelled_waits_no_longer() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 2000))

    world.tell(cancellation("o1"))

    assert world.deadlines("orders") == {}
    assert not world.rows("orders", Hold)[0].open
    assert of(world.tell(limited(euros=9000)), OrderReleased) == []
