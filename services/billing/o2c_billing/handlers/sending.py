"""How the delivery of a document ended: a state of its own, apart from what is owed."""

from collections.abc import Iterator

from o2c_chassis.service import DeliveryEnded
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import InvoiceDelivered, InvoiceUndeliverable
from o2c_contracts.event import Event
from o2c_contracts.shared import EscalationRaised

from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.invoices import Invoice


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
        work.put(invoice.undeliverable(event.channel, event.address, event.problem))
        yield InvoiceUndeliverable(**whose, reason=event.problem)
        yield from _escalated(invoice.invoice_number, "invoice", invoice, event.problem, work)


def on_credit_note_delivery_ended(event: DeliveryEnded, work: WorkingSet) -> Iterator[Event]:
    """The same for a credit note."""
    note = work.get(CreditNote, credit_note_number=event.subject_id)
    if note is None:
        return
    if event.delivered:
        work.put(note.delivered(event.channel, event.address))
    else:
        work.put(note.undeliverable(event.channel, event.address, event.problem))
        yield from _escalated(note.credit_note_number, "credit-note", note, event.problem, work)


def _escalated(
    number: str, kind: str, document: Invoice | CreditNote, problem: str, work: WorkingSet
) -> Iterator[Event]:
    sheet = {"step": "undeliverable", "document": kind, "legal_entity": document.legal_entity}
    asked = work.ask("billing/escalations", sheet, subject=number)
    for row in asked.rows:
        yield EscalationRaised(
            customer_id=document.customer_id,
            legal_entity=document.legal_entity,
            currency=document.currency,
            escalation_id=f"{number}:undeliverable:1",
            document_id=number,
            level="undeliverable",
            to=str(row.outcome["to"]),
            text=f"{number} did not reach the customer: {problem}"[:500],
            decision_id=asked.id,
        )
