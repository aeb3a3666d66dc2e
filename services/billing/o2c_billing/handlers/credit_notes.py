"""Credits on issued invoices: asked for, checked, approved by the matrix, then issued; never before."""

from collections.abc import Iterator

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import CreditNoteIssued, CreditRequestRefused
from o2c_contracts.disputes import CreditRequested, CreditRequestWithdrawn
from o2c_contracts.event import Event
from o2c_contracts.orders import Reason

from o2c_billing import facts
from o2c_billing.commands import RequestCreditNote
from o2c_billing.domain.credits import (
    CREDIT_NOTE,
    CreditNote,
    Request,
    Split,
    creditable,
    split,
)
from o2c_billing.domain.invoices import Invoice, InvoicedLine
from o2c_billing.domain.written import written

from .documents import credit_note_content, sent
from .invoicing import customer_of
from .issuing import CREDITS, REVENUE, TAX, journal, numbered
from .matrix import actor, must_be_authorised, opened, voided


def on_credit_requested(event: CreditRequested, work: WorkingSet) -> Iterator[Event]:
    """Disputes asks. The same request again changes nothing; with another content it is another question."""
    before = work.get(Request, customer_id=event.customer_id, request_id=event.request_id)
    request = Request(
        event.request_id,
        event.customer_id,
        event.legal_entity,
        event.currency,
        CREDIT_NOTE,
        event.invoice_number,
        event.amount_minor,
        event.reason,
        event.requested_by,
        work.at,
        case_id=event.case_id,
        approvals=before.approvals if before else 0,
    )
    if before and before.status in ("open", "granted") and _same(before, request):
        return
    if before and before.status == "granted":
        yield _refused(request, (_already(before),))
        return
    if before and before.is_open:
        yield from voided(before, "the request changed", work)
    yield from submitted(request, work)


def on_credit_request_withdrawn(event: CreditRequestWithdrawn, work: WorkingSet) -> Iterator[Event]:
    """Nobody needs to decide any more; a credit note that was issued stays."""
    request = work.get(Request, customer_id=event.customer_id, request_id=event.request_id)
    if request and request.is_open:
        yield from voided(request, "the request was withdrawn", work)
        work.put(request.end("withdrawn"))


def on_request_credit_note(event: RequestCreditNote, work: WorkingSet) -> Iterator[Event]:
    """A person asks."""
    must_be_authorised("request-credit-note", event.roles, work)
    invoice = work.get(Invoice, invoice_number=event.invoice_number)
    reasons = _objections(event, work)
    if reasons or invoice is None:
        raise Refused(reasons[0].row, "; ".join(r.text for r in reasons))
    request = Request(
        work.new_id("credit-request", event.invoice_number),
        invoice.customer_id,
        invoice.legal_entity,
        invoice.currency,
        CREDIT_NOTE,
        event.invoice_number,
        event.amount_minor,
        event.reason,
        actor(work),
        work.at,
    )
    yield from submitted(request, work)


def submitted(request: Request, work: WorkingSet) -> Iterator[Event]:
    """Refused where it may not even be asked for; else people decide, or the table says that nobody needs to."""
    if reasons := _objections(request, work):
        work.put(request.end("refused"))
        yield _refused(request, reasons)
        return
    approval, told = opened(request, work)
    yield told
    if approval.status == "granted":
        yield from credited(request.ask(approval.approval_id), work)


def credited(request: Request, work: WorkingSet) -> Iterator[Event]:
    """The credit note itself. Whoever calls this holds a granted approval of exactly this request."""
    invoice = work.get(Invoice, invoice_number=request.document_id)
    if invoice is None:
        raise Refused("unknown-invoice", f"{request.document_id} is not known")
    notes = work.find(CreditNote, invoice_number=invoice.invoice_number)
    parts = split(request.amount_minor, invoice, work.find(InvoicedLine, invoice_number=invoice.invoice_number), notes)
    note = _note(request, invoice, parts, work)
    work.put(note)
    work.put(request.grant(note.credit_note_number))
    _post(note, work)
    yield _told(note, parts)
    customer = customer_of(note.customer_id, work)
    sent("credit-note", credit_note_content(note, invoice, customer, work), customer, note, work)
    yield from _others_again(request, work)


def _others_again(request: Request, work: WorkingSet) -> Iterator[Event]:
    """Less of the invoice is left: whoever was asked about its other credits is asked again, or they fit no more."""
    for other in work.find(Request, customer_id=request.customer_id, document_id=request.document_id):
        if other.is_open and other.request_id != request.request_id:
            yield from voided(other, f"less is left to credit of {request.document_id}", work)
            yield from submitted(other, work)


def _objections(event: CreditRequested | RequestCreditNote | Request, work: WorkingSet) -> tuple[Reason, ...]:
    number = event.document_id if isinstance(event, Request) else event.invoice_number
    invoice = work.get(Invoice, invoice_number=number)
    notes = work.find(CreditNote, invoice_number=number)
    left = creditable(invoice, notes) if invoice else 0
    asked = work.ask("billing/credit-checks", facts.credit_check(event, invoice, left), subject=number)
    return tuple(
        Reason(row=row.id, text=text, decision_id=asked.id) for row, text in zip(asked.rows, asked.because, strict=True)
    )


def _already(request: Request) -> Reason:
    return Reason(
        row="already-credited", text=f"{request.request_id} was credited by {request.credit_note_number} already"
    )


def _same(one: Request, other: Request) -> bool:
    return (one.document_id, one.amount_minor, one.currency, one.reason) == (
        other.document_id,
        other.amount_minor,
        other.currency,
        other.reason,
    )


def _refused(request: Request, reasons: tuple[Reason, ...]) -> CreditRequestRefused:
    return CreditRequestRefused(
        customer_id=request.customer_id,
        legal_entity=request.legal_entity,
        currency=request.currency,
        request_id=request.request_id,
        case_id=request.case_id,
        invoice_number=request.document_id,
        amount_minor=request.amount_minor,
        reasons=reasons,
    )


def _note(request: Request, invoice: Invoice, parts: Split, work: WorkingSet) -> CreditNote:
    number, issued_on = numbered(invoice.legal_entity, "CN", work)
    return CreditNote(
        credit_note_number=number,
        customer_id=invoice.customer_id,
        legal_entity=invoice.legal_entity,
        currency=invoice.currency,
        invoice_number=invoice.invoice_number,
        request_id=request.request_id,
        case_id=request.case_id,
        issued_on=issued_on,
        issued_at=work.at,
        net_minor=parts.net_minor,
        tax_minor=parts.tax_minor,
        total_minor=request.amount_minor,
        reason=request.reason,
        lines=written(parts.lines),
        taxes=written(parts.taxes),
        contract_id=invoice.contract_id,
    )


def _post(note: CreditNote, work: WorkingSet) -> None:
    for posting in journal(note, work).lines(
        [(REVENUE, note.net_minor), (TAX, note.tax_minor), (CREDITS, -note.total_minor)]
    ):
        work.put(posting)


def _told(note: CreditNote, parts: Split) -> CreditNoteIssued:
    return CreditNoteIssued(
        customer_id=note.customer_id,
        legal_entity=note.legal_entity,
        currency=note.currency,
        credit_note_number=note.credit_note_number,
        invoice_number=note.invoice_number,
        request_id=note.request_id,
        case_id=note.case_id,
        issued_on=note.issued_on,
        net_minor=note.net_minor,
        tax_minor=note.tax_minor,
        total_minor=note.total_minor,
        reason=note.reason,
        lines=parts.lines,
        taxes=parts.taxes,
    )
