"""Who is right: credits are billing's to give, the rest is owed again; a case ends with money or with a decision."""

from datetime import timedelta
from typing import Any

import pytest
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.billing import CreditNoteIssued, CreditRequestRefused
from o2c_contracts.disputes import (
    CaseAnswered,
    CaseClosed,
    CreditRequested,
    CreditRequestWithdrawn,
    DisputeOpened,
    DisputeResolved,
)
from o2c_contracts.event import Event
from o2c_contracts.orders import Reason
from o2c_contracts.shared import (
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalStep,
    ApprovalVoided,
)
from o2c_disputes import commands
from o2c_disputes.domain.cases import Entry

from tests.disputes.desk import AGENT, LEAD, MONDAY, MONEY, Desk, contested, the_request


def from_billing(desk: Desk, kind: type[Any], **more: Any) -> list[Event]:
    """Billing's own word on the latest request."""
    request = the_request(desk)
    given: dict[str, Any] = {"approval_id": "ap-1", "action": "credit-note", "document_id": request.request_id}
    given |= {"amount_minor": request.amount_minor, "requested_by": request.requested_by} | more
    return desk.told_by("billing", kind(**MONEY, **given))


def asked_for_approval(desk: Desk) -> list[Event]:
    step = ApprovalStep(role="billing_manager")
    return from_billing(
        desk,
        ApprovalRequested,
        steps=(step,),
        reason="price",
        payload_hash="h",
        expires_at=MONDAY + timedelta(days=3),
    )


def test_a_valid_dispute_asks_billing_for_the_contested_amount_and_waits(desk: Desk) -> None:
    contested(desk)

    told = desk.resolve("valid", root_cause="wrong-price-list")

    (requested,) = of(told, CreditRequested)
    assert (requested.amount_minor, requested.requested_by) == (300_00, "ann")
    assert not of(told, DisputeResolved)
    assert desk.case.status == "with-billing"
    assert desk.case.next_action == "Wait for billing to decide the credit"


def test_it_is_resolved_by_the_credit_that_cash_applied(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid", root_cause="wrong-price-list", answer="You are right, a credit note follows.")

    told = desk.credit(300_00, desk.case.case_id)

    (resolved,) = of(told, DisputeResolved)
    assert (resolved.resolution, resolved.original_minor, resolved.credited_minor) == ("valid", 300_00, 300_00)
    assert resolved.root_cause == "wrong-price-list"
    assert [e.outcome for e in of(told, CaseClosed)] == ["valid"]
    assert the_request(desk).status == "applied"


def test_without_an_answer_a_resolved_case_stays_open_until_the_customer_has_heard(desk: Desk) -> None:
    contested(desk)

    resolved = desk.resolve("invalid")
    state = desk.case.status, desk.case.next_action
    answered = desk.answer("The price is the one of your contract.")

    assert of(resolved, DisputeResolved)
    assert not of(resolved, CaseClosed)
    assert state == ("resolved", "Tell the customer how it ended")
    assert of(answered, CaseAnswered)
    assert [e.outcome for e in of(answered, CaseClosed)] == ["invalid"]


def test_partly_valid_credits_a_part_and_the_rest_is_undisputed_at_once(desk: Desk) -> None:
    contested(desk, 300_00)

    decided = desk.resolve("partly_valid", credit_minor=120_00, answer="We credit a part.")
    ended = desk.credit(120_00, desk.case.case_id)

    assert [e.amount_minor for e in of(decided, CreditRequested)] == [120_00]
    assert [e.disputed_minor for e in of(decided, DisputeOpened)] == [120_00]
    (resolved,) = of(ended, DisputeResolved)
    assert (resolved.resolution, resolved.credited_minor, resolved.undisputed_minor) == ("partly_valid", 120_00, 180_00)


@pytest.mark.parametrize(
    ("resolution", "body", "code"),
    [
        ("partly_valid", {"credit_minor": 300_00}, "not-a-part"),
        ("partly_valid", {}, "not-a-part"),
        ("valid", {"credit_minor": 100_00}, "not-the-amount"),
        ("invalid", {"credit_minor": 1}, "no-credit"),
    ],
)
def test_a_credit_must_fit_what_is_contested(desk: Desk, resolution: str, body: dict[str, Any], code: str) -> None:
    contested(desk, 300_00)

    with pytest.raises(Refused) as refused:
        desk.resolve(resolution, **body)

    assert refused.value.code == code
    assert refused.value.hint


@pytest.mark.parametrize(
    ("resolution", "credit_minor", "said"),
    [
        ("partly_valid", 999_99, "999.99 EUR is no part of 300.00 EUR"),
        ("partly_valid", 300_00, "300.00 EUR is no part of 300.00 EUR"),
        ("partly_valid", None, "0.00 EUR is no part of 300.00 EUR"),
        ("valid", 100_00, "300.00 EUR are contested, not 100.00 EUR"),
    ],
)
def test_an_amount_that_does_not_fit_is_said_in_its_currency(
    desk: Desk, resolution: str, credit_minor: int | None, said: str
) -> None:
    contested(desk, 300_00)

    with pytest.raises(Refused) as refused:
        desk.resolve(resolution, credit_minor=credit_minor)

    assert refused.value.text == said


def test_an_invalid_dispute_is_resolved_at_once_and_the_item_is_owed_as_before(desk: Desk) -> None:
    contested(desk, None)

    told = desk.resolve("invalid", answer="The delivery is proven.")

    (resolved,) = of(told, DisputeResolved)
    assert (resolved.resolution, resolved.undisputed_minor) == ("invalid", 1000_00)
    assert [type(e) for e in told] == [CaseAnswered, DisputeResolved, CaseClosed]


def test_a_withdrawn_dispute_takes_the_credit_request_back(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid")

    told = desk.resolve("withdrawn", answer="Thank you for letting us know.")

    assert [e.request_id for e in of(told, CreditRequestWithdrawn)] == [the_request(desk).request_id]
    assert [e.resolution for e in of(told, DisputeResolved)] == ["withdrawn"]
    assert the_request(desk).status == "withdrawn"


def test_while_billing_decides_only_withdrawing_is_possible(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid")

    with pytest.raises(Refused) as refused:
        desk.resolve("invalid")

    assert refused.value.code == "credit-requested"


@pytest.mark.parametrize("kind", [ApprovalRefused, ApprovalExpired])
def test_an_approval_that_failed_brings_the_case_back_to_a_person(desk: Desk, kind: type[Any]) -> None:
    contested(desk)
    desk.resolve("valid")
    asked_for_approval(desk)
    waiting = desk.case.next_action, desk.case.due_at
    more = {"refused_by": "bob", "comment": "not our mistake"} if kind is ApprovalRefused else {}

    from_billing(desk, kind, **more)

    assert waiting == ("Wait for billing's approval", MONDAY + timedelta(days=3))
    assert desk.case.status == "open"
    assert "decide" in desk.case.next_action
    assert desk.case.due_at == desk.at(12, 16)
    assert the_request(desk).status == "refused"
    last = desk.rig.rows("disputes", Entry, case_id=desk.case.case_id)[-1]
    assert last.text == ("bob: not our mistake" if kind is ApprovalRefused else "nobody decided in time")


def test_a_refused_request_comes_back_with_its_reason_and_can_be_decided_again(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid")
    request = the_request(desk)
    reason = Reason(row="CR-1", text="more than the invoice has left")
    refused = CreditRequestRefused(
        **MONEY,
        request_id=request.request_id,
        case_id=desk.case.case_id,
        invoice_number="INV-1",
        amount_minor=300_00,
        reasons=(reason,),
    )

    desk.rig.tell(refused)
    stage, said = desk.case.stage, desk.rig.rows("disputes", Entry, case_id=desk.case.case_id)[-1].text
    told = desk.resolve("partly_valid", credit_minor=100_00)

    assert (stage, said) == ("credit-refused", "more than the invoice has left")
    assert [e.amount_minor for e in of(told, CreditRequested)] == [100_00]


def test_a_voided_approval_asks_a_person_to_look_and_the_next_one_is_waited_for(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid")
    asked_for_approval(desk)

    from_billing(desk, ApprovalVoided, reason="the amount changed")
    voided = desk.case.next_action
    asked_for_approval(desk)
    from_billing(desk, ApprovalGranted, approved_by=("bob",))

    assert voided == "Ask billing whether it asks for approval again"
    assert (desk.case.status, desk.case.next_action) == ("with-billing", "Wait for the credit note")


def test_another_services_approval_is_not_billings(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid")
    request = the_request(desk)
    foreign = ApprovalRefused(
        **MONEY,
        approval_id="ap-1",
        action="write-off",
        document_id=request.request_id,
        amount_minor=1,
        requested_by="ann",
        refused_by="bob",
    )

    desk.told_by("cash", foreign)

    assert desk.case.status == "with-billing"


def note_issued(desk: Desk) -> CreditNoteIssued:
    request = the_request(desk)
    return CreditNoteIssued(
        **MONEY,
        credit_note_number="CN-1",
        invoice_number="INV-1",
        request_id=request.request_id,
        case_id=request.case_id,
        issued_on=MONDAY.date(),
        net_minor=request.amount_minor,
        tax_minor=0,
        total_minor=request.amount_minor,
        reason="price",
    )


def test_a_credit_note_alone_resolves_nothing_that_is_open(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid")

    told = desk.rig.tell(note_issued(desk))

    assert not told
    assert the_request(desk).status == "issued"
    assert desk.case.next_action == "Wait until cash has applied the credit note"


def test_the_note_may_be_heard_after_cash_has_applied_it(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid", answer="A credit note follows.")
    desk.credit(300_00, desk.case.case_id)

    told = desk.rig.tell(note_issued(desk))

    assert not told
    assert (the_request(desk).status, the_request(desk).credit_note_number) == ("applied", "CN-1")
    assert desk.case.is_closed


def test_a_claim_on_a_paid_invoice_ends_with_the_credit_note(desk: Desk) -> None:
    desk.invoice()
    desk.pay(1000_00)
    desk.query(kind="claim", reason="quality", amount_minor=80_00)
    requested = desk.resolve("valid", credit_minor=80_00, answer="We credit it.")

    told = desk.rig.tell(note_issued(desk))

    assert [e.amount_minor for e in of(requested, CreditRequested)] == [80_00]
    assert [type(e) for e in told] == [CaseClosed]


def test_a_large_amount_is_a_managers_decision(desk: Desk) -> None:
    desk.invoice(total=20_000_00)
    desk.query()

    with pytest.raises(Refused) as refused:
        desk.resolve("invalid", roles=AGENT)
    told = desk.resolve("invalid", roles=LEAD)

    assert refused.value.code == "no-authority"
    assert of(told, DisputeResolved)


def test_a_question_has_nothing_to_resolve(desk: Desk) -> None:
    desk.query(None, kind="question", reason="copy")

    with pytest.raises(Refused) as refused:
        desk.resolve("invalid")

    assert refused.value.code == "no-money-contested"


def test_a_case_of_another_customer_is_not_found(desk: Desk) -> None:
    contested(desk)

    with pytest.raises(Refused) as refused:
        desk.rig.command(
            "disputes",
            commands.AnswerCase(customer_id="other", case_id=desk.case.case_id, answer="x", roles=AGENT),
            "ann",
        )

    assert refused.value.status == 404
