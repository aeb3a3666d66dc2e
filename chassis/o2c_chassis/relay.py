"""Moves committed outbox rows to the bus, oldest first, at least once; a sent row stays for days."""

import asyncio
from contextlib import suppress
from itertools import groupby
from typing import Any

from asyncpg import InterfaceError, PostgresError
from o2c_contracts.wire import Record

from .bus import Bus
from .clock import Clock
from .database import Database
from .failpoints import failpoint
from .locking import hash_of
from .raw import unpack

_UNSENT = """
with sent as (update outbox set sent_at = $3 where position = any($2::bigint[]))
select position, topic, key, headers, value from outbox
where sent_at is null and position <> all($2::bigint[]) order by position limit $1
"""
_SENT = "update outbox set sent_at = $2 where position = any($1::bigint[])"


class Relay:
    """One at a time per service: the lock, the reading and the marking share one connection, so who loses it stops."""

    def __init__(self, service: str, database: Database, bus: Bus, clock: Clock, most: int = 1000) -> None:
        self._name, self._database, self._bus, self._clock, self.most = service, database, bus, clock, most
        self._connection: Any = None
        self._published: list[int] = []
        """Positions that the bus has acknowledged; marked with the next look, at once where there is more."""
        self._turn = asyncio.Lock()

    async def step(self) -> int:
        """Mark what the last step published, and publish one batch; how many. Nothing, where another relay of this
        service is at work.

        Who dies between publishing and marking publishes again under the same ids, which every inbox drops.
        """
        async with self._turn:
            try:
                db = self._connection or await self._leading()
                if db is None:
                    return 0
                rows = await db.fetch(_UNSENT, self.most, self._published, self._clock.now())
                self._published = []
                failpoint("relay.read")
                for topic, part in groupby(rows, key=lambda r: r["topic"]):
                    batch = [Record(r["key"], unpack(r["headers"]), r["value"]) for r in part]
                    await self._bus.publish(topic, batch)
                failpoint("relay.published")
                self._published = [r["position"] for r in rows]
                return len(rows)
            except BaseException:
                await self._let_go()
                raise

    async def mark(self) -> None:
        """What was published and not yet marked, where no other step follows."""
        async with self._turn:
            if self._connection is not None and self._published:
                await self._connection.execute(_SENT, self._published, self._clock.now())
                failpoint("relay.marked")
                self._published = []

    async def close(self) -> None:
        with suppress(OSError, PostgresError, InterfaceError):
            await self.mark()
        await self._let_go()

    async def _leading(self) -> Any:
        db = await self._database.own_connection()
        if await db.fetchval("select pg_try_advisory_lock($1)", hash_of(f"relay of {self._name}")):
            self._connection = db
            return db
        await db.close()
        return None

    async def _let_go(self) -> None:
        """The connection goes with its lock: one that went back to a pool would keep it."""
        connection, self._connection, self._published = self._connection, None, []
        if connection is not None:
            connection.terminate()
