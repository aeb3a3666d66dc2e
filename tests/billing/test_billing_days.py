"""Customers who want one invoice a month, on their day, in the zone of the company that sells."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from o2c_billing.commands import ReleaseInvoice
from o2c_billing.domain.bills import Draft
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.orders import Order
from o2c_chassis.testing import of
from o2c_contracts.billing import InvoiceIssued, InvoiceWithheld, UnbilledChanged
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveredLine
from o2c_contracts.master import CustomerChanged, Instructions
from o2c_contracts.orders import OrderCancelled, OrderHeld, OrderRejected

from tests.billing.books import (
    START,
    Billing,
    berlin,
    contract,
    customer,
    delivery,
    monthly,
    order,
    order_line,
    service_line,
)


def waiting(day: int | None = 31) -> Billing:
    billing = Billing()
    billing.tell(customer(instructions=monthly(day)), contract(), order(order_line(30000, "3")))
    billing.tell(delivery(10000, "1", name="D1"))
    billing.tell(delivery(10000, "1", name="D2", delivered_on=date(2026, 3, 20)), at=berlin("2026-03-20"))
    return billing


def test_deliveries_wait_for_the_billing_day_and_go_out_together_at_its_hour() -> None:
    billing = waiting(25)

    before = billing.until(berlin("2026-03-25", 6, 59))
    on_the_day = billing.until(berlin("2026-03-25", 7))

    assert of(before, InvoiceIssued) == []
    (invoice,) = of(on_the_day, InvoiceIssued)
    assert (invoice.issued_on, invoice.net_minor) == (date(2026, 3, 25), 20000)
    assert [line.delivery_id for line in invoice.lines] == ["D1", "D2"]


def test_what_waits_is_told_as_unbilled_with_its_day_and_leaves_at_the_instant_of_the_invoice() -> None:
    billing = waiting(25)

    assert billing.unbilled() == {"D1/1": (10000, "billing-day"), "D2/1": (10000, "billing-day")}
    told = of(billing.until(berlin("2026-03-25", 7)), UnbilledChanged)

    assert [(u.line_id, u.unbilled_minor, u.blocker) for u in told] == [("D1/1", 0, ""), ("D2/1", 0, "")]
    assert billing.unbilled() == {}


def test_day_31_is_the_last_day_of_a_shorter_month() -> None:
    billing = Billing(at=datetime(2026, 2, 10, 9, tzinfo=UTC))
    billing.tell(customer(instructions=monthly(31)), contract(), order())
    billing.tell(delivery(delivered_on=date(2026, 2, 10)))

    told = billing.until(berlin("2026-02-28", 7))

    assert of(told, InvoiceIssued)[0].issued_on == date(2026, 2, 28)


def test_without_a_day_of_its_own_a_monthly_customer_is_invoiced_at_the_end_of_the_month() -> None:
    billing = waiting(None)

    told = billing.until(berlin("2026-03-31", 7))

    assert of(told, InvoiceIssued)[0].net_minor == 20000


def test_a_delivery_after_the_hour_of_the_billing_day_waits_for_the_next() -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(2)), contract(), order())

    billing.tell(delivery(), at=berlin("2026-03-02", 7, 1))

    assert [i.issued_on for i in of(billing.until(berlin("2026-04-02", 8)), InvoiceIssued)] == [date(2026, 4, 2)]


def test_a_delivery_before_the_hour_of_the_billing_day_goes_out_the_same_day() -> None:
    billing = Billing(at=berlin("2026-03-02", 3).astimezone(UTC))
    billing.tell(customer(instructions=monthly(2)), contract(), order(), delivery())

    assert [i.issued_on for i in of(billing.until(berlin("2026-03-02", 7)), InvoiceIssued)] == [date(2026, 3, 2)]


def test_each_company_invoices_at_its_own_seven_o_clock() -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(10)), contract(), order())
    billing.tell(contract(contract_id="K2", legal_entity="US01", currency="USD"))
    billing.tell(
        order(order_line(5000, tax_code="none"), order_id="O2", contract_id="K2", legal_entity="US01", currency="USD")
    )
    billing.tell(delivery())
    billing.tell(delivery(5000, "1", name="D2", order_id="O2", legal_entity="US01", currency="USD"))

    berlin_first = of(billing.until(datetime(2026, 3, 10, 6, tzinfo=UTC)), InvoiceIssued)
    new_york_later = of(billing.until(datetime(2026, 3, 10, 11, tzinfo=UTC)), InvoiceIssued)

    assert [i.legal_entity for i in berlin_first] == ["DE01"]
    assert [i.legal_entity for i in new_york_later] == ["US01"]


def test_one_invoice_never_mixes_contract_or_order_number() -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(10)), contract(), contract(contract_id="K2"))
    billing.tell(
        order(order_id="O1", purchase_order="PO-1"),
        order(order_id="O2", purchase_order="PO-2"),
        order(order_id="O3", contract_id="K2", purchase_order="PO-1"),
        order(order_id="O4", purchase_order="PO-1"),
    )
    for n in range(1, 5):
        billing.tell(delivery(name=f"D{n}", order_id=f"O{n}"))

    told = of(billing.until(berlin("2026-03-10", 7)), InvoiceIssued)

    seen = sorted((i.contract_id, i.purchase_order, [x.order_id for x in i.lines]) for i in told)
    assert seen == [("K1", "PO-1", ["O1", "O4"]), ("K1", "PO-2", ["O2"]), ("K2", "PO-1", ["O3"])]


def test_one_invoice_never_mixes_currencies() -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(10)), contract(), contract(contract_id="K2", currency="USD"), order())
    billing.tell(order(order_id="O2", contract_id="K2", currency="USD"))
    billing.tell(delivery(), delivery(name="D2", order_id="O2", currency="USD"))

    told = of(billing.until(berlin("2026-03-10", 7)), InvoiceIssued)

    assert sorted((i.currency, i.net_minor) for i in told) == [("EUR", 10000), ("USD", 10000)]


def test_who_no_longer_wants_to_wait_is_invoiced_at_once() -> None:
    billing = waiting(25)

    told = billing.tell(CustomerChanged(customer_id="C1", instructions=Instructions()))

    assert [i.net_minor for i in of(told, InvoiceIssued)] == [20000]
    assert of(billing.until(berlin("2026-04-30")), InvoiceIssued) == []


def test_another_billing_day_moves_what_waits() -> None:
    billing = waiting(25)

    billing.tell(CustomerChanged(customer_id="C1", instructions=monthly(28)))

    assert of(billing.until(berlin("2026-03-27")), InvoiceIssued) == []
    assert of(billing.until(berlin("2026-03-28", 7)), InvoiceIssued)[0].net_minor == 20000


def test_a_line_that_the_order_does_not_have_withholds_only_its_own_group() -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(10)), contract(), order(), order(order_id="O2", purchase_order="PO-2"))
    billing.tell(delivery())
    strange = (DeliveredLine(line_id="9", quantity=Decimal(1), net_minor=100),)
    billing.tell(delivery(name="D2", order_id="O2", lines=strange))

    told = billing.until(berlin("2026-03-10", 7))

    assert [i.net_minor for i in of(told, InvoiceIssued)] == [10000]
    assert billing.unbilled() == {"D2/1": (100, "unknown-order-line")}


def two_orders(**instructions: Any) -> Billing:
    """100.00 of one order and 50.00 of another are delivered and wait for the tenth."""
    billing = Billing()
    wishes = Instructions(invoice_rhythm="monthly", billing_day=10, **instructions)
    billing.tell(customer(instructions=wishes), contract(), order(), order(order_line(5000, "1"), order_id="O2"))
    billing.tell(delivery(), delivery(5000, "1", name="D2", order_id="O2"))
    return billing


def held(order_id: str = "O2", net: int = 5000, quantity: str = "1") -> OrderHeld:
    found: OrderHeld = order(order_line(net, quantity), kind=OrderHeld, order_id=order_id, reasons=())
    return found


def drafts(billing: Billing) -> list[tuple[str, int, list[str]]]:
    return sorted((d.status, d.net_minor, [r.row for r in d.why]) for d in billing.rows(Draft))


def test_a_held_order_keeps_only_its_own_charges_back() -> None:
    billing = two_orders()
    billing.tell(held())

    told = billing.until(berlin("2026-03-10", 7))

    assert [i.net_minor for i in of(told, InvoiceIssued)] == [10000]
    (withheld,) = of(told, InvoiceWithheld)
    assert (withheld.net_minor, withheld.owner, [r.row for r in withheld.reasons]) == (
        5000, "credit_manager", ["order-held"],
    )  # fmt: skip
    assert billing.unbilled() == {"D2/1": (5000, "order-held")}
    released = billing.tell(order(order_line(5000, "1"), order_id="O2"))
    assert [i.net_minor for i in of(released, InvoiceIssued)] == [5000]


@pytest.mark.parametrize(
    ("stop", "row"), [(OrderRejected, "order-rejected"), (OrderCancelled, "delivered-after-cancellation")]
)
def test_so_does_an_order_that_was_rejected_or_cancelled_before(stop: type[Event], row: str) -> None:
    billing = two_orders()
    reasons: dict[str, Any] = {"reasons": (), "total_minor": 5000} if stop is OrderRejected else {}
    known = {"customer_id": "C1", "legal_entity": "DE01", "currency": "EUR", "order_id": "O2"}
    billing.tell(stop(**known, **reasons), on=date(2026, 3, 1))

    told = billing.until(berlin("2026-03-10", 7))

    assert [i.net_minor for i in of(told, InvoiceIssued)] == [10000]
    assert drafts(billing) == [("withheld", 5000, [row])]


def test_each_stopped_order_waits_in_a_draft_of_its_own() -> None:
    billing = two_orders()
    billing.tell(held("O1", 10000, "10"), held())

    told = billing.until(berlin("2026-03-10", 7))

    assert of(told, InvoiceIssued) == []
    assert drafts(billing) == [("withheld", 5000, ["order-held"]), ("withheld", 10000, ["order-held"])]


def test_monthly_lines_of_the_contract_go_out_without_what_is_held() -> None:
    billing = Billing()
    lines = (service_line("310.00", date(2026, 3, 1)),)
    billing.tell(customer(instructions=monthly(10)), contract(starts_on=date(2026, 3, 1), lines=lines))
    billing.tell(held(), delivery(5000, "1", name="D2", order_id="O2"))

    told = billing.until(berlin("2026-03-10", 7))

    assert [i.net_minor for i in of(told, InvoiceIssued)] == [31000]
    assert billing.unbilled() == {"D2/1": (5000, "order-held")}


def test_an_order_that_is_held_later_leaves_the_draft_in_which_it_waited() -> None:
    billing = two_orders(purchase_order_needed=True)
    billing.until(berlin("2026-03-10", 7))
    assert drafts(billing) == [("withheld", 15000, ["purchase-order-missing"])]

    billing.tell(held())
    both = ["order-held", "purchase-order-missing"]
    assert drafts(billing) == [("withheld", 5000, both), ("withheld", 10000, ["purchase-order-missing"])]
    told = billing.tell(CustomerChanged(customer_id="C1", instructions=monthly(10)))

    assert [i.net_minor for i in of(told, InvoiceIssued)] == [10000]
    assert drafts(billing) == [("issued", 10000, ["purchase-order-missing"]), ("withheld", 5000, ["order-held"])]


def test_what_a_person_let_pass_holds_for_the_order_that_is_set_apart_too() -> None:
    billing = two_orders(purchase_order_needed=True)
    billing.until(berlin("2026-03-10", 7))
    (draft,) = billing.rows(Draft)
    billing.rig.seed_rows("billing", Order.placed(held(), "held"))

    told = billing.do(ReleaseInvoice(customer_id="C1", draft_id=draft.draft_id), "max", ["billing_manager"])

    assert [i.net_minor for i in of(told, InvoiceIssued)] == [10000]
    assert drafts(billing)[1] == ("withheld", 5000, ["order-held"])
    assert [d.passed for d in billing.rows(Draft)] == [{"purchase-order-missing": "max"}] * 2


def test_nothing_is_armed_for_a_customer_with_nothing_to_invoice() -> None:
    billing = waiting(25)
    billing.until(berlin("2026-03-25", 7))

    assert billing.rig.deadlines("billing") == {}
    assert [c.status for c in billing.rows(Charge)] == ["invoiced", "invoiced"]
    assert billing.rig.at > START
