"""A number belongs to its customer: contract, order and delivery of the same number are another one of each."""

from datetime import UTC, date
from typing import Any

from o2c_billing.commands import ApproveRequest, CancelCharge, ReleaseInvoice
from o2c_billing.domain.bills import Draft
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.credits import Request
from o2c_chassis.approvals import Approval
from o2c_chassis.testing import of
from o2c_contracts.billing import BillingItemCancelled, CreditNoteIssued, InvoiceIssued, InvoiceWithheld
from o2c_contracts.event import Event
from o2c_contracts.orders import OrderCancelled, OrderHeld

from tests.billing.books import (
    Billing,
    amended,
    berlin,
    contract,
    customer,
    delivery,
    monthly,
    order,
    order_line,
    service_line,
)

FIRST, SECOND = "C1", "C2"


def both(**changes: Any) -> list[Event]:
    return [customer(customer_id=c, **changes) for c in (FIRST, SECOND)]


def approved(billing: Billing, who: str, *people: str) -> list[Event]:
    """The one open approval of this customer, by each of these roles."""
    told: list[Event] = []
    for role in people:
        (asked,) = billing.rows(Approval, customer_id=who, status="open")
        command = ApproveRequest(customer_id=who, approval_id=asked.approval_id)
        told += billing.do(command, f"a {role}", [role])
    return told


def charged(billing: Billing) -> list[tuple[str, date, int]]:
    return sorted((i.customer_id, x.service_from, x.net_minor) for i in billing.invoices() for x in i.lines)  # type: ignore[type-var]


def test_each_is_charged_its_own_price_on_its_own_contract() -> None:
    billing = Billing(at=berlin("2026-02-20").astimezone(UTC))
    billing.tell(*both(), contract(lines=(service_line("310.00", date(2026, 3, 1)),)))

    billing.tell(contract(customer_id=SECOND, terms_days=60, lines=(service_line("500.00", date(2026, 3, 10)),)))
    billing.until(berlin("2026-04-10"))

    assert charged(billing) == [
        (FIRST, date(2026, 3, 1), 31000),
        (FIRST, date(2026, 4, 1), 31000),
        (SECOND, date(2026, 3, 10), 50000),
        (SECOND, date(2026, 4, 10), 50000),
    ]
    assert {(i.customer_id, (i.due_on - i.issued_on).days) for i in billing.invoices()} == {(FIRST, 30), (SECOND, 60)}


def test_slashes_in_a_customer_s_name_never_make_two_contracts_one() -> None:
    billing = Billing(at=berlin("2026-02-20").astimezone(UTC))
    lines = (service_line("310.00", date(2026, 3, 1)),)
    names = [("A", "B/K"), ("A/B", "K"), ("A%2FB", "K")]
    for who, number in names:
        billing.tell(customer(customer_id=who), contract(customer_id=who, contract_id=number, lines=lines))

    billing.until(berlin("2026-03-02"))

    assert sorted((i.customer_id, i.contract_id) for i in billing.invoices()) == sorted(names)


def test_the_same_order_and_delivery_are_invoiced_to_each_on_its_own_terms() -> None:
    billing = Billing()
    billing.tell(*both(), contract(), contract(customer_id=SECOND, terms_days=60))
    billing.tell(order(order_line(10000, "10")), order(order_line(7000, "10"), customer_id=SECOND))

    billing.tell(delivery(10000), delivery(7000, customer_id=SECOND))

    assert [(i.customer_id, i.net_minor, (i.due_on - i.issued_on).days) for i in billing.invoices()] == [
        (FIRST, 10000, 30),
        (SECOND, 7000, 60),
    ]


def test_an_order_that_is_held_or_cancelled_stops_nothing_of_the_other() -> None:
    billing = Billing()
    billing.tell(*both(), contract(), contract(customer_id=SECOND))
    billing.tell(order(kind=OrderHeld, reasons=()), order(customer_id=SECOND, order_id="O2"))
    billing.tell(order(customer_id=SECOND), order(order_id="O2"))
    billing.tell(OrderCancelled(customer_id=FIRST, legal_entity="DE01", currency="EUR", order_id="O2"))

    billing.tell(*(delivery(name=f"D{n}", order_id=f"O{n}", customer_id=SECOND) for n in (1, 2)))
    told = billing.tell(delivery())

    assert [i.customer_id for i in billing.invoices()] == [SECOND, SECOND]
    assert [(e.customer_id, e.draft_id) for e in of(told, InvoiceWithheld)] == [(FIRST, "delivery/D1")]


def test_a_draft_goes_out_when_its_own_customer_s_order_is_released_or_a_person_lets_it_pass() -> None:
    billing = Billing()
    billing.tell(*both(), contract(), contract(customer_id=SECOND))
    for who in (FIRST, SECOND):
        billing.tell(order(kind=OrderHeld, reasons=(), customer_id=who), delivery(customer_id=who))

    billing.tell(order())
    told = billing.do(ReleaseInvoice(customer_id=SECOND, draft_id="delivery/D1"), "carl", ["controller"])

    assert [i.customer_id for i in billing.invoices()] == [FIRST, SECOND]
    assert [e.customer_id for e in of(told, InvoiceIssued)] == [SECOND]
    drafts = [(d.customer_id, d.draft_id, d.status) for d in billing.rows(Draft)]
    assert drafts == [(FIRST, "delivery/D1", "issued"), (SECOND, "delivery/D1", "issued")]


def test_a_charge_is_cancelled_for_its_own_customer_only() -> None:
    billing = Billing()
    billing.tell(*both(instructions=monthly(25)), contract(), contract(customer_id=SECOND))
    for who in (FIRST, SECOND):
        billing.tell(order(customer_id=who), delivery(customer_id=who))
        billing.do(CancelCharge(customer_id=who, line_id="D1/1", reason="duplicate"), "bea", ["billing_lead"])

    told = approved(billing, SECOND, "billing_lead")

    assert [(e.customer_id, e.line_id) for e in of(told, BillingItemCancelled)] == [(SECOND, "D1/1")]
    assert [(c.customer_id, c.status) for c in billing.rows(Charge)] == [(FIRST, "unbilled"), (SECOND, "cancelled")]
    assert sorted((r.customer_id, r.status) for r in billing.rows(Request)) == [(FIRST, "open"), (SECOND, "granted")]


def test_an_amendment_corrects_the_months_of_its_own_customer_only() -> None:
    billing = Billing(at=berlin("2026-02-20").astimezone(UTC))
    lines = (service_line("310.00", date(2026, 3, 1)),)
    billing.tell(*both(), contract(lines=lines), contract(customer_id=SECOND, lines=lines))
    billing.until(berlin("2026-03-20"))
    cheaper = (service_line("155.00", date(2026, 3, 1)),)

    for who in (FIRST, SECOND):
        billing.tell(amended(date(2026, 3, 1), customer_id=who, lines=cheaper))
    told = approved(billing, SECOND, "billing_lead")

    assert [(n.customer_id, n.net_minor) for n in of(told, CreditNoteIssued)] == [(SECOND, 15500)]
    assert [r.status for r in billing.rows(Request)] == ["open", "granted"]
    assert len({r.request_id for r in billing.rows(Request)}) == 1
