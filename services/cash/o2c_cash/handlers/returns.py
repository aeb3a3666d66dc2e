"""The bank takes a payment back: what it paid is owed again, with the versions going on."""

from collections.abc import Generator, Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.bank import PaymentReturned
from o2c_contracts.cash import PaymentIdentified, PaymentReversed
from o2c_contracts.documents import content_of
from o2c_contracts.event import Event

from o2c_cash.domain.items import Allocation, OpenItem, in_force
from o2c_cash.domain.payments import Payment, PaymentReturn
from o2c_cash.tables.lookups import meant_by

from . import movements
from .alerts import RETURN, Matter, alert, expect_payment
from .desk import Desk, Why
from .identifying import tell_identified
from .matching import REFERENCE
from .numbering import told_apart


def on_payment_returned(event: PaymentReturned, work: WorkingSet) -> Iterator[Event]:
    """Carried out under the payer's key; before its payment is known, it waits for it."""
    back = told_apart(work, _return(event, work))
    if back is None:
        return
    work.put(back)
    payment = meant_by(work, back)
    if payment is None:
        expect_payment(work, back)
    elif payment.customer_id is not None and payment.customer_id != event.customer_id:
        yield from tell_identified(work, back, payment.customer_id)
    else:
        desk = Desk(work)
        yield from carry_out(desk, payment, back)
        yield from desk.close()


def _return(event: PaymentReturned, work: WorkingSet) -> PaymentReturn:
    return PaymentReturn(
        return_id=event.return_id,
        origin_key=event.key,
        payment_id=event.payment_id,
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        amount_minor=event.amount_minor,
        returned_on=event.returned_on,
        reason=event.reason,
        done=False,
        source=work.cause.envelope.source,
        content=content_of(event),
    )


def on_return_identified(event: PaymentIdentified, work: WorkingSet) -> Iterator[Event]:
    """Heard under the payer's key."""
    back = work.get(PaymentReturn, return_id=event.document_id)
    payment = meant_by(work, back) if back is not None and not back.done else None
    if back is None or payment is None:
        return
    desk = Desk(work)
    yield from carry_out(desk, payment, back)
    yield from desk.close()


def carry_out(desk: Desk, payment: Payment, back: PaymentReturn) -> Generator[Event, None, Payment]:
    """Money that pays nothing goes first, then what pays items. The payment as it is then."""
    desk.work.put(replace(back, payment_id=payment.payment_id, customer_id=payment.customer_id, done=True))
    desk.work.disarm(RETURN, back.return_id)
    if back.doubted:
        yield from alert(desk.work, payment, Matter("return-differs", back.amount_minor, back.return_id))
    amount = min(back.amount_minor, payment.here_minor)
    if payment.purse != (back.legal_entity, back.currency):
        amount = 0
    if amount < back.amount_minor:
        yield from alert(desk.work, payment, Matter("return-exceeds", back.amount_minor, back.return_id))
    if not amount:
        return payment
    free = payment.here_minor - payment.applied_minor
    if amount > free:
        payment = yield from take_back(desk, payment, amount - free, Why(f"payment returned: {back.reason}"))
    waited = payment.status == "waiting"
    payment = movements.give_back(desk, payment, amount, back.returned_on)
    if waited and payment.status != "waiting":
        desk.work.disarm(REFERENCE, payment.payment_id)
    if payment.customer_id is not None:
        yield PaymentReversed(
            customer_id=payment.customer_id,
            legal_entity=payment.legal_entity,
            currency=payment.currency,
            payment_id=payment.payment_id,
            return_id=back.return_id,
            amount_minor=amount,
            reason=back.reason,
        )
    return payment


def take_back(desk: Desk, payment: Payment, amount_minor: int, reason: Why) -> Generator[Event, None, Payment]:
    """So much of what the payment pays is owed again: of several items the one that fell due last comes first."""
    steps = in_force(desk.work.find(Allocation, payment_id=payment.payment_id))
    paid = {number: amount for (number, kind), amount in steps.items() if kind == "payment"}
    items = [item for number in paid if (item := desk.work.get(OpenItem, invoice_number=number))]
    for item in sorted(items, key=lambda i: (i.due_on, i.invoice_number), reverse=True):
        part = min(paid[item.invoice_number], amount_minor)
        if part:
            payment, _ = yield from movements.unpay(desk, payment, item, part, reason)
            amount_minor -= part
    return payment
