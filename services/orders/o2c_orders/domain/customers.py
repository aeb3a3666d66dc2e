"""A buyer, its family and the credit its family was given."""

from dataclasses import dataclass
from datetime import date

UNSET, NONE, AMOUNT = "unset", "none", "amount"


@dataclass(frozen=True, slots=True)
class Customer:
    """A buyer as other systems describe it. A row is made as soon as anybody mentions it; `known` when registered."""

    customer_id: str
    root_id: str
    """Whose limit counts: the top of its family; its own id where it stands alone or is itself the root."""
    known: bool = False
    risk_class: str = "B"
    tier: str = "standard"
    purchase_order_needed: bool = False
    partial_delivery: bool = True
    invoice_rhythm: str = "at_once"
    limit_state: str = UNSET
    """`unset`: nobody has said; `none`: outside credit management; `amount`: 0 prepays. A member's own limit sleeps."""
    limit_minor: int = 0
    limit_currency: str = ""
    limit_valid_until: date | None = None
    broken_promises: int = 0
    stopped: bool = False
    stop_reason: str = ""

    @staticmethod
    def unknown(customer_id: str) -> "Customer":
        """Nobody has registered it yet: it stands alone."""
        return Customer(customer_id, customer_id)

    @property
    def managed(self) -> bool:
        """Whether credit is watched at all."""
        return self.limit_state == AMOUNT

    @property
    def instructed(self) -> bool:
        """Whether it asked to be served in any way of its own."""
        return self.purchase_order_needed or not self.partial_delivery or self.invoice_rhythm != "at_once"
