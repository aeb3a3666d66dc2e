"""Who hears that a document did not reach its customer, and that somebody takes care of it."""

from collections.abc import Iterator

from o2c_chassis.escalations import AcknowledgeEscalation, unacknowledged
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.shared import EscalationRaised
from o2c_rules.rulebook import Facts

from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.escalations import Escalation
from o2c_billing.domain.invoices import Invoice

from .matrix import actor, must_be_authorised

UNDELIVERABLE = "undeliverable"


def escalate(kind: str, document: Invoice | CreditNote, problem: str, work: WorkingSet) -> Iterator[Event]:
    """Told to everybody whom the table names, and kept for each until it is answered."""
    sheet: Facts = {
        "step": UNDELIVERABLE,
        "document": kind,
        "legal_entity": document.legal_entity,
        "contract_id": document.contract_id,
    }
    asked = work.ask("billing/escalations", sheet, subject=document.number)
    for n, row in enumerate(asked.rows, 1):
        raised = Escalation(
            escalation_id=f"{document.number}:{UNDELIVERABLE}:{n}",
            customer_id=document.customer_id,
            legal_entity=document.legal_entity,
            currency=document.currency,
            document_id=document.number,
            kind=kind,
            level=UNDELIVERABLE,
            recipient=str(row.outcome["to"]),
            text=f"{document.number} did not reach the customer: {problem}",
            raised_at=work.at,
            decision_id=asked.id,
        )
        work.put(raised)
        yield _told(raised)


def on_acknowledge_escalation(event: AcknowledgeEscalation, work: WorkingSet) -> Iterator[Event]:
    """A person takes care, by whatever way the customer gets the document."""
    must_be_authorised("acknowledge", event.roles, work)
    found = unacknowledged(event, work.get(Escalation, escalation_id=event.escalation_id))
    work.put(found.acknowledge(actor(work), work.at))
    yield from ()


def _told(raised: Escalation) -> EscalationRaised:
    return EscalationRaised(
        customer_id=raised.customer_id,
        legal_entity=raised.legal_entity,
        currency=raised.currency,
        escalation_id=raised.escalation_id,
        document_id=raised.document_id,
        level=raised.level,
        to=raised.recipient,
        text=raised.text,
        decision_id=raised.decision_id,
    )
