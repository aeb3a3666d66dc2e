"""How billing's tables are asked: rows as dictionaries, conditions that may be left out."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

After = tuple[str | int, ...] | None
"""The sort values of the last item of the page before."""
Today = Callable[[str], date]
"""The day it is, or is asked for, in a legal entity."""
Row = dict[str, Any]


def of(table: Table, **where: object) -> Select[Any]:
    """Rows whose columns have these values; what is None is not asked for."""
    return select(table).where(*(table.c[name] == value for name, value in where.items() if value is not None))


async def rows_of(db: AsyncConnection, asked: Any) -> list[Row]:
    return [dict(row) for row in (await db.execute(asked)).mappings()]
