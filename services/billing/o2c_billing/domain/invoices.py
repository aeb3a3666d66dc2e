"""Documents as issued: they are never edited, only credited. Delivery is a state of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from o2c_contracts.billing import InvoiceLine, TaxPart

from .charges import Charge
from .contracts import Terms
from .taxes import Taxation
from .written import read


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a customer owes, since when and until when. What is still open of it is cash's word."""

    invoice_number: str
    customer_id: str
    legal_entity: str
    currency: str
    contract_id: str | None
    draft_id: str
    issued_on: date
    due_on: date
    issued_at: datetime
    net_minor: int
    tax_minor: int
    total_minor: int
    taxes: str
    """JSON: the TaxParts."""
    purchase_order: str | None
    external_ref: str | None
    language: str
    warnings: str
    """JSON: rows of the checks that let it pass with a warning or because a person did."""
    delivery: str = "queued"
    """queued, delivered, undeliverable."""
    channel: str = ""
    address: str = ""
    problem: str = ""

    @property
    def number(self) -> str:
        return self.invoice_number

    @property
    def parts(self) -> tuple[TaxPart, ...]:
        return read(TaxPart, self.taxes)

    def delivered(self, channel: str, address: str) -> "Invoice":
        return replace(self, delivery="delivered", channel=channel, address=address, problem="")

    def undeliverable(self, channel: str, address: str, problem: str) -> "Invoice":
        return replace(self, delivery="undeliverable", channel=channel, address=address, problem=problem)


@dataclass(frozen=True, slots=True)
class InvoicedLine:
    """A line as issued, with its tax and with what its net amount was computed from."""

    invoice_number: str
    line: int
    line_id: str
    customer_id: str
    legal_entity: str
    currency: str
    product: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    net_minor: int
    tax_code: str
    category: str
    rate_percent: Decimal
    derivation: str

    @classmethod
    def of(cls, invoice_number: str, line: int, charge: Charge, taxation: Taxation) -> "InvoicedLine":
        return cls(
            invoice_number,
            line,
            charge.line_id,
            charge.customer_id,
            charge.legal_entity,
            charge.currency,
            charge.product,
            charge.description,
            charge.quantity,
            charge.unit_price,
            charge.net_minor,
            charge.tax_code,
            taxation.category,
            taxation.rate_percent,
            charge.derivation,
        )


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """What stands on a document, so that it can be printed again exactly as it went out. Personal data."""

    number: str
    kind: str
    """invoice, credit-note."""
    customer_id: str
    legal_entity: str
    currency: str
    content: str


@dataclass(frozen=True, slots=True)
class Dates:
    """Of an invoice, by the terms that hold on the day of issue."""

    issued_on: date
    due_on: date
    discount_percent: Decimal | None
    discount_until: date | None


def dates(issued_on: date, terms: Terms) -> Dates:
    """Due so many days after issue; a discount is earned up to its own day."""
    has_discount = terms.discount_percent is not None and terms.discount_days is not None
    until = issued_on + timedelta(days=terms.discount_days or 0) if has_discount else None
    return Dates(issued_on, issued_on + timedelta(days=terms.terms_days), terms.discount_percent, until)


def as_lines(charges: Sequence[Charge]) -> tuple[InvoiceLine, ...]:
    """The lines as they are published."""
    return tuple(
        InvoiceLine(
            line_id=c.line_id,
            product=c.product,
            description=c.description,
            quantity=c.quantity,
            unit_price=c.unit_price,
            net_minor=c.net_minor,
            tax_code=c.tax_code,
            order_id=c.order_id,
            order_line_id=c.order_line_id,
            delivery_id=c.delivery_id,
            contract_id=c.contract_id,
            service_from=c.service_from,
            service_to=c.service_to,
        )
        for c in charges
    )


def number(legal_entity: str, kind: str, year: int, n: int) -> str:
    """DE01-INV-2026-000001: gapless within legal entity, kind and year."""
    return f"{legal_entity}-{kind}-{year}-{n:06d}"


def series(legal_entity: str, kind: str, year: int) -> str:
    return f"{legal_entity}/{kind}/{year}"
