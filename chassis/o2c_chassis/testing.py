"""Services in memory: the same needs, handlers, rules and time as on the real path, without a bus or a database.

Deliver events, move the time, read what was told. A year of dunning is a test that runs in a second.
"""

import random
from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any, TypeVar

from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.topics import topic, topics_of
from o2c_rules.releasing.models import Rules
from o2c_rules.rulebook import RuleBook

from .commands import Command
from .decide import Consequences, decide
from .service import DeadlineReached, DeliveryEnded, Service
from .working_set import Armed, Need, Wanted, WorkingSet

R = TypeVar("R")
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


class MemoryStore:
    """Rows of one service by key, with an index for each set of columns that was asked for."""

    def __init__(self, service: Service) -> None:
        self._key_of = {kind: attrgetter(*columns) for kind, columns in service.keys.items()}
        self.rows: dict[type, dict[Any, Any]] = {kind: {} for kind in service.keys}
        self._indexes: dict[tuple[type, tuple[str, ...]], dict[Any, dict[Any, None]]] = {}

    def write(self, row: Any) -> None:
        kind = type(row)
        key = self._key_of[kind](row)
        before = self.rows[kind].get(key)
        self.rows[kind][key] = row
        for (of, columns), index in self._indexes.items():
            if of is kind:
                if before is not None:
                    index[_values(before, columns)].pop(key, None)
                index[_values(row, columns)][key] = None

    def answer(self, wanted: Need[Any]) -> list[Any]:
        index = self._indexes.get((wanted.kind, wanted.columns))
        if index is None:
            index = self._indexes[wanted.kind, wanted.columns] = defaultdict(dict)
            for key, row in self.rows[wanted.kind].items():
                index[_values(row, wanted.columns)][key] = None
        return [self.rows[wanted.kind][key] for key in index.get(wanted.values, ())]


def _values(row: Any, columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple([getattr(row, c) for c in columns])


class _Running:
    """One service with its rows, its inbox and its deadlines."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.store = MemoryStore(service)
        self.seen: set[tuple[str, str]] = set()
        self.deadlines: dict[tuple[str, str], Armed] = {}
        self.armings: dict[tuple[str, str], int] = defaultdict(int)
        self.decisions: list[Any] = []

    def handle(self, message: Message, rules: Rules) -> Consequences:
        if message.identity in self.seen:
            return Consequences()
        work = WorkingSet(self.service.name, self.service.keys, rules)
        work.begin(message)
        route = self.service.route(message)
        if route is None:
            return Consequences()
        for generator in (self.service.families(message.event, work), route.needs(message.event, work)):
            for needs in generator:
                for n in needs:
                    if not work.has(n):
                        work.took([n], self.store.answer(n))
        result = decide(self.service, [message], work)
        self.seen.add(message.identity)
        for rows in work.changed.values():
            for row in rows:
                self.store.write(row)
        for _, armed in result.armed:
            self._arm(armed)
        self.decisions += [asked for _, asked in result.asked]
        return result

    def _arm(self, armed: Armed) -> None:
        name = armed.kind, armed.subject
        if armed.due_at is None:
            self.deadlines.pop(name, None)
        else:
            self.armings[name] += 1
            self.deadlines[name] = armed


class Rig:
    """Some services, wired by topic. `seed` shuffles across keys and topics, never within one key of one topic."""

    def __init__(
        self, *services: Service, book: Rules | None = None, at: datetime = START, seed: int | None = None
    ) -> None:
        self.book: Rules = book or RuleBook.shipped()
        self.at = at
        self.told: list[Message] = []
        self.undeliverable: set[str] = set()
        """Subjects of documents that shall not arrive."""
        self._running = {s.name: _Running(s) for s in services}
        self._pending: dict[tuple[str, str, str], deque[Message]] = {}
        self._wanted: deque[tuple[str, Wanted]] = deque()
        self._random = random.Random(seed) if seed is not None else None
        self._number = 0

    def tell(
        self, *events: Event, at: datetime | None = None, on: date | None = None, source: str = "test", id: str = ""
    ) -> list[Event]:
        """Publish and let everybody finish; what was told because of it, in order."""
        self.at = at or self.at
        first = len(self.told)
        for event in events:
            self._number += 1
            message = Message(self._envelope(source, id or f"e-{self._number}", event, on), event)
            self.publish(topics_of(type(event))[0], message)
        self.settle()
        return [m.event for m in self.told[first:]]

    def publish(self, name: str, message: Message) -> None:
        """Put a message on a topic without letting anybody read yet."""
        for running in self._running.values():
            if name in running.service.topics:
                key = running.service.name, name, message.event.key
                self._pending.setdefault(key, deque()).append(message)

    def command(self, service: str, command: Command, actor: str, key: str = "") -> list[Event]:
        """A person's command to one service; Refused comes through."""
        self._number += 1
        first = len(self.told)
        envelope = self._envelope(
            f"{service}/{actor}/{command.route}", key or f"k-{self._number}", command, None, actor
        )
        self._handle(self._running[service], Message(envelope, command))
        self.settle()
        return [m.event for m in self.told[first:]]

    def until(self, instant: datetime) -> list[Event]:
        """Move the time, taking every deadline on the way, oldest first."""
        first = len(self.told)
        while due := self._next_due(instant):
            at, running, armed = due
            self.at = max(self.at, at)
            del running.deadlines[armed.kind, armed.subject]
            n = running.armings[armed.kind, armed.subject]
            event = DeadlineReached(
                kind=armed.kind,
                subject_id=armed.subject,
                owner_key=armed.owner_key,
                customer_id=armed.customer_id,
                armed=n,
            )
            id_ = f"{armed.kind}:{armed.subject}:{n}"
            self._handle(running, Message(self._envelope(f"{running.service.name}/deadlines", id_, event, None), event))
            self.settle()
        self.at = max(self.at, instant)
        return [m.event for m in self.told[first:]]

    @property
    def services(self) -> dict[str, Service]:
        return {name: running.service for name, running in self._running.items()}

    def rows(self, service: str, kind: type[R], **where: Any) -> list[R]:
        """What a service keeps, in key order."""
        rows = self._running[service].store.rows[kind]
        return [r for _, r in sorted(rows.items()) if all(getattr(r, c) == v for c, v in where.items())]

    def seed_rows(self, service: str, *rows: Any) -> None:
        """Given: these rows are there."""
        for row in rows:
            self._running[service].store.write(row)

    def decisions(self, service: str) -> list[Any]:
        """Everything that was asked, in order."""
        return list(self._running[service].decisions)

    def deadlines(self, service: str) -> dict[tuple[str, str], datetime]:
        return {name: a.due_at for name, a in self._running[service].deadlines.items() if a.due_at}

    def settle(self) -> None:
        """Let everybody read until nothing is left, deliveries included."""
        while self._pending or self._wanted:
            while self._pending:
                key = self._random.choice(sorted(self._pending)) if self._random else next(iter(self._pending))
                message = self._pending[key].popleft()
                if not self._pending[key]:
                    del self._pending[key]
                self._handle(self._running[key[0]], message)
            if self._wanted:
                self._deliver(*self._wanted.popleft())

    def _handle(self, running: _Running, message: Message) -> None:
        result = running.handle(message, self.book)
        self._wanted.extend((running.service.name, w) for _, w in result.wanted)
        for told in result.told:
            self.told.append(told)
            self.publish(topic(running.service.name), told)

    def _deliver(self, service: str, wanted: Wanted) -> None:
        running = self._running[service]
        lost = wanted.subject in self.undeliverable
        event = DeliveryEnded(
            kind=wanted.kind,
            subject_id=wanted.subject,
            owner_key=wanted.owner_key,
            customer_id=wanted.customer_id,
            delivered=not lost,
            channel="folder",
            problem="refused" if lost else "",
        )
        self._handle(running, Message(self._envelope(f"{service}/deliveries", wanted.delivery_id, event, None), event))

    def _next_due(self, until: datetime) -> tuple[datetime, _Running, Armed] | None:
        due = [
            (a.due_at, name, a.kind, a.subject)
            for name, running in self._running.items()
            for a in running.deadlines.values()
            if a.due_at and a.due_at <= until
        ]
        if not due:
            return None
        at, name, kind, subject = min(due)
        return at, self._running[name], self._running[name].deadlines[kind, subject]

    def _envelope(self, source: str, id_: str, event: Event, on: date | None, actor: str | None = None) -> Envelope:
        return Envelope(
            source=source,
            id=id_,
            type=type(event).__name__,
            time=self.at,
            recorded_at=self.at,
            business_date=on or self.at.date(),
            actor=actor,
        )


def of(events: Iterable[Event], kind: type[R]) -> list[R]:
    """Those of one kind."""
    return [e for e in events if isinstance(e, kind)]
