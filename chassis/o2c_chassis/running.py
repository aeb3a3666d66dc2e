"""One service at work: reader, relay, timer and deliverer around one path; stepped by a driver or running by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from o2c_contracts.event import LIVE

from .anchors import Anchors, Witness
from .bus import Bus, Reader, Slice
from .clock import Clock
from .consumer import Path
from .database import Database
from .deferred import Deferred
from .deliverer import Deliverer
from .deliveries import Port
from .errors import Overtaken
from .loopback import Loopback, LoopbackReader
from .quarantine import Halted
from .relay import Relay
from .rules_in_force import RulesInForce
from .service import Service
from .shadow import Shadow
from .timer import Timer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a service runs in: nothing of it differs between the five but the database."""

    database: Database
    bus: Bus
    rules: RulesInForce
    clock: Clock
    port: Port
    world: str = LIVE
    anchor_days: int = 1
    """The heads of the decision chains are told so often."""


class Running:
    """Made by `start`; a simulated world is stepped, a live one runs until it is stopped or cannot go on."""

    def __init__(self, service: Service, around: Surroundings) -> None:
        self.service, self.around = service, around
        self.database, self.bus, self.rules = around.database, around.bus, around.rules
        self.clock, self.world = around.clock, around.world
        self.path = Path(service, self.database, self.rules.models, self.clock, self.world)
        self.relay = Relay(service.name, self.database, self.bus, self.clock)
        self.anchors = Anchors(service.name, self.database, self.clock, self.world, around.anchor_days)
        self.witness = Witness(service.name, self.bus, self.world)
        self.timer = Timer(self.path, self.clock)
        self.deliverer = Deliverer(self.path, around.port, self.clock)
        self.shadow = Shadow(self.database, self.rules.book)
        self.reader: Reader = self._reader()
        self._deferred = Deferred(self.path.reception)
        self.committed = 0
        """Slices made durable since the start: progress, for liveness."""
        self.records = 0
        """Records in them."""
        self._wake = asyncio.Event()
        self._stopping = False

    async def on_slices(self, slices: Sequence[Slice]) -> None:
        """Between slices, never within one, another bundle of rules may take over."""
        if self._deferred.put(slices):
            await self._on_path(self._deferred.take())

    async def flush(self) -> None:
        """Nothing waits any more: all read is on the path, all sent is marked. Before somebody looks."""
        if slices := self._deferred.take_all():
            await self._on_path(slices)
        await self.relay.mark()

    async def _on_path(self, slices: Sequence[Slice]) -> None:
        await self.rules.refresh()
        await self.path.on_slices(slices)
        self.committed += 1
        self.records += sum(len(s.records) for s in slices)
        self._wake.set()

    @property
    def busy(self) -> bool:
        """False where a step would surely find nothing to do. Loopback only."""
        assert isinstance(self.reader, LoopbackReader), "on Kafka records are pushed; wait for quiet instead"
        return self.reader.behind or self.path.pending.queued or self.path.pending.unsent

    async def step(self) -> int:
        """For a driver: read, relay and deliver what is there now; how much was done. Loopback only."""
        assert isinstance(self.reader, LoopbackReader), "on Kafka records are pushed; wait for quiet instead"
        done = await self.reader.step() + await self.behind()
        if not done:
            await self.relay.mark()
        return done

    async def behind(self) -> int:
        """What follows a commit: relay and deliver; asks the database only where the path has left something."""
        done, pending = 0, self.path.pending
        if pending.queued:
            pending.queued = False
            done = await self.deliverer.step()
            pending.queued = pending.queued or done >= self.deliverer.most
        if pending.unsent:
            pending.unsent = False
            sent = await self.tell()
            done, pending.unsent = done + sent, pending.unsent or sent >= self.relay.most
        return done

    async def tell(self) -> int:
        """Relay what is unsent, behind the heads of the decision chains where a day has begun; how many."""
        await self.anchors.step()
        return await self.relay.step()

    def due_before(self, until: datetime) -> datetime | None:
        """When this service must be woken next, if not after `until`; nothing may be due then after all."""
        bound = self.path.pending.next_due
        return bound if bound is not None and bound <= until else None

    async def wake_due(self) -> int:
        """Deadlines that are due at the clock's instant; how many were taken."""
        await self.rules.refresh()
        return await self.timer.step()

    async def run(self) -> None:
        """Until stopped; raises the first error that cannot be got over, so that the process ends and starts anew."""
        loops = [
            self.reader.run(),
            self._loop(self.tell, 0.2, woken=True),
            self._loop(self.wake_due, 0.5),
            self._loop(self.deliverer.step, 0.5),
            self._loop(self._flush_late, 1.0),
            self._loop(self._shadowed, 1.0),
        ]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            await self.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.relay.close()

    async def stop(self) -> None:
        """Let what is under way finish, begin nothing else; the relay makes one more pass."""
        if self._stopping:
            return
        self._stopping = True
        self._wake.set()
        await self.reader.stop()

    async def _flush_late(self) -> int:
        """So that the positions of a quiet service do not lag behind for long."""
        waited = bool(self._deferred)
        if waited:
            with suppress(Overtaken, Halted):  # The reader finds out by its next slice, and reads these again.
                await self.flush()
        return int(waited)

    async def _shadowed(self) -> int:
        """Behind everything else: whatever is left to catch up with waits a second, and keeps nobody from stopping."""
        await self.shadow.step()
        return 0

    async def _loop(self, step: Callable[[], Awaitable[int]], pause: float, *, woken: bool = False) -> None:
        """Work while there is some; a broken world is retried with growing pauses, then ends the process."""
        failures = 0
        while True:
            stopping = self._stopping  # Read before the pass: one begun before the last commit proves nothing.
            try:
                done = await step()
                failures = 0
            except Exception:
                failures += 1
                if failures > 8 or stopping:
                    raise
                await asyncio.sleep(min(30.0, 0.1 * 2**failures))
                continue
            if stopping and not done:
                return
            if not done:
                self._wake.clear() if woken else None
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait() if woken else asyncio.sleep(pause), pause + 0.05)

    def _reader(self) -> Reader:
        if isinstance(self.bus, Loopback):
            return LoopbackReader(self.bus, self.database, self.service.topics, self.on_slices)
        from .kafka import Kafka, KafkaReader  # noqa: PLC0415 - an embedded run needs no Kafka client

        assert isinstance(self.bus, Kafka)
        return KafkaReader(self.bus, self.service.name, self.service.topics, self.database, self.on_slices)
