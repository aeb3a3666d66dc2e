"""Who was told that money waits although no customer can be told of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """Written once; it waits for somebody as long as the payer of its payment is not known."""

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
