"""Whose names must be locked together for each event (house rule S11): the customer, and the number of a promise."""

from collections.abc import Generator
from typing import Any

from o2c_chassis.working_set import Need, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.intake import PromiseMade


def families(event: Event, work: WorkingSet) -> Generator[list[Need[Any]], None, set[str]]:
    """Two customers, whose events meet nowhere else, may promise under one number at the same time."""
    yield from ()
    return {event.key, f"promise:{event.promise_id}"} if isinstance(event, PromiseMade) else {event.key}
