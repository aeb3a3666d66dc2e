"""Less is owed: requests that people must approve, and the credit note that follows, split to the cent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from o2c_contracts.billing import InvoiceLine, TaxPart
from o2c_contracts.money import allocate, to_amount

from .invoices import Invoice, InvoicedLine
from .written import read

CREDIT_NOTE, CANCEL_CHARGE = "credit-note", "cancel-charge"


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants less to be owed: a credit note on an invoice, or a charge taken back before it is invoiced."""

    request_id: str
    customer_id: str
    legal_entity: str
    currency: str
    action: str
    """credit-note, cancel-charge."""
    document_id: str
    """The invoice's number, or the charge's."""
    amount_minor: int
    reason: str
    requested_by: str
    requested_at: datetime
    case_id: str | None = None
    correction_of: str | None = None
    """The correction of a charged month that this credit carries out."""
    status: str = "open"
    """open, granted, refused, expired, withdrawn, voided."""
    approval_id: str | None = None
    approvals: int = 0
    """How many approvals were asked for: a changed content needs a new one."""
    credit_note_number: str | None = None

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    def ask(self, approval_id: str) -> "Request":
        return replace(self, status="open", approval_id=approval_id, approvals=self.approvals + 1)

    def end(self, status: str) -> "Request":
        return replace(self, status=status)

    def grant(self, credit_note_number: str | None = None) -> "Request":
        return replace(self, status="granted", credit_note_number=credit_note_number)


@dataclass(frozen=True, slots=True)
class CreditNote:
    """As issued. Cash applies it and says what is left of the invoice."""

    credit_note_number: str
    customer_id: str
    legal_entity: str
    currency: str
    invoice_number: str
    request_id: str
    case_id: str | None
    issued_on: date
    issued_at: datetime
    net_minor: int
    tax_minor: int
    total_minor: int
    reason: str
    lines: str
    """JSON: the InvoiceLines."""
    taxes: str
    """JSON: the TaxParts."""
    delivery: str = "queued"
    channel: str = ""
    address: str = ""
    problem: str = ""
    contract_id: str | None = None
    """Of the invoice that it credits."""

    @property
    def number(self) -> str:
        return self.credit_note_number

    @property
    def parts(self) -> tuple[TaxPart, ...]:
        return read(TaxPart, self.taxes)

    @property
    def credited_lines(self) -> tuple[InvoiceLine, ...]:
        return read(InvoiceLine, self.lines)

    def delivered(self, channel: str, address: str) -> "CreditNote":
        return replace(self, delivery="delivered", channel=channel, address=address, problem="")

    def undeliverable(self, channel: str, address: str, problem: str) -> "CreditNote":
        return replace(self, delivery="undeliverable", channel=channel, address=address, problem=problem)


class Split(NamedTuple):
    """A credited amount by tax part and line."""

    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxPart, ...]

    @property
    def net_minor(self) -> int:
        return sum(part.base_minor for part in self.taxes)

    @property
    def tax_minor(self) -> int:
        return sum(part.tax_minor for part in self.taxes)


def creditable(invoice: Invoice, notes: Iterable[CreditNote]) -> int:
    """Minor units, tax included, that no credit note has taken yet."""
    return invoice.total_minor - sum(note.total_minor for note in notes)


def split(amount_minor: int, invoice: Invoice, lines: Sequence[InvoicedLine], notes: Sequence[CreditNote]) -> Split:
    """A credit of so much, tax included, over what is left of each tax part and each line.

    Every step is an allocation to the cent over what is left, so credits in any number of pieces end at zero in every
    part and line. ValueError when more is asked for than is left.
    """
    left = [_left(part, notes) for part in invoice.parts]
    if amount_minor > sum(part.base_minor + part.tax_minor for part in left):
        raise ValueError(f"{invoice.invoice_number} has less than {amount_minor} left to credit")
    credited_lines: list[InvoiceLine] = []
    credited_parts: list[TaxPart] = []
    for part, gross in zip(left, _allocated(amount_minor, [p.base_minor + p.tax_minor for p in left]), strict=True):
        if gross == 0:
            continue
        base, tax = allocate(gross, [part.base_minor, part.tax_minor])
        credited_parts.append(part.model_copy(update={"base_minor": base, "tax_minor": tax}))
        credited_lines += _credited(base, part, lines, notes, invoice.currency)
    return Split(tuple(credited_lines), tuple(credited_parts))


def _left(part: TaxPart, notes: Sequence[CreditNote]) -> TaxPart:
    taken = [p for note in notes for p in note.parts if _group(p) == _group(part)]
    return part.model_copy(
        update={
            "base_minor": part.base_minor - sum(p.base_minor for p in taken),
            "tax_minor": part.tax_minor - sum(p.tax_minor for p in taken),
        }
    )


def _credited(
    base_minor: int, part: TaxPart, lines: Sequence[InvoicedLine], notes: Sequence[CreditNote], currency: str
) -> list[InvoiceLine]:
    taken: dict[str, int] = {}
    for line in (line for note in notes for line in note.credited_lines):
        taken[line.line_id] = taken.get(line.line_id, 0) + line.net_minor
    own = [line for line in lines if (line.category, line.rate_percent) == _group(part)]
    shares = _allocated(base_minor, [line.net_minor - taken.get(line.line_id, 0) for line in own])
    return [
        InvoiceLine(
            line_id=line.line_id,
            product=line.product,
            description=line.description,
            quantity=Decimal(1),
            unit_price=to_amount(share, currency),
            net_minor=share,
            tax_code=line.tax_code,
        )
        for line, share in zip(own, shares, strict=True)
        if share
    ]


def _allocated(total: int, weights: Sequence[int]) -> list[int]:
    return allocate(total, weights) if total else [0] * len(weights)


def _group(part: TaxPart) -> tuple[str, Decimal]:
    return part.category, part.rate_percent
