"""`o2c.master.v1`: what master data, contract and credit systems say about customers and their contracts."""

from typing import Annotated, Literal

from pydantic import Field

from .event import CustomerEvent, MoneyEvent, Part
from .fields import Country, Currency, Day, Due, Exact, Id, Language, Line, Price, Quantity, Word


class Instructions(Part):
    """How this customer wants to be served."""

    purchase_order_needed: bool = False
    partial_delivery: bool = True
    invoice_rhythm: Literal["at_once", "monthly"] = "at_once"
    billing_day: Annotated[int, Field(ge=1, le=31)] | None = None
    """For `monthly`: the day of the month on which invoices go out; a day the month lacks is its last."""


class CustomerRegistered(CustomerEvent):
    """A customer exists. Holds personal data: this topic and marked columns only."""

    name: Line
    country: Country
    language: Language = "en"
    email: Line | None = None
    address: tuple[Line, ...] = ()
    tax_id: Line | None = None
    root_id: Id | None = None
    """The customer at the top of its family; none where it stands alone or is itself the root."""
    segment: Word = "standard"
    risk_class: Word = "B"
    tier: Word = "standard"
    """Service tier of its cases."""
    accounts: tuple[Id, ...] = ()
    """Bank accounts that it pays from."""
    instructions: Instructions = Instructions()


class CustomerChanged(CustomerEvent):
    """Only what is given changes."""

    name: Line | None = None
    country: Country | None = None
    language: Language | None = None
    email: Line | None = None
    address: tuple[Line, ...] | None = None
    tax_id: Line | None = None
    segment: Word | None = None
    risk_class: Word | None = None
    tier: Word | None = None
    accounts: tuple[Id, ...] | None = None
    instructions: Instructions | None = None


class FamilyChanged(CustomerEvent):
    """The customer joins another family, or leaves its own (no root)."""

    root_id: Id | None = None


class CreditLimitSet(CustomerEvent):
    """What the customer's family may owe and have on order. `none`: outside credit management; amount 0: prepays."""

    state: Literal["none", "amount"]
    limit_minor: Due | None = None
    currency: Currency | None = None
    valid_until: Day | None = None


class ContractLine(Part):
    """Something charged every month."""

    line_id: Id
    product: Word
    description: Line = ""
    quantity: Quantity
    unit_price: Price
    """Per month, in whole units of the contract's currency."""
    tax_code: Word = "standard"
    starts_on: Day
    ends_on: Day | None = None
    """The last day charged."""


class ContractProposed(MoneyEvent):
    """Terms agreed with a customer; they bind when orders has activated them."""

    contract_id: Id
    kind: Word
    """The type of contract: which attributes it must have is a table."""
    starts_on: Day
    ends_on: Day | None = None
    terms_days: Annotated[int, Field(ge=0, le=365)] | None = None
    """Days from invoice date to due date."""
    discount_percent: Exact | None = None
    discount_days: Annotated[int, Field(ge=0, le=365)] | None = None
    attributes: dict[Word, Line] = {}
    lines: tuple[ContractLine, ...] = ()

    @property
    def subject(self) -> str:
        return self.contract_id


class ContractAmendRequested(CustomerEvent):
    """A change with a date: it holds from `effective_on`. Only what is given changes."""

    contract_id: Id
    amendment_id: Id
    effective_on: Day
    ends_on: Day | None = None
    terms_days: Annotated[int, Field(ge=0, le=365)] | None = None
    attributes: dict[Word, Line] | None = None
    lines: tuple[ContractLine, ...] | None = None
    """All lines from that date on, not a difference."""

    @property
    def subject(self) -> str:
        return self.contract_id
