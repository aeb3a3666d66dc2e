"""Work lists: items and what happens next, letters, promises, what was done, what waits for a person."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_collections.domain.promises import State
from o2c_collections.tables.schema import (
    accounts,
    activities,
    credits,
    customers,
    disputes,
    escalations,
    item_changes,
    items,
    notices,
    promises,
)

Row = dict[str, Any]
After = tuple[str | int, ...] | None


async def items_of(db: AsyncConnection, after: After, most: int, where: Mapping[str, Any]) -> list[Row]:
    """Items by number, each with what may be claimed of it, its level, and what happens next and when."""
    found = where_given(select(items), items, **where).order_by(items.c.invoice_number).limit(most)
    if after is not None:
        found = found.where(items.c.invoice_number > after[0])
    return [_item(row) for row in await _rows(db, found)]


async def item(db: AsyncConnection, invoice_number: str) -> Row | None:
    """One item with every word of cash on it, its disputes and its promises."""
    found = await _rows(db, where_given(select(items), items, invoice_number=invoice_number))
    if not found:
        return None
    changes = where_given(select(item_changes), item_changes, invoice_number=invoice_number)
    return _item(found[0]) | {
        "changes": await _rows(db, changes.order_by(item_changes.c.item_version)),
        "disputes": await _rows(db, where_given(select(disputes), disputes, invoice_number=invoice_number)),
        "promises": await _rows(db, where_given(select(promises), promises, invoice_number=invoice_number)),
    }


async def customer(db: AsyncConnection, customer_id: str) -> Row | None:
    """A customer's standing: stopped or not and why, accounts, money that pays nothing yet, broken promises."""
    found = await _rows(db, where_given(select(customers), customers, customer_id=customer_id))
    if not found:
        return None
    mine = await _rows(db, where_given(select(promises), promises, customer_id=customer_id))
    return found[0] | {
        "address": json.loads(found[0]["address"]),
        "accounts": await _rows(db, where_given(select(accounts), accounts, customer_id=customer_id)),
        "credits": await _rows(db, where_given(select(credits), credits, customer_id=customer_id)),
        "broken_promises": sum(p["state"] == State.BROKEN for p in mine),
        "open_promises": sum(p["state"] == State.OPEN for p in mine),
    }


async def notices_of(db: AsyncConnection, after: After, most: int, where: Mapping[str, Any]) -> list[Row]:
    """Letters, the newest first."""
    found = _newest(where_given(select(notices), notices, **where), notices, "recorded_at", "notice_id", after)
    return [_notice(row) for row in await _rows(db, found.limit(most))]


async def notice(db: AsyncConnection, notice_id: str) -> Row | None:
    found = await _rows(db, where_given(select(notices), notices, notice_id=notice_id))
    return _notice(found[0]) if found else None


async def promises_of(db: AsyncConnection, after: After, most: int, where: Mapping[str, Any]) -> list[Row]:
    """Promises, the newest first."""
    found = _newest(where_given(select(promises), promises, **where), promises, "made_at", "promise_id", after)
    return await _rows(db, found.limit(most))


async def activities_of(db: AsyncConnection, after: After, most: int, customer_id: str) -> list[Row]:
    """Everything that was done or heard of a customer, the newest first."""
    mine = where_given(select(activities), activities, customer_id=customer_id)
    return await _rows(db, _newest(mine, activities, "at", "activity_id", after).limit(most))


async def open_escalations(db: AsyncConnection, after: After, most: int, to_role: str | None) -> list[Row]:
    """What waits for a person, the newest first."""
    waiting = where_given(select(escalations), escalations, to_role=to_role).where(escalations.c.closed_at.is_(None))
    return await _rows(db, _newest(waiting, escalations, "raised_at", "escalation_id", after).limit(most))


async def second_level(db: AsyncConnection, after: After, most: int) -> list[Row]:
    """Items that second-level collection has: handed over and not paid. A paid one leaves by itself."""
    handed = select(items).where(items.c.open, items.c.handed_over_on.is_not(None))
    if after is not None:
        handed = handed.where(items.c.invoice_number > after[0])
    return [_item(row) for row in await _rows(db, handed.order_by(items.c.invoice_number).limit(most))]


async def items_reached_level(db: AsyncConnection) -> dict[int, int]:
    """Level -> number of items that ever reached it; who reached level 2 has reached level 1."""
    counted = select(items.c.level, func.count()).where(items.c.level > 0).group_by(items.c.level)
    at_most = {int(level): int(count) for level, count in await db.execute(counted)}
    return {
        level: sum(count for reached, count in at_most.items() if reached >= level)
        for level in range(1, max(at_most, default=0) + 1)
    }


def _item(row: Row) -> Row:
    disputed = min(row["open_minor"], row["disputed_minor"])
    claimed = max(0, row["open_minor"] - row["disputed_minor"] - row["promised_minor"])
    return row | {"disputed_minor": disputed, "claimed_minor": claimed}


def _notice(row: Row) -> Row:
    return row | {"lines": json.loads(row["lines"]), "credits": json.loads(row["credits"])}


def where_given(query: Select[Any], table: Table, **where: Any) -> Select[Any]:
    """With each condition that is given."""
    return query.where(*(table.c[name] == value for name, value in where.items() if value is not None))


def _newest(query: Select[Any], table: Table, at: str, key: str, after: After) -> Select[Any]:
    if after is not None:
        last = (datetime.fromisoformat(str(after[0])), after[1])
        query = query.where(tuple_(table.c[at], table.c[key]) < last)
    return query.order_by(table.c[at].desc(), table.c[key].desc())


async def _rows(db: AsyncConnection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in (await db.execute(query)).mappings()]
