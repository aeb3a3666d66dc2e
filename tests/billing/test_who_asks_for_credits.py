"""Who asks for a credit note: a person whom the table lets, or disputes, which may take its request back."""

import pytest
from o2c_billing.commands import RequestCreditNote
from o2c_billing.domain.credits import CreditNote, Request
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.disputes import CreditRequestWithdrawn
from o2c_contracts.shared import ApprovalRequested, ApprovalVoided

from tests.billing.books import credit, with_invoice

INVOICE = "DE01-INV-2026-000001"


def withdrawn(request_id: str = "R1") -> CreditRequestWithdrawn:
    return CreditRequestWithdrawn(
        customer_id="C1", legal_entity="DE01", currency="EUR", case_id="CASE-1", request_id=request_id
    )


def person(amount: int, reason: str = "goodwill") -> RequestCreditNote:
    return RequestCreditNote(customer_id="C1", invoice_number=INVOICE, amount_minor=amount, reason=reason)


def test_a_person_may_ask_where_the_table_says_so() -> None:
    billing = with_invoice()

    (requested,) = billing.do(person(1000), "dan", ["dispute_agent"])

    assert isinstance(requested, ApprovalRequested)
    assert requested.requested_by == "dan"
    with pytest.raises(Refused) as refused:
        billing.do(person(1000), "col", ["collector"])
    assert (refused.value.code, refused.value.status) == ("no-authority", 403)


def test_a_person_hears_at_once_that_too_much_is_asked_for() -> None:
    billing = with_invoice()

    with pytest.raises(Refused) as refused:
        billing.do(person(20000), "dan", ["dispute_agent"])

    assert refused.value.code == "more-than-left"


def test_a_withdrawn_request_needs_nobody_any_more() -> None:
    billing = with_invoice()
    billing.tell(credit(2380))

    told = billing.tell(withdrawn())

    assert [e.reason for e in of(told, ApprovalVoided)] == ["the request was withdrawn"]
    assert billing.rig.deadlines("billing") == {}
    assert [r.status for r in billing.rows(Request)] == ["withdrawn"]


def test_withdrawing_what_was_credited_takes_nothing_back() -> None:
    billing = with_invoice()
    billing.tell(credit(2380))
    billing.approve("max", "billing_lead")

    assert billing.tell(withdrawn()) == []
    assert len(billing.rows(CreditNote)) == 1
