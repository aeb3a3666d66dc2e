"""What became of bills: the invoices issued, under every name that a decision may have used, and what was credited."""

from typing import Any

from o2c_chassis.service import Became
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_billing.tables.schema import charges, credit_notes, invoices


async def invoices_after(db: AsyncConnection, after: str, most: int) -> list[dict[str, Any]]:
    """In order of their numbers."""
    i = invoices.c
    rows = (
        await db.execute(select(invoices).where(i.invoice_number > after).order_by(i.invoice_number).limit(most))
    ).all()
    numbers = [row.invoice_number for row in rows]
    names: dict[str, set[str]] = {row.invoice_number: {row.draft_id} for row in rows}
    billed = select(charges.c.invoice_number, charges.c.order_id, charges.c.delivery_id, charges.c.line_id)
    for number, *spoken in await db.execute(billed.where(charges.c.invoice_number.in_(numbers))):
        names[number].update(name for name in spoken if name)
    noted = select(credit_notes.c.invoice_number, func.sum(credit_notes.c.total_minor))
    noted = noted.where(credit_notes.c.invoice_number.in_(numbers)).group_by(credit_notes.c.invoice_number)
    credited = {number: int(minor) for number, minor in await db.execute(noted)}
    return [
        {
            "document": row.invoice_number,
            "about": sorted(names[row.invoice_number]),
            "customer_id": row.customer_id,
            "legal_entity": row.legal_entity,
            "currency": row.currency,
            "total_minor": row.total_minor,
            "issued_on": row.issued_on,
            "due_on": row.due_on,
            "credit_notes_minor": credited.get(row.invoice_number, 0),
        }
        for row in rows
    ]


OUTCOMES = (Became("invoice", invoices_after),)
