"""What customers owe: open items, what is contested of them, what reduced them."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One invoice as a debt. Cash alone says what it owes; version 0 is the invoice as it was issued."""

    invoice_number: str
    customer_id: str
    legal_entity: str
    currency: str
    external_ref: str | None
    total_minor: int
    tax_minor: int
    open_minor: int
    item_version: int
    issued_on: date
    due_on: date
    discount_percent: Decimal | None
    discount_until: date | None
    discounted_minor: int
    """Early-payment discount that was granted."""
    tolerated_minor: int
    """Residual that was given up within tolerance: once per item."""
    open: bool
    contract_id: str | None = None
    """Under which all its lines are charged; by its rules everything about the item is decided."""

    def less(self, amount_minor: int) -> "OpenItem":
        """Owes less by an amount that it still owes."""
        if not 0 < amount_minor <= self.open_minor:
            raise ValueError(f"{self.invoice_number} owes {self.open_minor}, not {amount_minor}")
        return self._owing(self.open_minor - amount_minor)

    def more(self, amount_minor: int) -> "OpenItem":
        """Owes again what was taken off it; never more than its total."""
        if not 0 < amount_minor <= self.total_minor - self.open_minor:
            raise ValueError(f"{self.invoice_number} has {self.total_minor - self.open_minor} settled: {amount_minor}")
        return self._owing(self.open_minor + amount_minor)

    def _owing(self, open_minor: int) -> "OpenItem":
        return replace(self, open_minor=open_minor, item_version=self.item_version + 1, open=open_minor > 0)

    @property
    def offered_discount_minor(self) -> int:
        """What early payment may deduct, once: percent of the total with tax, half-up, at most what is open."""
        if self.discount_percent is None or self.discounted_minor or not self.open_minor:
            return 0
        share = Decimal(self.total_minor) * self.discount_percent / 100
        return min(int(share.quantize(Decimal(1), rounding="ROUND_HALF_UP")), self.open_minor)

    def amounts(self, value_date: date) -> tuple[int, ...]:
        """At which a payment of that value date would settle it in full: open, or less the discount while it runs."""
        discount = self.offered_discount_minor
        if discount and self.discount_until and value_date <= self.discount_until and discount < self.open_minor:
            return self.open_minor, self.open_minor - discount
        return (self.open_minor,)

    @property
    def purse(self) -> tuple[str, str]:
        """Money of another legal entity or currency never pays it."""
        return self.legal_entity, self.currency


@dataclass(frozen=True, slots=True)
class ItemDispute:
    """A case that contests an amount of an item; disputes keeps it, cash looks whether one is open."""

    case_id: str
    customer_id: str
    invoice_number: str
    legal_entity: str
    currency: str
    disputed_minor: int
    open: bool


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit note: what it took off its invoice, and what was too much and is kept as the customer's credit."""

    credit_note_number: str
    customer_id: str
    invoice_number: str
    legal_entity: str
    currency: str
    total_minor: int
    applied_minor: int
    on_account_minor: int
    case_id: str | None
    issued_on: date
    open: bool

    def applied(self, amount_minor: int) -> "Credit":
        """Some of what is kept reduces another item."""
        if not 0 < amount_minor <= self.on_account_minor:
            raise ValueError(f"{self.credit_note_number} has {self.on_account_minor} left, not {amount_minor}")
        left = self.on_account_minor - amount_minor
        return replace(self, applied_minor=self.applied_minor + amount_minor, on_account_minor=left, open=left > 0)


@dataclass(frozen=True, slots=True)
class Allocation:
    """One step of an item's way to zero, or back. Written once: `item_version` is the version it led to."""

    invoice_number: str
    item_version: int
    kind: str
    """payment, discount, write-off, credit."""
    payment_id: str | None
    """The payment that paid, or because of which discount or tolerance was granted."""
    document_id: str
    """Payment, credit note or approval."""
    customer_id: str
    external_ref: str | None
    legal_entity: str
    currency: str
    amount_minor: int
    """Positive: the item owes less. Negative: it owes this again."""
    value_date: date
    posted_on: date
    recorded_at: datetime
    because: str
    decision_id: str | None
    actor: str | None


def in_force(steps: list[Allocation]) -> dict[tuple[str, str], int]:
    """(item, kind) -> what is left of a payment's steps after their reversals, in the order in which they were made."""
    totals: dict[tuple[str, str], int] = {}
    for step in steps:
        name = step.invoice_number, step.kind
        totals[name] = totals.get(name, 0) + step.amount_minor
    return {name: amount for name, amount in totals.items() if amount}
