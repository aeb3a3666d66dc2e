"""Which rows each event needs: each yield is one round trip, shared by a whole slice."""

from collections.abc import Iterable, Iterator
from typing import Any

from o2c_chassis.approvals import Approval
from o2c_chassis.counters import Counter
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.service import DeadlineReached, DeliveryEnded
from o2c_chassis.subjects import number_in
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
        need(Order, customer_id=event.customer_id, order_id=event.order_id),
        need(Charge, customer_id=event.customer_id, order_id=event.order_id),
    ]
    if isinstance(event, Ordered):
        first.append(need(Contract, customer_id=event.customer_id, contract_id=event.contract_id))
    yield first
    waiting = [c for c in work.find(Charge, customer_id=event.customer_id, order_id=event.order_id) if c.is_open]
    if asked := [c.line_id for c in waiting if c.cancel_requested]:
        about = [need(Request, customer_id=event.customer_id, document_id=name) for name in asked]
        yield [need(Approval, customer_id=event.customer_id), *about]
    yield from _with_drafts(waiting, work)


def delivery(event: DeliveryConfirmed, work: WorkingSet) -> Rounds:
    """The order with what was delivered before, and what it takes to invoice at once."""
    yield [
        need(Customer, customer_id=event.customer_id),
        need(Order, customer_id=event.customer_id, order_id=event.order_id),
        need(Charge, customer_id=event.customer_id, order_id=event.order_id),
        need(Charge, customer_id=event.customer_id, delivery_id=event.delivery_id),
    ]
    known = work.get(Order, customer_id=event.customer_id, order_id=event.order_id)
    second = _counter(event.legal_entity, "INV", work)
    if known and known.contract_id:
        second.append(need(Contract, customer_id=event.customer_id, contract_id=known.contract_id))
    yield second


def contract(event: ContractActivated | ContractEnded, work: WorkingSet) -> Rounds:
    """The contract, and the charges on it that are not invoiced yet."""
    yield _contract(event)
    charges = work.find(Charge, customer_id=event.customer_id, contract_id=event.contract_id, status="unbilled")
    yield from _with_drafts(charges, work)
    yield _counter(event.legal_entity, "INV", work)


def contract_amended(event: ContractActivated | ContractEnded, work: WorkingSet) -> Rounds:
    """Also every month charged so far: what an amendment with an earlier date changes must be made good."""
    yield [*_contract(event), need(Approval, customer_id=event.customer_id)]
    whose = {"customer_id": event.customer_id, "contract_id": event.contract_id}
    known = work.get(Contract, **whose)
    lines = Schedule(known).line_ids if known else []
    yield [need(Charge, **whose, contract_line_id=line_id) for line_id in lines]
    yield from _with_drafts(work.find(Charge, **whose, status="unbilled"), work)
    charged = [c for line in lines for c in work.find(Charge, **whose, contract_line_id=line)]
    numbers = sorted({c.invoice_number for c in charged if c.invoice_number})
    yield [
        *_counter(event.legal_entity, "INV", work),
        *_counter(event.legal_entity, "CN", work),
        *(n for number in numbers for n in _invoice(event.customer_id, number)),
    ]


def recurring(event: DeadlineReached, work: WorkingSet) -> Rounds:
    """The contract whose month begins."""
    contract_id = number_in(event.subject_id, str(event.customer_id))
    yield [
        need(Contract, customer_id=event.customer_id, contract_id=contract_id),
        need(Customer, customer_id=event.customer_id),
    ]
    if known := work.get(Contract, customer_id=event.customer_id, contract_id=contract_id):
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
        need(Draft, customer_id=event.customer_id, draft_id=event.draft_id),
        need(Charge, customer_id=event.customer_id, draft_id=event.draft_id),
    ]
    yield _to_bill(work.find(Charge, customer_id=event.customer_id, draft_id=event.draft_id), work)


def new_credit(event: CreditRequested | CreditRequestWithdrawn | RequestCreditNote, work: WorkingSet) -> Rounds:
    """The invoice with what was credited and asked for so far."""
    first: list[Need[Any]] = [
        need(Customer, customer_id=event.customer_id),
        need(Approval, customer_id=event.customer_id),
    ]
    if not isinstance(event, RequestCreditNote):
        first.append(need(Request, customer_id=event.customer_id, request_id=event.request_id))
    if not isinstance(event, CreditRequestWithdrawn):
        first += _invoice(event.customer_id, event.invoice_number)
    yield first
    if not isinstance(event, CreditRequestWithdrawn):
        yield _credit_counter(event.invoice_number, work)
    elif request := work.get(Request, customer_id=event.customer_id, request_id=event.request_id):
        yield _invoice(request.customer_id, request.document_id)


def cancel(event: CancelCharge, work: WorkingSet) -> Rounds:
    """The charge, the draft in which it waits, and what was asked for about it."""
    yield [
        need(Customer, customer_id=event.customer_id),
        need(Approval, customer_id=event.customer_id),
        need(Charge, customer_id=event.customer_id, line_id=event.line_id),
        need(Request, customer_id=event.customer_id, document_id=event.line_id),
    ]
    yield from _with_drafts(work.find(Charge, customer_id=event.customer_id, line_id=event.line_id), work)


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
    yield [need(Request, customer_id=asked.customer_id, request_id=asked.document_id)]
    request = work.get(Request, customer_id=asked.customer_id, request_id=asked.document_id)
    if request is None:
        return
    customer_id, document_id = request.customer_id, request.document_id
    if request.action == CREDIT_NOTE:
        yield _invoice(customer_id, document_id)
        yield _credit_counter(document_id, work)
    else:
        yield [
            need(Charge, customer_id=customer_id, line_id=document_id),
            need(Request, customer_id=customer_id, document_id=document_id),
        ]
        yield from _with_drafts(work.find(Charge, customer_id=customer_id, line_id=document_id), work)


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
        need(Contract, customer_id=event.customer_id, contract_id=event.contract_id),
        need(Charge, customer_id=event.customer_id, contract_id=event.contract_id, status="unbilled"),
    ]


def _with_drafts(charges: Iterable[Charge], work: WorkingSet) -> Rounds:
    """The drafts in which these charges wait, with the others in them, and what it takes to invoice them all."""
    charges = list(charges)
    names = sorted({(c.customer_id, c.draft_id) for c in charges if c.draft_id})
    drafts = [{"customer_id": customer_id, "draft_id": draft_id} for customer_id, draft_id in names]
    yield [n for name in drafts for n in (need(Draft, **name), need(Charge, **name))]
    yield _to_bill([*charges, *(c for name in drafts for c in work.find(Charge, **name))], work)


def _to_bill(charges: Iterable[Charge], work: WorkingSet) -> list[Need[Any]]:
    """Orders and contracts that the charges are on, and the counters their invoices would be numbered by."""
    charges = list(charges)
    orders = sorted({(c.customer_id, c.order_id) for c in charges if c.order_id})
    contracts = sorted({(c.customer_id, c.contract_id) for c in charges if c.contract_id})
    return [
        *(need(Order, customer_id=customer_id, order_id=name) for customer_id, name in orders),
        *(need(Contract, customer_id=customer_id, contract_id=name) for customer_id, name in contracts),
        *(n for name in sorted({c.legal_entity for c in charges}) for n in _counter(name, "INV", work)),
    ]


def _invoice(customer_id: str, invoice_number: str) -> list[Need[Any]]:
    return [
        need(Invoice, invoice_number=invoice_number),
        need(InvoicedLine, invoice_number=invoice_number),
        need(CreditNote, invoice_number=invoice_number),
        need(Request, customer_id=customer_id, document_id=invoice_number),
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
