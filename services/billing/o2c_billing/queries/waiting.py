"""What waits and for whom: drafts that may not go out, and unbilled revenue."""

import json
from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_billing.tables.schema import charges, drafts

from .asking import After, Row, Today, of, rows_of


class Unbilled(BaseModel):
    """A charge that is not invoiced yet: since when, and what keeps it."""

    line_id: str
    customer_id: str
    legal_entity: str
    currency: str
    contract_id: str | None
    order_id: str | None
    delivery_id: str | None
    unbilled_minor: int
    since: date
    age_days: int
    blocker: str
    draft_id: str | None


class Withheld(BaseModel):
    """A draft that may not go out, with its reasons and whose turn it is."""

    draft_id: str
    customer_id: str
    legal_entity: str
    currency: str
    origin: str
    net_minor: int
    reasons: list[Row]
    owner: str
    withheld_at: datetime


async def withheld(
    db: AsyncConnection, customer_id: str | None, owner: str | None, after: After, most: int
) -> list[Withheld]:
    """Drafts that may not go out."""
    key = (drafts.c.draft_id, drafts.c.customer_id)
    asked = of(drafts, status="withheld", customer_id=customer_id, owner=owner).order_by(*key).limit(most)
    if after is not None:
        asked = asked.where(tuple_(*key) > tuple_(*after))
    return [Withheld(**{**row, "reasons": json.loads(row["reasons"])}) for row in await rows_of(db, asked)]


async def unbilled(
    db: AsyncConnection, today: Today, customer_id: str | None, after: After, most: int
) -> list[Unbilled]:
    """What is delivered and not invoiced, by line."""
    key = (charges.c.line_id, charges.c.customer_id)
    asked = of(charges, status="unbilled", customer_id=customer_id).order_by(*key).limit(most)
    if after is not None:
        asked = asked.where(tuple_(*key) > tuple_(*after))
    return [_unbilled(row, today) for row in await rows_of(db, asked)]


async def unbilled_totals(db: AsyncConnection) -> list[Row]:
    """Unbilled revenue by company, currency and blocker, in minor units."""
    key = (charges.c.legal_entity, charges.c.currency, charges.c.blocker)
    total = func.sum(charges.c.net_minor).label("unbilled_minor")
    asked = select(*key, total, func.count().label("lines"), func.min(charges.c.service_from).label("since"))
    rows = await rows_of(db, asked.where(charges.c.status == "unbilled").group_by(*key).order_by(*key))
    return [{**row, "unbilled_minor": int(row["unbilled_minor"])} for row in rows]


def _unbilled(row: Row, today: Today) -> Unbilled:
    since = row["service_from"]
    age = max(0, (today(row["legal_entity"]) - since).days)
    return Unbilled(**{**row, "unbilled_minor": row["net_minor"], "since": since, "age_days": age})
