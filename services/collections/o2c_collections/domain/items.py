"""An open item as collections sees it: what cash says it owes, what of it is contested or promised, how far dunned."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from .accounts import Dispute


@dataclass(frozen=True, slots=True)
class Item:
    """One invoice. Its row may be older than the invoice itself: cash, disputes or a promise can speak first.

    `level` is the number of the highest reminder step taken and never falls: an item that leaves dunning and comes
    back, or whose payment is returned, goes on where it was.
    """

    invoice_number: str
    customer_id: str
    legal_entity: str
    currency: str
    known: bool = False
    """Billing has told of it: it has a due date and a total."""
    external_ref: str | None = None
    issued_on: date | None = None
    due_on: date | None = None
    total_minor: int = 0
    open_minor: int = 0
    item_version: int = 0
    """Cash's version of `open_minor`; 0 is the invoice itself."""
    open: bool = False
    disputed_minor: int = 0
    """Sum over its open disputes, as told; what counts is never more than is open."""
    promised_minor: int = 0
    """What an open promise still announces."""
    has_promises: bool = False
    promise_broken: bool = False
    """A promise was broken and no letter has answered it yet."""
    level: int = 0
    level_on: date | None = None
    """The day of the letter that took it to its level."""
    handed_over_on: date | None = None
    """Since when it is second-level collection's."""
    next_at: datetime | None = None
    """The earliest instant at which the ladder may take it further."""
    next_step: str = ""
    """What it would be then: `level 2`, or who takes it over."""
    contract_id: str | None = None
    """By whose rules everything about the item is decided; none where its invoice names none, or nobody told it yet."""

    @property
    def claimed_minor(self) -> int:
        """What a letter may ask for: open less what is disputed or promised."""
        return max(0, self.open_minor - self.disputed_minor - self.promised_minor)

    @property
    def disputed_of_open_minor(self) -> int:
        return min(self.open_minor, self.disputed_minor)

    @property
    def heard(self) -> bool:
        """Billing or cash has said what is open; until then the row only holds what others said of it."""
        return self.known or self.item_version > 0

    @property
    def dunnable(self) -> bool:
        """Something of it may be claimed, and its due date is known."""
        return self.known and self.claimed_minor > 0

    def days_past_due(self, on: date) -> int:
        """Calendar days after the due date; 0 or less is current. Only for an item that is known."""
        if self.due_on is None:
            raise ValueError(f"{self.invoice_number} has no due date yet")
        return (on - self.due_on).days

    def days_since_letter(self, on: date) -> int | None:
        """Calendar days since the letter that raised it; None before the first."""
        return None if self.level_on is None else (on - self.level_on).days

    def changed(self, open_minor: int, version: int) -> "Item":
        """Cash's word on what it owes; an older word than the one we have changes nothing."""
        if version < self.item_version:
            return self
        return replace(self, open_minor=open_minor, item_version=version, open=open_minor > 0)

    def raised(self, to: int, on: date) -> "Item":
        """One step up by the letter of a day; a ladder cannot skip a level, whatever its row says."""
        return replace(self, level=min(to, self.level + 1), level_on=on, promise_broken=False)

    def contested(self, disputes: Iterable[Dispute]) -> "Item":
        """With what its open disputes come to."""
        return replace(self, disputed_minor=sum(d.disputed_minor for d in disputes if d.open))


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One word of cash on an item, kept for ever: promises are judged by these rows."""

    invoice_number: str
    item_version: int
    customer_id: str
    legal_entity: str
    currency: str
    kind: str
    """payment, payment_reversed, credit, discount, write_off, write_off_reversed."""
    payment_id: str | None
    amount_minor: int
    open_minor_after: int
    value_date: date
    recorded_at: datetime
