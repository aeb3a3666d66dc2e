"""What became of cases, and which invoices were contested by which of them."""

from typing import Any

from o2c_chassis.service import Became
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_disputes.tables.schema import cases, disputes


async def cases_after(db: AsyncConnection, after: str, most: int) -> list[dict[str, Any]]:
    """In order of their ids."""
    rows = (await db.execute(select(cases).where(cases.c.case_id > after).order_by(cases.c.case_id).limit(most))).all()
    return [
        {
            "document": row.case_id,
            "customer_id": row.customer_id,
            "legal_entity": row.legal_entity,
            "currency": row.currency,
            "total_minor": row.amount_minor,
            "status": row.status,
            "outcome": row.outcome,
            "opened_at": row.opened_at,
            "resolved_at": row.resolved_at,
            "reopenings": row.reopenings,
        }
        for row in rows
    ]


async def contested_after(db: AsyncConnection, after: str, most: int) -> list[dict[str, Any]]:
    """Invoices that were ever contested, in order of their numbers."""
    d = disputes.c
    asked = select(
        d.invoice_number,
        func.max(d.customer_id),
        func.max(d.legal_entity),
        func.max(d.currency),
        func.array_agg(d.case_id.distinct()),
        func.max(d.original_minor),
        func.bool_or(d.status == "open"),
    ).where(d.invoice_number > after)
    rows = (await db.execute(asked.group_by(d.invoice_number).order_by(d.invoice_number).limit(most))).all()
    names = ("document", "customer_id", "legal_entity", "currency", "about", "contested_minor", "dispute_open")
    found = [dict(zip(names, row, strict=True)) | {"disputed": True} for row in rows]
    return [row | {"about": sorted(row["about"])} for row in found]


OUTCOMES = (Became("case", cases_after), Became("invoice", contested_after))
