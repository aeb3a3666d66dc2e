"""Items: what billing issues, what cash says is open, what disputes contest. Cash alone says what an item owes."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.cash import (
    CreditApplied,
    CustomerMoneyChanged,
    DiscountGranted,
    DiscountReversed,
    ItemChanged,
    PaymentApplicationReversed,
    PaymentApplied,
    PaymentReversed,
    WriteOffPosted,
    WriteOffReversed,
)
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.event import Event, MoneyEvent
from o2c_contracts.money import as_text

from o2c_collections.domain.accounts import Credit, Customer, Dispute
from o2c_collections.domain.items import Item, ItemChange

from .diary import note
from .promises import look_again

KINDS: dict[type[ItemChanged], str] = {
    PaymentApplied: "payment",
    PaymentApplicationReversed: "payment_reversed",
    CreditApplied: "credit",
    DiscountGranted: "discount",
    DiscountReversed: "discount_reversed",
    WriteOffPosted: "write_off",
    WriteOffReversed: "write_off_reversed",
}


def on_invoice_issued(event: InvoiceIssued, work: WorkingSet) -> Iterator[Event]:
    """Version 0 of its item; where cash has spoken already, its word stays. Whose it is, billing alone knows."""
    item = _item(event, event.invoice_number, work)
    item = replace(
        item.changed(event.total_minor, 0),
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        known=True,
        external_ref=event.external_ref,
        issued_on=event.issued_on,
        due_on=event.due_on,
        total_minor=event.total_minor,
        contract_id=event.contract_id,
    )
    yield from look_again(work, _customer(event.customer_id, work), item)


def on_item_changed(event: ItemChanged, work: WorkingSet) -> Iterator[Event]:
    """Any word of cash on an item; the payments among them judge its promises."""
    work.put(
        ItemChange(
            invoice_number=event.invoice_number,
            item_version=event.item_version,
            customer_id=event.customer_id,
            legal_entity=event.legal_entity,
            currency=event.currency,
            kind=KINDS[type(event)],
            payment_id=getattr(event, "payment_id", None),
            amount_minor=event.amount_minor,
            open_minor_after=event.open_minor_after,
            value_date=event.value_date,
            recorded_at=work.at,
        )
    )
    item = _item(event, event.invoice_number, work).changed(event.open_minor_after, event.item_version)
    item = replace(item, contract_id=item.contract_id or event.contract_id)
    yield from look_again(work, _customer(event.customer_id, work), item)


def on_dispute_opened(event: DisputeOpened, work: WorkingSet) -> Iterator[Event]:
    """The contested part leaves dunning; the item keeps its level."""
    amount = as_text(event.disputed_minor, event.currency)
    note(work, event.customer_id, "dispute-opened", event.case_id, f"{amount} of {event.invoice_number} is contested")
    dispute = Dispute(
        event.case_id,
        event.invoice_number,
        event.customer_id,
        event.legal_entity,
        event.currency,
        event.disputed_minor,
        event.reason,
        open=True,
    )
    yield from _contested(event, dispute, work)


def on_dispute_resolved(event: DisputeResolved, work: WorkingSet) -> Iterator[Event]:
    """Nothing is contested by this case any more; what is still open goes on at the level the item had."""
    text = f"the dispute of {event.invoice_number} ended: {event.resolution}"
    note(work, event.customer_id, "dispute-resolved", event.case_id, text)
    disputes = work.find(Dispute, invoice_number=event.invoice_number)
    before = next((d for d in disputes if d.case_id == event.case_id), None)
    dispute = before or Dispute(
        event.case_id,
        event.invoice_number,
        event.customer_id,
        event.legal_entity,
        event.currency,
        event.original_minor,
        event.root_cause,
        open=False,
    )
    yield from _contested(event, replace(dispute, open=False), work)


def on_customer_money_changed(event: CustomerMoneyChanged, work: WorkingSet) -> Iterator[Event]:
    """Shown in letters beside the claims, never netted; an older word changes nothing."""
    key = {"customer_id": event.customer_id, "legal_entity": event.legal_entity, "currency": event.currency}
    before = work.get(Credit, **key)
    if before is None or before.version < event.version:
        work.put(Credit(**key, unapplied_minor=event.unapplied_minor, on_account_minor=event.on_account_minor,
                        version=event.version))  # fmt: skip
    yield from ()


def on_payment_reversed(event: PaymentReversed, work: WorkingSet) -> Iterator[Event]:
    """What it paid comes back item by item; the collector reads here why."""
    text = f"{as_text(event.amount_minor, event.currency)} went back to the payer's bank: {event.reason}"
    note(work, event.customer_id, "payment-returned", event.payment_id, text)
    yield from ()


def _contested(event: DisputeOpened | DisputeResolved, dispute: Dispute, work: WorkingSet) -> Iterator[Event]:
    item = _item(event, event.invoice_number, work)
    if item.customer_id != event.customer_id:
        note(
            work, event.customer_id, "dispute-elsewhere", event.case_id, f"{item.invoice_number} is another customer's"
        )
        return
    work.put(dispute)
    item = item.contested(work.find(Dispute, invoice_number=event.invoice_number))
    yield from look_again(work, _customer(event.customer_id, work), item)


def _item(event: MoneyEvent, invoice_number: str, work: WorkingSet) -> Item:
    """The row, or a new one: whoever speaks first of an item makes it."""
    found = work.get(Item, invoice_number=invoice_number)
    return found or Item(invoice_number, event.customer_id, event.legal_entity, event.currency)


def _customer(customer_id: str, work: WorkingSet) -> Customer:
    return work.get(Customer, customer_id=customer_id) or Customer(customer_id)
