"""Sums that cash and others keep too: asked by the chassis."""

from o2c_chassis.totals import by_place
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_billing.tables.schema import credit_notes, invoices


async def totals(db: AsyncConnection) -> dict[str, dict[str, int]]:
    """`invoiced` and `credited` -> `DE01 EUR` -> minor units, tax included."""
    i, n = invoices.c, credit_notes.c
    return {
        "invoiced": await by_place(db, i.legal_entity, i.currency, func.sum(i.total_minor)),
        "credited": await by_place(db, n.legal_entity, n.currency, func.sum(n.total_minor)),
    }
