"""Rows from before a migration go on meaning what they meant."""

from collections.abc import Callable
from pathlib import Path

import o2c_cash
from alembic import command
from alembic.config import Config
from o2c_cash import queries
from o2c_cash.app import service
from o2c_cash.domain.payments import Payment, PaymentReturn, Remittance
from o2c_cash.tables import metadata, payment_returns, payments, remittances
from o2c_chassis.migrate import migrate
from sqlalchemy import Connection, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

TOLD = """
insert into escalations values ('E-1', 'P-1', 'DE01', 'EUR', 7000, 'cash_lead', 'nobody knows', now(), 'D-1')
"""
PAID = """
insert into payments select 'P-1', 'p:1', null, null, false, 'DE01', 'EUR', 7000, 0, 0, 0, 0, 0, null, '2026-01-05',
'2026-01-05', now(), 'unidentified', '', '', null, '[]', false, true, 0
"""


def back_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(o2c_cash.__file__).parent / "migrations"))
    config.attributes |= {"connection": connection, "metadata": metadata, "version_table": "o2c_cash_version"}
    command.downgrade(config, revision)


async def rows_of(db: AsyncConnection) -> list[tuple[str, str, str, str | None]]:
    found = (await db.execute(queries.unanswered())).mappings()
    return [(e["escalation_id"], e["level"], e["document_id"], e["customer_id"]) for e in found]


async def test_money_without_a_payer_of_which_somebody_was_told_before_still_waits(database: Callable[..., str]):
    url = database()
    await migrate(service, url)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as db:
        await db.run_sync(back_to, "0004")
        await db.execute(text(PAID))
        await db.execute(text(TOLD))

    await migrate(service, url)

    async with engine.connect() as db:
        assert await rows_of(db) == [("E-1", "unidentified-overdue", "P-1", None)]
    await engine.dispose()


RETURNED = """
insert into payment_returns values ('R-1', 'p:2', 'P-1', null, 'DE01', 'EUR', 7000, '2026-01-06', 'AM04', false)
"""
ADVISED = """
insert into remittances select 'A-1', 'c:ada', 'ada', 'ada', true, 'DE01', 'EUR', 'P-1', 7000, '[]', null, now(), true
"""


async def test_documents_from_before_gateways_were_told_apart_keep_their_number_and_name_no_gateway(
    database: Callable[..., str],
):
    url = database()
    await migrate(service, url)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as db:
        await db.run_sync(back_to, "0005")
        for row in (PAID, RETURNED, ADVISED):
            await db.execute(text(row))

    await migrate(service, url)

    async with engine.connect() as db:
        for kind, table in ((Payment, payments), (PaymentReturn, payment_returns), (Remittance, remittances)):
            [row] = (await db.execute(select(table))).all()
            document = kind(*row)
            assert (document.source, document.content, document.namesake_of) == (None, None, None)
            assert document.number in ("P-1", "R-1", "A-1")
            assert not getattr(document, "doubted", False)
    await engine.dispose()
