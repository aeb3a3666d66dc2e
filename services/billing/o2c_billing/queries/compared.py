"""Sums that cash and others keep too: asked by the chassis."""

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_billing.tables.schema import credit_notes, invoices


async def totals(db: AsyncConnection) -> dict[str, dict[str, int]]:
    """`invoiced` and `credited` -> `DE01 EUR` -> minor units, tax included."""
    return {"invoiced": await _by_place(db, invoices), "credited": await _by_place(db, credit_notes)}


async def _by_place(db: AsyncConnection, documents: Table) -> dict[str, int]:
    place = documents.c.legal_entity, documents.c.currency
    summed = select(*place, func.sum(documents.c.total_minor)).group_by(*place)
    return {f"{entity} {currency}": int(total) for entity, currency, total in await db.execute(summed)}
