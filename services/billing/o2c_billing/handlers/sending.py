"""How the delivery of a document ended: a state of its own, apart from what is owed."""

import re
from collections.abc import Iterator

from o2c_chassis.service import DeliveryEnded
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import InvoiceDelivered, InvoiceUndeliverable
from o2c_contracts.event import Event
from o2c_contracts.shared import EscalationRaised
from o2c_rules.rulebook import Facts

from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.invoices import Invoice

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
        yield from _escalated("invoice", invoice, problem, work)


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
        yield from _escalated("credit-note", note, problem, work)


def _published(problem: str) -> str:
    """One printable line without addresses: what others tell of a mailbox is personal data and not ours to pass on."""
    return _ADDRESS.sub("the address", " ".join(problem.split()))[:400]


def _escalated(kind: str, document: Invoice | CreditNote, problem: str, work: WorkingSet) -> Iterator[Event]:
    sheet: Facts = {
        "step": "undeliverable",
        "document": kind,
        "legal_entity": document.legal_entity,
        "contract_id": document.contract_id,
    }
    asked = work.ask("billing/escalations", sheet, subject=document.number)
    for row in asked.rows:
        yield EscalationRaised(
            customer_id=document.customer_id,
            legal_entity=document.legal_entity,
            currency=document.currency,
            escalation_id=f"{document.number}:undeliverable:1",
            document_id=document.number,
            level="undeliverable",
            to=str(row.outcome["to"]),
            text=f"{document.number} did not reach the customer: {problem}",
            decision_id=asked.id,
        )
