"""What cash sends out: the order to the treasury to pay a refund. Names the payment; the bank knows its account."""

from collections.abc import Mapping
from typing import Any

from o2c_chassis.service import Document

_LINES = (
    ("legal entity", "legal_entity"),
    ("amount", "amount"),
    ("customer", "customer_id"),
    ("of payment", "payment_id"),
    ("reason", "reason"),
    ("requested by", "requested_by"),
    ("approved by", "approved_by"),
)


def render(content: Mapping[str, Any]) -> Document:
    """A payment order in plain text."""
    title = f"Refund {content['refund_id']}"
    lines = [f"{name}: {content[field]}" for name, field in _LINES]
    text = "\n".join([title, *lines, "Pay it to the account that the payment came from, once for this number.", ""])
    return Document(f"refund-{content['refund_id']}.txt", text.encode(), "text/plain", title, text)
