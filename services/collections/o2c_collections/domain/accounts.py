"""Who owes: the customer as letters address it, and its account with each legal entity."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Customer:
    """A debtor. Until master data speaks it stands with the defaults of the ladder and is not `known`."""

    customer_id: str
    known: bool = False
    name: str = ""
    country: str = ""
    language: str = "en"
    email: str = ""
    address: str = "[]"
    """JSON: lines of the postal address."""
    segment: str = "standard"
    risk_class: str = "B"
    tier: str = "standard"
    stopped_by: str | None = None
    """The person, or the table and row, that stopped the account; None while orders may go ahead."""
    stopped_by_rule: bool = False
    stop_reason: str = ""
    blocked: bool = False
    """Cash cannot say what this customer owes: nothing is sent and no promise judged until it can."""

    @property
    def stopped(self) -> bool:
        return self.stopped_by is not None


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's dealings with one legal entity: one letter a day at most."""

    customer_id: str
    legal_entity: str
    last_letter_on: date | None = None
    next_at: datetime | None = None
    """When its items are looked at next; None when nothing can become due."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Money and credit that pays no item yet, in one currency; cash's version says which word is the newest."""

    customer_id: str
    legal_entity: str
    currency: str
    unapplied_minor: int
    on_account_minor: int
    version: int

    @property
    def total_minor(self) -> int:
        return self.unapplied_minor + self.on_account_minor


@dataclass(frozen=True, slots=True)
class Dispute:
    """An amount of an item that one case contests; `open` until the case is resolved."""

    case_id: str
    invoice_number: str
    customer_id: str
    legal_entity: str
    currency: str
    disputed_minor: int
    reason: str
    open: bool
