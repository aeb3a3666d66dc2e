"""`o2c.bank.v1`: what banks and lockboxes report. The payer may not be known yet."""

from pydantic import Field

from .event import Event, Part, payer_key
from .fields import Currency, Day, Due, Id, Line, Paid, Word


class BankEvent(Event):
    """Keyed by the customer where the bank names one, else by a hash of the account or document (house rule S6)."""

    customer_id: Id | None = None
    account: Id | None = None
    """The payer's account; personal data."""
    legal_entity: Id
    currency: Currency

    @property
    def document_id(self) -> str:
        raise NotImplementedError

    @property
    def key(self) -> str:
        return f"c:{self.customer_id}" if self.customer_id else payer_key(self.account, self.document_id)

    @property
    def subject(self) -> str:
        return self.document_id


class PaymentReceived(BankEvent):
    """Money arrived on our account."""

    payment_id: Id
    amount_minor: Paid
    value_date: Day
    reference: Line | None = None
    """What the payer wrote; may name a remittance advice, or invoices."""

    @property
    def document_id(self) -> str:
        return self.payment_id


class RemittanceLine(Part):
    """One item that the payer says it settles: by our invoice number, or by the number it knows."""

    invoice_number: Id | None = None
    external_ref: Id | None = None
    amount_minor: Due


class RemittanceAdvised(BankEvent):
    """The payer's statement of what a payment settles. Before, with, or after the payment."""

    remittance_id: Id
    payment_id: Id | None = None
    """The payment it belongs to, where the sender knows it; else found by payer and amount or by the reference."""
    total_minor: Paid
    lines: tuple[RemittanceLine, ...] = Field(min_length=1, max_length=2000)

    @property
    def document_id(self) -> str:
        return self.remittance_id


class PaymentReturned(BankEvent):
    """The bank takes a payment back: a bounced debit, a recalled transfer."""

    return_id: Id
    payment_id: Id
    amount_minor: Paid
    returned_on: Day
    reason: Word = "MS03"
    """ISO 20022 return reason code."""

    @property
    def document_id(self) -> str:
        return self.return_id
