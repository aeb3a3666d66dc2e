"""A case: what a customer asks or contests, whose turn it is, what comes next and by when."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Status = Literal["open", "paused", "with-billing", "resolved", "closed"]
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Case:
    """It has an owner, a next action and a due time from its first moment; closed, they say how it ended."""

    case_id: str
    customer_id: str
    legal_entity: str
    currency: str
    origin: Literal["query", "short-payment", "person"]
    query_id: str | None
    kind: str
    reason: str
    channel: str
    contests: bool
    """Money is contested; a question contests none."""
    invoice_number: str | None
    external_ref: str | None
    """The invoice as the customer calls it."""
    amount_minor: int | None
    """What the customer named; none for the whole amount."""
    text: str
    """The customer's own words: may hold personal data."""
    status: Status
    stage: str
    """How far it is: chooses the next action and its due time."""
    priority: str
    queue: str
    owner: str
    """A role, or the person to whom it was assigned."""
    owner_role: str
    next_action: str
    due_at: datetime
    opened_at: datetime
    """When it was opened, or reopened the last time."""
    respond_by: datetime
    resolve_by: datetime
    answered_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    root_cause: str
    reopenings: int
    pauses: int
    """Taken since it was opened, or reopened the last time."""
    paused_minutes: int
    """Of business time, in those pauses that have ended."""
    entries: int
    """Of its history: the number of the last one."""
    decision_id: str | None
    contract_id: str | None = None
    """Of the invoice, once that is known: from then on its rules decide about the case."""

    @property
    def is_closed(self) -> bool:
        return self.status == "closed"

    def turn(self, stage: str, next_action: str, due_at: datetime) -> "Case":
        """What comes next, and by when."""
        return replace(self, stage=stage, next_action=next_action, due_at=due_at)

    def found(self, invoice_number: str, contract_id: str | None) -> "Case":
        """The invoice that the customer means."""
        return replace(self, invoice_number=invoice_number, contract_id=contract_id)

    def answer(self, at: datetime) -> "Case":
        """The first answer since it was opened counts."""
        return replace(self, answered_at=self.answered_at or at)

    def resolve(self, outcome: str, root_cause: str, at: datetime) -> "Case":
        return replace(self, status="resolved", outcome=outcome, root_cause=root_cause, resolved_at=at)

    def close(self, outcome: str, at: datetime) -> "Case":
        return replace(self, status="closed", stage="closed", next_action="", outcome=outcome, closed_at=at)

    def reopen(self, at: datetime) -> "Case":
        """Everything is to be done again: the customer must hear again, the pauses count anew."""
        return replace(
            self,
            status="open",
            opened_at=at,
            answered_at=None,
            resolved_at=None,
            closed_at=None,
            outcome=None,
            reopenings=self.reopenings + 1,
            pauses=0,
            paused_minutes=0,
        )


@dataclass(frozen=True, slots=True)
class Customer:
    """What of a customer decides how it is served."""

    customer_id: str
    tier: str = "standard"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's history; never changed."""

    case_id: str
    number: int
    customer_id: str
    at: datetime
    what: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class CreditRequest:
    """A credit that billing was asked for."""

    request_id: str
    case_id: str
    round: int
    customer_id: str
    legal_entity: str
    currency: str
    invoice_number: str
    amount_minor: int
    requested_by: str
    requested_at: datetime
    status: Literal["open", "refused", "issued", "applied", "withdrawn"]
    approval_id: str | None
    credit_note_number: str | None
    comment: str

    @property
    def is_open(self) -> bool:
        """Billing has not answered it yet."""
        return self.status == "open"
