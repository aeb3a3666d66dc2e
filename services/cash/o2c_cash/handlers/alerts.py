"""What a person must look at although nothing is wrong with the books: each notice exists once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from o2c_chassis.escalations import AcknowledgeEscalation, unacknowledged
from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.shared import EscalationRaised
from o2c_rules.values import Facts

from o2c_cash.domain.notices import Escalation
from o2c_cash.domain.payments import Payment, PaymentReturn

from .desk import LINE_MOST
from .people import authorise

UNIDENTIFIED = "unidentified"
"""The deadline by which a payer should be known."""
RETURN = "return"
"""The deadline by which a payment should be known that the bank took back."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What happened to a payment, in the words of the table of alerts."""

    what: str
    amount_minor: int
    document_id: str
    """The advice, return or refund that it happened with; the payment's where there is none."""


def expect_payer(work: WorkingSet, payment: Payment) -> None:
    """Money without a payer waits in a work list; the table says for how long before somebody hears of it."""
    days = _asked(work, payment, _without_payer(payment))["after_days"]
    if isinstance(days, int):
        work.arm(UNIDENTIFIED, payment.payment_id, work.at + timedelta(days=days), key=payment.origin_key)


def on_payer_awaited(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """There is no customer under whose key it could be told: it is kept, and counted until the payer is known."""
    payment = work.get(Payment, payment_id=event.subject_id)
    if payment is not None and payment.status == "unidentified" and payment.open:
        _kept(work, payment, _without_payer(payment))
    yield from ()


def expect_payment(work: WorkingSet, back: PaymentReturn) -> None:
    """What the bank took back of a payment that is not known, or not clear, waits; the table says for how long."""
    days = _asked(work, back, _without_payment(back))["after_days"]
    if isinstance(days, int):
        work.arm(RETURN, back.return_id, work.at + timedelta(days=days), key=back.origin_key)


def on_return_waited(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Its payment has not come, or cannot be told from another: a person looks."""
    back = work.get(PaymentReturn, return_id=event.subject_id)
    if back is not None and not back.done:
        yield from alert(work, back, _without_payment(back))


def alert(work: WorkingSet, about: Payment | PaymentReturn, matter: Matter) -> Iterator[EscalationRaised]:
    """Keep it for whom the table names, and tell it under the customer's key, where somebody knows the customer."""
    kept = _kept(work, about, matter)
    if kept is not None and kept.customer_id is not None:
        yield EscalationRaised(
            customer_id=kept.customer_id,
            legal_entity=kept.legal_entity,
            currency=kept.currency,
            escalation_id=kept.escalation_id,
            document_id=kept.payment_id,
            level=kept.level,
            to=kept.recipient,
            text=kept.text,
            decision_id=kept.decision_id,
        )


def on_acknowledge_escalation(event: AcknowledgeEscalation, work: WorkingSet) -> Iterator[Event]:
    """A person takes care of this, and so of what was told of the same before."""
    actor = authorise(event, work, "acknowledge")
    raised = work.get(Escalation, escalation_id=event.escalation_id)
    if raised is not None and raised.nobodys:
        work.put(replace(raised, customer_id=event.customer_id))
    found = unacknowledged(event, work.get(Escalation, escalation_id=event.escalation_id))
    for each in work.find(Escalation, payment_id=found.payment_id):
        if found.repeats(each) and each.acknowledged_at is None:
            work.put(each.acknowledge(actor, work.at))
    yield from ()


def _without_payer(payment: Payment) -> Matter:
    return Matter("unidentified-overdue", payment.unidentified_minor, payment.payment_id)


def _without_payment(back: PaymentReturn) -> Matter:
    return Matter("return-unplaced", back.amount_minor, back.return_id)


def _asked(work: WorkingSet, about: Payment | PaymentReturn, matter: Matter) -> Asked:
    sheet: Facts = {
        "legal_entity": about.legal_entity,
        "currency": about.currency,
        "payment_id": about.payment_id,
        "what": matter.what,
        "amount_minor": matter.amount_minor,
    }
    return work.ask("cash/alerts", sheet, subject=about.payment_id)


def _kept(work: WorkingSet, about: Payment | PaymentReturn, matter: Matter) -> Escalation | None:
    asked = _asked(work, about, matter)
    if not asked["to"]:
        return None
    raised = Escalation(
        escalation_id=work.new_id("escalation", about.payment_id),
        payment_id=about.payment_id,
        legal_entity=about.legal_entity,
        currency=about.currency,
        amount_minor=matter.amount_minor,
        recipient=str(asked["to"]),
        text=" ".join(asked.because)[:LINE_MOST],
        raised_at=work.at,
        decision_id=asked.id,
        customer_id=about.customer_id,
        level=matter.what,
        document_id=matter.document_id,
    )
    work.put(raised)
    return raised
