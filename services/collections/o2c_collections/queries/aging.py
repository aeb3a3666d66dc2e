"""How old receivables are: open items by days past due, what is disputed of them, unapplied money apart."""

from collections.abc import Callable
from datetime import date

from o2c_rules.aging import STANDARD, days_past_due
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_collections.tables.schema import credits, items

from .lists import where_given

Today = Callable[[str], date]
"""The day it is, or is asked for, in a legal entity."""
_DISPUTED = func.least(items.c.disputed_minor, items.c.open_minor)


class Aged(BaseModel):
    """The receivables of one legal entity and currency by age, in minor units.

    Unapplied and on-account money stands apart and is not netted into the buckets; what is disputed stands in its
    bucket and is shown as "of which". `balance_minor` = sum of the buckets - unapplied - on account.
    """

    legal_entity: str
    currency: str
    as_of: date
    buckets_minor: dict[str, int]
    of_which_disputed_minor: dict[str, int]
    unapplied_minor: int = 0
    on_account_minor: int = 0
    balance_minor: int = 0


async def aging(
    db: AsyncConnection, today: Today, customer_id: str | None = None, legal_entity: str | None = None
) -> list[Aged]:
    """By legal entity and currency, of all customers or of one; an item whose invoice is not known yet is current."""
    key = (items.c.legal_entity, items.c.currency, items.c.due_on)
    owed = select(*key, func.sum(items.c.open_minor), func.sum(_DISPUTED)).where(items.c.open).group_by(*key)
    money = select(
        credits.c.legal_entity,
        credits.c.currency,
        func.sum(credits.c.unapplied_minor),
        func.sum(credits.c.on_account_minor),
    ).group_by(credits.c.legal_entity, credits.c.currency)
    aged: dict[tuple[str, str], Aged] = {}
    for entity, currency, due_on, open_minor, disputed in await db.execute(
        where_given(owed, items, customer_id=customer_id, legal_entity=legal_entity)
    ):
        report = _report(aged, entity, currency, today)
        bucket = STANDARD.of(days_past_due(due_on, report.as_of) if due_on else 0)
        report.buckets_minor[bucket] += int(open_minor)
        report.of_which_disputed_minor[bucket] += int(disputed)
    for entity, currency, unapplied, on_account in await db.execute(
        where_given(money, credits, customer_id=customer_id, legal_entity=legal_entity)
    ):
        report = _report(aged, entity, currency, today)
        report.unapplied_minor, report.on_account_minor = int(unapplied), int(on_account)
    for report in aged.values():
        report.balance_minor = sum(report.buckets_minor.values()) - report.unapplied_minor - report.on_account_minor
    return [aged[key] for key in sorted(aged)]


def _report(aged: dict[tuple[str, str], Aged], entity: str, currency: str, today: Today) -> Aged:
    if (entity, currency) not in aged:
        zero = dict.fromkeys(STANDARD.names, 0)
        aged[entity, currency] = Aged(
            legal_entity=entity,
            currency=currency,
            as_of=today(entity),
            buckets_minor=zero,
            of_which_disputed_minor=dict(zero),
        )
    return aged[entity, currency]
