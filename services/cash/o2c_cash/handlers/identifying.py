"""Whose is it? Names the payer of what came without one, and tells it again under the payer's key (house rule S6)."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.cash import PaymentIdentified
from o2c_contracts.event import Event

from o2c_cash import facts
from o2c_cash.domain.numbers import Document, kind_of
from o2c_cash.domain.payments import Payment, PaymentReturn, Remittance
from o2c_cash.tables.lookups import owners_of


def name_payer(work: WorkingSet, document: Payment | Remittance) -> Iterator[Event]:
    """By the account that it came from: one customer's, or it stays in a person's queue."""
    owners = owners_of(work, document.origin_key)
    kind, document_id = kind_of(document)
    purse = document.legal_entity, document.currency
    asked = work.ask("cash/identification", facts.identification(kind, document_id, owners, purse), subject=document_id)
    if asked["then"] == "identify":
        yield from tell_identified(work, document, owners[0])
    elif isinstance(document, Payment):
        because = " ".join(asked.because)
        work.put(replace(document, reason=str(asked["reason"]), because=because, decision_id=asked.id))


def tell_identified(work: WorkingSet, document: Document, customer_id: str) -> Iterator[Event]:
    """Under the customer's key, ids and amounts only; decided when it is heard there."""
    if not isinstance(document, PaymentReturn):
        if document.named_customer_id == customer_id:
            return
        work.put(replace(document, named_customer_id=customer_id))
    kind, document_id = kind_of(document)
    yield PaymentIdentified(
        customer_id=customer_id,
        legal_entity=document.legal_entity,
        currency=document.currency,
        document_kind=kind,
        document_id=document_id,
        origin_key=document.origin_key,
    )
