"""Credit goes back to the customer: asked for, agreed to, and paid by the treasury, three different hands."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.approvals import Approval, payload_hash
from o2c_chassis.bands import Band, band_of
from o2c_chassis.errors import Refused
from o2c_chassis.service import DeliveryEnded
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.cash import RefundPaid
from o2c_contracts.event import Event
from o2c_contracts.money import as_text
from o2c_rules.values import Facts

from o2c_cash import facts
from o2c_cash.commands import RequestRefund
from o2c_cash.domain.items import OpenItem
from o2c_cash.domain.payments import Payment
from o2c_cash.domain.refunds import Refund

from . import matrix, movements
from .alerts import Matter, alert
from .desk import Desk
from .people import authorise, own_payment

ACTION = "refund"
INSTRUCTION = "refund"
"""The delivery that tells the treasury to pay."""


def on_request_refund(event: RequestRefund, work: WorkingSet) -> Iterator[Event]:
    """Asks for approval of sending credit back; never more than the payment left on account."""
    actor = authorise(event, work, ACTION)
    payment = own_payment(work, event.customer_id, event.payment_id)
    if event.amount_minor > payment.on_account_minor:
        has = as_text(payment.on_account_minor, payment.currency)
        raise Refused("more-than-on-account", f"{payment.payment_id} has {has} on account", "put it on account first")
    refund = Refund(
        refund_id=work.new_id("refund", payment.payment_id),
        payment_id=payment.payment_id,
        customer_id=event.customer_id,
        legal_entity=payment.legal_entity,
        currency=payment.currency,
        amount_minor=event.amount_minor,
        reason=event.reason,
        requested_by=actor,
        requested_at=work.at,
        approval_id=work.new_id("approval", payment.payment_id),
        address=_treasury(payment, event, work),
        status="requested",
    )
    work.put(refund)
    approval = _approval(refund, payment)
    yield from matrix.request(work, approval, _band(refund, payment, work))


def band(approval: Approval, work: WorkingSet) -> Band:
    """Who must agree to it."""
    return _band(*_found(approval, work), work)


def _band(refund: Refund, payment: Payment, work: WorkingSet) -> Band:
    def sheet(besides_minor: int) -> Facts:
        return facts.refund_approval(payment, refund.amount_minor, besides_minor, refund.reason)

    return band_of(matrix.TABLE, refund.approval_id, sheet, work)


def _treasury(payment: Payment, event: RequestRefund, work: WorkingSet) -> str:
    """Who pays it, by the table; Refused where it is not to be paid at all."""
    items = work.find(OpenItem, customer_id=event.customer_id, open=True)
    owed_minor = sum(item.open_minor for item in items if item.purse == payment.purse)
    asked = work.ask("cash/refunds", facts.refund(payment, event.amount_minor, owed_minor), subject=payment.payment_id)
    if asked["then"] != "pay":
        why = " ".join(asked.because) or asked.undecided or "no row allows it"
        raise Refused("no-refund", why, f"what is owed: GET /v1/cash/customers/{event.customer_id}/items", 422)
    return str(asked["treasury"])


def _approval(refund: Refund, payment: Payment) -> Approval:
    return Approval(
        approval_id=refund.approval_id,
        customer_id=refund.customer_id,
        action=ACTION,
        document_id=refund.refund_id,
        legal_entity=refund.legal_entity,
        currency=refund.currency,
        amount_minor=refund.amount_minor,
        reason=refund.reason,
        requested_by=refund.requested_by,
        requested_at=refund.requested_at,
        expires_at=refund.requested_at,
        steps="[]",
        payload_hash=_hash(refund, payment),
        concerns=payment.payment_id,
    )


def content(approval: Approval, work: WorkingSet) -> str:
    """What is agreed to as it is now; Refused where it is gone."""
    return _hash(*_found(approval, work))


def carry_out(approval: Approval, people: str, work: WorkingSet) -> Iterator[Event]:
    """Everybody has agreed: the money is the customer's no more, and the treasury is told to pay it."""
    refund, payment = _found(approval, work)
    desk = Desk(work)
    movements.refund(desk, payment, refund.amount_minor)
    work.put(replace(refund, status="paying"))
    order = {
        "channel": "email",
        "address": refund.address,
        "refund_id": refund.refund_id,
        "payment_id": refund.payment_id,
        "customer_id": refund.customer_id,
        "legal_entity": refund.legal_entity,
        "amount": as_text(refund.amount_minor, refund.currency),
        "reason": refund.reason,
        "requested_by": refund.requested_by,
        "approved_by": people,
    }
    work.deliver(INSTRUCTION, refund.refund_id, order, customer_id=refund.customer_id)
    yield from desk.close()


def ended(approval: Approval, work: WorkingSet) -> None:
    """Nobody agreed, or to something else."""
    refund = work.get(Refund, refund_id=approval.document_id)
    if refund is not None:
        work.put(replace(refund, status=approval.status))


def on_refund_ended(event: DeliveryEnded, work: WorkingSet) -> Iterator[Event]:
    """The treasury has the order; where it could not be reached the money is the customer's credit again."""
    refund = work.get(Refund, refund_id=event.subject_id)
    payment = work.get(Payment, payment_id=refund.payment_id) if refund is not None else None
    if refund is None or payment is None or refund.status != "paying":
        return
    if event.delivered:
        work.put(replace(refund, status="paid"))
        yield RefundPaid(
            customer_id=refund.customer_id,
            legal_entity=refund.legal_entity,
            currency=refund.currency,
            refund_id=refund.refund_id,
            amount_minor=refund.amount_minor,
            payment_id=refund.payment_id,
        )
        return
    desk = Desk(work)
    work.put(replace(refund, status="failed"))
    payment = movements.unrefund(desk, payment, refund.amount_minor)
    yield from alert(work, payment, Matter("refund-failed", refund.amount_minor, refund.refund_id))
    yield from desk.close()


def _found(approval: Approval, work: WorkingSet) -> tuple[Refund, Payment]:
    refund = work.get(Refund, refund_id=approval.document_id)
    payment = work.get(Payment, payment_id=refund.payment_id) if refund is not None else None
    if refund is None or payment is None:
        raise Refused("unknown-refund", f"there is no refund {approval.document_id}", "ask for it anew", 404)
    return refund, payment


def _hash(refund: Refund, payment: Payment) -> str:
    """So much of a payment that has so much on account, to be paid through this treasury."""
    said = {"payment_id": payment.payment_id, "on_account_minor": payment.on_account_minor}
    return payload_hash(
        said | {"amount_minor": refund.amount_minor, "reason": refund.reason, "treasury": refund.address}
    )
