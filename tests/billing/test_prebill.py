"""Checks before an invoice goes out: withheld with all reasons and an owner, mended by the event that mends."""

import json
from datetime import date
from decimal import Decimal

import pytest
from o2c_billing.commands import ReleaseInvoice
from o2c_billing.domain.bills import Draft
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.invoices import Invoice
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.billing import InvoiceIssued, InvoiceWithheld, UnbilledChanged
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveredLine
from o2c_contracts.master import CustomerChanged, Instructions
from o2c_contracts.orders import OrderAmended, OrderCancelled, OrderHeld, OrderRejected, OrderReleased, Reason

from tests.billing.books import Billing, berlin, contract, customer, delivery, monthly, order, order_line

HELD = {"reasons": (Reason(row="over-limit", text="over the limit"),)}
NUMBERED = Instructions(purchase_order_needed=True)


def rows(told: list[Event]) -> list[str]:
    (withheld,) = of(told, InvoiceWithheld)
    return [r.row for r in withheld.reasons]


def without_order_number() -> Billing:
    billing = Billing()
    billing.tell(customer(instructions=NUMBERED), contract(), order())
    billing.tell(delivery())
    return billing


def test_a_missing_order_number_withholds_the_invoice_for_its_owner() -> None:
    billing = Billing()
    billing.tell(customer(instructions=NUMBERED), contract(), order())

    told = billing.tell(delivery())

    (withheld,) = of(told, InvoiceWithheld)
    assert (withheld.owner, withheld.net_minor) == ("billing_lead", 10000)
    assert [(r.row, r.field) for r in withheld.reasons] == [("purchase-order-missing", "purchase_order")]
    assert withheld.reasons[0].decision_id in {d.id for d in billing.rig.decisions("billing")}
    assert of(told, InvoiceIssued) == []
    assert of(told, UnbilledChanged)[0].blocker == "purchase-order-missing"


def test_the_order_number_by_amendment_sends_the_invoice() -> None:
    billing = without_order_number()

    told = billing.tell(order(kind=OrderAmended, amendment_id="A1", purchase_order="PO-7"))

    assert of(told, InvoiceIssued)[0].purchase_order == "PO-7"
    assert [(d.status, d.invoice_number) for d in billing.rows(Draft)] == [("issued", "DE01-INV-2026-000001")]


def test_a_customer_who_no_longer_needs_the_number_gets_its_invoice() -> None:
    billing = without_order_number()

    told = billing.tell(CustomerChanged(customer_id="C1", instructions=Instructions()))

    assert len(of(told, InvoiceIssued)) == 1


def test_the_registration_of_the_customer_sends_what_waited_for_it() -> None:
    billing = Billing()
    billing.tell(contract(), order())

    assert rows(billing.tell(delivery())) == ["unknown-customer"]
    assert of(billing.tell(customer()), InvoiceIssued)[0].total_minor == 11900


def test_who_registers_as_a_monthly_customer_waits_for_its_day_with_what_was_withheld() -> None:
    billing = Billing()
    billing.tell(contract(), order(), delivery())

    billing.tell(customer(instructions=monthly(10)))

    assert [d.status for d in billing.rows(Draft)] == ["dissolved"]
    assert of(billing.until(berlin("2026-03-10", 7)), InvoiceIssued)[0].total_minor == 11900


def test_the_contract_sends_what_waited_for_it() -> None:
    billing = Billing()
    billing.tell(customer(), order())

    assert rows(billing.tell(delivery())) == ["unknown-contract"]
    assert of(billing.tell(contract()), InvoiceIssued)[0].contract_id == "K1"


def test_what_left_while_the_order_was_held_goes_out_when_it_is_released() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(kind=OrderHeld, **HELD))

    assert rows(billing.tell(delivery())) == ["order-held"]
    assert len(of(billing.tell(order(kind=OrderReleased)), InvoiceIssued)) == 1


def test_a_draft_says_so_when_its_reason_becomes_another_one() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), delivery())

    held = billing.tell(order(kind=OrderHeld, **HELD))
    again = billing.tell(order(kind=OrderHeld, **HELD))

    assert rows(held) == ["order-held"]
    assert of(held, UnbilledChanged)[0].blocker == "order-held"
    assert of(again, InvoiceWithheld) == []


def test_goods_of_a_rejected_order_are_for_sales() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(kind=OrderHeld, **HELD))
    billing.tell(
        OrderRejected(
            customer_id="C1", legal_entity="DE01", currency="EUR", order_id="O1", total_minor=10000, reasons=()
        )
    )

    (withheld,) = of(billing.tell(delivery()), InvoiceWithheld)

    assert (withheld.owner, [r.row for r in withheld.reasons]) == ("sales_director", ["order-rejected"])


@pytest.mark.parametrize("delivery_first", [True, False])
def test_what_was_delivered_before_the_cancellation_is_owed_in_either_order(delivery_first: bool) -> None:
    billing = Billing()
    cancelled = OrderCancelled(customer_id="C1", legal_entity="DE01", currency="EUR", order_id="O1")
    billing.tell(customer(instructions=monthly(25)), contract(), order())
    if delivery_first:
        billing.tell(delivery())
    billing.tell(cancelled, at=berlin("2026-03-05"))
    if not delivery_first:
        billing.tell(delivery())

    billing.until(berlin("2026-03-25", 7))

    assert [i.net_minor for i in billing.invoices()] == [10000]


def test_what_was_delivered_after_the_cancellation_is_for_sales() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order())
    billing.tell(OrderCancelled(customer_id="C1", legal_entity="DE01", currency="EUR", order_id="O1"))

    assert rows(billing.tell(delivery(delivered_on=date(2026, 3, 3)))) == ["delivered-after-cancellation"]


def test_more_than_was_ordered_is_looked_at() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order())

    assert rows(billing.tell(delivery(11000, "11"))) == ["over-ordered-quantity"]


def test_a_delivery_that_names_another_amount_is_looked_at() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order())

    assert rows(billing.tell(delivery(9900, "10"))) == ["price-off"]


def test_a_free_line_is_looked_at() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(0)))

    assert rows(billing.tell(delivery(0, "1"))) == ["zero-line"]


def test_a_line_the_order_does_not_have_is_looked_at() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order())
    strange = (DeliveredLine(line_id="99", quantity=Decimal(1), net_minor=500),)

    assert rows(billing.tell(delivery(lines=strange))) == ["unknown-order-line"]


def test_an_order_in_another_currency_than_its_contract_is_looked_at() -> None:
    billing = Billing()
    billing.tell(customer(), contract(currency="USD"), order())

    assert rows(billing.tell(delivery())) == ["other-money-than-contract"]


def test_a_company_that_nobody_knows_withholds_and_blocks_nobody() -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(25)), contract(), order())

    (withheld,) = of(billing.tell(delivery(legal_entity="XX99")), InvoiceWithheld)

    assert {r.row for r in withheld.reasons} == {
        "unknown-legal-entity",
        "other-money-than-order",
        "other-money-than-contract",
    }
    assert of(billing.until(berlin("2026-03-25", 8)), InvoiceIssued) == []


def test_what_is_dated_ahead_of_time_is_looked_at() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order())

    assert rows(billing.tell(delivery(delivered_on=date(2199, 12, 31)))) == ["ahead-of-time"]


def test_what_arrives_after_the_contract_has_ended_goes_out_with_a_note() -> None:
    billing = Billing()
    billing.tell(customer(), contract(ends_on=date(2026, 2, 28)), order(), delivery())

    assert [i.warnings for i in billing.rows(Invoice)] == ['["after-contract-end"]']


def test_tax_that_nobody_can_tell_is_for_the_controller() -> None:
    billing = Billing()
    billing.tell(customer(country="ES", tax_id=None), contract(), order())

    (withheld,) = of(billing.tell(delivery()), InvoiceWithheld)

    assert (withheld.owner, [r.row for r in withheld.reasons]) == ("controller", ["tax-undetermined"])


def test_the_tax_number_of_the_customer_mends_it() -> None:
    billing = Billing()
    billing.tell(customer(country="ES", tax_id=None), contract(), order(), delivery())

    told = billing.tell(CustomerChanged(customer_id="C1", tax_id="ESB12345678"))

    assert [t.category for t in of(told, InvoiceIssued)[0].taxes] == ["AE"]


def test_a_large_total_goes_out_with_a_note() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(10_000_000)), delivery(10_000_000, "1"))

    assert [i.warnings for i in billing.rows(Invoice)] == ['["large-total"]']


@pytest.mark.parametrize(
    ("currency", "net_minor", "rows"),
    [
        ("JPY", 9_999_999, []),
        ("JPY", 10_000_000, ["large-total"]),
        ("KWD", 99_999_999, []),
        ("KWD", 100_000_000, ["large-total"]),
        ("CHF", 9_999_999, []),
        ("CHF", 10_000_000, ["large-total"]),
    ],
)
def test_how_much_is_large_goes_by_the_currency_and_not_by_its_cents(
    currency: str, net_minor: int, rows: list[str]
) -> None:
    billing = Billing()
    line = order_line(net_minor, tax_code="none")
    billing.tell(customer(), contract(currency=currency), order(line, currency=currency))

    billing.tell(delivery(net_minor, "1", currency=currency))

    assert [json.loads(i.warnings) for i in billing.rows(Invoice)] == [rows]


def test_a_million_is_released_by_a_controller() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(100_000_000)))
    (withheld,) = of(billing.tell(delivery(100_000_000, "1")), InvoiceWithheld)

    told = billing.do(ReleaseInvoice(customer_id="C1", draft_id=withheld.draft_id), "carl", ["controller"])

    assert of(told, InvoiceIssued)[0].net_minor == 100_000_000
    (draft,) = billing.rows(Draft)
    assert draft.passed == {"very-large-total": "carl"}


def test_who_may_not_let_a_check_pass_is_refused_and_nothing_changes() -> None:
    billing = without_order_number()
    (draft,) = billing.rows(Draft)

    with pytest.raises(Refused) as refused:
        billing.do(ReleaseInvoice(customer_id="C1", draft_id=draft.draft_id), "bea", ["billing_lead"])

    assert (refused.value.code, refused.value.status) == ("still-withheld", 403)
    assert billing.rows(Draft) == [draft]
    assert billing.invoices() == []


def test_a_billing_manager_may_send_without_the_order_number() -> None:
    billing = without_order_number()
    (draft,) = billing.rows(Draft)

    told = billing.do(ReleaseInvoice(customer_id="C1", draft_id=draft.draft_id), "max", ["billing_manager"])

    assert len(of(told, InvoiceIssued)) == 1
    assert [c.status for c in billing.rows(Charge)] == ["invoiced"]


@pytest.mark.parametrize(
    ("draft_id", "customer_id", "code"),
    [("delivery/none", "C1", "unknown-draft"), ("delivery/D1", "C2", "unknown-draft")],
)
def test_a_draft_that_is_not_the_customers_is_not_found(draft_id: str, customer_id: str, code: str) -> None:
    billing = without_order_number()

    with pytest.raises(Refused) as refused:
        billing.do(ReleaseInvoice(customer_id=customer_id, draft_id=draft_id), "max", ["billing_manager"])

    assert (refused.value.code, refused.value.status) == (code, 404)


def test_a_draft_that_went_out_is_not_released_again() -> None:
    billing = without_order_number()
    billing.tell(order(kind=OrderAmended, amendment_id="A1", purchase_order="PO-7"))

    with pytest.raises(Refused) as refused:
        billing.do(ReleaseInvoice(customer_id="C1", draft_id="delivery/D1"), "max", ["billing_manager"])

    assert refused.value.code == "not-withheld"


def test_all_reasons_are_told_at_once() -> None:
    billing = Billing()
    billing.tell(customer(instructions=NUMBERED), contract(), order())

    assert rows(billing.tell(delivery(12000, "11"))) == ["purchase-order-missing", "over-ordered-quantity", "price-off"]


def test_two_orders_of_a_withheld_month_part_when_one_gets_its_number() -> None:
    billing = Billing()
    billing.tell(
        customer(instructions=Instructions(purchase_order_needed=True, invoice_rhythm="monthly", billing_day=10))
    )
    billing.tell(contract(), order(), order(order_id="O2"), delivery(), delivery(name="D2", order_id="O2"))
    billing.until(berlin("2026-03-10", 7))
    assert len(billing.rows(Draft, status="withheld")) == 1

    told = billing.tell(order(kind=OrderAmended, amendment_id="A1", purchase_order="PO-7"))

    assert [x.order_id for x in of(told, InvoiceIssued)[0].lines] == ["O1"]
    assert billing.unbilled() == {"D2/1": (10000, "purchase-order-missing")}
