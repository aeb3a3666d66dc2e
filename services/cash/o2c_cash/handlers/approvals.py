"""People agree or refuse: what each kind of effect is bound to and how it is carried out stands with that effect."""

from collections.abc import Iterator
from types import ModuleType

from o2c_chassis.approvals import Approval, approve, end, granted, refuse
from o2c_chassis.bands import raised
from o2c_chassis.errors import Refused
from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.shared import ApprovalExpired, ApprovalRefused, ApprovalVoided

from o2c_cash.commands import ApproveRequest, RefuseRequest

from . import refunds, write_offs
from .matrix import APPROVAL

_EFFECTS: dict[str, ModuleType] = {m.ACTION: m for m in (write_offs, refunds)}


def on_approve_request(event: ApproveRequest, work: WorkingSet) -> Iterator[Event]:
    """One more person agrees; when nobody is missing it is done. What changed meanwhile makes the request void."""
    approval = _approval(event, work)
    effect = _EFFECTS[approval.action]
    now = effect.content(approval, work)
    if approval.status == "open" and now != approval.payload_hash:
        yield from _ended(work, end(approval, "voided"))
        return
    actor, behalf = work.cause.envelope.actor or "", work.cause.envelope.on_behalf_of
    approval, wanted = raised(approval, {actor, behalf or actor}, effect.band(approval, work), work)
    after = approve(approval, actor, event.roles, behalf, now)
    work.put(after)
    if wanted is not None:
        yield wanted
    if after.status != "granted":
        return
    work.disarm(APPROVAL, after.approval_id)
    told = granted(after)
    yield told
    yield from effect.carry_out(after, ", ".join(told.approved_by), work)


def on_refuse_request(event: RefuseRequest, work: WorkingSet) -> Iterator[Event]:
    """One person says no, and that is the end of it."""
    approval = _approval(event, work)
    actor = work.cause.envelope.actor or ""
    after = refuse(approval, actor, event.roles)
    work.put(after)
    work.disarm(APPROVAL, after.approval_id)
    _EFFECTS[after.action].ended(after, work)
    yield ApprovalRefused(**after.told, refused_by=actor, comment=event.comment)


def on_approval_expired(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Nobody decided in time."""
    approval = work.get(Approval, approval_id=event.subject_id)
    if approval is not None and approval.status == "open":
        yield from _ended(work, end(approval, "expired"))


def _ended(work: WorkingSet, approval: Approval) -> Iterator[Event]:
    work.put(approval)
    work.disarm(APPROVAL, approval.approval_id)
    _EFFECTS[approval.action].ended(approval, work)
    if approval.status == "expired":
        yield ApprovalExpired(**approval.told)
    else:
        yield ApprovalVoided(**approval.told, reason="what it was about has changed since")


def _approval(event: ApproveRequest | RefuseRequest, work: WorkingSet) -> Approval:
    approval = work.get(Approval, approval_id=event.approval_id)
    if approval is None or approval.customer_id != event.customer_id:
        raise Refused("unknown-approval", f"{event.customer_id} has no request {event.approval_id}", status=404)
    return approval
