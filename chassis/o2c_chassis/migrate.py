"""Brings a service's database to its newest form: the chassis's tables by its history, the service's by its own."""

import asyncio
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from .service import Service
from .tables import metadata as chassis_metadata

_CHASSIS = "o2c_chassis"


async def migrate(service: Service, url: str) -> None:
    """Both histories to their heads; nothing to do is quick. Safe to start twice at once."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("select pg_advisory_lock(11)")
            for package, metadata in histories(service):
                await connection.run_sync(_upgrade, package, metadata)
                await connection.commit()
    finally:
        await engine.dispose()


def histories(service: Service) -> list[tuple[str, MetaData]]:
    """The package whose `migrations` folder holds each history, and the tables that it should lead to."""
    own = {k.table.metadata for k in service.keeps} - {chassis_metadata}
    package = f"o2c_{service.name}"
    found = getattr(import_module(f"{package}.tables"), "metadata", None) if find_spec(package) else None
    return [(_CHASSIS, chassis_metadata), *[(package, m) for m in own if m is found]]


def run_migrations() -> None:
    """What every `migrations/env.py` calls."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=attributes["metadata"],
        version_table=attributes["version_table"],
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def differences(connection: Connection, metadata: MetaData, others: frozenset[str]) -> list[Any]:
    """What the tables say and the migrated database lacks, or the other way round; `others` are not ours."""
    own = MigrationContext.configure(
        connection, opts={"include_name": lambda name, kind, _: kind != "table" or name not in others}
    )
    return list(compare_metadata(own, metadata))


def _upgrade(connection: Connection, package: str, metadata: MetaData) -> None:
    folder = Path(str(import_module(package).__file__)).parent / "migrations"
    if not folder.is_dir():
        return
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes |= {"connection": connection, "metadata": metadata, "version_table": f"{package}_version"}
    command.upgrade(config, "head")


def migrate_now(service: Service, url: str) -> None:
    """For the command line."""
    asyncio.run(migrate(service, url))
