"""Double entry, append-only: every movement of money is a balanced journal; nothing is changed, only reversed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of a journal. Debit is positive, credit negative, in minor units of `currency`."""

    journal_id: str
    line: int
    account: str
    legal_entity: str
    currency: str
    amount_minor: int
    customer_id: str | None
    """None while the payer is unidentified."""
    document_id: str
    posting_date: date
    value_date: date
    recorded_at: datetime
    cause: str
    """`source/id` of the event that made it."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What all lines of one journal share."""

    journal_id: str
    legal_entity: str
    currency: str
    customer_id: str | None
    document_id: str
    posting_date: date
    value_date: date
    recorded_at: datetime
    cause: str

    def lines(self, entries: Iterable[tuple[str, int]]) -> tuple[Posting, ...]:
        """Postings of (account, amount) entries; refuses a journal that does not balance, leaves out zeros."""
        wanted = [(account, amount) for account, amount in entries if amount]
        if total := sum(amount for _, amount in wanted):
            raise ValueError(f"journal {self.journal_id} is out of balance by {total} {self.currency}")
        return tuple(
            Posting(
                self.journal_id,
                n,
                account,
                self.legal_entity,
                self.currency,
                amount,
                self.customer_id,
                self.document_id,
                self.posting_date,
                self.value_date,
                self.recorded_at,
                self.cause,
            )
            for n, (account, amount) in enumerate(wanted)
        )
