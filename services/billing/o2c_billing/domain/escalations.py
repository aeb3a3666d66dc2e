"""Whom billing told of a document that did not reach its customer, or of a delivery that it did not take."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """Waits for somebody until a person takes care, or nothing of the document is claimed any more."""

    escalation_id: str
    customer_id: str
    legal_entity: str
    currency: str
    document_id: str
    """The number of the document."""
    kind: str
    """invoice, credit-note, delivery."""
    level: str
    """The step that failed: undeliverable, number-taken."""
    recipient: str
    """A role."""
    text: str
    raised_at: datetime
    decision_id: str
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None

    def acknowledge(self, person: str, at: datetime) -> "Escalation":
        return replace(self, acknowledged_at=at, acknowledged_by=person)
