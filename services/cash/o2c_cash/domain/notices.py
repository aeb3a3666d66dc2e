"""Whom cash told of a payment that a person must look at."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """Waits for somebody until a person takes care, or what it says of its payment is so no more."""

    escalation_id: str
    payment_id: str
    legal_entity: str
    currency: str
    amount_minor: int
    recipient: str
    """A role."""
    text: str
    raised_at: datetime
    decision_id: str
    customer_id: str | None
    """Who heard of it; None where nobody knows the payer."""
    level: str
    """What happened, as the table of alerts calls it."""
    document_id: str
    """The advice, return or refund that it happened with, or the payment itself."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None

    @property
    def nobodys(self) -> bool:
        """What went back under no customer's name: whoever takes care says whose it is."""
        return self.customer_id is None and self.document_id != self.payment_id

    def repeats(self, earlier: "Escalation") -> bool:
        """The same has happened with the same document before."""
        same = (earlier.customer_id, earlier.level, earlier.document_id)
        return same == (self.customer_id, self.level, self.document_id) and earlier.raised_at <= self.raised_at

    def acknowledge(self, person: str, at: datetime) -> "Escalation":
        return replace(self, acknowledged_at=at, acknowledged_by=person)
