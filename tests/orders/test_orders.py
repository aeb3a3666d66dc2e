"""Orders as they come: accepted, held with every reason, rejected, waiting."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from o2c_chassis.testing import of
from o2c_contracts.collections import AccountStopped
from o2c_contracts.intake import OrderLine
from o2c_contracts.master import CustomerChanged, Instructions
from o2c_contracts.orders import (
    OrderAccepted,
    OrderHeld,
    OrderRejected,
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
    known,
    limited,
    order,
    registered,
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


def test_an_order_for_a_company_without_books_is_not_told_that_its_contract_is_with_another() -> None:
    world = rig()
    world.tell(*known())

    events = world.tell(order("o1", legal_entity="ZZ99"))

    assert [(r.row, r.field) for r in of(events, OrderRejected)[0].reasons] == [
        ("unknown-legal-entity", "legal_entity")
    ]


def priced(quantity: str, price: str, net_minor: int, line_id: str = "1") -> OrderLine:
    return OrderLine(
        line_id=line_id,
        product="chair",
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        net_minor=net_minor,
    )


@pytest.mark.parametrize(
    ("currency", "wrong"),
    [
        ("EUR", priced("1000", "99.999999999999", 1)),
        ("EUR", priced("3", "33.335", 100_03)),
        ("EUR", priced("3", "33.335", 99_99)),
        ("JPY", priced("1", "100", 10000)),
        ("EUR", priced("9" * 15, "9" * 15, 1)),
    ],
)
def test_an_order_with_a_line_that_is_not_its_quantity_at_its_price_is_held(currency: str, wrong: OrderLine) -> None:
    world = rig()
    world.tell(registered(), limited(euros=None), contracted(currency=currency))

    events = world.tell(order("o1", currency=currency, lines=(priced("1", "1", 100, "0"), wrong)))

    assert "line-arithmetic" in [r.row for r in of(events, OrderHeld)[0].reasons]
    assert world.rows("orders", Hold)[0].owner == "sales_director"


@pytest.mark.parametrize(
    ("currency", "right"),
    [
        ("EUR", priced("3", "33.335", 100_01)),
        ("EUR", priced("3", "33.335", 100_00)),
        ("EUR", priced("0.333", "0.01", 0)),
        ("JPY", priced("3", "33.5", 101)),
        ("KWD", priced("2", "1.5", 3000)),
    ],
)
def test_how_a_line_was_rounded_is_nobodys_business(currency: str, right: OrderLine) -> None:
    world = rig()
    world.tell(registered(), limited(euros=None), contracted(currency=currency))

    assert told(world.tell(order("o1", currency=currency, lines=(right,)))) == ["OrderAccepted"]


def test_an_amendment_that_mends_the_line_releases_the_order() -> None:
    world = rig()
    world.tell(*known())
    world.tell(order("o1", lines=(priced("2", "50", 10_00),)))

    events = world.tell(amendment("o1", 100, lines=(priced("2", "50", 100_00),)))

    assert told(events) == ["OrderReleased"]


def test_an_order_outside_the_days_of_its_contract_is_rejected_with_its_row() -> None:
    world = rig()
    world.tell(registered(), limited(), contracted(starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 28)))

    early = world.tell(order("o1"), at=datetime(2026, 1, 31, 12, tzinfo=UTC))
    within = world.tell(order("o2"), at=datetime(2026, 2, 28, 12, tzinfo=UTC))
    late = world.tell(order("o3"), at=datetime(2026, 3, 1, 12, tzinfo=UTC))

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


def test_an_order_is_judged_by_its_own_date_but_a_date_far_from_the_day_it_came_is_looked_at() -> None:
    world = rig()
    world.tell(registered(), limited(), contracted(ends_on=date(2025, 12, 31)))

    a_week_late = world.tell(order("o1"), on=date(2025, 12, 31))
    backdated = world.tell(order("o2"), on=date(2025, 11, 1))

    assert told(a_week_late) == ["OrderAccepted"]
    assert [(r.row, r.field) for r in of(backdated, OrderHeld)[0].reasons] == [("dated-long-ago", "businessdate")]


@pytest.mark.parametrize(
    ("instructed", "asked", "row"),
    [
        ("monthly", "at_once", "invoice-at-once-not-wanted"),
        ("at_once", "monthly", "invoice-monthly-not-agreed"),
        ("monthly", "monthly", None),
        ("monthly", None, None),
        ("at_once", "at_once", None),
    ],
)
def test_an_order_that_asks_for_another_invoice_rhythm_than_the_customers_is_held_and_says_so(
    instructed: str, asked: str | None, row: str | None
) -> None:
    world = rig()
    world.tell(*known(euros=1000, instructions=Instructions(invoice_rhythm=instructed)))

    events = world.tell(order("o1", 100, invoice_rhythm=asked))

    reasons = [(r.row, r.field) for e in of(events, OrderHeld) for r in e.reasons]
    assert reasons == ([(row, "invoice_rhythm")] if row else [])
    assert (told(events) == ["OrderAccepted"]) == (row is None)


def test_the_customers_new_instruction_lets_its_order_go() -> None:
    world = rig()
    world.tell(*known(euros=1000))
    world.tell(order("o1", 100, invoice_rhythm="monthly"))

    events = world.tell(CustomerChanged(customer_id="anna", instructions=Instructions(invoice_rhythm="monthly")))

    assert told(events) == ["OrderReleased"]
