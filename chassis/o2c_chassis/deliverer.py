"""Takes what is queued for the outside there, and tells the service how it ended."""

import asyncio
from typing import Any

import orjson

from . import deliveries
from .clock import Clock
from .consumer import Path
from .deliveries import Attempt, Port, Undeliverable
from .failpoints import failpoint
from .service import Service


class Deliverer:
    def __init__(self, path: Path, port: Port, clock: Clock, most: int = 200) -> None:
        self._path, self._port, self._clock, self.most = path, port, clock, most

    @property
    def _service(self) -> Service:
        return self._path.service

    async def step(self) -> int:
        """One batch: an attempt for each that is queued, and the end told for each that has one; how many."""
        now = self._clock.now()
        rows = await self._open()
        if self._port.renders:
            for row in [r for r in rows if r["status"] == "queued"]:
                await self._attempt(row)
            rows = await self._open()
        elif rows:
            rows = [dict(r) | {"status": "sent"} for r in rows]
        ended = [r for r in rows if r["status"] in ("sent", "failed")]
        messages = [deliveries.message(self._service, r, now, self._path.world) for r in ended]
        waits = await self._path.on_own(messages, deliveries) if messages else set()
        return len([m for m in messages if m.event.key not in waits])

    async def _open(self) -> list[Any]:
        async with self._path.database.connection() as db:
            return await deliveries.open_ones(db, self._clock.now(), self.most)

    async def _attempt(self, row: Any) -> None:
        """Rendering and sending happen outside any transaction; a crash between them and the mark sends again."""
        failpoint("deliverer.render")
        content = orjson.loads(row["content"])
        try:
            document = await asyncio.to_thread(self._service.delivery_routes[row["kind"]].render, content)
            attempt = Attempt(await self._port.send(document, content, row["delivery_id"]))
        except Undeliverable as error:
            attempt = Attempt(None, str(error), final=True)
        except Exception as error:  # noqa: BLE001 - whatever the outside raises is kept with the delivery and tried again
            attempt = Attempt(None, f"{type(error).__name__}: {error}")
        async with self._path.database.connection() as db:
            await deliveries.tried(db, row, self._clock.now(), attempt)
