"""What people may ask of collections; the service's own HTTP makes these."""

from typing import ClassVar, Literal

from o2c_chassis.commands import Command
from o2c_contracts.fields import Day, Id, Line, Paid, Word


class RecordPromise(Command):
    """A customer has committed, on the telephone or in writing, to pay an item by a day."""

    route: ClassVar[str] = "items/{invoice_number}/promises"
    invoice_number: Id
    promised_on: Day
    amount_minor: Paid | None = None
    """None: all that may be claimed of the item."""


class WithdrawPromise(Command):
    """The promise was a mistake, or the customer took it back: it counts neither way."""

    route: ClassVar[str] = "promises/{promise_id}/withdraw"
    promise_id: Id
    reason: Line = ""


class StopAccount(Command):
    """No further orders of this customer go ahead."""

    route: ClassVar[str] = "stop"
    reason: Line


class ResumeAccount(Command):
    """Orders may go ahead again."""

    route: ClassVar[str] = "resume"
    reason: Line


class LogCall(Command):
    """Somebody spoke with the customer, or tried to; `outcome` is a code of the table of calls."""

    route: ClassVar[str] = "calls"
    outcome: Word
    direction: Literal["in", "out"] = "out"
    note: Line = ""


class CloseEscalation(Command):
    """What somebody was asked to do is done."""

    route: ClassVar[str] = "escalations/close"
    escalation_id: Id
    note: Line = ""
