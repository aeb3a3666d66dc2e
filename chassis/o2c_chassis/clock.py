"""The one reader of the clock: real, or moved by the driver of a simulated world."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SimulatedClock:
    """Stands still until its driver moves it; an instant is a barrier."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def move(self, to: datetime) -> None:
        if to < self._at:
            raise ValueError(f"time runs forward: {to} lies before {self._at}")
        self._at = to
