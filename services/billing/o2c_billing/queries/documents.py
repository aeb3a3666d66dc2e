"""Documents as issued, each line with what it was computed from and what that comes to when computed again."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Select, Table, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_billing.domain.charges import recompute
from o2c_billing.tables.schema import charges, credit_notes, documents, invoice_lines, invoices, postings

from .asking import After, Row, of, rows_of


class Line(BaseModel):
    """A line with what it was computed from, and what that comes to when it is computed again."""

    line_id: str
    product: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    net_minor: int
    tax_code: str
    category: str | None = None
    rate_percent: Decimal | None = None
    derivation: Row
    recomputed_minor: int


class InvoiceView(BaseModel):
    """An invoice as issued. What is still open of it, cash says."""

    invoice_number: str
    customer_id: str
    legal_entity: str
    currency: str
    contract_id: str | None
    issued_on: date
    due_on: date
    net_minor: int
    tax_minor: int
    total_minor: int
    taxes: list[Row]
    purchase_order: str | None
    external_ref: str | None
    warnings: list[str]
    delivery: str
    channel: str
    problem: str
    creditable_minor: int
    lines: list[Line]
    credit_notes: list[Row]
    postings: list[Row]


async def invoice(db: AsyncConnection, invoice_number: str) -> InvoiceView | None:
    """With lines, derivations, tax, credits and postings."""
    head = (await db.execute(select(invoices).where(invoices.c.invoice_number == invoice_number))).mappings().first()
    if head is None:
        return None
    lines = await rows_of(db, of(invoice_lines, invoice_number=invoice_number).order_by(invoice_lines.c.line))
    notes = await rows_of(db, _notes(invoice_number))
    posted = await rows_of(db, of(postings, document_id=invoice_number).order_by(postings.c.line))
    return InvoiceView(
        **{
            **head,
            "taxes": json.loads(head["taxes"]),
            "warnings": json.loads(head["warnings"]),
            "creditable_minor": head["total_minor"] - sum(n["total_minor"] for n in notes),
            "lines": [_line(line) for line in lines],
            "credit_notes": notes,
            "postings": posted,
        }
    )


async def charges_named(db: AsyncConnection, line_id: str, customer_id: str | None) -> list[Row]:
    """Charges of this name, invoiced or not, with their derivations; each customer may have one."""
    rows = await rows_of(db, of(charges, line_id=line_id, customer_id=customer_id).order_by(charges.c.customer_id))
    return [{**row, **_line(row).model_dump(include={"derivation", "recomputed_minor"})} for row in rows]


async def documents_of(db: AsyncConnection, customer_id: str, after: After, most: int) -> list[Row]:
    """Invoices and credit notes of a customer by number."""
    one = select(
        invoices.c.invoice_number.label("number"),
        literal("invoice").label("kind"),
        *_shared(invoices),
        invoices.c.due_on,
        invoices.c.external_ref,
        null().label("invoice_number"),
    ).where(invoices.c.customer_id == customer_id)
    other = select(
        credit_notes.c.credit_note_number,
        literal("credit-note"),
        *_shared(credit_notes),
        null(),
        null(),
        credit_notes.c.invoice_number,
    ).where(credit_notes.c.customer_id == customer_id)
    both = union_all(one, other).subquery()
    found = select(both).order_by(both.c.number).limit(most)
    return await rows_of(db, found if after is None else found.where(both.c.number > str(after[0])))


async def by_reference(db: AsyncConnection, external_ref: str) -> list[Row]:
    """Invoices under the number by which another system knows them."""
    return await rows_of(db, of(invoices, external_ref=external_ref).order_by(invoices.c.invoice_number))


async def content(db: AsyncConnection, number: str) -> Row | None:
    """What stands on a document, as it was issued."""
    written = (await db.execute(select(documents.c.content).where(documents.c.number == number))).scalar()
    return json.loads(written) if written else None


def _notes(invoice_number: str) -> Select[Any]:
    names = (
        "credit_note_number",
        "issued_on",
        "net_minor",
        "tax_minor",
        "total_minor",
        "reason",
        "case_id",
        "delivery",
    )
    asked = select(*(credit_notes.c[name] for name in names)).where(credit_notes.c.invoice_number == invoice_number)
    return asked.order_by(credit_notes.c.credit_note_number)


def _shared(table: Table) -> list[Any]:
    return [table.c[name] for name in ("legal_entity", "currency", "issued_on", "total_minor", "delivery")]


def _line(row: Any) -> Line:
    how = json.loads(row["derivation"])
    return Line(**{**row, "derivation": how, "recomputed_minor": recompute(how, row["currency"])})
