"""Which rows each event needs: each yield is one round trip, shared by a whole slice."""

from collections.abc import Iterable, Iterator
from typing import Any

from o2c_chassis.approvals import Approval
from o2c_chassis.counters import Counter
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.service import DeadlineReached, DeliveryEnded
from o2c_chassis.working_set import Need, WorkingSet, need
from o2c_contracts.disputes import CreditRequested, CreditRequestWithdrawn
from o2c_contracts.event import CustomerEvent
from o2c_contracts.intake import DeliveryConfirmed, Ordered
from o2c_contracts.orders import ContractActivated, ContractEnded, OrderCancelled, OrderRejected
from o2c_rules.entities import UnknownEntity

from o2c_billing.commands import ApproveRequest, CancelCharge, RefuseRequest, ReleaseInvoice, RequestCreditNote
from o2c_billing.domain.bills import Draft
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.contracts import Contract, Schedule
from o2c_billing.domain.credits import CREDIT_NOTE, CreditNote, Request
from o2c_billing.domain.customers import Customer
from o2c_billing.domain.escalations import Escalation
from o2c_billing.domain.invoices import Invoice, InvoicedLine, series
from o2c_billing.domain.orders import Order

Rounds = Iterator[list[Need[Any]]]


def customer(event: CustomerEvent, work: WorkingSet) -> Rounds:
    """The buyer, and everything of it that is not invoiced yet."""
    yield [
        need(Customer, customer_id=event.customer_id),
        need(Charge, customer_id=event.customer_id, status="unbilled"),
    ]
    yield from _with_drafts(work.find(Charge, customer_id=event.customer_id, status="unbilled"), work)


def order(event: Ordered | OrderRejected | OrderCancelled, work: WorkingSet) -> Rounds:
    """The order, what was delivered of it, and the drafts in which that waits."""
    first: list[Need[Any]] = [
        need(Customer, customer_id=event.customer_id),
        need(Order, order_id=event.order_id),
        need(Charge, order_id=event.order_id),
    ]
    if isinstance(event, Ordered):
        first.append(need(Contract, contract_id=event.contract_id))
    yield first
    waiting = [c for c in work.find(Charge, order_id=event.order_id) if c.is_open]
    if asked := [c.line_id for c in waiting if c.cancel_requested]:
        yield [need(Approval, customer_id=event.customer_id), *(need(Request, document_id=name) for name in asked)]
    yield from _with_drafts(waiting, work)


def delivery(event: DeliveryConfirmed, work: WorkingSet) -> Rounds:
    """The order with what was delivered before, and what it takes to invoice at once."""
    yield [
        need(Customer, customer_id=event.customer_id),
        need(Order, order_id=event.order_id),
        need(Charge, order_id=event.order_id),
        need(Charge, delivery_id=event.delivery_id),
    ]
    known = work.get(Order, order_id=event.order_id)
    second = _counter(event.legal_entity, "INV", work)
    if known and known.contract_id:
        second.append(need(Contract, contract_id=known.contract_id))
    yield second


def contract(event: ContractActivated | ContractEnded, work: WorkingSet) -> Rounds:
    """The contract, and the charges on it that are not invoiced yet."""
    yield _contract(event)
    yield from _with_drafts(work.find(Charge, contract_id=event.contract_id, status="unbilled"), work)
    yield _counter(event.legal_entity, "INV", work)


def contract_amended(event: ContractActivated | ContractEnded, work: WorkingSet) -> Rounds:
    """Also every month charged so far: what an amendment with an earlier date changes must be made good."""
    yield [*_contract(event), need(Approval, customer_id=event.customer_id)]
    known = work.get(Contract, contract_id=event.contract_id)
    lines = Schedule(known).line_ids if known else []
    yield [need(Charge, contract_id=event.contract_id, contract_line_id=line_id) for line_id in lines]
    yield from _with_drafts(work.find(Charge, contract_id=event.contract_id, status="unbilled"), work)
    charged = [c for line in lines for c in work.find(Charge, contract_id=event.contract_id, contract_line_id=line)]
    numbers = sorted({c.invoice_number for c in charged if c.invoice_number})
    yield [
        *_counter(event.legal_entity, "INV", work),
        *_counter(event.legal_entity, "CN", work),
        *(n for number in numbers for n in _invoice(number)),
    ]


def recurring(event: DeadlineReached, work: WorkingSet) -> Rounds:
    """The contract whose month begins."""
    yield [
        need(Contract, contract_id=event.subject_id),
        need(Customer, customer_id=event.customer_id),
    ]
    if known := work.get(Contract, contract_id=event.subject_id):
        yield _counter(known.legal_entity, "INV", work)


def billing_day(event: DeadlineReached, work: WorkingSet) -> Rounds:
    """The customer whose day it is, and everything that waits for it."""
    yield [
        need(Customer, customer_id=event.customer_id),
        need(Charge, customer_id=event.customer_id, status="unbilled"),
    ]
    yield _to_bill(work.find(Charge, customer_id=event.customer_id, status="unbilled"), work)


def draft(event: ReleaseInvoice, work: WorkingSet) -> Rounds:
    """The draft with its charges."""
    yield [
        need(Customer, customer_id=event.customer_id),
        need(Draft, draft_id=event.draft_id),
        need(Charge, draft_id=event.draft_id),
    ]
    yield _to_bill(work.find(Charge, draft_id=event.draft_id), work)


def new_credit(event: CreditRequested | CreditRequestWithdrawn | RequestCreditNote, work: WorkingSet) -> Rounds:
    """The invoice with what was credited and asked for so far."""
    first: list[Need[Any]] = [
        need(Customer, customer_id=event.customer_id),
        need(Approval, customer_id=event.customer_id),
    ]
    if not isinstance(event, RequestCreditNote):
        first.append(need(Request, request_id=event.request_id))
    if not isinstance(event, CreditRequestWithdrawn):
        first += _invoice(event.invoice_number)
    yield first
    if not isinstance(event, CreditRequestWithdrawn):
        yield _credit_counter(event.invoice_number, work)
    elif request := work.get(Request, request_id=event.request_id):
        yield _invoice(request.document_id)


def cancel(event: CancelCharge, work: WorkingSet) -> Rounds:
    """The charge, the draft in which it waits, and what was asked for about it."""
    yield [
        need(Customer, customer_id=event.customer_id),
        need(Approval, customer_id=event.customer_id),
        need(Charge, line_id=event.line_id),
        need(Request, document_id=event.line_id),
    ]
    yield from _with_drafts(work.find(Charge, line_id=event.line_id), work)


def approval(event: ApproveRequest | RefuseRequest | DeadlineReached, work: WorkingSet) -> Rounds:
    """The approval, what it is about, and what its effect touches."""
    approval_id = event.subject_id if isinstance(event, DeadlineReached) else event.approval_id
    yield [
        need(Customer, customer_id=event.customer_id),
        need(Approval, approval_id=approval_id),
        need(Approval, customer_id=event.customer_id),
    ]
    asked = work.get(Approval, approval_id=approval_id)
    if asked is None:
        return
    yield [need(Request, request_id=asked.document_id)]
    request = work.get(Request, request_id=asked.document_id)
    if request is None:
        return
    if request.action == CREDIT_NOTE:
        yield _invoice(request.document_id)
        yield _credit_counter(request.document_id, work)
    else:
        yield [need(Charge, line_id=request.document_id), need(Request, document_id=request.document_id)]
        yield from _with_drafts(work.find(Charge, line_id=request.document_id), work)


def delivery_ended(event: DeliveryEnded, work: WorkingSet) -> Rounds:
    """The document that went out, or did not."""
    if event.kind == "invoice":
        yield [need(Invoice, invoice_number=event.subject_id)]
    else:
        yield [need(CreditNote, credit_note_number=event.subject_id)]


def escalation(event: AcknowledgeEscalation, work: WorkingSet) -> Rounds:
    """What a person takes care of."""
    yield [need(Escalation, escalation_id=event.escalation_id)]


def _contract(event: ContractActivated | ContractEnded) -> list[Need[Any]]:
    return [
        need(Customer, customer_id=event.customer_id),
        need(Contract, contract_id=event.contract_id),
        need(Charge, contract_id=event.contract_id, status="unbilled"),
    ]


def _with_drafts(charges: Iterable[Charge], work: WorkingSet) -> Rounds:
    """The drafts in which these charges wait, with the others in them, and what it takes to invoice them all."""
    charges = list(charges)
    names = sorted({c.draft_id for c in charges if c.draft_id})
    yield [n for name in names for n in (need(Draft, draft_id=name), need(Charge, draft_id=name))]
    yield _to_bill([*charges, *(c for name in names for c in work.find(Charge, draft_id=name))], work)


def _to_bill(charges: Iterable[Charge], work: WorkingSet) -> list[Need[Any]]:
    """Orders and contracts that the charges are on, and the counters their invoices would be numbered by."""
    charges = list(charges)
    return [
        *(need(Order, order_id=name) for name in sorted({c.order_id for c in charges if c.order_id})),
        *(need(Contract, contract_id=name) for name in sorted({c.contract_id for c in charges if c.contract_id})),
        *(n for name in sorted({c.legal_entity for c in charges}) for n in _counter(name, "INV", work)),
    ]


def _invoice(invoice_number: str) -> list[Need[Any]]:
    return [
        need(Invoice, invoice_number=invoice_number),
        need(InvoicedLine, invoice_number=invoice_number),
        need(CreditNote, invoice_number=invoice_number),
        need(Request, document_id=invoice_number),
    ]


def _credit_counter(invoice_number: str, work: WorkingSet) -> list[Need[Any]]:
    invoice = work.get(Invoice, invoice_number=invoice_number)
    return _counter(invoice.legal_entity, "CN", work) if invoice else []


def _counter(legal_entity: str, kind: str, work: WorkingSet) -> list[Need[Any]]:
    """Of the year in which it is there; a company nobody knows numbers nothing."""
    try:
        year = work.today(legal_entity).year
    except UnknownEntity:
        return []
    return [need(Counter, series=series(legal_entity, kind, year))]
