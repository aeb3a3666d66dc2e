"""What billing does with a credit that was asked for: it approves, refuses, or issues the credit note."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import CreditNoteIssued, CreditRequestRefused
from o2c_contracts.event import Event
from o2c_contracts.money import as_text
from o2c_contracts.shared import (
    ApprovalEvent,
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
)

from o2c_disputes.domain.cases import Case, CreditRequest

from .contests import open_dispute
from .history import note, turn
from .resolutions import finish


def on_approval_requested(event: ApprovalRequested, work: WorkingSet) -> Iterator[Event]:
    """People at billing must decide; the case waits, at the latest until the approval expires."""
    yield from ()
    if (found := _waiting(work, event.document_id)) is None:
        return
    request, case = found
    work.put(replace(request, approval_id=event.approval_id))
    wanted = ", ".join(f"{step.count} {step.role}" for step in event.steps)
    turn(work, note(work, case, "approval-requested", wanted), "approval-requested", event.expires_at)


def on_approval_granted(event: ApprovalGranted, work: WorkingSet) -> Iterator[Event]:
    yield from ()
    if found := _waiting(work, event.document_id):
        case = note(work, found[1], "approval-granted", ", ".join(event.approved_by))
        turn(work, case, "approval-granted")


def on_approval_refused(event: ApprovalRefused, work: WorkingSet) -> Iterator[Event]:
    yield from _back_to_a_person(work, event, "approval-refused", f"{event.refused_by}: {event.comment}".rstrip(": "))


def on_approval_expired(event: ApprovalExpired, work: WorkingSet) -> Iterator[Event]:
    yield from _back_to_a_person(work, event, "approval-expired", "nobody decided in time")


def on_approval_voided(event: ApprovalVoided, work: WorkingSet) -> Iterator[Event]:
    """What was agreed to has changed: billing asks again, or does not; somebody must look."""
    yield from ()
    if found := _waiting(work, event.document_id):
        turn(work, note(work, found[1], "approval-voided", event.reason), "approval-voided")


def on_credit_request_refused(event: CreditRequestRefused, work: WorkingSet) -> Iterator[Event]:
    reasons = "; ".join(reason.text for reason in event.reasons)
    yield from _back_to_a_person(work, event, "credit-refused", reasons)


def on_credit_note_issued(event: CreditNoteIssued, work: WorkingSet) -> Iterator[Event]:
    """Less will be owed once cash has applied it. Where the case contests nothing that is open, this ends it."""
    request = work.get(CreditRequest, request_id=event.request_id)
    if request is None:
        return
    status: Literal["issued", "applied"] = "applied" if request.status == "applied" else "issued"
    work.put(replace(request, status=status, credit_note_number=event.credit_note_number))
    case = work.find(Case, case_id=request.case_id)[0]
    case = note(
        work, case, "credit-note-issued", f"{event.credit_note_number}: {as_text(event.total_minor, event.currency)}"
    )
    if case.status != "with-billing":
        return
    if open_dispute(work, case):
        turn(work, case, "credit-note-issued")
    else:
        yield from finish(work, case, None, "partly_valid" if case.outcome == "partly_valid" else "valid")


def _waiting(work: WorkingSet, request_id: str) -> tuple[CreditRequest, Case] | None:
    """The request, while billing has not answered it, and its case, while it waits for that."""
    request = work.get(CreditRequest, request_id=request_id)
    if request is None or not request.is_open:
        return None
    case = work.find(Case, case_id=request.case_id)[0]
    return (request, case) if case.status == "with-billing" else None


def _back_to_a_person(
    work: WorkingSet, event: CreditRequestRefused | ApprovalEvent, stage: str, why: str
) -> Iterator[Event]:
    """No credit: the amount is contested still, and somebody decides again, knowing why."""
    yield from ()
    request_id = event.request_id if isinstance(event, CreditRequestRefused) else event.document_id
    request = work.get(CreditRequest, request_id=request_id)
    if request is None or not request.is_open:
        return
    work.put(replace(request, status="refused", comment=why))
    case = note(work, work.find(Case, case_id=request.case_id)[0], stage, why)
    if case.status == "with-billing":
        turn(work, replace(case, status="open", outcome=None), stage)
