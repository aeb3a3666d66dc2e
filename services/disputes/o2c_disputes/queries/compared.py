"""Sums that other services keep too, and how many notices wait for somebody: asked by the chassis."""

from o2c_chassis.escalations import count_of
from o2c_chassis.totals import by_place
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_disputes.tables.schema import items

from .lists import unanswered


async def totals(db: AsyncConnection) -> dict[str, dict[str, int]]:
    """`open` and `invoiced` -> `DE01 EUR` -> minor units, of all items whether contested or not."""
    i = items.c
    return {
        "open": await by_place(db, i.legal_entity, i.currency, func.sum(i.open_minor)),
        "invoiced": await by_place(db, i.legal_entity, i.currency, func.sum(i.total_minor).filter(i.known)),
    }


async def escalation_count(db: AsyncConnection) -> int:
    """Notices that nobody has acknowledged and whose clock still runs."""
    return await count_of(db, unanswered())
