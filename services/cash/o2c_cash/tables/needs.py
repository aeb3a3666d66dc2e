"""Which rows each event needs: a generator per event, one round trip per yield."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from o2c_chassis.approvals import Approval
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.service import DeadlineReached, DeliveryEnded
from o2c_chassis.working_set import Need, WorkingSet, need
from o2c_contracts.bank import PaymentReceived, PaymentReturned, RemittanceAdvised
from o2c_contracts.billing import CreditNoteIssued, InvoiceIssued
from o2c_contracts.cash import PaymentIdentified
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.documents import content_of, namesake
from o2c_contracts.event import payer_key
from o2c_contracts.master import CustomerChanged, CustomerRegistered, FamilyChanged

from o2c_cash.commands import (
    AllocatePayment,
    ApplyCredit,
    ApproveRequest,
    IdentifyPayment,
    PutOnAccount,
    RefuseRequest,
    RequestRefund,
    WriteOff,
)
from o2c_cash.domain.items import Allocation, Credit, ItemDispute, OpenItem
from o2c_cash.domain.naming import looked_up
from o2c_cash.domain.notices import Escalation
from o2c_cash.domain.parties import Party, PayerAccount
from o2c_cash.domain.payments import Awaited, CustomerMoney, Payment, PaymentReturn, Receipt, Remittance
from o2c_cash.domain.refunds import Refund

from .lookups import (
    advices_near,
    advised_payments,
    awaiting,
    items_meant,
    items_named,
    number_of,
    numbered,
    of_number,
    waiting_for,
)

Round = list[Need[Any]]
Rounds = Iterator[Round]


def money_of(customer_id: str) -> Round:
    """What a customer has that pays no item: whoever changes any of it must see all of it."""
    return [
        need(Payment, customer_id=customer_id, open=True),
        need(Credit, customer_id=customer_id, open=True),
        need(CustomerMoney, customer_id=customer_id),
    ]


def named(name: str) -> Round:
    """Items that a name may mean."""
    return [need(OpenItem, invoice_number=name), need(OpenItem, external_ref=name)]


def to_match(payments: Sequence[Receipt], work: WorkingSet, besides: Iterable[Need[Any]] = ()) -> Rounds:
    """Everything that may explain these payments, whose payers are known."""
    wanted: Round = list(besides)
    for p in payments:
        if p.customer_id is not None:
            wanted += _around(number_of(p), p.customer_id, p.reference)
    yield wanted
    advised = [e for p in payments for r in advices_near(work, p) for e in r.entries]
    if advised:
        yield [n for e in advised for name in (e.invoice_number, e.external_ref) if name for n in named(name)]
    meant = {item.customer_id for p in payments for item in items_meant(work, p)}
    advisers = {r.customer_id for p in payments for r in advices_near(work, p) if r.customer_id}
    if others := (meant | advisers) - {p.customer_id for p in payments}:
        yield _of_others(others)


def to_return(payment: Receipt, work: WorkingSet) -> Rounds:
    """Of a payment that is matched and goes back in one step: every item that it may have been applied to."""
    if not work.find(PaymentReturn, payment_id=number_of(payment)):
        return
    own = work.find(OpenItem, customer_id=payment.customer_id, open=True)
    numbers = {item.invoice_number for item in [*own, *items_meant(work, payment)]}
    steps = need(Allocation, payment_id=payment.payment_id)
    yield [steps, *[need(OpenItem, invoice_number=number) for number in sorted(numbers)]]


def _around(number: str, customer_id: str, reference: str | None) -> Round:
    wanted = money_of(customer_id)
    wanted += [
        need(Party, customer_id=customer_id),
        need(OpenItem, customer_id=customer_id, open=True),
        need(Remittance, customer_id=customer_id, open=True),
        need(Remittance, payment_id=number),
        _contested(customer_id),
    ]
    for name in looked_up(reference):
        wanted += [*of_number(Remittance, name), *named(name)]
    return wanted


def _of_others(customers: Iterable[str]) -> Round:
    """Of customers whose items somebody else's payment names."""
    return [
        n
        for c in sorted(customers)
        for n in (need(Party, customer_id=c), need(CustomerMoney, customer_id=c), _contested(c))
    ]


def _contested(customer_id: str) -> Need[Any]:
    return need(ItemDispute, customer_id=customer_id, open=True)


# Customers


def for_registered(event: CustomerRegistered | CustomerChanged, work: WorkingSet) -> Rounds:
    """The customer, its accounts before and after, and the money that waits for somebody of these accounts."""
    yield [need(Party, customer_id=event.customer_id), need(PayerAccount, customer_id=event.customer_id)]
    keys = accounts_touched(event, work)
    yield [
        n
        for key in sorted(keys)
        for n in (
            need(PayerAccount, payer_key=key),
            need(Payment, origin_key=key, identified=False),
            need(Remittance, origin_key=key, identified=False),
        )
    ]


def accounts_touched(event: CustomerRegistered | CustomerChanged, work: WorkingSet) -> set[str]:
    """Keys of the accounts that the customer had and has."""
    if event.accounts is None:
        return set()
    before = {row.payer_key for row in work.find(PayerAccount, customer_id=event.customer_id)}
    return before | {payer_key(account, "") for account in event.accounts}


def for_family(event: FamilyChanged, work: WorkingSet) -> Rounds:
    yield [need(Party, customer_id=event.customer_id)]


# Items


def for_invoice(event: InvoiceIssued, work: WorkingSet) -> Rounds:
    """The item, and the money that it may explain."""
    names = names_of(event)
    yield [
        need(OpenItem, invoice_number=event.invoice_number),
        need(Payment, customer_id=event.customer_id, open=True),
        *[need(Awaited, name=name) for name in names],
    ]
    waiting = [need(Payment, payment_id=a.payment_id) for name in names for a in work.find(Awaited, name=name)]
    if waiting:
        yield waiting
        yield [need(Party, customer_id=p.customer_id) for p in awaiting(work, names) if p.customer_id]
    if payments := waiting_for(work, event.customer_id, names):
        yield from to_match(payments, work, _of_others([event.customer_id]))


def names_of(event: InvoiceIssued) -> list[str]:
    """Under which a payer may know the invoice."""
    return [event.invoice_number, *([event.external_ref] if event.external_ref else [])]


def for_credit_note(event: CreditNoteIssued, work: WorkingSet) -> Rounds:
    yield [
        need(Credit, credit_note_number=event.credit_note_number),
        need(OpenItem, invoice_number=event.invoice_number),
        *money_of(event.customer_id),
    ]


def for_dispute(event: DisputeOpened | DisputeResolved, work: WorkingSet) -> Rounds:
    yield [need(ItemDispute, case_id=event.case_id)]


# Money


def for_payment(event: PaymentReceived, work: WorkingSet) -> Rounds:
    """A known payer's payment with all that may explain it; else who pays from its account."""
    own: Round = [*of_number(Payment, event.payment_id), need(PaymentReturn, payment_id=event.payment_id)]
    if event.customer_id is None:
        yield [*own, need(PayerAccount, payer_key=event.key), need(Remittance, payment_id=event.payment_id)]
        return
    yield from to_match([event], work, own)
    yield from to_return(event, work)
    if numbered(work, Payment, event.payment_id):
        name = namesake(event.payment_id, work.cause.envelope.source, content_of(event))
        yield [need(Allocation, payment_id=name)]


def for_identified(event: PaymentIdentified, work: WorkingSet) -> Rounds:
    """What was told under the payer's key: as if it had come there."""
    if event.document_kind == "remittance":
        yield [need(Remittance, remittance_id=event.document_id)]
        if (remittance := work.get(Remittance, remittance_id=event.document_id)) is not None:
            yield from _for_advice(replace(remittance, customer_id=event.customer_id), work)
    elif event.document_kind == "return":
        yield [need(PaymentReturn, return_id=event.document_id)]
        if (back := work.get(PaymentReturn, return_id=event.document_id)) is not None:
            yield from _for_payment_returned(back.payment_id, work)
    else:
        yield [need(Payment, payment_id=event.document_id), need(PaymentReturn, payment_id=event.document_id)]
        if (payment := work.get(Payment, payment_id=event.document_id)) is not None:
            if payment.namesake_of:
                yield [need(PaymentReturn, payment_id=payment.number)]
            before = money_of(payment.customer_id) if payment.customer_id else []
            payment = replace(payment, customer_id=event.customer_id)
            yield from to_match([payment], work, before)
            yield from to_return(payment, work)


def for_remittance(event: RemittanceAdvised, work: WorkingSet) -> Rounds:
    """The advice, what it names, and the payments that it may belong to."""
    yield [
        *of_number(Remittance, event.remittance_id),
        *([need(PayerAccount, payer_key=event.key)] if event.customer_id is None else []),
        *(of_number(Payment, event.payment_id) if event.payment_id else []),
    ]
    if event.customer_id is not None:
        yield from _for_advice(event, work)


def _for_advice(advice: Remittance | RemittanceAdvised, work: WorkingSet) -> Rounds:
    lines = advice.entries if isinstance(advice, Remittance) else advice.lines
    number = advice.number if isinstance(advice, Remittance) else advice.remittance_id
    yield [
        need(Awaited, name=number),
        need(Party, customer_id=advice.customer_id),
        need(Payment, customer_id=advice.customer_id, open=True),
        *(of_number(Payment, advice.payment_id) if advice.payment_id else []),
        *[n for e in lines for name in (e.invoice_number, e.external_ref) if name for n in named(name)],
    ]
    if waiting := [need(Payment, payment_id=a.payment_id) for a in work.find(Awaited, name=number)]:
        yield waiting
        yield [need(Party, customer_id=p.customer_id) for p in awaiting(work, [number]) if p.customer_id]
    if payments := advised_payments(advice, work):
        names = [name for e in lines for name in (e.invoice_number, e.external_ref) if name]
        owners = {item.customer_id for name in names for item in items_named(work, name)}
        steps = [need(Allocation, payment_id=p.payment_id) for p in payments]
        yield from to_match(payments, work, [*steps, *_of_others(owners)])


def for_returned(event: PaymentReturned, work: WorkingSet) -> Rounds:
    yield of_number(PaymentReturn, event.return_id)
    yield from _for_payment_returned(event.payment_id, work)


def for_return_waited(event: DeadlineReached, work: WorkingSet) -> Rounds:
    """Of a return whose payment did not become known in time."""
    yield [need(PaymentReturn, return_id=event.subject_id)]


def _for_payment_returned(number: str, work: WorkingSet) -> Rounds:
    """Every payment of the number, and what each pays."""
    yield [*of_number(Payment, number), need(Allocation, payment_id=number)]
    if others := work.find(Payment, namesake_of=number):
        yield [need(Allocation, payment_id=p.payment_id) for p in others]
    payments = [p for p in numbered(work, Payment, number) if p.customer_id is not None]
    items = {a.invoice_number for p in payments for a in work.find(Allocation, payment_id=p.payment_id)}
    wanted = [n for p in payments for n in money_of(str(p.customer_id))]
    yield [*wanted, *[need(OpenItem, invoice_number=item) for item in sorted(items)]]


def for_waited(event: DeadlineReached, work: WorkingSet) -> Rounds:
    """Of a payment whose reference did not come in time."""
    yield [need(Payment, payment_id=event.subject_id)]
    if (payment := work.get(Payment, payment_id=event.subject_id)) is not None:
        yield from to_match([payment], work)


def for_awaited_payer(event: DeadlineReached, work: WorkingSet) -> Rounds:
    yield [need(Payment, payment_id=event.subject_id)]


def for_small_credit(event: DeadlineReached, work: WorkingSet) -> Rounds:
    yield [need(Payment, payment_id=event.subject_id)]
    if event.customer_id is not None:
        yield money_of(event.customer_id)


# People


def for_allocation(event: AllocatePayment, work: WorkingSet) -> Rounds:
    numbers = {line.invoice_number for line in event.lines}
    yield [
        need(Payment, payment_id=event.payment_id),
        need(Allocation, payment_id=event.payment_id),
        *money_of(event.customer_id),
        *[need(OpenItem, invoice_number=number) for number in sorted(numbers)],
    ]
    before = {a.invoice_number for a in work.find(Allocation, payment_id=event.payment_id)} - numbers
    if before:
        yield [need(OpenItem, invoice_number=number) for number in sorted(before)]


def for_identification(event: IdentifyPayment, work: WorkingSet) -> Rounds:
    yield [need(Party, customer_id=event.customer_id), need(Payment, payment_id=event.payment_id)]


def for_on_account(event: PutOnAccount, work: WorkingSet) -> Rounds:
    yield [need(Payment, payment_id=event.payment_id), *money_of(event.customer_id)]


def for_credit(event: ApplyCredit, work: WorkingSet) -> Rounds:
    yield [
        need(Credit, credit_note_number=event.credit_note_number),
        need(OpenItem, invoice_number=event.invoice_number),
        *money_of(event.customer_id),
    ]


def for_write_off(event: WriteOff, work: WorkingSet) -> Rounds:
    yield [
        need(OpenItem, invoice_number=event.invoice_number),
        need(Approval, customer_id=event.customer_id),
        need(ItemDispute, customer_id=event.customer_id, open=True),
    ]


def for_refund(event: RequestRefund, work: WorkingSet) -> Rounds:
    yield [
        need(Payment, payment_id=event.payment_id),
        need(Approval, customer_id=event.customer_id),
        need(OpenItem, customer_id=event.customer_id, open=True),
    ]


def for_refund_ended(event: DeliveryEnded, work: WorkingSet) -> Rounds:
    yield [need(Refund, refund_id=event.subject_id), *money_of(str(event.customer_id))]
    if (refund := work.get(Refund, refund_id=event.subject_id)) is not None:
        yield [need(Payment, payment_id=refund.payment_id)]


def for_acknowledged(event: AcknowledgeEscalation, work: WorkingSet) -> Rounds:
    """What a person takes care of, and whatever else was told of its payment."""
    yield [need(Escalation, escalation_id=event.escalation_id)]
    if (found := work.get(Escalation, escalation_id=event.escalation_id)) is not None:
        yield [need(Escalation, payment_id=found.payment_id)]


def for_approval(event: ApproveRequest | RefuseRequest, work: WorkingSet) -> Rounds:
    yield [need(Approval, approval_id=event.approval_id)]
    yield from _of_approval(event.approval_id, work)


def for_expiry(event: DeadlineReached, work: WorkingSet) -> Rounds:
    yield [need(Approval, approval_id=event.subject_id)]
    yield from _of_approval(event.subject_id, work)


def _of_approval(approval_id: str, work: WorkingSet) -> Rounds:
    """What is to be approved: an item's write-off, or a refund with the payment that it comes out of."""
    approval = work.get(Approval, approval_id=approval_id)
    if approval is None:
        return
    document = approval.document_id
    yield [
        need(OpenItem, invoice_number=document),
        need(Refund, refund_id=document),
        need(Approval, customer_id=approval.customer_id),
        need(ItemDispute, customer_id=approval.customer_id, open=True),
        *money_of(approval.customer_id),
    ]
    if (refund := work.get(Refund, refund_id=document)) is not None:
        yield [need(Payment, payment_id=refund.payment_id)]
