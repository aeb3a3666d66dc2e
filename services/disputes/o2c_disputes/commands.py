"""What people may ask of disputes. Who may do which is the table `disputes/authority`."""

from typing import ClassVar, Literal

from o2c_chassis.commands import Command
from o2c_contracts.fields import Currency, Due, Id, Line, Text, Word


class OpenCase(Command):
    """A customer asked a person something: no money is contested."""

    route: ClassVar[str] = "cases"
    legal_entity: Id
    currency: Currency
    kind: Literal["question", "complaint"] = "question"
    reason: Word
    invoice_number: Id | None = None
    text: Text = ""


class OpenDispute(Command):
    """A customer contests an amount of an invoice; the whole of what is open where no amount is given."""

    route: ClassVar[str] = "disputes"
    legal_entity: Id
    currency: Currency
    kind: Literal["dispute", "claim"] = "dispute"
    reason: Word
    invoice_number: Id
    amount_minor: Due | None = None
    text: Text = ""


class CaseCommand(Command):
    """Concerns one case, which its route names."""

    case_id: Id

    @property
    def subject(self) -> str:
        return self.case_id


class AnswerCase(CaseCommand):
    """The customer has been told this."""

    route: ClassVar[str] = "cases/{case_id}/answer"
    answer: Text


class ResolveDispute(CaseCommand):
    """Who is right. An answer given here has been told to the customer, so that the case can close."""

    route: ClassVar[str] = "cases/{case_id}/resolve"
    resolution: Literal["valid", "partly_valid", "invalid", "withdrawn"]
    credit_minor: Due | None = None
    """What of the contested amount is to be credited; all of it where the customer is right throughout."""
    root_cause: Word = "unknown"
    comment: Line = ""
    answer: Text | None = None


class CloseCase(CaseCommand):
    """Nothing is left to do."""

    route: ClassVar[str] = "cases/{case_id}/close"
    comment: Line = ""


class ReopenCase(CaseCommand):
    """The customer came back."""

    route: ClassVar[str] = "cases/{case_id}/reopen"
    reason: Line


class PauseCase(CaseCommand):
    """It waits for somebody outside: the clocks stand still."""

    route: ClassVar[str] = "cases/{case_id}/pause"
    reason: Word


class ResumeCase(CaseCommand):
    """It waits no more."""

    route: ClassVar[str] = "cases/{case_id}/resume"


class AssignCase(CaseCommand):
    """Somebody owns it from now on; another queue where one is given."""

    route: ClassVar[str] = "cases/{case_id}/assign"
    owner: Word
    queue: Word | None = None
    note: Line = ""


class PrioritiseCase(CaseCommand):
    """It is more, or less, urgent than it seemed: other targets, what has elapsed stays."""

    route: ClassVar[str] = "cases/{case_id}/prioritise"
    priority: Word
    reason: Line
