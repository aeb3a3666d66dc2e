"""Sums that several services keep: all write the place of money the same way, so that they can be compared."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def by_place(
    db: AsyncConnection, legal_entity: ColumnElement[str], currency: ColumnElement[str], summed: ColumnElement[Any]
) -> dict[str, int]:
    """`DE01 EUR` -> the aggregate `summed`, in minor units."""
    found = select(legal_entity, currency, summed).group_by(legal_entity, currency)
    return {f"{entity} {cur}": int(total or 0) for entity, cur, total in await db.execute(found)}
