"""What became of items and letters: how far an item was reminded, and whether a letter arrived."""

from typing import Any

from o2c_chassis.service import Became
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_collections.tables.schema import items, notices, promises


async def items_after(db: AsyncConnection, after: str, most: int) -> list[dict[str, Any]]:
    """In order of their numbers. What they still owe, cash says."""
    i, p = items.c, promises.c
    rows = (
        await db.execute(select(items).where(i.invoice_number > after).order_by(i.invoice_number).limit(most))
    ).all()
    made = select(p.invoice_number, p.promise_id).where(p.invoice_number.in_([row.invoice_number for row in rows]))
    promised: dict[str, list[str]] = {}
    for number, promise_id in await db.execute(made):
        promised.setdefault(number, []).append(promise_id)
    return [
        {
            "document": row.invoice_number,
            "about": sorted(promised.get(row.invoice_number, [])),
            "customer_id": row.customer_id,
            "legal_entity": row.legal_entity,
            "currency": row.currency,
            "level": row.level,
            "promise_broken": row.promise_broken,
            "handed_over_on": row.handed_over_on,
        }
        for row in rows
    ]


async def notices_after(db: AsyncConnection, after: str, most: int) -> list[dict[str, Any]]:
    """In order of their ids."""
    n = notices.c
    rows = (await db.execute(select(notices).where(n.notice_id > after).order_by(n.notice_id).limit(most))).all()
    return [
        {
            "document": row.notice_id,
            "customer_id": row.customer_id,
            "legal_entity": row.legal_entity,
            "level": row.level,
            "sent_on": row.sent_on,
            "status": row.status,
        }
        for row in rows
    ]


OUTCOMES = (Became("invoice", items_after), Became("notice", notices_after))
