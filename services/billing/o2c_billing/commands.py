"""What people may ask of billing. Who may ask for what is a rule table."""

from typing import ClassVar

from o2c_chassis.commands import Command
from o2c_contracts.fields import Id, Line, Paid, Word


class RequestCreditNote(Command):
    """Less shall be owed of an invoice; the approval matrix says who must agree."""

    route: ClassVar[str] = "invoices/{invoice_number}/credit-requests"
    invoice_number: Id
    amount_minor: Paid
    """Tax included, in the invoice's currency."""
    reason: Word
    comment: Line = ""

    @property
    def subject(self) -> str:
        return self.invoice_number


class CancelCharge(Command):
    """A charge that was not invoiced yet shall be taken back; the approval matrix says who must agree."""

    route: ClassVar[str] = "charges/{line_id}/cancel"
    line_id: Id
    reason: Word
    comment: Line = ""

    @property
    def subject(self) -> str:
        return self.line_id


class ReleaseInvoice(Command):
    """Check a withheld draft again; what the person may let pass does not stop it any more."""

    route: ClassVar[str] = "drafts/{draft_id}/release"
    draft_id: Id
    comment: Line = ""

    @property
    def subject(self) -> str:
        return self.draft_id


class ApproveRequest(Command):
    """One person agrees."""

    route: ClassVar[str] = "approvals/{approval_id}/approve"
    approval_id: Id
    comment: Line = ""

    @property
    def subject(self) -> str:
        return self.approval_id


class RefuseRequest(Command):
    """One person says no, and that is the end of it."""

    route: ClassVar[str] = "approvals/{approval_id}/refuse"
    approval_id: Id
    comment: Line = ""

    @property
    def subject(self) -> str:
        return self.approval_id
