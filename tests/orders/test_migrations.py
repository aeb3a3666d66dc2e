"""Rows from before a migration go on meaning what they meant."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import o2c_orders
from alembic import command
from alembic.config import Config
from o2c_chassis.migrate import migrate
from o2c_orders.app import service
from o2c_orders.domain.contracts import in_order
from o2c_orders.queries import lists
from o2c_orders.tables import metadata
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

VERSION = """
insert into contract_versions values ('anna', 'K-anna', {}, 'DE01', 'EUR', '{}', '2026-01-01', {}, {}, null, null,
'{{"notice_days": "{}"}}', '{}', '{}', '2026-01-05')
"""
LINES = '[{{"line_id": "1", "product": "care", "quantity": "1", "unit_price": "{}", "starts_on": "2026-01-01"}}]'


def back_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(o2c_orders.__file__).parent / "migrations"))
    config.attributes |= {"connection": connection, "metadata": metadata, "version_table": "o2c_orders_version"}
    command.downgrade(config, revision)


async def test_versions_of_a_contract_from_before_keep_their_terms_and_know_what_their_amendments_gave(
    database: Callable[..., str],
) -> None:
    url = database()
    await migrate(service, url)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as db:
        await db.run_sync(back_to, "0002")
        for row in (
            (1, "2026-01-01", "null", 30, 30, LINES.format(100), ""),
            (2, "2026-06-01", "'2027-12-31'", 30, 90, LINES.format(200), "A-1"),
            (3, "2026-07-01", "'2027-12-31'", 45, 90, LINES.format(200), "A-2"),
        ):
            await db.execute(text(VERSION.format(*row).replace(":", "\\:")))

    await migrate(service, url)

    async with engine.connect() as db:
        versions = await lists.versions(db, "anna", "K-anna")
    await engine.dispose()
    assert [json.loads(v.said) for v in versions] == [
        {},
        {"ends_on": "2027-12-31", "attributes": {"notice_days": "90"}, "lines": json.loads(LINES.format(200))},
        {"terms_days": 45},
    ]
    assert [(v.effective_on, v.terms_days) for v in versions][1:] == [(date(2026, 6, 1), 30), (date(2026, 7, 1), 45)]
    assert in_order(versions) == versions
