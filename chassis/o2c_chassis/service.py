"""What a service is to the chassis: a name, what it keeps, and what it does with what it hears."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi import APIRouter
from o2c_contracts.event import Event, Message
from o2c_contracts.topics import topic, topics_of
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from .commands import Command
from .working_set import Need, WorkingSet

Handler = Callable[[Any, WorkingSet], Iterable[Event]]
Needs = Callable[[Any, WorkingSet], Iterator[list[Need[Any]]]]
"""A generator: each yield is one round trip, shared by the slice; when it goes on, what it named is there."""
Families = Callable[[Any, WorkingSet], Generator[list[Need[Any]], None, set[str]]]
"""The same, and returns the names of those who must be locked together for this event."""
Verify = Callable[[AsyncConnection], Awaitable[Sequence["Check"]]]
"""What must hold in this service's tables at any time: each identity by its name, and what was found."""
Totals = Callable[[AsyncConnection], Awaitable[Mapping[str, Mapping[str, int]]]]
"""Sums that other services keep too: `open` -> `DE01 EUR` -> minor units."""
Count = Callable[[AsyncConnection], Awaitable[int]]
Fates = Callable[[AsyncConnection, str, int], Awaitable[Sequence[Mapping[str, Any]]]]
"""Documents behind a name, in order of their names, at most so many: each says `document`, whose it is, and what
became of it; `about` holds the other names under which decisions spoke of it."""
Render = Callable[[Mapping[str, Any]], "Document"]


def by_key(event: Event, work: WorkingSet) -> Generator[list[Need[Any]], None, set[str]]:
    """Each key is its own family."""
    yield from ()
    return {event.key}


def nothing(event: Event, work: WorkingSet) -> Iterator[list[Need[Any]]]:
    """This event needs no rows."""
    yield from ()


@dataclass(frozen=True)
class Keeps:
    """A table, and the frozen dataclass that one of its rows becomes; same names, same order."""

    kind: type
    table: Table
    append_only: bool = False
    """Rows are written once: a posting is never changed, only reversed by another."""
    locked_last: bool = False
    """A counter: its row exists before it is locked, and is locked after everything else of the slice."""

    @cached_property
    def key(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.table.primary_key)


@dataclass(frozen=True)
class Hears:
    """An event or a person's command: the rows it needs, and what we do."""

    event: type[Event]
    needs: Needs
    handler: Handler
    of: tuple[str, ...] = ()
    """For events that several services tell: whose we mean. Empty: everybody's."""


@dataclass(frozen=True)
class Due:
    """A deadline's kind: the rows it needs, and what we do when its time has come."""

    kind: str
    needs: Needs
    handler: Handler


@dataclass(frozen=True)
class Document:
    """What leaves for the outside."""

    name: str
    content: bytes
    media_type: str
    title: str = ""
    text: str = ""


@dataclass(frozen=True)
class Check:
    """One identity: `open-items-equal-receivables`, held or not, with the figures."""

    name: str
    holds: bool
    found: str = ""


@dataclass(frozen=True)
class Delivers:
    """A kind of document that must reach the outside: how it is made, and what we do when that has ended."""

    kind: str
    render: Render
    needs: Needs
    handler: Handler


@dataclass(frozen=True, slots=True)
class Became:
    """A kind of document of which a service can say what later happened to it: exported beside its decisions."""

    kind: str
    after: Fates


@dataclass(frozen=True)
class Service:
    name: str
    keeps: tuple[Keeps, ...]
    hears: tuple[Hears, ...]
    dues: tuple[Due, ...] = ()
    delivers: tuple[Delivers, ...] = ()
    families: Families = by_key
    api: APIRouter | None = None
    """Read-only questions over HTTP; commands are routed by themselves."""
    verify: Verify | None = None
    totals: Totals | None = None
    escalations: Count | None = None
    """How many escalations wait for somebody; None where it raises none that could be answered."""

    outcomes: tuple[Became, ...] = ()
    """Which of its documents have a fate that decisions can be held against."""

    @cached_property
    def commands(self) -> tuple[type[Command], ...]:
        """What people may ask of it."""
        return tuple(h.event for h in self.hears if issubclass(h.event, Command))

    @cached_property
    def routes(self) -> dict[type[Event], Hears]:
        return {h.event: h for h in self.hears}

    @cached_property
    def due_routes(self) -> dict[str, Due]:
        return {d.kind: d for d in self.dues}

    @cached_property
    def delivery_routes(self) -> dict[str, Delivers]:
        return {d.kind: d for d in self.delivers}

    @cached_property
    def keys(self) -> dict[type, tuple[str, ...]]:
        return {k.kind: k.key for k in self.keeps}

    @cached_property
    def by_kind(self) -> dict[type, Keeps]:
        return {k.kind: k for k in self.keeps}

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """What it reads, in the order of its table."""
        published = (h for h in self.hears if not issubclass(h.event, Command))
        found = (t for h in published for t in (map(topic, h.of) if h.of else topics_of(h.event)))
        return tuple(dict.fromkeys(found))

    def route(self, message: Message) -> "Hears | Due | Delivers | None":
        """Who handles it; None where this service does not hear it."""
        event = message.event
        if isinstance(event, DeadlineReached):
            return self.due_routes.get(event.kind)
        if isinstance(event, DeliveryEnded):
            return self.delivery_routes.get(event.kind)
        heard = self.routes.get(type(event))
        return heard if heard and (not heard.of or message.envelope.source in heard.of) else None


class DeadlineReached(Event):
    """The time of a deadline has come. Never published: it is taken from this service's own table."""

    kind: str
    subject_id: str
    owner_key: str
    customer_id: str | None = None
    armed: int
    """Which arming of this deadline: never used again."""

    @property
    def key(self) -> str:
        return self.owner_key

    @property
    def subject(self) -> str:
        return self.subject_id


class DeliveryEnded(Event):
    """A document reached the outside, or never will. Never published."""

    kind: str
    subject_id: str
    owner_key: str
    customer_id: str | None = None
    delivered: bool
    channel: str
    address: str = ""
    problem: str = ""

    @property
    def key(self) -> str:
        return self.owner_key

    @property
    def subject(self) -> str:
        return self.subject_id
