"""What people may ask of cash. Each is an event of its own; who may is a table."""

from typing import ClassVar

from o2c_chassis.commands import Command
from o2c_contracts.event import Part
from o2c_contracts.fields import Id, Line, Paid, Word
from pydantic import Field


class AllocationLine(Part):
    """An item, and what of the payment shall pay it."""

    invoice_number: Id
    amount_minor: Paid


class AllocatePayment(Command):
    """The whole of what a payment shall pay from now on, not a difference: items left out are owed again."""

    route: ClassVar[str] = "payments/{payment_id}/allocate"
    payment_id: Id
    lines: tuple[AllocationLine, ...] = Field(max_length=2000)
    comment: Line = ""


class IdentifyPayment(Command):
    """The customer in the path is the payer."""

    route: ClassVar[str] = "payments/{payment_id}/identify"
    payment_id: Id


class PutOnAccount(Command):
    """Unapplied money is deliberately kept as the customer's credit."""

    route: ClassVar[str] = "payments/{payment_id}/put-on-account"
    payment_id: Id
    amount_minor: Paid


class ApplyCredit(Command):
    """Credit that a credit note left on account reduces another item."""

    route: ClassVar[str] = "credits/{credit_note_number}/apply"
    credit_note_number: Id
    invoice_number: Id
    amount_minor: Paid


class WriteOff(Command):
    """Give up some of what an item owes, once those whom the matrix names have agreed."""

    route: ClassVar[str] = "items/{invoice_number}/write-off"
    invoice_number: Id
    amount_minor: Paid
    reason: Word


class RequestRefund(Command):
    """Send credit back that a payment left on account, once those whom the matrix names have agreed."""

    route: ClassVar[str] = "payments/{payment_id}/refund"
    payment_id: Id
    amount_minor: Paid
    reason: Word


class ApproveRequest(Command):
    route: ClassVar[str] = "approvals/{approval_id}/approve"
    approval_id: Id
    comment: Line = ""


class RefuseRequest(Command):
    route: ClassVar[str] = "approvals/{approval_id}/refuse"
    approval_id: Id
    comment: Line = ""
