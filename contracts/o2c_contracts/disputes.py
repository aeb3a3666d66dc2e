"""`o2c.disputes.v1`: what customers ask or contest, who is right, and by when they hear."""

from typing import Literal

from pydantic import AwareDatetime

from .event import MoneyEvent
from .fields import Due, Id, Line, Paid, Text, Word

Resolution = Literal["valid", "partly_valid", "invalid", "withdrawn", "paid"]


class CaseEvent(MoneyEvent):
    case_id: Id

    @property
    def subject(self) -> str:
        return self.case_id


class CaseOpened(CaseEvent):
    """Somebody asked or contested: it has an owner, a next action and due times from its first moment."""

    query_id: Id | None = None
    kind: Word
    reason: Word
    priority: Word
    queue: Word
    owner: Word
    next_action: Line
    respond_by: AwareDatetime
    resolve_by: AwareDatetime
    invoice_number: Id | None = None
    decision_id: Id | None = None


class CaseAnswered(CaseEvent):
    """The customer heard from us."""

    answer: Text
    answered_by: Id


class CaseReopened(CaseEvent):
    """The customer came back."""

    reason: Line = ""


class CaseClosed(CaseEvent):
    """Answered, and nothing is left to do."""

    outcome: Word


class DisputeOpened(CaseEvent):
    """An amount of an item is contested: that part leaves dunning, and stays in exposure.

    Told again for the same case when a decision or a returned payment changes the amount: the newest counts.
    """

    invoice_number: Id
    disputed_minor: Paid
    reason: Word


class CreditRequested(CaseEvent):
    """The customer is right, at least in part: billing is asked for a credit note, which its matrix must approve."""

    request_id: Id
    invoice_number: Id
    amount_minor: Paid
    reason: Word
    requested_by: Id

    @property
    def subject(self) -> str:
        return self.request_id


class CreditRequestWithdrawn(CaseEvent):
    """The credit is not wanted any more."""

    request_id: Id

    @property
    def subject(self) -> str:
        return self.request_id


class DisputeResolved(CaseEvent):
    """The contest is over: nothing of the item is disputed by this case any more; what is still open is dunned again.

    `original_minor` = `paid_minor` + `credited_minor` + `written_off_minor` + `undisputed_minor`.
    """

    invoice_number: Id
    resolution: Resolution
    original_minor: Due
    paid_minor: Due = 0
    credited_minor: Due = 0
    written_off_minor: Due = 0
    undisputed_minor: Due = 0
    """Contested no longer, and still owed."""
    root_cause: Word = "unknown"
