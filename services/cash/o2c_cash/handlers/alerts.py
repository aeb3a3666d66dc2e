"""What a person must look at although nothing is wrong with the books: each notice exists once."""

from collections.abc import Iterator

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.shared import EscalationRaised
from o2c_rules.values import Facts

from o2c_cash.domain.payments import Payment

from .desk import LINE_MOST


def alert(work: WorkingSet, what: str, payment: Payment, amount_minor: int, n: int = 1) -> Iterator[EscalationRaised]:
    """Tell whom the table names; nobody can be told of money whose payer is not known: that is its own work list."""
    if payment.customer_id is None:
        return
    sheet: Facts = {
        "legal_entity": payment.legal_entity,
        "currency": payment.currency,
        "payment_id": payment.payment_id,
        "what": what,
        "amount_minor": amount_minor,
    }
    asked = work.ask("cash/alerts", sheet, subject=payment.payment_id)
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
