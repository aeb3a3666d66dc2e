"""`o2c.billing.v1`: what the customer owes, and since when."""

from typing import Literal

from pydantic import Field

from .event import MoneyEvent, Part
from .fields import Day, Due, Exact, Id, Line, Minor, Paid, Quantity, Word
from .orders import Reason


class InvoiceLine(Part):
    """One charged line; everything needed to compute it again stands here or behind its references."""

    line_id: Id
    product: Word
    description: Line = ""
    quantity: Quantity
    unit_price: Exact
    net_minor: Minor
    tax_code: Word
    order_id: Id | None = None
    order_line_id: Id | None = None
    delivery_id: Id | None = None
    contract_id: Id | None = None
    service_from: Day | None = None
    service_to: Day | None = None


class TaxPart(Part):
    """Tax of one category and rate over the whole document: rounded once, half-up (EN 16931 BR-CO-17)."""

    tax_code: Word
    category: Word
    rate_percent: Exact
    base_minor: Minor
    tax_minor: Minor


class ChargeAccrued(MoneyEvent):
    """Value was delivered and is not yet invoiced."""

    line_id: Id
    order_id: Id | None = None
    delivery_id: Id | None = None
    contract_id: Id | None = None
    net_minor: Due
    service_from: Day
    service_to: Day

    @property
    def subject(self) -> str:
        return self.line_id


class InvoiceIssued(MoneyEvent):
    """The customer owes this from now on. Version 0 of its open item: open = total."""

    invoice_number: Id
    issued_on: Day
    due_on: Day
    net_minor: Due
    tax_minor: Due
    total_minor: Due
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxPart, ...]
    contract_id: Id | None = None
    """Only where all lines are charged under it; whatever is decided about the item goes by its rules."""
    purchase_order: Line | None = None
    external_ref: Id | None = None
    discount_percent: Exact | None = None
    discount_until: Day | None = None
    language: Word = "en"

    @property
    def subject(self) -> str:
        return self.invoice_number


class InvoiceWithheld(MoneyEvent):
    """May not go out yet: why, and whose turn it is."""

    draft_id: Id
    net_minor: Due
    reasons: tuple[Reason, ...]
    owner: Word

    @property
    def subject(self) -> str:
        return self.draft_id


class InvoiceDelivered(MoneyEvent):
    """The document reached the customer's channel."""

    invoice_number: Id
    channel: Word
    address: Line = ""

    @property
    def subject(self) -> str:
        return self.invoice_number


class InvoiceUndeliverable(InvoiceDelivered):
    """It did not, and will not by itself: a person must act."""

    reason: Line


class CreditRequestRefused(MoneyEvent):
    """A credit that may not even be asked for: more than the invoice has left, or an unknown invoice."""

    request_id: Id
    case_id: Id | None = None
    invoice_number: Id
    amount_minor: Paid
    reasons: tuple[Reason, ...]

    @property
    def subject(self) -> str:
        return self.request_id


class CreditNoteIssued(MoneyEvent):
    """Less is owed. By itself it changes no open amount: cash applies it and says what is left."""

    credit_note_number: Id
    invoice_number: Id
    request_id: Id
    case_id: Id | None = None
    issued_on: Day
    net_minor: Due
    tax_minor: Due
    total_minor: Paid
    reason: Word
    lines: tuple[InvoiceLine, ...] = ()
    taxes: tuple[TaxPart, ...] = ()

    @property
    def subject(self) -> str:
        return self.credit_note_number


class BillingItemCancelled(MoneyEvent):
    """A charge that was not invoiced yet is taken back."""

    line_id: Id
    net_minor: Due
    reason: Line = ""
    order_id: Id | None = None
    order_line_id: Id | None = None
    delivery_id: Id | None = None
    quantity: Quantity | None = None
    """What was delivered and is not charged."""

    @property
    def subject(self) -> str:
        return self.line_id


class UnbilledChanged(MoneyEvent):
    """What is delivered and not invoiced of one line, with what blocks it; zero when it was invoiced."""

    line_id: Id
    unbilled_minor: Due
    since: Day
    blocker: Word | Literal[""] = Field(default="")
    order_id: Id | None = None
    delivery_id: Id | None = None

    @property
    def subject(self) -> str:
        return self.line_id
