"""How the delivery of a document ended: a state of its own, apart from what is owed."""

import re
from collections.abc import Iterator

from o2c_chassis.service import DeliveryEnded
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import InvoiceDelivered, InvoiceUndeliverable
from o2c_contracts.event import Event

from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.invoices import Invoice

from .escalations import undeliverable

_ADDRESS = re.compile(r"\S+@\S+")


def on_invoice_delivery_ended(event: DeliveryEnded, work: WorkingSet) -> Iterator[Event]:
    """Undeliverable makes work for a person; the invoice is owed all the same."""
    invoice = work.get(Invoice, invoice_number=event.subject_id)
    if invoice is None:
        return
    whose = {
        "customer_id": invoice.customer_id,
        "legal_entity": invoice.legal_entity,
        "currency": invoice.currency,
        "invoice_number": invoice.invoice_number,
        "channel": event.channel,
    }
    if event.delivered:
        work.put(invoice.delivered(event.channel, event.address))
        yield InvoiceDelivered(**whose)
    else:
        problem = _published(event.problem)
        work.put(invoice.undeliverable(event.channel, event.address, problem))
        yield InvoiceUndeliverable(**whose, reason=problem)
        yield from undeliverable("invoice", invoice, problem, work)


def on_credit_note_delivery_ended(event: DeliveryEnded, work: WorkingSet) -> Iterator[Event]:
    """The same for a credit note."""
    note = work.get(CreditNote, credit_note_number=event.subject_id)
    if note is None:
        return
    if event.delivered:
        work.put(note.delivered(event.channel, event.address))
    else:
        problem = _published(event.problem)
        work.put(note.undeliverable(event.channel, event.address, problem))
        yield from undeliverable("credit-note", note, problem, work)


def _published(problem: str) -> str:
    """One printable line without addresses: what others tell of a mailbox is personal data and not ours to pass on."""
    return _ADDRESS.sub("the address", " ".join(problem.split()))[:400]
