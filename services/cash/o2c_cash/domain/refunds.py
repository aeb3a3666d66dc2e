"""Credit that goes back to a customer: asked for by one person, agreed to by others, paid by the treasury."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """So much of a payment's money on account, and how far its way back has come."""

    refund_id: str
    payment_id: str
    customer_id: str
    legal_entity: str
    currency: str
    amount_minor: int
    reason: str
    requested_by: str
    requested_at: datetime
    approval_id: str
    address: str
    """Of the treasury that pays it."""
    status: str
    """requested, paying, paid, failed; refused, expired or voided where nobody agreed."""
