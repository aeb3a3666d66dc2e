"""Who hears of a document that did not arrive, or was not taken, and that somebody takes care of it."""

from collections.abc import Iterator
from typing import NamedTuple

from o2c_chassis.escalations import AcknowledgeEscalation, unacknowledged
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveryConfirmed
from o2c_contracts.shared import EscalationRaised
from o2c_rules.rulebook import Facts

from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.escalations import Escalation
from o2c_billing.domain.invoices import Invoice

from .matrix import actor, must_be_authorised

UNDELIVERABLE, NUMBER_TAKEN = "undeliverable", "number-taken"
_TEXT_MOST = 500


class Trouble(NamedTuple):
    """What went wrong with which document."""

    step: str
    kind: str
    """invoice, credit-note, delivery."""
    number: str
    contract_id: str | None
    text: str


def undeliverable(kind: str, document: Invoice | CreditNote, problem: str, work: WorkingSet) -> Iterator[Event]:
    """A document that will not reach its customer by itself."""
    text = f"{document.number} did not reach the customer: {problem}"
    trouble = Trouble(UNDELIVERABLE, kind, document.number, document.contract_id, text)
    yield from escalate(trouble, document, document.number, work)


def escalate(
    trouble: Trouble, whose: Invoice | CreditNote | DeliveryConfirmed, name: str, work: WorkingSet
) -> Iterator[Event]:
    """Told to everybody whom the table names, and kept for each until it is answered. `name`: nobody else's."""
    sheet: Facts = {
        "step": trouble.step,
        "document": trouble.kind,
        "legal_entity": whose.legal_entity,
        "contract_id": trouble.contract_id,
    }
    asked = work.ask("billing/escalations", sheet, subject=trouble.number)
    for n, row in enumerate(asked.rows, 1):
        raised = Escalation(
            escalation_id=f"{name}:{trouble.step}:{n}",
            customer_id=whose.customer_id,
            legal_entity=whose.legal_entity,
            currency=whose.currency,
            document_id=trouble.number,
            kind=trouble.kind,
            level=trouble.step,
            recipient=str(row.outcome["to"]),
            text=trouble.text[:_TEXT_MOST],
            raised_at=work.at,
            decision_id=asked.id,
        )
        work.put(raised)
        yield _told(raised)


def on_acknowledge_escalation(event: AcknowledgeEscalation, work: WorkingSet) -> Iterator[Event]:
    """A person takes care: by whatever way the customer gets the document, or what was delivered is charged."""
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
