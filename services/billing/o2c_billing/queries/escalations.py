"""Of what somebody was told, and what of it still waits."""

from typing import Any

from o2c_chassis.escalations import count_of
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_billing.tables.schema import credit_notes, escalations, invoices


def unanswered() -> Select[Any]:
    """Nobody has acknowledged it, and its invoice is not credited whole: then nobody misses it any more."""
    e, i, n = escalations.c, invoices.c, credit_notes.c
    noted = select(n.invoice_number).join(invoices, i.invoice_number == n.invoice_number)
    noted = noted.where(e.kind == "invoice", n.invoice_number == e.document_id).group_by(
        n.invoice_number, i.total_minor
    )
    credited_whole = noted.having(func.sum(n.total_minor) >= i.total_minor).exists()
    return select(escalations).where(e.acknowledged_at.is_(None), ~credited_whole)


async def escalation_count(db: AsyncConnection) -> int:
    """How many wait for somebody."""
    return await count_of(db, unanswered())
