"""Credit notes: asked for by disputes or a person, checked, approved by the matrix, then issued; never before."""

from datetime import timedelta
from typing import Any

import pytest
from o2c_billing.commands import ApproveRequest, RefuseRequest
from o2c_billing.domain.credits import CreditNote, Request
from o2c_chassis.approvals import Approval
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.billing import CreditNoteIssued, CreditRequestRefused
from o2c_contracts.shared import (
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
)

from tests.billing.books import START, Billing, contract, credit, customer, delivery, order, with_invoice

INVOICE = "DE01-INV-2026-000001"


def asked(amount: int = 2380, **changes: object) -> Billing:
    billing = with_invoice()
    billing.tell(credit(amount, **changes))
    return billing


def test_a_request_names_who_must_approve_and_issues_nothing() -> None:
    billing = with_invoice()

    told = billing.tell(credit(2380))

    (requested,) = told
    assert isinstance(requested, ApprovalRequested)
    assert [(s.role, s.count) for s in requested.steps] == [("billing_lead", 1)]
    assert (requested.document_id, requested.requested_by, requested.amount_minor) == ("R1", "dora", 2380)
    assert requested.expires_at == START + timedelta(hours=72)
    assert billing.rows(CreditNote) == []


def test_the_last_approval_issues_the_credit_note() -> None:
    billing = asked()

    told = billing.approve("max", "billing_lead")

    (granted,) = of(told, ApprovalGranted)
    (note,) = of(told, CreditNoteIssued)
    assert granted.approved_by == ("max",)
    assert (note.credit_note_number, note.invoice_number) == ("DE01-CN-2026-000001", INVOICE)
    assert (note.net_minor, note.tax_minor, note.total_minor) == (2000, 380, 2380)
    assert (note.request_id, note.case_id, note.reason) == ("R1", "CASE-1", "price")
    assert [(line.line_id, line.net_minor) for line in note.lines] == [("D1/1", 2000)]
    assert billing.rows(Request)[0].credit_note_number == note.credit_note_number


def test_more_than_the_invoice_has_left_is_refused_with_its_reason() -> None:
    billing = with_invoice()

    (refused,) = billing.tell(credit(11901))

    assert isinstance(refused, CreditRequestRefused)
    assert [r.row for r in refused.reasons] == ["more-than-left"]
    assert "0.01 EUR more than the 119.00 EUR" in refused.reasons[0].text
    assert billing.rows(Approval) == []


def test_an_unknown_invoice_is_refused_with_its_reason() -> None:
    billing = Billing()
    billing.tell(customer())

    (refused,) = of(billing.tell(credit(100)), CreditRequestRefused)

    assert [r.row for r in refused.reasons] == ["unknown-invoice"]
    assert (refused.request_id, refused.case_id) == ("R1", "CASE-1")


def test_another_currency_is_refused() -> None:
    (refused,) = with_invoice().tell(credit(100, currency="USD"))

    assert isinstance(refused, CreditRequestRefused)
    assert [r.row for r in refused.reasons] == ["other-money"]


def test_what_was_credited_cannot_be_credited_again() -> None:
    billing = asked(11900)
    billing.approve("max", "billing_lead")

    (refused,) = of(billing.tell(credit(1, request_id="R2")), CreditRequestRefused)

    assert [r.row for r in refused.reasons] == ["more-than-left"]


def test_the_requester_may_not_approve() -> None:
    billing = asked()

    with pytest.raises(Refused) as refused:
        billing.approve("dora", "billing_lead")

    assert refused.value.code == "own-request"
    assert billing.rows(CreditNote) == []


def test_only_the_roles_that_the_matrix_names_may_approve() -> None:
    billing = asked()

    with pytest.raises(Refused) as refused:
        billing.approve("max", "collector")

    assert refused.value.code == "no-authority"


def test_two_roles_are_two_people() -> None:
    billing = with_invoice(net=2_000_000)
    billing.tell(credit(2_000_000))

    first = billing.approve("max", "billing_manager", "controller")
    with pytest.raises(Refused) as same_person:
        billing.approve("max", "billing_manager", "controller")
    second = billing.approve("carl", "controller")

    assert of(first, CreditNoteIssued) == []
    assert same_person.value.code == "already-approved"
    assert of(second, ApprovalGranted)[0].approved_by == ("max", "carl")
    assert len(of(second, CreditNoteIssued)) == 1


def test_one_no_ends_it() -> None:
    billing = asked()
    approval = billing.open_approval()

    told = billing.do(
        RefuseRequest(customer_id="C1", approval_id=approval.approval_id, comment="the price was right"),
        "max",
        ["billing_lead"],
    )

    (refused,) = of(told, ApprovalRefused)
    assert (refused.refused_by, refused.comment, refused.document_id) == ("max", "the price was right", "R1")
    with pytest.raises(Refused):
        billing.approve("mia", "billing_lead", approval_id=approval.approval_id)
    assert [r.status for r in billing.rows(Request)] == ["refused"]


def test_what_nobody_decides_in_time_expires() -> None:
    billing = asked()
    approval = billing.open_approval()

    told = billing.until(START + timedelta(hours=72))

    assert [e.document_id for e in of(told, ApprovalExpired)] == ["R1"]
    with pytest.raises(Refused) as late:
        billing.approve("max", "billing_lead", approval_id=approval.approval_id)
    assert late.value.code == "approval-not-open"


def test_nobody_approves_after_the_hour_even_before_the_deadline_was_taken() -> None:
    billing = asked()
    billing.rig.at = START + timedelta(hours=72)

    with pytest.raises(Refused) as late:
        billing.approve("max", "billing_lead")

    assert late.value.code == "approval-expired"


def test_an_expired_request_may_be_made_again() -> None:
    billing = asked()
    billing.until(START + timedelta(hours=72))

    billing.tell(credit(2380))

    assert len(of(billing.approve("max", "billing_lead"), CreditNoteIssued)) == 1


def test_another_amount_voids_what_people_were_asked_and_asks_again() -> None:
    billing = with_invoice(net=2_000_000)
    billing.tell(credit(1_500_000))
    billing.approve("max", "billing_manager")
    first = billing.open_approval()

    told = billing.tell(credit(2_000_000))

    assert [type(e) for e in told] == [ApprovalVoided, ApprovalRequested]
    assert billing.rows(Approval, approval_id=first.approval_id)[0].status == "voided"
    assert billing.open_approval().agreed == []
    with pytest.raises(Refused):
        billing.approve("carl", "controller", approval_id=first.approval_id)


def test_the_same_request_again_changes_nothing() -> None:
    billing = asked()

    assert billing.tell(credit(2380)) == []
    assert len(billing.rows(Approval)) == 1


def test_a_request_that_was_credited_is_not_credited_with_another_amount() -> None:
    billing = asked()
    billing.approve("max", "billing_lead")

    (refused,) = billing.tell(credit(5000))

    assert isinstance(refused, CreditRequestRefused)
    assert [r.row for r in refused.reasons] == ["already-credited"]
    assert len(billing.rows(CreditNote)) == 1


def test_another_credit_on_the_invoice_voids_and_asks_again_with_what_is_left() -> None:
    billing = asked(2380)
    first = billing.open_approval()
    billing.tell(credit(1190, request_id="R2", reason="quantity"))
    second = next(a for a in billing.rows(Approval, status="open") if a.document_id == "R2")

    told = billing.approve("max", "billing_lead", approval_id=first.approval_id)

    assert [e.approval_id for e in of(told, ApprovalVoided)] == [second.approval_id]
    assert [e.document_id for e in of(told, ApprovalRequested)] == ["R2"]
    assert of(billing.approve("max", "billing_lead"), CreditNoteIssued)[0].total_minor == 1190


def test_a_second_request_that_no_longer_fits_is_refused_when_the_first_is_granted() -> None:
    billing = asked(11900)
    first = billing.open_approval()
    billing.tell(credit(1, request_id="R2"))

    told = billing.approve("max", "billing_lead", approval_id=first.approval_id)

    assert [e.request_id for e in of(told, CreditRequestRefused)] == ["R2"]
    assert [(r.request_id, r.status) for r in billing.rows(Request)] == [("R1", "granted"), ("R2", "refused")]


def test_a_rounding_needs_nobody_and_is_issued_at_once() -> None:
    billing = with_invoice()

    told = billing.tell(credit(499, reason="rounding"))

    assert of(told, ApprovalGranted)[0].approved_by == ()
    assert of(told, CreditNoteIssued)[0].total_minor == 499


def test_roundings_add_up_until_somebody_must_look() -> None:
    billing = with_invoice()
    billing.tell(credit(499, reason="rounding"))

    told = billing.tell(credit(1, reason="rounding", request_id="R2"))

    assert [(s.role, s.count) for s in of(told, ApprovalRequested)[0].steps] == [("billing_lead", 1)]


def test_splitting_a_request_meets_the_band_of_the_whole() -> None:
    billing = with_invoice(net=1_000_000)
    billing.tell(credit(200_000))

    told = billing.tell(credit(200_000, request_id="R2"))

    assert [(s.role, s.count) for s in of(told, ApprovalRequested)[0].steps] == [("billing_manager", 1)]


@pytest.mark.parametrize(
    ("changes", "role"), [({"requested_by": "theo"}, "billing_lead"), ({"reason": "goodwill"}, "billing_manager")]
)
def test_another_requester_or_kind_of_reason_is_another_sum(changes: dict[str, str], role: str) -> None:
    billing = with_invoice(net=1_000_000)
    billing.tell(credit(200_000))

    told = billing.tell(credit(200_000, request_id="R2", **changes))

    assert [(s.role, s.count) for s in of(told, ApprovalRequested)[0].steps] == [(role, 1)]


def test_another_word_for_a_reason_that_the_matrix_treats_alike_does_not_begin_a_new_sum() -> None:
    billing = with_invoice(net=1_000_000)
    billing.tell(credit(200_000, reason="price"))

    told = billing.tell(credit(200_000, request_id="R2", reason="pricing"))

    assert [s.role for s in of(told, ApprovalRequested)[0].steps] == ["billing_manager"]


def two_colleagues() -> tuple[Billing, str]:
    """Bella and Boris ask for 2,000 each, which a lead may grant; together it is a manager's. With Bella's approval."""
    billing = with_invoice(net=1_000_000)
    (of_bella,) = of(billing.tell(credit(200_000, requested_by="bella")), ApprovalRequested)
    billing.tell(credit(200_000, request_id="R2", requested_by="boris"))
    return billing, of_bella.approval_id


def test_colleagues_who_agree_to_each_others_request_do_not_get_round_the_band_of_the_whole() -> None:
    billing, of_bella = two_colleagues()

    with pytest.raises(Refused) as boris:
        billing.approve("boris", "billing_lead", approval_id=of_bella)
    granted = billing.approve("max", "billing_lead", approval_id=of_bella)
    with pytest.raises(Refused) as max_again:
        billing.approve("max", "billing_lead")

    assert (boris.value.code, max_again.value.code) == ("no-authority", "no-authority")
    assert "billing_manager" in boris.value.hint
    assert of(granted, ApprovalGranted)[0].approval_id == of_bella
    assert len(billing.rows(CreditNote)) == 1


def test_who_agreed_to_a_colleagues_request_asks_for_the_sum_of_both() -> None:
    billing = with_invoice(net=1_000_000)
    billing.tell(credit(200_000, requested_by="bella"))
    billing.approve("boris", "billing_lead")

    told = billing.tell(credit(200_000, request_id="R2", requested_by="boris"))

    assert [s.role for s in of(told, ApprovalRequested)[0].steps] == ["billing_manager"]


def test_everybody_hears_who_is_wanted_where_an_agreement_meets_a_higher_band() -> None:
    billing, of_bella = two_colleagues()
    billing.approve("mia", "billing_lead", "billing_manager", approval_id=of_bella)
    of_boris = billing.open_approval()

    told = billing.approve("mia", "billing_lead", "billing_manager")

    (wanted,) = of(told, ApprovalRequested)
    assert [role for role, _ in of_boris.wanted] == ["billing_lead"]
    assert (wanted.approval_id, [s.role for s in wanted.steps]) == (of_boris.approval_id, ["billing_manager"])
    assert of(told, ApprovalGranted)[0].approved_by == ("mia",)
    assert len(billing.rows(CreditNote)) == 2


def test_an_approver_sees_what_it_is_about() -> None:
    billing = asked()

    assert billing.open_approval().concerns == INVOICE


def test_after_the_window_the_sum_begins_anew() -> None:
    billing = with_invoice(net=1_000_000)
    billing.tell(credit(200_000))
    billing.approve("max", "billing_lead")

    told = billing.tell(credit(200_000, request_id="R2"), at=START + timedelta(days=31))

    assert [(s.role, s.count) for s in of(told, ApprovalRequested)[0].steps] == [("billing_lead", 1)]


def test_somebody_elses_approval_is_not_found() -> None:
    billing = asked()

    with pytest.raises(Refused) as refused:
        billing.do(
            ApproveRequest(customer_id="C9", approval_id=billing.open_approval().approval_id), "max", ["billing_lead"]
        )

    assert (refused.value.code, refused.value.status) == ("unknown-approval", 404)


def test_a_currency_without_a_matrix_goes_to_the_controller() -> None:
    billing = Billing()
    chf: dict[str, Any] = {"currency": "CHF"}
    billing.tell(customer(), contract(**chf), order(**chf), delivery(**chf))

    (requested,) = billing.tell(credit(100, **chf))

    assert isinstance(requested, ApprovalRequested)
    assert [(s.role, s.count) for s in requested.steps] == [("controller", 1)]
