"""The five services in memory, wired by their topics: a calendar is a test that runs in a second."""

from datetime import date, datetime

import pytest
from o2c_chassis.testing import Rig
from o2c_console.world import installed
from o2c_contracts.event import Event

from tests.cast import FIRST, at


class Town(Rig):
    """The whole platform; tests say what happens on which day and name every event that matters."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*installed().values(), at=at(FIRST, 5), seed=seed)

    def on(self, day: date, hour: int, *events: Event) -> list[Event]:
        """Everything due until then, then these; what was told meanwhile and because of it."""
        moment = at(day, hour)
        return [*self.until(moment), *self.tell(*events, at=moment)]

    def pass_to(self, day: date, hour: int = 7) -> list[Event]:
        return self.until(at(day, hour))

    def names(self, events: list[Event]) -> list[str]:
        """Which events, machine chatter left out."""
        quiet = {"CreditChanged", "UnbilledChanged", "ChargeAccrued", "CustomerMoneyChanged", "InvoiceDelivered"}
        return [type(e).__name__ for e in events if type(e).__name__ not in quiet]

    @property
    def now(self) -> datetime:
        return self.at


@pytest.fixture
def town() -> Town:
    return Town()
