"""Charges taken back before they are invoiced: only through the matrix, and not invoiced while people decide."""

from datetime import timedelta

import pytest
from o2c_billing.commands import CancelCharge, RefuseRequest
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.credits import Request
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.billing import BillingItemCancelled, InvoiceIssued, InvoiceWithheld, UnbilledChanged
from o2c_contracts.event import Event
from o2c_contracts.master import CustomerChanged, Instructions
from o2c_contracts.orders import OrderAmended
from o2c_contracts.shared import ApprovalExpired, ApprovalRequested, ApprovalVoided

from tests.billing.books import START, Billing, berlin, contract, customer, delivery, monthly, order, order_line

LINE = "D1/1"


def waiting() -> Billing:
    billing = Billing()
    billing.tell(customer(instructions=monthly(25)), contract(), order(order_line(30000, "3")))
    billing.tell(delivery(10000, "1", name="D1"), delivery(10000, "1", name="D2"))
    return billing


def cancel(billing: Billing, *roles: str, line_id: str = LINE) -> list[Event]:
    command = CancelCharge(customer_id="C1", line_id=line_id, reason="duplicate")
    return billing.do(command, "bea", roles or ("billing_lead",))


def test_a_cancellation_is_asked_for_and_nothing_is_cancelled_yet() -> None:
    billing = waiting()

    told = cancel(billing)

    (requested,) = of(told, ApprovalRequested)
    assert (requested.action, requested.amount_minor, requested.requested_by) == ("cancel-charge", 10000, "bea")
    assert [u.blocker for u in of(told, UnbilledChanged)] == ["cancellation-requested"]
    assert billing.rows(Charge, line_id=LINE)[0].status == "unbilled"


def test_approved_it_is_gone_and_told() -> None:
    billing = waiting()
    cancel(billing)

    told = billing.approve("max", "billing_lead")

    assert [(e.line_id, e.net_minor) for e in of(told, BillingItemCancelled)] == [(LINE, 10000)]
    assert [(u.line_id, u.unbilled_minor) for u in of(told, UnbilledChanged)] == [(LINE, 0)]
    invoiced = of(billing.until(berlin("2026-03-25", 7)), InvoiceIssued)
    assert [x.line_id for i in invoiced for x in i.lines] == ["D2/1"]


def test_what_may_be_cancelled_stays_out_of_the_billing_day() -> None:
    billing = waiting()
    billing.until(berlin("2026-03-24"))
    cancel(billing)

    told = of(billing.until(berlin("2026-03-25", 7)), InvoiceIssued)

    assert [x.line_id for i in told for x in i.lines] == ["D2/1"]


def test_refused_it_waits_for_the_next_billing_day() -> None:
    billing = waiting()
    cancel(billing)
    approval = billing.open_approval()

    billing.do(RefuseRequest(customer_id="C1", approval_id=approval.approval_id), "max", ["billing_lead"])

    assert billing.unbilled()[LINE] == (10000, "billing-day")
    assert len(of(billing.until(berlin("2026-03-25", 7)), InvoiceIssued)[0].lines) == 2


def test_expired_it_is_owed_after_all() -> None:
    billing = waiting()
    cancel(billing)

    told = billing.until(START + timedelta(hours=73))

    assert len(of(told, ApprovalExpired)) == 1
    assert billing.unbilled()[LINE] == (10000, "billing-day")


def test_another_amount_voids_the_request() -> None:
    billing = waiting()
    cancel(billing)

    told = billing.tell(order(order_line(60000, "3"), kind=OrderAmended, amendment_id="A1"))

    assert len(of(told, ApprovalVoided)) == 1
    assert [r.status for r in billing.rows(Request)] == ["voided"]
    assert billing.unbilled()[LINE] == (20000, "billing-day")


def test_the_last_line_of_a_withheld_draft_takes_the_draft_with_it() -> None:
    billing = Billing()
    billing.tell(customer(instructions=Instructions(purchase_order_needed=True)), contract(), order(), delivery())

    told = cancel(billing)
    billing.approve("max", "billing_lead")
    mended = billing.tell(CustomerChanged(customer_id="C1", instructions=Instructions()))

    reasons = [r.row for w in of(told, InvoiceWithheld) for r in w.reasons]
    assert reasons == ["purchase-order-missing", "cancellation-requested"]
    assert mended == []
    assert billing.unbilled() == {}


def test_an_invoiced_charge_cannot_be_cancelled_only_credited() -> None:
    billing = waiting()
    billing.until(berlin("2026-03-25", 7))

    with pytest.raises(Refused) as refused:
        cancel(billing)

    assert (refused.value.code, refused.value.hint) == ("not-unbilled", "an invoiced charge is credited")


@pytest.mark.parametrize(
    ("line_id", "roles", "code"),
    [("D9/1", ("billing_lead",), "unknown-charge"), (LINE, ("collector",), "no-authority")],
)
def test_who_may_not_or_names_nothing_is_refused(line_id: str, roles: tuple[str, ...], code: str) -> None:
    with pytest.raises(Refused) as refused:
        cancel(waiting(), *roles, line_id=line_id)

    assert refused.value.code == code


def test_it_is_asked_for_once() -> None:
    billing = waiting()
    cancel(billing)

    with pytest.raises(Refused) as refused:
        cancel(billing)

    assert refused.value.code == "already-requested"
