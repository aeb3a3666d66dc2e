"""The approval matrix: who must agree before less is owed, bound to what exactly they agree to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from o2c_chassis.approvals import Approval, end, granted, payload_hash, requested, steps_in, steps_of
from o2c_chassis.bands import Band, band_of, raised, requested_band
from o2c_chassis.errors import Refused
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.shared import ApprovalVoided
from o2c_rules.rulebook import Facts

from o2c_billing import facts
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.credits import CREDIT_NOTE, CreditNote, Request, creditable
from o2c_billing.domain.invoices import Invoice

from .invoicing import customer_of

EXPIRY = "approval"
NOBODY = "nobody"
UNDECIDED = [("controller", 1)], 72
"""Where the table cannot decide, the controller does."""


def actor(work: WorkingSet) -> str:
    """Who commands; a command without a person has no authority for anything."""
    return work.cause.envelope.actor or "nobody"


def authorised(action: str, roles: Sequence[str], work: WorkingSet, check: str | None = None) -> bool:
    """Whether one of the person's roles may do this, by the table."""
    return any(
        work.ask("billing/authority", {"action": action, "role": role, "check": check}, subject=action)["allowed"]
        is True
        for role in roles
    )


def must_be_authorised(action: str, roles: Sequence[str], work: WorkingSet) -> None:
    """Refused unless one of the person's roles may do this."""
    if not authorised(action, roles, work):
        raise Refused("no-authority", f"{actor(work)} may not {action.replace('-', ' ')}", status=403)


def content_of(request: Request, work: WorkingSet) -> Mapping[str, Any]:
    """What people agree to; when any of it changes, they have agreed to something else."""
    if request.action == CREDIT_NOTE:
        invoice = work.get(Invoice, invoice_number=request.document_id)
        notes = work.find(CreditNote, invoice_number=request.document_id)
        state: dict[str, Any] = {"creditable_minor": creditable(invoice, notes) if invoice else 0}
    else:
        charge = work.get(Charge, customer_id=request.customer_id, line_id=request.document_id)
        state = {"net_minor": charge.net_minor, "status": charge.status} if charge else {}
    return {
        "action": request.action,
        "request_id": request.request_id,
        "document_id": request.document_id,
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "reason": request.reason,
        **state,
    }


def opened(request: Request, work: WorkingSet) -> tuple[Approval, Event]:
    """Ask whom the matrix names. Where it names nobody it is granted, and counts in the window all the same."""
    approval, asked = requested_band(_approval(request, work), _band(request, work), work)
    steps, hours = _said(asked)
    expires_at = work.at + timedelta(hours=hours)
    approval = replace(approval, steps=steps_of(steps), expires_at=expires_at)
    work.put(request.ask(approval.approval_id))
    if not steps:
        approval = replace(approval, status="granted")
        work.put(approval)
        return approval, granted(approval)
    work.put(approval)
    work.arm(EXPIRY, approval.approval_id, expires_at, customer_id=request.customer_id)
    return approval, requested(approval, asked.id)


def splitting(
    approval: Approval, request: Request, behalf: str | None, work: WorkingSet
) -> tuple[Approval, Event | None]:
    """Wants whom the whole wants, where this agreement would split a sum between colleagues."""
    return raised(approval, {actor(work), behalf or actor(work)}, _band(request, work), work)


def voided(request: Request, why: str, work: WorkingSet) -> Iterator[Event]:
    """What people were asked about is not so any more."""
    open_ones = [a for a in work.find(Approval, customer_id=request.customer_id) if a.status == "open"]
    for approval in open_ones:
        if approval.approval_id == request.approval_id:
            work.put(end(approval, "voided"))
            work.disarm(EXPIRY, approval.approval_id)
            yield ApprovalVoided(**approval.told, reason=why)


def _approval(request: Request, work: WorkingSet) -> Approval:
    return Approval(
        approval_id=work.new_id("approval", request.request_id),
        customer_id=request.customer_id,
        action=request.action,
        document_id=request.request_id,
        legal_entity=request.legal_entity,
        currency=request.currency,
        amount_minor=request.amount_minor,
        reason=request.reason,
        requested_by=request.requested_by,
        requested_at=work.at,
        expires_at=work.at,
        steps="[]",
        payload_hash=payload_hash(content_of(request, work)),
        concerns=request.document_id,
    )


def _band(request: Request, work: WorkingSet) -> Band:
    customer, contract_id = customer_of(request.customer_id, work), _contract_of(request, work)

    def sheet(besides_minor: int) -> Facts:
        return facts.approval(request, contract_id, customer, besides_minor)

    return band_of("billing/approvals", request.request_id, sheet, work)


def _contract_of(request: Request, work: WorkingSet) -> str | None:
    """Whose matrix decides: the contract's of the invoice or the charge."""
    if request.action == CREDIT_NOTE:
        invoice = work.get(Invoice, invoice_number=request.document_id)
        return invoice.contract_id if invoice else None
    charge = work.get(Charge, customer_id=request.customer_id, line_id=request.document_id)
    return charge.contract_id if charge else None


def _said(asked: Asked) -> tuple[list[tuple[str, int]], int]:
    """Steps and hours until expiry. What the table cannot decide must never look like "nobody"."""
    if asked.undecided:
        return UNDECIDED
    written = str(asked["steps"])
    steps = [] if written == NOBODY else steps_in(written)
    return steps, int(str(asked["expiry_hours"]))
