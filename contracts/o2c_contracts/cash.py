"""`o2c.cash.v1`: which items money pays, and what is still open. Cash alone says what an item still owes."""

from typing import Annotated

from pydantic import Field

from .event import MoneyEvent, Part
from .fields import Day, Due, Id, Line, Minor, Paid, Word

Version = Annotated[int, Field(ge=1)]


class ItemChanged(MoneyEvent):
    """An open item's amount changed. A lower `item_version` never overwrites a higher one."""

    invoice_number: Id
    amount_minor: Paid
    open_minor_after: Due
    item_version: Version
    value_date: Day
    contract_id: Id | None = None
    """Of the invoice, for whoever hears of the item before its invoice."""

    @property
    def subject(self) -> str:
        return self.invoice_number


class PaymentIdentified(MoneyEvent):
    """The payer of money or of an advice is known: told again under the customer's key, without name or account."""

    document_kind: Word
    """`payment`, `remittance` or `return`."""
    document_id: Id
    origin_key: Id
    """The key under which it was waiting."""

    @property
    def subject(self) -> str:
        return self.document_id


class PaymentApplied(ItemChanged):
    """Money pays an item."""

    payment_id: Id
    because: Line = ""
    decision_id: Id | None = None


class PaymentApplicationReversed(ItemChanged):
    """The item owes this again: the payment went back or was allocated elsewhere."""

    payment_id: Id
    reason: Line = ""


class CreditApplied(ItemChanged):
    """A credit note reduces an item."""

    credit_note_number: Id
    case_id: Id | None = None


class DiscountGranted(ItemChanged):
    """Early-payment discount that was earned."""

    payment_id: Id


class DiscountReversed(ItemChanged):
    """The discount is owed again: the payment that earned it went back or was allocated elsewhere."""

    payment_id: Id
    reason: Line = ""


class WriteOffPosted(ItemChanged):
    """A small residual is given up, by a row of the tolerance table or by a person."""

    because: Line = ""
    decision_id: Id | None = None


class WriteOffReversed(ItemChanged):
    """The residual is owed again."""

    reason: Line = ""


class InvoiceCleared(MoneyEvent):
    """The item owes nothing any more."""

    invoice_number: Id
    item_version: Version
    cleared_on: Day

    @property
    def subject(self) -> str:
        return self.invoice_number


class Candidate(Part):
    """One way in which waiting money would explain itself."""

    invoices: tuple[Id, ...]
    total_minor: Minor


class PaymentLeftUnapplied(MoneyEvent):
    """The payer is known, the items are not sure: a person chooses, or a later event does."""

    payment_id: Id
    unapplied_minor: Paid
    reason: Word
    candidates: tuple[Candidate, ...] = ()

    @property
    def subject(self) -> str:
        return self.payment_id


class ShortPaymentFound(MoneyEvent):
    """An item was paid short by more than tolerance: disputes finds out why."""

    payment_id: Id
    invoice_number: Id
    short_minor: Paid
    reason: Word
    """Code of the short-payment table."""

    @property
    def subject(self) -> str:
        return self.invoice_number


class PaymentReversed(MoneyEvent):
    """A payment went back to the payer's bank; what it paid is owed again."""

    payment_id: Id
    return_id: Id
    amount_minor: Paid
    reason: Word

    @property
    def subject(self) -> str:
        return self.payment_id


class CustomerMoneyChanged(MoneyEvent):
    """Money and credit of a customer that pays no item yet. A lower version never overwrites a higher one."""

    unapplied_minor: Due
    on_account_minor: Due
    """Kept as the customer's credit: over-payments and excess credit notes."""
    version: Version

    @property
    def subject(self) -> str:
        return f"{self.legal_entity}/{self.currency}"


class RefundPaid(MoneyEvent):
    """Credit goes back to the customer: the treasury has the order to pay it."""

    refund_id: Id
    amount_minor: Paid
    payment_id: Id | None = None
    """The payment that left the credit."""

    @property
    def subject(self) -> str:
        return self.refund_id
