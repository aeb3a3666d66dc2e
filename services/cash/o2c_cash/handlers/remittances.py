"""What payers say that a payment settles: before it, with it, or after it."""

import json
from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.bank import RemittanceAdvised
from o2c_contracts.cash import PaymentIdentified
from o2c_contracts.documents import content_of
from o2c_contracts.event import Event

from o2c_cash.domain.claims import used
from o2c_cash.domain.items import Allocation, in_force
from o2c_cash.domain.payments import Payment, Remittance
from o2c_cash.tables.lookups import advised_payments, items_of, meant_by

from .alerts import Matter, alert
from .claiming import merged
from .desk import Desk
from .identifying import name_payer, tell_identified
from .matching import match
from .numbering import told_apart


def on_remittance_advised(event: RemittanceAdvised, work: WorkingSet) -> Iterator[Event]:
    """Kept as it was said; under a known payer it may explain money at once."""
    advice = told_apart(work, _advice(event, work))
    if advice is None:
        return
    work.put(advice)
    if advice.identified:
        yield from _explain(work, advice)
        return
    payment = meant_by(work, advice) if advice.payment_id else None
    if payment is not None and payment.customer_id is not None:
        yield from tell_identified(work, advice, payment.customer_id)
    else:
        yield from name_payer(work, advice)


def _advice(event: RemittanceAdvised, work: WorkingSet) -> Remittance:
    return Remittance(
        remittance_id=event.remittance_id,
        origin_key=event.key,
        customer_id=event.customer_id,
        named_customer_id=event.customer_id,
        identified=event.customer_id is not None,
        legal_entity=event.legal_entity,
        currency=event.currency,
        payment_id=event.payment_id,
        total_minor=event.total_minor,
        lines=json.dumps([[e.invoice_number, e.external_ref, e.amount_minor] for e in event.lines]),
        used_by=None,
        received_at=work.at,
        open=True,
        source=work.cause.envelope.source,
        content=content_of(event),
    )


def on_remittance_identified(event: PaymentIdentified, work: WorkingSet) -> Iterator[Event]:
    """Heard under the payer's key."""
    advice = work.get(Remittance, remittance_id=event.document_id)
    if advice is None or advice.identified or advice.named_customer_id != event.customer_id:
        return
    advice = replace(advice, customer_id=event.customer_id, identified=True)
    work.put(advice)
    yield from _explain(work, advice)


def _explain(work: WorkingSet, advice: Remittance) -> Iterator[Event]:
    """The payment that it belongs to, where there is exactly one."""
    payments = advised_payments(advice, work)
    if advice.payment_id:
        meant = meant_by(work, advice)
        payments = [p for p in payments if p == meant]
    if len(payments) != 1:
        return
    payment, desk = payments[0], Desk(work)
    if payment.may_match:
        yield from match(desk, payment)
    elif payment.purse == advice.purse:
        yield from _compare(work, payment, advice)
    yield from desk.close()


def _compare(work: WorkingSet, payment: Payment, advice: Remittance) -> Iterator[Event]:
    """An advice after the fact confirms what was done, or a person looks; nothing is moved by itself."""
    steps = in_force(work.find(Allocation, payment_id=payment.payment_id))
    done = {number: amount for (number, kind), amount in steps.items() if kind == "payment"}
    said: dict[str, int] = {}
    for entry in merged(advice.entries):
        number = next((i.invoice_number for i in items_of(work, entry) if i.invoice_number in done), entry.name)
        said[number] = said.get(number, 0) + entry.amount_minor
    if said == done:
        work.put(used(advice, payment.payment_id))
    else:
        yield from alert(work, payment, Matter("remittance-disagrees", advice.total_minor, advice.remittance_id))
