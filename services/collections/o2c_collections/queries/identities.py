"""What must be true of collections' rows at any time; a difference is a defect, never a matter of opinion."""

import json
from collections import Counter

from o2c_chassis.service import Check
from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_collections.domain.promises import State
from o2c_collections.tables.schema import item_changes, items, notices, promises

_SHOWN_MOST = 5


async def verify(db: AsyncConnection) -> list[Check]:
    return [
        await open_as_cash_said_last(db),
        await levels_told_in_letters(db),
        await one_letter_a_day(db),
        await one_open_promise_per_item(db),
    ]


async def open_as_cash_said_last(db: AsyncConnection) -> Check:
    """An item's open amount is cash's newest word on it, or the invoice's total before the first."""
    change = item_changes
    last = select(change.c.invoice_number, func.max(change.c.item_version).label("version"))
    newest = last.group_by(change.c.invoice_number).subquery()
    said = select(newest, change.c.open_minor_after).join(
        change, and_(change.c.invoice_number == newest.c.invoice_number, change.c.item_version == newest.c.version)
    )
    word = said.subquery()
    wrong = (
        select(items.c.invoice_number)
        .outerjoin(word, word.c.invoice_number == items.c.invoice_number)
        .where(
            or_(
                items.c.item_version != func.coalesce(word.c.version, 0),
                items.c.open_minor != func.coalesce(word.c.open_minor_after, items.c.total_minor),
                items.c.open != (items.c.open_minor > 0),
            )
        )
    )
    return _none("open-as-cash-said-last", [str(row[0]) for row in await db.execute(wrong)])


async def levels_told_in_letters(db: AsyncConnection) -> Check:
    """An item's level is the highest to which a letter raised it, and each level below had its letter."""
    told: dict[str, list[int]] = {}
    for (lines,) in await db.execute(select(notices.c.lines).order_by(notices.c.recorded_at)):
        for line in json.loads(lines):
            if line["raised"]:
                told.setdefault(line["invoice_number"], []).append(line["level"])
    levels = await db.execute(select(items.c.invoice_number, items.c.level))
    wrong = [str(n) for n, level in levels if told.get(n, []) != list(range(1, level + 1))]
    return _none("levels-told-in-letters", wrong)


async def one_letter_a_day(db: AsyncConnection) -> Check:
    """A customer hears from a legal entity once a day at most."""
    sent = await db.execute(select(notices.c.customer_id, notices.c.legal_entity, notices.c.sent_on))
    twice = [f"{who} {entity} {day}" for (who, entity, day), times in Counter(map(tuple, sent)).items() if times > 1]
    return _none("one-letter-a-day", twice)


async def one_open_promise_per_item(db: AsyncConnection) -> Check:
    """The newest promise for an item counts alone."""
    open_ones = select(promises.c.invoice_number).where(promises.c.state == State.OPEN.value)
    several = open_ones.group_by(promises.c.invoice_number).having(func.count() > 1)
    return _none("one-open-promise-per-item", [str(row[0]) for row in await db.execute(several)])


def _none(name: str, wrong: list[str]) -> Check:
    more = f" and {len(wrong) - _SHOWN_MOST} more" if len(wrong) > _SHOWN_MOST else ""
    return Check(name, not wrong, ", ".join(sorted(wrong)[:_SHOWN_MOST]) + more)
