"""Is it alive, is it ready, how is it doing: for whoever restarts, routes and alerts. No names, counts only."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError

from .metrics import exposition
from .running import Running
from .status import ServiceStatus, status_of

_BROKEN = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError)


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds something may stand still before it counts."""

    stalled_seconds: float = 120
    outbox_seconds: float = 60
    rules_seconds: float = 300


class Watch:
    """Notices what does not change between probes."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: object = None
        self._since = monotonic()

    def seconds(self, seen: object) -> float:
        """For how long it has been exactly this; None is never counted."""
        if seen is None or seen != self._seen:
            self._seen, self._since = seen, self._monotonic()
        return self._monotonic() - self._since


class Health:
    """Of one running service."""

    def __init__(self, running: Running, patience: Patience, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._running, self._patience = running, patience
        self._reading, self._sending = Watch(monotonic), Watch(monotonic)

    async def status(self) -> ServiceStatus:
        async with self._running.database.reading() as reads:
            return await status_of(self._running, reads)

    async def live(self) -> list[str]:
        """Why the process should be restarted; nothing where a restart would not help."""
        try:
            status = await self.status()
        except Exception as error:  # noqa: BLE001 - a broken world is not this process's fault: not ready, but alive
            self._reading.seconds(None)
            return [] if isinstance(error, _BROKEN) or _of_the_bus(error) else [f"{type(error).__name__}: {error}"]
        behind = sum(status.lag.values()) and not status.halted
        stalled = self._reading.seconds((status.committed, str(status.positions)) if behind else None)
        if stalled > self._patience.stalled_seconds:
            return [f"{sum(status.lag.values())} records behind and nothing committed for {stalled:.0f} s"]
        return []

    async def ready(self) -> list[str]:
        """Why it should not be asked or relied upon now."""
        try:
            await self._running.bus.check()
            status = await self.status()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why this service is not ready
            return [f"{type(error).__name__}: {error}"]
        problems = []
        if status.halted:
            problems.append(f"stopped: {status.halted}")
        if status.rules_unread_seconds > self._patience.rules_seconds:
            problems.append(f"rules unread for {status.rules_unread_seconds:.0f} s: {status.rules_problem or ''}")
        waiting = self._sending.seconds(status.first_unsent)
        if waiting > self._patience.outbox_seconds:
            problems.append(f"{status.unsent} events unsent, the oldest for {waiting:.0f} s")
        return problems


def probes_of(running: Running, patience: Patience | None = None) -> APIRouter:
    """`/health/live`, `/health/ready`, `/metrics`."""
    router, health = APIRouter(tags=["health"]), Health(running, patience or Patience())

    @router.get("/health/live")
    async def live() -> Response:
        """503 when a restart would help."""
        return _answer(await health.live())

    @router.get("/health/ready")
    async def ready() -> Response:
        """503 with the reasons while it should not be relied upon."""
        return _answer(await health.ready())

    @router.get("/metrics")
    async def metrics() -> Response:
        """For Prometheus."""
        content, media_type = exposition(running, await health.status())
        return Response(content, media_type=media_type)

    return router


def _of_the_bus(error: Exception) -> bool:
    return type(error).__module__.split(".")[0] == "aiokafka"


def _answer(problems: list[str]) -> Response:
    body: dict[str, Any] = {"status": "failing", "problems": problems} if problems else {"status": "ok"}
    return Response(orjson.dumps(body), 503 if problems else 200, media_type="application/json")
