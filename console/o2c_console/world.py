"""A simulated world: the five services in one process, in time that a driver moves. An instant is a barrier.

Its databases and its store of rules are its own; what it tells is marked with its name, and no letter leaves it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import orjson
from o2c_chassis.bus import Bus
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.commands import Command
from o2c_chassis.database import Database
from o2c_chassis.loopback import Loopback
from o2c_chassis.memory import settle_down
from o2c_chassis.migrate import migrate
from o2c_chassis.people import hash_of_body, on_command
from o2c_chassis.ports import Nowhere
from o2c_chassis.raw import unpack
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_chassis.service import Service
from o2c_contracts.bank import PaymentReceived
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.topics import SERVICES, topics_of
from o2c_contracts.wire import encode
from o2c_rules.bundles import seed
from o2c_rules.hot import HotBook

_ANCHOR_DAYS = 30
"""Nobody can rewrite for long what ends with its world."""
_TOLD = "select position, headers, value from outbox where position > $1 and topic = $2 order by position"


@dataclass(frozen=True, slots=True)
class Told:
    """What a service published, as it stands in its outbox."""

    position: int
    type: str
    subject: str
    at: datetime
    content: Mapping[str, Any]
    id: str
    customer_id: str
    cause: str
    """`source/id` of what it was told because of."""
    source: str


@dataclass
class World:
    """Publish, move the time, ask what was told."""

    name: str
    clock: SimulatedClock
    bus: Bus
    services: Mapping[str, Running]
    published: int = 0
    """Events from outside so far."""
    payments: int = 0
    received_minor: Counter[str] = field(default_factory=Counter)
    _numbers: Counter[str] = field(default_factory=Counter)

    async def publish(self, source: str, *events: Event, ids: Sequence[str] = ()) -> None:
        """At the instant it is now. Ids count per source where none are given: the same story gives the same ids."""
        by_topic: dict[str, list[Message]] = {}
        at = self.clock.now()
        for n, event in enumerate(events):
            self._numbers[source] += 1
            id_ = ids[n] if ids else f"{source}-{self._numbers[source]}"
            envelope = Envelope(source, id_, type(event).__name__, at, at, at.date(), self.name)
            self.published += 1
            if isinstance(event, PaymentReceived):
                self.payments += 1
                self.received_minor[event.currency] += event.amount_minor
            by_topic.setdefault(topics_of(type(event))[0], []).append(Message(envelope, event))
        for topic, messages in by_topic.items():
            await self.bus.publish(topic, [encode(m) for m in messages])

    async def command(self, service: str, command: Command, actor: str, key: str) -> dict[str, Any]:
        """A person's command at the instant it is now."""
        running, at = self.services[service], self.clock.now()
        source = f"{service}/{actor}/{command.route}"
        envelope = Envelope(source, key, type(command).__name__, at, at, at.date(), self.name, actor=actor)
        message = Message(envelope, command, hash_of_body(command.model_dump_json().encode()))
        return await on_command(running.path, message)

    async def settle(self) -> None:
        """Until everybody has read everything and nothing is left to relay or deliver."""
        while busy := [running for running in self.services.values() if running.busy]:
            if len(busy) == 1:
                await busy[0].step()
            else:
                await asyncio.gather(*(running.step() for running in busy))

    async def advance(self, to: datetime) -> None:
        """Move the time; every deadline on the way is taken at its own instant, and everything settles behind it."""
        while due := self._due_before(to):
            self.clock.move(max(min(due.values()), self.clock.now()))
            now = self.clock.now()
            waking = [self.services[name].wake_due() for name, at in due.items() if at <= now]
            if any(await asyncio.gather(*waking)):
                await self.settle()
        self.clock.move(max(to, self.clock.now()))

    def _due_before(self, until: datetime) -> dict[str, datetime]:
        """Services to be woken until then, and when next."""
        due = {name: running.due_before(until) for name, running in self.services.items()}
        return {name: at for name, at in due.items() if at is not None}

    async def told(self, service: str, after: int = 0) -> list[Told]:
        """What a service has published since a position of its outbox, in order."""
        return await told_by(self.services[service].database, service, after)


@dataclass(frozen=True)
class Archive:
    """The databases of a world that has ended."""

    name: str
    databases: Mapping[str, Database]

    async def told(self, service: str) -> list[Told]:
        return await told_by(self.databases[service], service)


async def told_by(database: Database, service: str, after: int = 0) -> list[Told]:
    """What a service has published since a position of its outbox, in order."""
    return [_told(r) for r in await database.fetch(_TOLD, after, f"o2c.{service}.v1")]


def installed() -> dict[str, Service]:
    """The five services, found by entry point: this process imports none of them by name."""
    found = {e.name: e for e in entry_points(group="o2c.services")}
    return {name: found[name].load() for name in SERVICES}


@asynccontextmanager
async def loopback_world(
    name: str, start: datetime, urls: Mapping[str, str], rules: Path, services: Iterable[Service] | None = None
) -> AsyncIterator[World]:
    """A fresh world on the embedded bus. `urls`: service or `log` -> database; `rules`: a folder for its releases."""
    clock = SimulatedClock(start)
    log = await Database(urls["log"], most=3).open()
    bus = await Loopback(log, clock).open()
    seed(rules, start)
    started = [await begun(s, urls[s.name], rules, (name, bus, clock)) for s in services or installed().values()]
    settle_down()
    try:
        yield World(name, clock, bus, {r.service.name: r for r in started})
    finally:
        for running in started:
            await running.relay.close()
            await running.database.close()
        await bus.close()


@asynccontextmanager
async def reopened(name: str, urls: Mapping[str, str]) -> AsyncIterator["Archive"]:
    """A world that was played before, to be asked and no longer moved."""
    found = {n: await Database(urls[n], most=1).open() for n in SERVICES}
    try:
        yield Archive(name, found)
    finally:
        for database in found.values():
            await database.close()


async def begun(service: Service, url: str, rules: Path, at: tuple[str, Bus, SimulatedClock]) -> Running:
    """A service of a world, whose name, bus and clock are given."""
    name, bus, clock = at
    await migrate(service, url)
    database = await Database(url, most=4).open()
    in_force = RulesInForce(service.name, database, HotBook(seed(rules, clock.now())), clock, name)
    await in_force.refresh()
    return Running(service, Surroundings(database, bus, in_force, clock, Nowhere(), name, _ANCHOR_DAYS))


def _told(row: Any) -> Told:
    headers = {n: (v or b"").decode() for n, v in unpack(row["headers"])}
    return Told(
        row["position"],
        headers["ce_type"],
        headers["ce_subject"],
        datetime.fromisoformat(headers["ce_recordedat"]),
        orjson.loads(row["value"]),
        headers["ce_id"],
        headers.get("ce_customerid", ""),
        headers.get("ce_causedby", ""),
        headers["ce_source"],
    )
