"""`o2c.collections.v1`: who is late, and what was done about it."""

from typing import Annotated, Literal

from pydantic import Field

from .event import CustomerEvent, MoneyEvent, Part
from .fields import Currency, Day, Due, Id, Line, Minor, Paid, Word

Level = Annotated[int, Field(ge=0, le=9)]


class NoticeLine(Part):
    """One item of a letter, with the level that it reached."""

    invoice_number: Id
    currency: Currency
    due_on: Day
    open_minor: Due
    claimed_minor: Due
    """Open less what is disputed or promised."""
    level: Level
    raised: bool
    """This letter takes the item to its level; else it is listed for information."""


class DunningNoticeSent(CustomerEvent):
    """One letter for a customer, a legal entity and a day: its tone is the highest of its items and lifts none."""

    notice_id: Id
    legal_entity: Id
    level: Level
    language: Word
    sent_on: Day
    lines: tuple[NoticeLine, ...]
    credits: dict[str, Minor] = {}
    """Currency -> unapplied money and credit, shown and not netted."""
    decision_ids: tuple[Id, ...] = ()

    @property
    def subject(self) -> str:
        return self.notice_id


class NoticeUndeliverable(CustomerEvent):
    """The letter did not arrive: a person must act. The items keep their level."""

    notice_id: Id
    legal_entity: Id
    reason: Line

    @property
    def subject(self) -> str:
        return self.notice_id


class PromiseRecorded(MoneyEvent):
    """A commitment to pay counts from now on: the promised part leaves dunning."""

    promise_id: Id
    invoice_number: Id
    amount_minor: Paid
    promised_on: Day
    judged_at: Day
    """Promise date plus tolerance and posting days."""

    @property
    def subject(self) -> str:
        return self.promise_id


class PromiseJudged(MoneyEvent):
    """How a promise ended."""

    promise_id: Id
    invoice_number: Id
    amount_minor: Paid
    paid_minor: Due
    """What came in by the promise date and its tolerance, by value date."""
    broken_promises: Annotated[int, Field(ge=0)] = 0
    """Of this customer, open ones not counted."""

    @property
    def subject(self) -> str:
        return self.promise_id


class PromiseKept(PromiseJudged):
    """Paid in full and in time."""


class PromisePartlyKept(PromiseJudged):
    """Something came in time, not all."""


class PromiseBroken(PromiseJudged):
    """Nothing came in time."""


class PromiseRestored(PromiseJudged):
    """Money posted later had an earlier value date: the promise was kept after all."""


class PromiseWithdrawn(MoneyEvent):
    """Counts neither way any more: taken back, replaced by a newer one, or nothing was left to pay."""

    promise_id: Id
    invoice_number: Id
    amount_minor: Paid
    reason: Word
    """`withdrawn`, `superseded` or `lapsed`."""

    @property
    def subject(self) -> str:
        return self.promise_id


class AccountStopped(CustomerEvent):
    """No further orders go ahead until it is resumed."""

    reason: Line
    stopped_by: Id | None = None
    """A person, or the row of the rule."""


class AccountResumed(CustomerEvent):
    """Orders may go ahead again."""

    reason: Line
    resumed_by: Id | None = None


class AccountEscalated(MoneyEvent):
    """Goes to second-level collection, a manager, or counsel. Stops nobody by itself."""

    invoice_number: Id | None = None
    to: Word
    reason: Line
    decision_id: Id | None = None

    @property
    def subject(self) -> str:
        return self.invoice_number or self.key


class CallLogged(CustomerEvent):
    """Somebody spoke, or tried to."""

    call_id: Id
    outcome: Word
    direction: Literal["in", "out"] = "out"
    note: Line = ""

    @property
    def subject(self) -> str:
        return self.call_id
