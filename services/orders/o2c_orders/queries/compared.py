"""Sums that cash and others keep too, and how many escalations wait for somebody: asked by the chassis."""

from o2c_chassis.escalations import count_of
from o2c_chassis.totals import by_place
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_orders.tables.schema import customer_money, holds, items


async def totals(db: AsyncConnection) -> dict[str, dict[str, int]]:
    """What is kept here of cash's and billing's word: each kind by `DE01 EUR`, in minor units."""
    i, m = items.c, customer_money.c
    return {
        "open": await by_place(db, i.legal_entity, i.currency, func.sum(i.open_minor)),
        "invoiced": await by_place(db, i.legal_entity, i.currency, func.sum(i.total_minor).filter(i.known)),
        "unapplied": await by_place(db, m.legal_entity, m.currency, func.sum(m.unapplied_minor)),
        "on account": await by_place(db, m.legal_entity, m.currency, func.sum(m.on_account_minor)),
    }


async def escalation_count(db: AsyncConnection) -> int:
    """Orders that still wait although somebody was told of it."""
    return await count_of(db, select(holds).where(holds.c.open, holds.c.noticed > 0))
