"""An invoice goes out: its number, its rows, its postings and its document, in one go with what is told about it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from o2c_chassis.counters import Counter
from o2c_chassis.errors import HandlerFailed
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.event import Event
from o2c_contracts.postings import Journal

from o2c_billing.domain.bills import Bill
from o2c_billing.domain.contracts import Schedule
from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.invoices import (
    Dates,
    Invoice,
    InvoicedLine,
    as_lines,
    dates,
    number,
    series,
)
from o2c_billing.domain.written import written

from .documents import invoice_content, sent
from .unbilled import kept

RECEIVABLE, REVENUE, TAX, CREDITS = "receivable", "revenue", "tax", "credit-notes-to-apply"


def numbered(legal_entity: str, kind: str, work: WorkingSet) -> tuple[str, date]:
    """The next number of the series and the day of issue: today for the company, never before the last one's."""
    today = work.today(legal_entity)
    name = series(legal_entity, kind, today.year)
    counter = work.get(Counter, series=name) or Counter(name, 1, None)
    issued_on = max(today, counter.last_date or today)
    work.put(replace(counter, next_number=counter.next_number + 1, last_date=issued_on))
    return number(legal_entity, kind, today.year, counter.next_number), issued_on


def journal(row: Invoice | CreditNote, work: WorkingSet) -> Journal:
    """The books' heading for a document of today's making."""
    cause = work.cause.envelope
    return Journal(
        row.number,
        row.legal_entity,
        row.currency,
        row.customer_id,
        row.number,
        row.issued_on,
        row.issued_on,
        work.at,
        f"{cause.source}/{cause.id}",
    )


def issued(bill: Bill, checks: Sequence[str], work: WorkingSet) -> Iterator[Event]:
    """Number it, write it, post it, tell it, send it. `checks`: rows that spoke and did not stop it."""
    if bill.contract is None:
        raise HandlerFailed(f"{bill.draft.draft_id}: an invoice without a contract has no terms")
    invoice_number, issued_on = numbered(bill.draft.legal_entity, "INV", work)
    when = dates(issued_on, Schedule(bill.contract).terms_on(issued_on))
    invoice = _invoice(bill, invoice_number, when, checks, work)
    work.put(invoice)
    for n, (charge, taxation) in enumerate(bill.taxed):
        work.put(InvoicedLine.of(invoice_number, n + 1, charge, taxation))
    _post(invoice, work)
    if bill.draft.withheld_at is not None:
        work.put(bill.draft.end("issued", invoice_number))
    yield _told(bill, invoice, when)
    for charge in bill.charges:
        done = replace(charge, status="invoiced", invoice_number=invoice_number, draft_id=bill.draft.draft_id)
        yield from kept(done, work)
    sent("invoice", invoice_content(bill, invoice, when, work), bill.customer, invoice, work)


def _invoice(bill: Bill, invoice_number: str, when: Dates, checks: Sequence[str], work: WorkingSet) -> Invoice:
    tax_minor = sum(part.tax_minor for part in bill.taxes)
    return Invoice(
        invoice_number=invoice_number,
        customer_id=bill.draft.customer_id,
        legal_entity=bill.draft.legal_entity,
        currency=bill.draft.currency,
        contract_id=bill.contract.contract_id if bill.contract else None,
        draft_id=bill.draft.draft_id,
        issued_on=when.issued_on,
        due_on=when.due_on,
        issued_at=work.at,
        net_minor=bill.net_minor,
        tax_minor=tax_minor,
        total_minor=bill.net_minor + tax_minor,
        taxes=written(bill.taxes),
        purchase_order=bill.purchase_order,
        external_ref=bill.external_ref,
        language=bill.customer.language,
        warnings=json.dumps(list(checks)),
    )


def _post(invoice: Invoice, work: WorkingSet) -> None:
    entries = [(RECEIVABLE, invoice.total_minor), (REVENUE, -invoice.net_minor), (TAX, -invoice.tax_minor)]
    for posting in journal(invoice, work).lines(entries):
        work.put(posting)


def _told(bill: Bill, invoice: Invoice, when: Dates) -> InvoiceIssued:
    return InvoiceIssued(
        customer_id=invoice.customer_id,
        legal_entity=invoice.legal_entity,
        currency=invoice.currency,
        invoice_number=invoice.invoice_number,
        issued_on=when.issued_on,
        due_on=when.due_on,
        net_minor=invoice.net_minor,
        tax_minor=invoice.tax_minor,
        total_minor=invoice.total_minor,
        lines=as_lines(bill.charges),
        taxes=bill.taxes,
        contract_id=invoice.contract_id,
        purchase_order=invoice.purchase_order,
        external_ref=invoice.external_ref,
        discount_percent=when.discount_percent,
        discount_until=when.discount_until,
        language=invoice.language,
    )
