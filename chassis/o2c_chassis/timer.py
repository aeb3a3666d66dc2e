"""Wakes deadlines whose time has come."""

from . import deadlines
from .clock import Clock
from .consumer import Path
from .failpoints import failpoint


class Timer:
    def __init__(self, path: Path, clock: Clock, most: int = 500) -> None:
        self._path, self._clock, self._most = path, clock, most
        self._waits: set[str] = set()

    async def step(self) -> int:
        """One batch of what is due now, oldest first; how many were taken. Those of blocked families are left."""
        now, pending = self._clock.now(), self._path.pending
        pending.next_due = None  # What others arm from here on is noted again.
        async with self._path.database.connection() as db:
            picked, next_due = await deadlines.pick(db, now, self._waits, self._most)
        pending.wake(now if len(picked) == self._most else next_due)
        if not picked:
            self._waits.clear()
            return 0
        failpoint("timer.picked")
        messages = [deadlines.message(self._path.service, p, now, self._path.world) for p in picked]
        waits = await self._path.on_own(messages, deadlines)
        self._waits |= waits
        return len([m for m in messages if m.event.key not in waits])
