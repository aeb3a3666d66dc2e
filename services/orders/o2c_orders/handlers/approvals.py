"""What people decide: the release of held orders and the end of contracts, within authority or by others' agreement."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from o2c_chassis.approvals import Approval, approve, granted, payload_hash, refuse, requested, steps_in, steps_of
from o2c_chassis.approvals import end as ended
from o2c_chassis.errors import Refused
from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.intake import Ordered
from o2c_contracts.orders import OrderReleased
from o2c_contracts.shared import (
    ApprovalExpired,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
)

from o2c_orders import facts
from o2c_orders.commands import ApproveRequest, EndContract, RefuseRequest, ReleaseOrder
from o2c_orders.domain.contracts import Contract
from o2c_orders.domain.orders import ACCEPTED, Hold, Order

from . import contracts, credit, holds, ledger, orders
from .contracts import ask_request as ask_contract_request

APPROVAL = "approval"
RELEASE, END = "order-release", "contract-end"


def on_release_order(event: ReleaseOrder, work: WorkingSet) -> Iterator[Event]:
    """Within the person's authority it goes ahead; above it the matrix names who must agree."""
    order = work.get(Order, customer_id=event.customer_id, order_id=event.order_id)
    hold = work.get(Hold, customer_id=event.customer_id, order_id=event.order_id)
    _must_be_possible(orders.ask_request("release-order", order, work, (event.order_id, None)))
    if order is None or hold is None:
        raise Refused("unknown-order", f"{event.order_id} is no order of {event.customer_id}", status=404)
    verdict = credit.judge(order, order, work)
    asking = holds.Asking(order, order, hold, hold.request)
    if verdict.status != order.status:
        yield from holds.settle(asking, verdict, work)
        return
    measured = facts.release(verdict.sheet, verdict.rows)
    person = work.cause.envelope.actor or ""
    if _authority(measured, event.roles, event.order_id, work):
        yield from _release(order, hold, verdict, person, work)
        return
    if verdict.rows != hold.rows:
        yield from holds.settle(asking, verdict, work)
        hold = work.get(Hold, customer_id=event.customer_id, order_id=event.order_id) or hold
    if hold.approval_id:
        raise Refused("already-requested", f"{hold.approval_id} waits for approval", "approve or refuse that one")
    pending = _pending(measured, work.find(Approval, customer_id=event.customer_id))
    summed = {**measured, "amount_minor": measured["amount_minor"] + pending}
    approval, told = _request(summed, measured["amount_minor"], _payload(order, verdict), order, work)
    work.put(replace(hold, approval_id=approval.approval_id))
    yield told


def on_end_contract(event: EndContract, work: WorkingSet) -> Iterator[Event]:
    contract = work.get(Contract, customer_id=event.customer_id, contract_id=event.contract_id)
    _must_be_possible(ask_contract_request("end-contract", contract, event.contract_id, work))
    if contract is None:
        raise Refused("unknown-contract", f"{event.contract_id} is no contract of {event.customer_id}", status=404)
    if event.ends_on < contract.starts_on:
        raise Refused("ends-before-start", f"{event.contract_id} starts on {contract.starts_on}")
    measured = facts.contract_end(contract)
    if _authority(measured, event.roles, event.contract_id, work):
        yield from contracts.end(contract, event.ends_on, work)
        return
    if contract.approval_id:
        raise Refused("already-requested", f"{contract.approval_id} waits for approval", "approve or refuse that one")
    asked_for = replace(contract, end_asked_on=event.ends_on)
    approval, told = _request(measured, 0, _end_payload(asked_for), contract, work)
    work.put(replace(asked_for, approval_id=approval.approval_id))
    yield told


def on_approve_request(event: ApproveRequest, work: WorkingSet) -> Iterator[Event]:
    """One more person agrees; the last one's agreement is the effect."""
    approval = _of_customer(event, work)
    if approval.action == RELEASE:
        yield from _approve_release(approval, event, work)
        return
    contract = work.get(Contract, customer_id=event.customer_id, contract_id=approval.document_id)
    if contract is None or contract.end_asked_on is None:
        raise Refused("approval-not-open", f"nothing waits for {approval.approval_id}")
    after = _agreed(approval, event, _end_payload(contract), work)
    if after.status == "granted":
        yield granted(after)
        yield from contracts.end(contract, contract.end_asked_on, work)


def on_refuse_request(event: RefuseRequest, work: WorkingSet) -> Iterator[Event]:
    approval = _of_customer(event, work)
    person = work.cause.envelope.actor or ""
    work.put(refuse(approval, person, event.roles))
    work.disarm(APPROVAL, approval.approval_id)
    _let_go(approval, work)
    yield ApprovalRefused(**approval.told, refused_by=person, comment=event.comment)


def on_approval_due(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Nobody decided in time: the document stays as it is, and it may be asked again."""
    approval = work.get(Approval, approval_id=event.subject_id)
    if approval is None or approval.status != "open":
        return
    work.put(ended(approval, "expired"))
    _let_go(approval, work)
    yield ApprovalExpired(**approval.told)


def _approve_release(approval: Approval, event: ApproveRequest, work: WorkingSet) -> Iterator[Event]:
    order = work.get(Order, customer_id=event.customer_id, order_id=approval.document_id)
    hold = work.get(Hold, customer_id=event.customer_id, order_id=approval.document_id)
    if order is None or hold is None:
        raise Refused("approval-not-open", f"nothing waits for {approval.approval_id}")
    verdict = credit.judge(order, order, work)
    after = _agreed(approval, event, _payload(order, verdict), work)
    if after.status != "granted":
        return
    if facts.release(verdict.sheet, verdict.rows)["amount_minor"] > approval.amount_minor:
        work.put(ended(approval, "voided"))
        work.put(replace(hold, approval_id=""))
        yield ApprovalVoided(**approval.told, reason="more is over the limit now than was asked for")
        return
    yield granted(after)
    people = ", ".join(person for person, _, _ in after.agreed)
    yield from _release(order, replace(hold, approval_id=""), verdict, people, work)


def _release(order: Order, hold: Hold, verdict: credit.Verdict, people: str, work: WorkingSet) -> Iterator[Event]:
    """Lasts for this order, up to this amount, against these reasons."""
    released = replace(
        order,
        status=ACCEPTED,
        decided_at=work.at,
        decision_id=verdict.decision_id,
        released_by=people,
        released_minor=order.total_minor,
        released_rows=" ".join(verdict.rows),
    )
    ledger.record(order, released, work)
    yield from holds.close(hold, work, "the order was released")
    content = Ordered.model_validate_json(order.document).__dict__
    because = tuple(f"{people} released it in spite of: {o.text}"[:500] for o in verdict.objections)
    yield OrderReleased(**content, because=because, released_by=people, decision_id=verdict.decision_id)
    yield from holds.release(order.customer_id, work)


def _must_be_possible(asked: Asked) -> None:
    if asked["then"] == "refuse":
        raise Refused(asked.rows[0].id, asked.because[0])


def _authority(measured: Mapping[str, Any], roles: tuple[str, ...], subject: str, work: WorkingSet) -> bool:
    """Whether one of the person's roles may do it alone; Refused where none may even ask for it."""
    said = set()
    for role in roles:
        asked = work.ask("orders/authority", {**measured, "role": role}, subject=subject)
        said.add(asked["then"])
        if asked["then"] == "alone":
            return True
    if "request" not in said:
        raise Refused(
            "no-authority", f"{', '.join(roles) or 'no role'} may not do this", "ask somebody with authority", 403
        )
    return False


def _request(
    asking: Mapping[str, Any], amount: int, payload: str, document: Order | Contract, work: WorkingSet
) -> tuple[Approval, ApprovalRequested]:
    """Open an approval as the matrix wants it, bound to the content as it is now."""
    subject = document.order_id if isinstance(document, Order) else document.contract_id
    asked = work.ask("orders/approvals", asking, subject=subject)
    approval = Approval(
        approval_id=work.new_id("approval", subject),
        customer_id=document.customer_id,
        action=str(asking["action"]),
        document_id=subject,
        legal_entity=document.legal_entity,
        currency=str(asking["currency"]),
        amount_minor=amount,
        reason=str(asking["action"]),
        requested_by=work.cause.envelope.actor or "",
        requested_at=work.at,
        expires_at=work.at + timedelta(hours=int(str(asked["expiry_hours"]))),
        steps=steps_of(steps_in(str(asked["steps"]))),
        payload_hash=payload,
    )
    work.put(approval)
    work.arm(APPROVAL, approval.approval_id, approval.expires_at, customer_id=approval.customer_id)
    return approval, requested(approval, asked.id)


def _pending(measured: Mapping[str, Any], approvals: list[Approval]) -> int:
    """Other releases of the customer that are still open: what was released is in exposure already, these are not."""
    return sum(
        a.amount_minor
        for a in approvals
        if a.action == RELEASE and a.status == "open" and a.currency == measured["currency"]
    )


def _agreed(approval: Approval, event: ApproveRequest, payload: str, work: WorkingSet) -> Approval:
    envelope = work.cause.envelope
    after = approve(approval, envelope.actor or "", event.roles, envelope.on_behalf_of, payload)
    work.put(after)
    if after.status != "open":
        work.disarm(APPROVAL, approval.approval_id)
    return after


def _of_customer(event: ApproveRequest | RefuseRequest, work: WorkingSet) -> Approval:
    approval = work.get(Approval, approval_id=event.approval_id)
    if approval is None or approval.customer_id != event.customer_id:
        raise Refused("unknown-approval", f"{event.approval_id} is no request of {event.customer_id}", status=404)
    return approval


def _let_go(approval: Approval, work: WorkingSet) -> None:
    """The document waits for this approval no longer."""
    if approval.action == RELEASE:
        hold = work.get(Hold, customer_id=approval.customer_id, order_id=approval.document_id)
        if hold and hold.approval_id == approval.approval_id:
            work.put(replace(hold, approval_id=""))
        return
    contract = work.get(Contract, customer_id=approval.customer_id, contract_id=approval.document_id)
    if contract and contract.approval_id == approval.approval_id:
        work.put(replace(contract, approval_id="", end_asked_on=None))


def _payload(order: Order, verdict: credit.Verdict) -> str:
    """What an agreement to a release is bound to: the order as it is, and the reasons against it."""
    return payload_hash(
        {"order": order.order_id, "total": order.total_minor, "document": order.document, "rows": verdict.rows}
    )


def _end_payload(contract: Contract) -> str:
    return payload_hash(
        {"contract": contract.contract_id, "version": contract.version, "ends_on": contract.end_asked_on}
    )
