"""What a person must look at although nothing is wrong with the books: each notice exists once."""

from collections.abc import Iterator
from datetime import timedelta

from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.shared import EscalationRaised
from o2c_rules.values import Facts

from o2c_cash.domain.notices import Escalation
from o2c_cash.domain.payments import Payment

from .desk import LINE_MOST

UNIDENTIFIED = "unidentified"
"""The deadline by which a payer should be known."""


def expect_payer(work: WorkingSet, payment: Payment) -> None:
    """Money without a payer waits in a work list; the table says for how long before somebody hears of it."""
    days = _asked(work, "unidentified-overdue", payment, payment.amount_minor)["after_days"]
    if isinstance(days, int):
        work.arm(UNIDENTIFIED, payment.payment_id, work.at + timedelta(days=days), key=payment.origin_key)


def on_payer_awaited(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """There is no customer under whose key it could be told: it is kept, and counted until the payer is known."""
    payment = work.get(Payment, payment_id=event.subject_id)
    if payment is not None and payment.status == "unidentified" and payment.open:
        asked = _asked(work, "unidentified-overdue", payment, payment.unidentified_minor)
        work.put(
            Escalation(
                escalation_id=f"{payment.payment_id}:unidentified:{event.armed}",
                payment_id=payment.payment_id,
                legal_entity=payment.legal_entity,
                currency=payment.currency,
                amount_minor=payment.unidentified_minor,
                recipient=str(asked["to"]),
                text=" ".join(asked.because)[:LINE_MOST],
                raised_at=work.at,
                decision_id=asked.id,
            )
        )
    yield from ()


def _asked(work: WorkingSet, what: str, payment: Payment, amount_minor: int) -> Asked:
    sheet: Facts = {
        "legal_entity": payment.legal_entity,
        "currency": payment.currency,
        "payment_id": payment.payment_id,
        "what": what,
        "amount_minor": amount_minor,
    }
    return work.ask("cash/alerts", sheet, subject=payment.payment_id)


def alert(work: WorkingSet, what: str, payment: Payment, amount_minor: int, n: int = 1) -> Iterator[EscalationRaised]:
    """Tell whom the table names; nobody can be told of money whose payer is not known: that is its own work list."""
    if payment.customer_id is None:
        return
    asked = _asked(work, what, payment, amount_minor)
    if asked["to"]:
        yield EscalationRaised(
            customer_id=payment.customer_id,
            legal_entity=payment.legal_entity,
            currency=payment.currency,
            escalation_id=f"{payment.payment_id}:{what}:{n}",
            document_id=payment.payment_id,
            level=what,
            to=str(asked["to"]),
            text=" ".join(asked.because)[:LINE_MOST],
            decision_id=asked.id,
        )
