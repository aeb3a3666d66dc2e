"""The rows that each event needs. An item nobody contests costs one look at the item and one at its disputes."""

from collections.abc import Iterable, Iterator
from typing import Any

from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import Need, WorkingSet, need
from o2c_contracts.billing import CreditNoteIssued, CreditRequestRefused, InvoiceIssued
from o2c_contracts.cash import InvoiceCleared, ItemChanged, ShortPaymentFound
from o2c_contracts.intake import QueryReceived
from o2c_contracts.master import CustomerChanged, CustomerRegistered
from o2c_contracts.shared import ApprovalEvent

from o2c_disputes.commands import CaseCommand, OpenCase, OpenDispute
from o2c_disputes.domain.amounts import Dispute
from o2c_disputes.domain.cases import Case, CreditRequest, Customer
from o2c_disputes.domain.clocks import Clock, Escalation, Pause
from o2c_disputes.domain.items import Item, Movement

Rounds = Iterator[list[Need[Any]]]
UNFINISHED = ("open", "paused", "with-billing", "resolved")
"""The states of a case that is not closed."""


BY_CASE = (Case, Clock, Pause, Escalation, Dispute, CreditRequest)


def new_case_id(work: WorkingSet) -> str:
    """The name of the case that this event may open: known before, so that its rows can be asked for."""
    return work.new_id("case", work.cause.event.subject)


def new_case(work: WorkingSet) -> list[Need[Any]]:
    case_id = new_case_id(work)
    return [need(kind, case_id=case_id) for kind in BY_CASE]


def whole_cases(work: WorkingSet, customer_id: str, case_ids: Iterable[str]) -> Rounds:
    """Everything about some cases of a customer, then everything about the items that they contest."""
    ids = sorted(set(case_ids))
    yield [need(Customer, customer_id=customer_id), *(need(kind, case_id=i) for i in ids for kind in BY_CASE)]
    found = [case for i in ids if (case := work.get(Case, case_id=i))]
    numbers = {d.invoice_number for i in ids for d in work.find(Dispute, case_id=i)}
    numbers |= {case.invoice_number for case in found if case.invoice_number}
    if numbers:
        yield [n for number in sorted(numbers) for n in whole_item(number)]


def whole_item(invoice_number: str) -> list[Need[Any]]:
    return [need(kind, invoice_number=invoice_number) for kind in (Item, Dispute, Movement)]


def the_customer(event: CustomerRegistered, work: WorkingSet) -> Rounds:
    yield [need(Customer, customer_id=event.customer_id)]


def the_customer_and_open_cases(event: CustomerChanged, work: WorkingSet) -> Rounds:
    """Another tier concerns the clocks that run."""
    wanted: list[Need[Any]] = [need(Customer, customer_id=event.customer_id)]
    if event.tier is None:
        yield wanted
        return
    yield wanted + [need(Case, customer_id=event.customer_id, status=status) for status in UNFINISHED]
    cases = [c for status in UNFINISHED for c in work.find(Case, customer_id=event.customer_id, status=status)]
    if cases:
        yield from whole_cases(work, event.customer_id, [c.case_id for c in cases])


def a_query(event: QueryReceived, work: WorkingSet) -> Rounds:
    """The case it continues, and the invoice it names, by its number or as the customer calls it."""
    wanted: list[Need[Any]] = [need(Customer, customer_id=event.customer_id)]
    wanted += [need(Case, customer_id=event.customer_id, query_id=event.query_id), *new_case(work)]
    if event.invoice_number:
        wanted += whole_item(event.invoice_number)
    if event.external_ref:
        wanted += [need(Item, customer_id=event.customer_id, external_ref=event.external_ref)]
    yield wanted
    if event.external_ref:
        found = work.find(Item, customer_id=event.customer_id, external_ref=event.external_ref)
        yield [n for item in found for n in whole_item(item.invoice_number)]
    earlier = work.find(Case, customer_id=event.customer_id, query_id=event.query_id)
    if earlier:
        yield from whole_cases(work, event.customer_id, [c.case_id for c in earlier])


def an_invoice(event: InvoiceIssued, work: WorkingSet) -> Rounds:
    """The item, and the cases that wait for it."""
    number, wanted = event.invoice_number, list[Need[Any]]()
    wanted += [need(Item, invoice_number=number), need(Dispute, invoice_number=number)]
    wanted += [need(Case, customer_id=event.customer_id, invoice_number=number)]
    if event.external_ref:
        wanted += [need(Case, customer_id=event.customer_id, external_ref=event.external_ref)]
    yield wanted
    if waiting := waiting_for(work, event):
        yield from whole_cases(work, event.customer_id, [c.case_id for c in waiting])
        yield whole_item(number)


def waiting_for(work: WorkingSet, event: InvoiceIssued) -> list[Case]:
    """Cases that contest this invoice and have not found it yet, the oldest first."""
    found = work.find(Case, customer_id=event.customer_id, invoice_number=event.invoice_number)
    if event.external_ref:
        named = work.find(Case, customer_id=event.customer_id, external_ref=event.external_ref)
        found = found + [c for c in named if c.invoice_number is None]
    unmet = {c.case_id: c for c in found if c.contests and not c.is_closed}
    return sorted(unmet.values(), key=lambda c: (c.opened_at, c.case_id))


def an_item(event: ItemChanged | InvoiceCleared | ShortPaymentFound, work: WorkingSet) -> Rounds:
    """The item and its disputes; only where somebody contests it, or cash names it first, the cases."""
    number, customer = event.invoice_number, event.customer_id
    yield [need(Item, invoice_number=number), need(Dispute, invoice_number=number)]
    contested = [d.case_id for d in work.find(Dispute, invoice_number=number)]
    if contested or isinstance(event, ShortPaymentFound):
        yield whole_item(number) + (new_case(work) if isinstance(event, ShortPaymentFound) else [])
        yield from whole_cases(work, customer, contested)
    elif work.get(Item, invoice_number=number) is None:
        yield [need(Case, customer_id=customer, invoice_number=number)]
        waiting = work.find(Case, customer_id=customer, invoice_number=number)
        if waiting:
            yield whole_item(number)
            yield from whole_cases(work, customer, [c.case_id for c in waiting])


def a_credit_request(event: CreditRequestRefused | CreditNoteIssued, work: WorkingSet) -> Rounds:
    yield from _request(event.customer_id, event.request_id, work)


def an_approval(event: ApprovalEvent, work: WorkingSet) -> Rounds:
    """Billing names the credit request as the document to be approved."""
    yield from _request(event.customer_id, event.document_id, work)


def _request(customer_id: str, request_id: str, work: WorkingSet) -> Rounds:
    yield [need(CreditRequest, request_id=request_id)]
    if request := work.get(CreditRequest, request_id=request_id):
        yield from whole_cases(work, customer_id, [request.case_id])


def a_new_case(event: OpenCase | OpenDispute, work: WorkingSet) -> Rounds:
    items = whole_item(event.invoice_number) if event.invoice_number else []
    yield [need(Customer, customer_id=event.customer_id), *items, *new_case(work)]


def a_case(event: CaseCommand, work: WorkingSet) -> Rounds:
    yield from whole_cases(work, event.customer_id, [event.case_id])


def an_escalation(event: AcknowledgeEscalation, work: WorkingSet) -> Rounds:
    yield [need(Escalation, escalation_id=event.escalation_id)]
    if found := work.get(Escalation, escalation_id=event.escalation_id):
        yield from whole_cases(work, event.customer_id, [found.case_id])


def a_deadline(event: DeadlineReached, work: WorkingSet) -> Rounds:
    """`case` or `case/target`."""
    yield from whole_cases(work, event.customer_id or "", [event.subject_id.rpartition("/")[0] or event.subject_id])
