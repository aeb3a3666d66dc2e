"""The two ways to a service's database: transactions of the path on bare asyncpg, questions through SQLAlchemy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from .failpoints import failpoint

Db: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"
# A plan made on an empty table scans it for ever; every statement of the path goes by a key.
_PATH = {
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "lock_timeout": "20000",
    "statement_timeout": "60000",
    "idle_in_transaction_session_timeout": "60000",
}


# What a step reads and writes together varies with the tables it touches; each form is prepared once per connection.
_STATEMENTS = 2_000


async def _nothing_to_reset(_: object) -> None:
    """The path leaves no session state behind: asking the server to forget it costs a round trip per transaction."""


class Database:
    """A pool for the path and an engine for questions; both open lazily and are closed together."""

    def __init__(self, url: str, *, most: int = 6, options: dict[str, str] | None = None) -> None:
        self.url = url
        self._most = most
        self._options = _PATH | (options or {})
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._engine: AsyncEngine | None = None

    async def open(self) -> "Database":
        self._pool = await asyncpg.create_pool(
            self.url,
            min_size=1,
            max_size=self._most,
            server_settings=self._options,
            max_inactive_connection_lifetime=0,
            reset=_nothing_to_reset,
            statement_cache_size=_STATEMENTS,
        )
        return self

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
        if self._engine is not None:
            await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Db]:
        """READ COMMITTED: what is read after a lock is what the last holder left."""
        async with self.opened() as (db, _):
            yield db

    @asynccontextmanager
    async def opened(self, *statements: str) -> AsyncIterator[tuple[Db, str]]:
        """A transaction that begins with these, all in one round trip; and the command tag of the last of them."""
        assert self._pool is not None, "open() first"
        async with self._pool.acquire() as db:
            try:
                yield db, await db.execute("; ".join(("begin", *statements)))
                failpoint("commit")
                await db.execute("commit")
            except BaseException:
                if not db.is_closed():
                    await db.execute("rollback")
                raise
        failpoint("committed")

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Db]:
        """Without a transaction: each statement commits by itself."""
        assert self._pool is not None, "open() first"
        async with self._pool.acquire() as db:
            yield db

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]:
        async with self.connection() as db:
            return list(await db.fetch(query, *args))

    async def own_connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """One outside the pool: for a lock that must die with it."""
        return await asyncpg.connect(self.url, server_settings=self._options)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For questions: read-only, rolled back at the end."""
        if self._engine is None:
            url = self.url.replace("postgresql://", "postgresql+asyncpg://", 1)
            self._engine = create_async_engine(url, pool_size=2, max_overflow=3, pool_pre_ping=True)
        async with self._engine.connect() as connection:
            await connection.execution_options(postgresql_readonly=True)
            yield connection
