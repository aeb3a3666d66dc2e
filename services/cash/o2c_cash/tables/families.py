"""Whose names must be locked together for each event (house rule S11): families, and payers not known yet."""

from collections.abc import Callable, Generator, Iterable
from typing import Any

from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import Need, WorkingSet, need
from o2c_contracts.bank import PaymentReceived, PaymentReturned, RemittanceAdvised
from o2c_contracts.cash import PaymentIdentified
from o2c_contracts.event import CustomerEvent, Event
from o2c_contracts.master import CustomerChanged, CustomerRegistered, FamilyChanged

from o2c_cash.commands import AllocatePayment, ApplyCredit, IdentifyPayment, PutOnAccount, RequestRefund
from o2c_cash.domain.items import Allocation, OpenItem
from o2c_cash.domain.parties import Party, PayerAccount
from o2c_cash.domain.payments import Payment, PaymentReturn, Remittance

from .lookups import family_of, lock_of, numbered, of_number
from .needs import accounts_touched

Names = Generator[list[Need[Any]], None, set[str]]


def families(event: Event, work: WorkingSet) -> Names:
    """The names to lock for an event, read before the lock and checked after it."""
    of: Callable[[Any, WorkingSet], Names] = _OF.get(type(event), _of_customer)
    return (yield from of(event, work))


def _of_customer(event: CustomerEvent | DeadlineReached, work: WorkingSet) -> Names:
    if event.customer_id is None:
        return {event.key}
    yield [need(Party, customer_id=event.customer_id)]
    return {family_of(work, event.customer_id)}


def _around(customers: Iterable[str | None], payment_ids: Iterable[str | None], work: WorkingSet) -> Names:
    """Families of these customers and of the payers of payments of these numbers; of an unknown payer, its key."""
    known, ids = {c for c in customers if c}, [p for p in payment_ids if p]
    yield [
        *[need(Party, customer_id=c) for c in sorted(known)],
        *[n for p in ids for n in (*of_number(Payment, p), need(Remittance, payment_id=p))],
    ]
    names = {lock_of(p) for p in ids}
    payers = set()
    for payment in [row for p in ids for row in numbered(work, Payment, p)]:
        if payment.customer_id:
            payers.add(payment.customer_id)
        else:
            names.add(payment.origin_key)
    names |= {r.origin_key for p in ids for r in work.find(Remittance, payment_id=p) if not r.identified}
    if payers - known:
        yield [need(Party, customer_id=c) for c in sorted(payers - known)]
    return names | {family_of(work, c) for c in known | payers}


def _of_bank(event: PaymentReceived | RemittanceAdvised, work: WorkingSet) -> Names:
    names = yield from _around([event.customer_id], [event.payment_id], work)
    return names | {lock_of(event.document_id)} | (set() if event.customer_id else {event.key})


def _of_returned(event: PaymentReturned, work: WorkingSet) -> Names:
    customers = yield from _paid_for(event.payment_id, work)
    names = yield from _around([event.customer_id, *customers], [event.payment_id], work)
    return names | {lock_of(event.document_id)} | (set() if event.customer_id else {event.key})


def _paid_for(number: str, work: WorkingSet) -> Generator[list[Need[Any]], None, list[str]]:
    """Whose items payments of this number pay: a person may have chosen another family's."""
    yield [need(Allocation, payment_id=number), need(Payment, namesake_of=number)]
    others = [p.payment_id for p in work.find(Payment, namesake_of=number)]
    if others:
        yield [need(Allocation, payment_id=p) for p in others]
    return [a.customer_id for p in (number, *others) for a in work.find(Allocation, payment_id=p)]


def _of_identified(event: PaymentIdentified, work: WorkingSet) -> Names:
    payment_id: str | None = event.document_id
    customers = []
    if event.document_kind == "remittance":
        yield [need(Remittance, remittance_id=event.document_id)]
        advice = work.get(Remittance, remittance_id=event.document_id)
        payment_id = advice.payment_id if advice else None
    elif event.document_kind == "return":
        yield [need(PaymentReturn, return_id=event.document_id)]
        back = work.get(PaymentReturn, return_id=event.document_id)
        payment_id = back.payment_id if back else None
        customers = (yield from _paid_for(payment_id, work)) if payment_id else []
    names = yield from _around([event.customer_id, *customers], [payment_id], work)
    return names | {event.origin_key}


def _of_party(event: CustomerRegistered | CustomerChanged, work: WorkingSet) -> Names:
    yield [need(Party, customer_id=event.customer_id), need(PayerAccount, customer_id=event.customer_id)]
    root = event.root_id if isinstance(event, CustomerRegistered) else None
    return {family_of(work, event.customer_id), *([f"c:{root}"] if root else []), *accounts_touched(event, work)}


def _of_move(event: FamilyChanged, work: WorkingSet) -> Names:
    yield [need(Party, customer_id=event.customer_id)]
    return {family_of(work, event.customer_id), f"c:{event.root_id or event.customer_id}"}


def _of_payment_command(event: IdentifyPayment | PutOnAccount | RequestRefund, work: WorkingSet) -> Names:
    return (yield from _around([event.customer_id], [event.payment_id], work))


def _of_allocation(event: AllocatePayment, work: WorkingSet) -> Names:
    numbers = sorted({line.invoice_number for line in event.lines})
    customers = yield from _paid_for(event.payment_id, work)
    return (yield from _with_items([event.customer_id, *customers], event.payment_id, numbers, work))


def _of_credit(event: ApplyCredit, work: WorkingSet) -> Names:
    return (yield from _with_items([event.customer_id], None, [event.invoice_number], work))


def _with_items(customers: list[str], payment_id: str | None, numbers: list[str], work: WorkingSet) -> Names:
    yield [need(OpenItem, invoice_number=number) for number in numbers]
    items = [item for number in numbers if (item := work.get(OpenItem, invoice_number=number))]
    return (yield from _around([*customers, *[item.customer_id for item in items]], [payment_id], work))


_OF: dict[type[Event], Callable[[Any, WorkingSet], Names]] = {
    PaymentReceived: _of_bank,
    RemittanceAdvised: _of_bank,
    PaymentReturned: _of_returned,
    PaymentIdentified: _of_identified,
    CustomerRegistered: _of_party,
    CustomerChanged: _of_party,
    FamilyChanged: _of_move,
    IdentifyPayment: _of_payment_command,
    PutOnAccount: _of_payment_command,
    RequestRefund: _of_payment_command,
    AllocatePayment: _of_allocation,
    ApplyCredit: _of_credit,
}
