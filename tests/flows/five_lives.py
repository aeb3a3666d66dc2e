"""A process that lives through a short story with the five services, armed to die anywhere.

`python -m tests.flows.five_lives` imports everything once, then forks a child for each line of JSON that it reads.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from o2c_chassis import failpoints
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.commands import Command
from o2c_chassis.database import Database
from o2c_chassis.loopback import Loopback
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_chassis.service import Service
from o2c_console.world import World, installed
from o2c_contracts.event import Event
from o2c_rules.bundles import Store, seed
from o2c_rules.hot import HotBook

from tests.cast import CONTRARY, FIRST, LATE, PROMPT, arrives, at, contests, days, delivered, orders, pays
from tests.chassis.crashing import Files, nurse

WORLD = "crash"
START, END = at(FIRST, 5), at(FIRST + days(42), 9)
Act = Callable[[World], Awaitable[None]]


@dataclass(frozen=True)
class Moment:
    """What happens at an instant: events from outside, or people at work."""

    at: datetime
    events: Sequence[Event] = ()
    act: Act | None = None


def story() -> list[Moment]:
    """One pays in time; one is held, pays late after a reminder and is released; one is credited what it contests."""
    names = (PROMPT, LATE, CONTRARY)
    arriving = [e for name in names for e in arrives(name, limit_minor=150_00 if name == LATE else None)]
    return [
        Moment(at(FIRST, 6), arriving),
        Moment(at(FIRST, 7), [*(orders(name, f"{name}-1") for name in names), orders(LATE, "late-2", 80_00)]),
        Moment(at(FIRST, 8), [delivered(name, f"{name}-1") for name in names]),
        Moment(at(FIRST + days(1), 14), [contests(CONTRARY, "contrary-1", 30_00)]),
        Moment(at(FIRST + days(2), 10), act=_the_contest_is_right),
        Moment(at(FIRST + days(2), 12), act=_a_credit_is_agreed_to),
        Moment(at(FIRST + days(20), 12), [*pays(PROMPT, 100_00, FIRST + days(20), "prompt-1")]),
        Moment(at(FIRST + days(40), 12), [*pays(LATE, 100_00, FIRST + days(40), "late-1")]),
        Moment(at(FIRST + days(41), 12), [*pays(CONTRARY, 70_00, FIRST + days(41), "contrary-1")]),
    ]


async def _the_contest_is_right(world: World) -> None:
    [dispute] = [t for t in await world.told("disputes") if t.type == "DisputeOpened"]
    said = {"case_id": dispute.content["case_id"], "resolution": "valid", "root_cause": "price", "answer": "Right."}
    roles = ("dispute_agent", "dispute_manager")
    await _command(world, "disputes", "ResolveDispute", "dora", customer_id=CONTRARY, roles=roles, **said)


async def _a_credit_is_agreed_to(world: World) -> None:
    [request] = [t for t in await world.told("billing") if t.type == "ApprovalRequested"]
    for step in request.content["steps"]:
        for n in range(step["count"]):
            said = {"approval_id": request.content["approval_id"], "roles": (step["role"],)}
            person = f"{step['role']}-{n}"
            await _command(world, "billing", "ApproveRequest", person, customer_id=CONTRARY, **said)


async def _command(world: World, service: str, name: str, actor: str, **fields: Any) -> None:
    """With a key of its own: whoever does not know whether it was done sends it again."""
    kind: type[Command] = next(c for c in world.services[service].service.commands if c.__name__ == name)
    await world.command(service, kind(**fields), actor, f"{name} by {actor}")


class Remembered(SimulatedClock):
    """Goes on, in the next life, at the instant at which this one ended."""

    def __init__(self, file: Path) -> None:
        super().__init__(datetime.fromisoformat(file.read_text()) if file.exists() else START)
        self._file = file

    def move(self, to: datetime) -> None:
        super().move(to)
        self._file.write_text(to.isoformat())


async def live(given: dict[str, Any], hot: HotBook) -> None:
    """The story from the moment on that an earlier life has reached."""
    reached = Path(given["reached"])
    world = await _world(given, hot, Remembered(Path(given["instant"])))
    failpoints.arm(given["failpoints"])
    await world.settle()
    moments = story()
    for n in range(int(reached.read_text()) if reached.exists() else 0, len(moments)):
        moment = moments[n]
        await world.advance(moment.at)
        ids = [f"{n}-{m}" for m in range(len(moment.events))]
        await world.publish("shop", *moment.events, ids=ids)
        if moment.act is not None:
            await moment.act(world)
        await _settled(world)
        reached.write_text(str(n + 1))
    await world.advance(END)
    await _settled(world)


async def _settled(world: World) -> None:
    """As after a quiet second of a live platform: nothing waits, and what was sent is marked."""
    await world.settle()
    for running in world.services.values():
        await running.flush()


async def _world(given: dict[str, Any], hot: HotBook, clock: SimulatedClock) -> World:
    bus = await Loopback(await Database(given["urls"]["log"], most=3).open(), clock).open()
    running = {}
    for name, service in installed().items():
        running[name] = await _begun(service, given, hot, (bus, clock))
    return World(WORLD, clock, bus, running)


async def _begun(
    service: Service, given: dict[str, Any], hot: HotBook, at_: tuple[Loopback, SimulatedClock]
) -> Running:
    bus, clock = at_
    database = await Database(given["urls"][service.name], most=4).open()
    in_force = RulesInForce(service.name, database, hot, clock, WORLD)
    await in_force.refresh()
    return Running(service, Surroundings(database, bus, in_force, clock, Files(Path(given["folder"])), WORLD, 30))


def books(folder: Path) -> Store:
    """All of the shipped ones."""
    return seed(folder, START)


if __name__ == "__main__":
    installed()
    nurse(live, books)
