"""People decide: they agree, they refuse, or their time runs out. The effect follows in the same breath."""

from collections.abc import Iterator

from o2c_chassis.approvals import Approval, approve, end, granted, payload_hash, refuse
from o2c_chassis.errors import HandlerFailed, Refused
from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.shared import ApprovalExpired, ApprovalRefused

from o2c_billing.commands import ApproveRequest, RefuseRequest
from o2c_billing.domain.credits import CREDIT_NOTE, Request

from .cancelling import cancelled, not_cancelled
from .credit_notes import credited
from .matrix import EXPIRY, actor, content_of, splitting


def on_approve_request(event: ApproveRequest, work: WorkingSet) -> Iterator[Event]:
    """One more agrees; when nobody is missing the effect happens."""
    approval, request = _asked(event, work)
    if work.at >= approval.expires_at and approval.status == "open":
        raise Refused("approval-expired", f"it had to be decided by {approval.expires_at}", "request it again")
    now, behalf = payload_hash(content_of(request, work)), work.cause.envelope.on_behalf_of
    approval, wanted = splitting(approval, request, behalf, work)
    after = approve(approval, actor(work), event.roles, behalf, now)
    work.put(after)
    if wanted is not None:
        yield wanted
    if after.status != "granted":
        return
    work.disarm(EXPIRY, after.approval_id)
    yield granted(after)
    yield from credited(request, work) if request.action == CREDIT_NOTE else cancelled(request, work)


def on_refuse_request(event: RefuseRequest, work: WorkingSet) -> Iterator[Event]:
    """One no is the end of it."""
    approval, request = _asked(event, work)
    after = refuse(approval, actor(work), event.roles)
    work.put(after)
    work.disarm(EXPIRY, after.approval_id)
    yield ApprovalRefused(**after.told, refused_by=actor(work), comment=event.comment)
    yield from _without(request, "refused", work)


def on_approval_expired(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Nobody decided in time."""
    approval = work.get(Approval, approval_id=event.subject_id)
    if approval is None or approval.status != "open":
        return
    request = _request(approval, work)
    if request is None:
        raise HandlerFailed(f"{approval.approval_id} is about {approval.document_id}, which is not there")
    work.put(end(approval, "expired"))
    yield ApprovalExpired(**approval.told)
    yield from _without(request, "expired", work)


def _asked(event: ApproveRequest | RefuseRequest, work: WorkingSet) -> tuple[Approval, Request]:
    approval = work.get(Approval, approval_id=event.approval_id)
    request = _request(approval, work) if approval else None
    if approval is None or request is None or approval.customer_id != event.customer_id:
        raise Refused("unknown-approval", f"{event.approval_id} is not known", status=404)
    return approval, request


def _request(approval: Approval, work: WorkingSet) -> Request | None:
    return work.get(Request, customer_id=approval.customer_id, request_id=approval.document_id)


def _without(request: Request, status: str, work: WorkingSet) -> Iterator[Event]:
    if request.action == CREDIT_NOTE:
        work.put(request.end(status))
    else:
        yield from not_cancelled(request, status, work)
