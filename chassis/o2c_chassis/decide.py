"""One message through its handler: what was told, decided and set in motion because of it. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from o2c_contracts.event import Envelope, Event, Message, derived_id
from o2c_rules.entities import UnknownEntity

from .errors import HandlerFailed, NoBooks, Refused
from .service import Service
from .working_set import Armed, Asked, Wanted, WorkingSet


@dataclass(slots=True)
class Consequences:
    """Of a slice, in the order of its messages; each with its cause."""

    told: list[Message] = field(default_factory=list)
    asked: list[tuple[Message, Asked]] = field(default_factory=list)
    armed: list[tuple[Message, Armed]] = field(default_factory=list)
    wanted: list[tuple[Message, Wanted]] = field(default_factory=list)


def decide(service: Service, messages: Iterable[Message], work: WorkingSet) -> Consequences:
    """Each message in its order through its handler. What a handler raises is its record's fault."""
    all_of_it = Consequences()
    for message in messages:
        route = service.route(message)
        if route is None:
            continue
        work.begin(message)
        try:
            events = list(route.handler(message.event, work))
        except (HandlerFailed, Refused):
            raise
        except UnknownEntity as error:
            raise NoBooks(f"{message.envelope.type}: {error}") from error
        except Exception as error:
            raise HandlerFailed(f"{message.envelope.type}: {type(error).__name__}: {error}") from error
        all_of_it.told += follows(message, service.name, events)
        all_of_it.asked += [(message, a) for a in work.outcome.decisions]
        all_of_it.armed += [(message, d) for d in work.outcome.deadlines]
        all_of_it.wanted += [(message, w) for w in work.outcome.deliveries]
    return all_of_it


def follows(cause: Message, writer: str, events: Iterable[Event]) -> Iterator[Message]:
    """Envelopes for what was told because of `cause`; the same cause gives the same ids, whenever it is handled."""
    e = cause.envelope
    name = f"{e.source}/{e.id}"
    told: Counter[tuple[str, str]] = Counter()
    for event in events:
        type_, subject = type(event).__name__, event.subject
        ordinal = told[type_, subject]
        told[type_, subject] += 1
        yield Message(
            Envelope(
                source=writer,
                id=derived_id(e, writer, type_, subject, ordinal),
                type=type_,
                time=e.recorded_at,
                recorded_at=e.recorded_at,
                business_date=e.business_date,
                world=e.world,
                caused_by=name,
                correlation_id=e.correlation_id or name,
                actor=e.actor,
                on_behalf_of=e.on_behalf_of,
                traceparent=e.traceparent,
                must_know=event.must_know,
            ),
            event,
        )
