"""Rows from before a migration go on meaning what they meant."""

from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path
from typing import Any

import o2c_billing
from alembic import command
from alembic.config import Config
from o2c_billing.app import service
from o2c_billing.domain.bills import Draft
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.contracts import Contract
from o2c_billing.domain.credits import Request
from o2c_billing.domain.orders import Order
from o2c_billing.tables import metadata
from o2c_chassis import arrays
from o2c_chassis.database import Database
from o2c_chassis.migrate import migrate
from o2c_chassis.subjects import number_in
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from tests.billing.books import Billing, amended, berlin, contract, customer, delivery, order, service_line

KINDS = (Contract, Order, Charge, Draft, Request)
ARM = "insert into deadlines values ($1, $2, $3, $4, 1, now())"


def back_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(o2c_billing.__file__).parent / "migrations"))
    config.attributes |= {"connection": connection, "metadata": metadata, "version_table": "o2c_billing_version"}
    command.downgrade(config, revision)


async def as_of(url: str, revision: str) -> None:
    await migrate(service, url)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as db:
        await db.run_sync(back_to, revision)
    await engine.dispose()


def story(who: str) -> Billing:
    """A row of each kind whose number is the customer's own."""
    billing = Billing(at=berlin("2026-02-20").astimezone(UTC))
    lines = (service_line("310.00", date(2026, 3, 1)),)
    billing.tell(customer(customer_id=who), contract(customer_id=who, lines=lines), order(customer_id=who))
    billing.until(berlin("2026-03-02"))
    billing.tell(delivery(customer_id=who, order_id="O9"))
    cheaper = (service_line("155.00", date(2026, 3, 1)),)
    billing.tell(amended(date(2026, 3, 1), customer_id=who, lines=cheaper))
    return billing


async def saved(db: Database, billing: Billing, who: str) -> None:
    async with db.transaction() as own:
        for kind in KINDS:
            rows = billing.rows(kind, customer_id=who)
            table = service.by_kind[kind].table
            assert rows
            await own.execute(
                arrays.insert(table), *arrays.as_arrays(len(table.columns), map(arrays.reader_of(table), rows))
            )


async def read(db: Database, kind: type[Any], who: str) -> list[Any]:
    table = service.by_kind[kind].table
    columns, keys = (", ".join(c.name for c in cs) for cs in (table.columns, table.primary_key))
    return [
        kind(*r)
        for r in await db.fetch(f"select {columns} from {table.name} where customer_id = $1 order by {keys}", who)
    ]


async def test_rows_of_one_customer_survive_and_another_may_use_the_same_numbers(database: Callable[..., str]) -> None:
    url = database()
    await as_of(url, "0003")
    db = await Database(url).open()
    first, second = story("C1"), story("C2")
    await saved(db, first, "C1")

    await migrate(service, url)
    await saved(db, second, "C2")

    for kind in KINDS:
        assert await read(db, kind, "C1") == first.rows(kind)
        assert await read(db, kind, "C2") == second.rows(kind)
    await db.close()


async def test_the_next_month_of_a_contract_is_still_woken_up(database: Callable[..., str]) -> None:
    url = database()
    await as_of(url, "0003")
    db = await Database(url).open()
    armed = [("recurring", "K/1", "A/B"), ("recurring", "K2", "C1"), ("billing-day", "C1/DE01", "C1")]
    for kind, subject, who in armed:
        await db.fetch(ARM, kind, subject, f"c:{who}", who)

    await migrate(service, url)

    found = await db.fetch("select kind, subject, customer_id from deadlines order by kind desc, customer_id")
    assert [(r["kind"], r["subject"]) for r in found] == [
        ("recurring", "A%2FB/K/1"),
        ("recurring", "C1/K2"),
        ("billing-day", "C1/DE01"),
    ]
    assert [number_in(r["subject"], r["customer_id"]) for r in found[:2]] == ["K/1", "K2"]
    await db.close()
    await as_of(url, "0003")
    db = await Database(url).open()
    found = await db.fetch("select kind, subject, customer_id from deadlines order by kind desc, customer_id")
    assert [tuple(r) for r in found] == armed
    await db.close()
