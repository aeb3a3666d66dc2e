"""Giving up what is owed: the matrix says who must agree, and nothing is written off before they have."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from o2c_chassis.approvals import Approval, approve, end, payload_hash, refuse, steps_of, within_window
from o2c_chassis.errors import Refused
from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.money import as_text
from o2c_contracts.shared import (
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalStep,
    ApprovalVoided,
)

from o2c_cash import facts
from o2c_cash.commands import ApproveRequest, RefuseRequest, WriteOff
from o2c_cash.domain.items import ItemDispute, OpenItem

from . import movements
from .desk import Desk, Step, Why
from .people import authorise

APPROVAL = "approval"
"""The deadline of an approval."""
ACTION = "write-off"


def on_write_off(event: WriteOff, work: WorkingSet) -> Iterator[Event]:
    """Asks for approval; what the same person asked for within the window adds up, and decides the band."""
    actor = authorise(event, work, ACTION)
    item = work.get(OpenItem, invoice_number=event.invoice_number)
    if item is None or item.customer_id != event.customer_id:
        raise Refused("unknown-item", f"{event.customer_id} has no invoice {event.invoice_number}", status=404)
    if event.amount_minor > item.open_minor:
        raise Refused("more-than-open", f"{item.invoice_number} owes {as_text(item.open_minor, item.currency)}")
    approval = Approval(
        approval_id=work.new_id("approval", item.invoice_number),
        customer_id=item.customer_id,
        action=ACTION,
        document_id=item.invoice_number,
        legal_entity=item.legal_entity,
        currency=item.currency,
        amount_minor=event.amount_minor,
        reason=event.reason,
        requested_by=actor,
        requested_at=work.at,
        expires_at=work.at,
        steps="[]",
        payload_hash=_content(item, event.amount_minor, event.reason),
    )
    yield from _request(work, item, approval)


def _request(work: WorkingSet, item: OpenItem, approval: Approval) -> Iterator[Event]:
    asked = _matrix(work, item, approval)
    hours, steps = asked["expiry_hours"], _steps(asked)
    if not steps or not isinstance(hours, int):
        raise Refused("not-approvable", " ".join(asked.because) or "nobody may approve this", status=422)
    approval = replace(approval, steps=steps_of(steps), expires_at=work.at + timedelta(hours=hours))
    work.put(approval)
    work.arm(APPROVAL, approval.approval_id, approval.expires_at, customer_id=approval.customer_id)
    yield ApprovalRequested(
        **_told(approval),
        steps=tuple(ApprovalStep(role=role, count=count) for role, count in steps),
        reason=approval.reason,
        payload_hash=approval.payload_hash,
        expires_at=approval.expires_at,
        decision_id=asked.id,
    )


def _matrix(work: WorkingSet, item: OpenItem, approval: Approval) -> Asked:
    """Asked once for the window, then with what was asked for within it."""
    disputes = work.find(ItemDispute, customer_id=item.customer_id, open=True)
    disputed = any(d.invoice_number == item.invoice_number for d in disputes)

    def ask(total_minor: int) -> Asked:
        sheet = facts.write_off(item, approval.amount_minor, total_minor, approval.reason, disputed=disputed)
        return work.ask("cash/approvals", sheet, subject=approval.approval_id)

    asked = ask(approval.amount_minor)
    days = asked["window_days"]
    since = work.at - timedelta(days=int(days) if isinstance(days, int) else 0)
    before = within_window(work.find(Approval, customer_id=item.customer_id), approval, since)
    return ask(approval.amount_minor + before) if before else asked


def _steps(asked: Asked) -> list[tuple[str, int]]:
    """`role:count role:count` of the table."""
    steps = [step.partition(":") for step in str(asked["steps"] or "").split()]
    return [(role, int(count or 1)) for role, _, count in steps]


def _content(item: OpenItem, amount_minor: int, reason: str) -> str:
    """What is agreed to: so much of an item that owes so much."""
    return payload_hash(
        {
            "invoice_number": item.invoice_number,
            "amount_minor": amount_minor,
            "open_minor": item.open_minor,
            "reason": reason,
        }
    )


def on_approve_request(event: ApproveRequest, work: WorkingSet) -> Iterator[Event]:
    """One more person agrees; when nobody is missing it is done. What changed meanwhile makes the request void."""
    approval, item = _approval(event, work)
    now = _content(item, approval.amount_minor, approval.reason)
    if approval.status == "open" and now != approval.payload_hash:
        yield from _ended(work, end(approval, "voided"))
        return
    envelope = work.cause.envelope
    after = approve(approval, envelope.actor or "", event.roles, envelope.on_behalf_of, now)
    work.put(after)
    if after.status != "granted":
        return
    work.disarm(APPROVAL, after.approval_id)
    people = tuple(person for person, _, _ in after.agreed)
    yield ApprovalGranted(**_told(after), approved_by=people)
    desk = Desk(work)
    because = Why(f"{after.reason}: agreed by {', '.join(people)}", None, after.requested_by)
    step = Step("write-off", None, after.approval_id, desk.today(item.legal_entity), because)
    yield from movements.write_off(desk, item, after.amount_minor, step)
    yield from desk.close()


def on_refuse_request(event: RefuseRequest, work: WorkingSet) -> Iterator[Event]:
    """One person says no, and that is the end of it."""
    approval, _ = _approval(event, work)
    actor = work.cause.envelope.actor or ""
    after = refuse(approval, actor, event.roles)
    work.put(after)
    work.disarm(APPROVAL, after.approval_id)
    yield ApprovalRefused(**_told(after), refused_by=actor, comment=event.comment)


def on_approval_expired(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Nobody decided in time."""
    approval = work.get(Approval, approval_id=event.subject_id)
    if approval is not None and approval.status == "open":
        yield from _ended(work, end(approval, "expired"))


def _ended(work: WorkingSet, approval: Approval) -> Iterator[Event]:
    work.put(approval)
    work.disarm(APPROVAL, approval.approval_id)
    if approval.status == "expired":
        yield ApprovalExpired(**_told(approval))
    else:
        yield ApprovalVoided(**_told(approval), reason="what the item owes has changed since")


def _approval(event: ApproveRequest | RefuseRequest, work: WorkingSet) -> tuple[Approval, OpenItem]:
    approval = work.get(Approval, approval_id=event.approval_id)
    if approval is None or approval.customer_id != event.customer_id:
        raise Refused("unknown-approval", f"{event.customer_id} has no request {event.approval_id}", status=404)
    item = work.get(OpenItem, invoice_number=approval.document_id)
    if item is None:
        raise Refused("unknown-item", f"there is no invoice {approval.document_id}", status=404)
    return approval, item


def _told(approval: Approval) -> dict[str, Any]:
    return {
        "customer_id": approval.customer_id,
        "legal_entity": approval.legal_entity,
        "currency": approval.currency,
        "approval_id": approval.approval_id,
        "action": approval.action,
        "document_id": approval.document_id,
        "amount_minor": approval.amount_minor,
        "requested_by": approval.requested_by,
    }
