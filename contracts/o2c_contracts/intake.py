"""`o2c.intake.v1`: what sales channels, warehouses and mailboxes send in."""

from typing import Literal, Self

from pydantic import Field, model_validator

from .event import CustomerEvent, MoneyEvent, Part
from .fields import Day, Due, Id, Line, Paid, Price, Quantity, Text, Word


class OrderLine(Part):
    line_id: Id
    product: Word
    description: Line = ""
    quantity: Quantity
    unit_price: Price
    net_minor: Due
    """What the line comes to before tax."""
    tax_code: Word = "standard"


class Ordered(MoneyEvent):
    """An order as the customer placed it; `total_minor` is the sum of its lines, before tax."""

    order_id: Id
    contract_id: Id
    lines: tuple[OrderLine, ...] = Field(min_length=1, max_length=500)
    total_minor: Due
    purchase_order: Line | None = None
    partial_delivery: bool = True
    external_ref: Id | None = None
    """The number under which the customer or another system knows the document that will follow."""
    invoice_rhythm: Literal["at_once", "monthly"] | None = None
    """How this order asks to be invoiced; None: as the customer's instructions say."""

    @property
    def subject(self) -> str:
        return self.order_id

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if (total := sum(line.net_minor for line in self.lines)) != self.total_minor:
            raise ValueError(f"total_minor is {self.total_minor}, the lines come to {total}")
        if len({line.line_id for line in self.lines}) != len(self.lines):
            raise ValueError("two lines have the same line_id")
        return self


class OrderSubmitted(Ordered):
    """A customer wants something."""


class OrderAmendRequested(Ordered):
    """The order as it should be from now on: all of it, not a difference."""

    amendment_id: Id


class OrderReopenRequested(CustomerEvent):
    """A cancelled or rejected order is wanted after all."""

    order_id: Id

    @property
    def subject(self) -> str:
        return self.order_id


class OrderCancelRequested(CustomerEvent):
    """What has not been delivered of this order is no longer wanted."""

    order_id: Id
    reason: Line = ""

    @property
    def subject(self) -> str:
        return self.order_id


class DeliveredLine(Part):
    line_id: Id
    quantity: Quantity
    net_minor: Due
    """What was delivered of the line, before tax."""


class DeliveryConfirmed(MoneyEvent):
    """Goods or services arrived: from now on they may be invoiced. May be a part of the order."""

    delivery_id: Id
    order_id: Id
    delivered_on: Day
    lines: tuple[DeliveredLine, ...] = Field(min_length=1, max_length=500)
    external_ref: Id | None = None

    @property
    def subject(self) -> str:
        return self.delivery_id

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)


class QueryReceived(MoneyEvent):
    """A customer asks or contests something, through whatever channel."""

    query_id: Id
    channel: Literal["email", "phone", "portal", "letter", "system"]
    kind: Literal["question", "dispute", "claim", "complaint"]
    """A question contests no money; a dispute contests an amount of an invoice."""
    reason: Word
    invoice_number: Id | None = None
    external_ref: Id | None = None
    """The invoice as the customer calls it."""
    amount_minor: Due | None = None
    text: Text = ""

    @property
    def subject(self) -> str:
        return self.query_id


class PromiseMade(MoneyEvent):
    """The customer commits to pay an amount of an invoice by a day."""

    promise_id: Id
    invoice_number: Id
    amount_minor: Paid
    promised_on: Day
    """The day by which it will be paid."""

    @property
    def subject(self) -> str:
        return self.promise_id
