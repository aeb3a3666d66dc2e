"""What became of orders, as far as orders knows: their status, what is still to be delivered, and their invoices."""

import json
from typing import Any

from o2c_chassis.service import Became
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_orders.tables.schema import confirmed_deliveries, orders


async def orders_after(db: AsyncConnection, after: str, most: int) -> list[dict[str, Any]]:
    """In order of their ids."""
    o, d = orders.c, confirmed_deliveries.c
    rows = (await db.execute(select(orders).where(o.order_id > after).order_by(o.order_id).limit(most))).all()
    delivered = select(d.order_id, d.invoiced).where(d.order_id.in_([row.order_id for row in rows]))
    invoices: dict[str, set[str]] = {}
    for order_id, invoiced in await db.execute(delivered):
        invoices.setdefault(order_id, set()).update(number for _, _, number in json.loads(invoiced).values())
    return [
        {
            "document": row.order_id,
            "customer_id": row.customer_id,
            "legal_entity": row.legal_entity,
            "currency": row.currency,
            "total_minor": row.total_minor,
            "undelivered_minor": row.open_minor,
            "status": row.status,
            "released_by": row.released_by,
            "invoices": sorted(invoices.get(row.order_id, ())),
        }
        for row in rows
    ]


OUTCOMES = (Became("order", orders_after),)
