"""Invoices become open items, credit notes reduce them, disputes guard them."""

from collections.abc import Iterator

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import CreditNoteIssued, InvoiceIssued
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.event import Event

from o2c_cash.domain import ledger
from o2c_cash.domain.items import Credit, ItemDispute, OpenItem
from o2c_cash.tables.lookups import waiting_for
from o2c_cash.tables.needs import names_of

from . import movements
from .desk import Desk
from .matching import try_again


def on_invoice_issued(event: InvoiceIssued, work: WorkingSet) -> Iterator[Event]:
    """Version 0 of its item: open is its total. Money that waits is tried again in the same transaction."""
    if work.get(OpenItem, invoice_number=event.invoice_number) is not None:
        return
    desk = Desk(work)
    item = _item(event)
    work.put(item)
    desk.book(
        item.purse,
        item.invoice_number,
        item.issued_on,
        (ledger.OWED, item.customer_id, item.total_minor),
        (ledger.INVOICED, item.customer_id, -item.total_minor),
    )
    if not item.open:
        yield from movements.cleared(item, item.issued_on)
    elif waiting := waiting_for(work, event.customer_id, names_of(event)):
        yield from try_again(desk, waiting)
    yield from desk.close()


def _item(event: InvoiceIssued) -> OpenItem:
    return OpenItem(
        invoice_number=event.invoice_number,
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        external_ref=event.external_ref,
        total_minor=event.total_minor,
        tax_minor=event.tax_minor,
        open_minor=event.total_minor,
        item_version=0 if event.total_minor else 1,
        issued_on=event.issued_on,
        due_on=event.due_on,
        discount_percent=event.discount_percent,
        discount_until=event.discount_until,
        discounted_minor=0,
        tolerated_minor=0,
        open=event.total_minor > 0,
        contract_id=event.contract_id,
    )


def on_credit_note_issued(event: CreditNoteIssued, work: WorkingSet) -> Iterator[Event]:
    """Reduces its invoice by at most what that owes; what is too much is kept as the customer's credit."""
    if work.get(Credit, credit_note_number=event.credit_note_number) is not None:
        return
    desk = Desk(work)
    item = work.get(OpenItem, invoice_number=event.invoice_number)
    purse = event.legal_entity, event.currency
    applied = min(event.total_minor, item.open_minor) if item is not None and item.purse == purse else 0
    note = _credit(event, applied)
    work.put(note)
    desk.book(
        purse,
        note.credit_note_number,
        note.issued_on,
        (ledger.CREDITED, note.customer_id, note.total_minor - applied),
        (ledger.CREDIT_ON_ACCOUNT, note.customer_id, applied - note.total_minor),
    )
    if item is not None and applied:
        yield from movements.credit(desk, note, item, applied, ledger.CREDITED)
    if note.open:
        desk.touch(note.customer_id, purse)
    yield from desk.close()


def _credit(event: CreditNoteIssued, applied_minor: int) -> Credit:
    left = event.total_minor - applied_minor
    return Credit(
        credit_note_number=event.credit_note_number,
        customer_id=event.customer_id,
        invoice_number=event.invoice_number,
        legal_entity=event.legal_entity,
        currency=event.currency,
        total_minor=event.total_minor,
        applied_minor=applied_minor,
        on_account_minor=left,
        case_id=event.case_id,
        issued_on=event.issued_on,
        open=left > 0,
    )


def on_dispute_opened(event: DisputeOpened, work: WorkingSet) -> Iterator[Event]:
    """While a case contests it, no residual of the item is given up by itself."""
    work.put(_dispute(event, event.disputed_minor, still=True))
    yield from ()


def on_dispute_resolved(event: DisputeResolved, work: WorkingSet) -> Iterator[Event]:
    work.put(_dispute(event, 0, still=False))
    yield from ()


def _dispute(event: DisputeOpened | DisputeResolved, disputed_minor: int, *, still: bool) -> ItemDispute:
    return ItemDispute(
        case_id=event.case_id,
        customer_id=event.customer_id,
        invoice_number=event.invoice_number,
        legal_entity=event.legal_entity,
        currency=event.currency,
        disputed_minor=disputed_minor,
        open=still,
    )
