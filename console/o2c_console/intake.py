"""Events of other systems, over HTTP: each is checked, stamped and published, or refused with its reason. No state."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from o2c_chassis import strict_json
from o2c_chassis.auth import Who
from o2c_chassis.bus import Bus
from o2c_chassis.clock import Clock
from o2c_chassis.errors import Refused
from o2c_chassis.problems import RESPONSES, problem
from o2c_chassis.sources import Sources
from o2c_contracts.structured import BATCH, ONE, PUBLISHABLE, attributes_of, record_from, record_of
from o2c_contracts.wire import Record, Unreadable
from o2c_rules.hot import HotBook
from o2c_rules.rulebook import RuleBook
from pydantic import BaseModel

PUBLISHER = "publisher"
EVENTS_MOST = 1_000
_HINTS = {
    "unknown-type": "the types are listed in docs/event-map.md and /openapi.json",
    "not-yours": "publish what happened in your system; ours tell what they decided",
    "bad-content": "the JSON Schema of each event lies in contracts/schemas",
    "key-mismatch": "leave partitionkey out: it follows from the content",
    "ce-time": "write an RFC 3339 time with its zone, as 2026-01-31T09:30:00Z",
    "ce-specversion": 'CloudEvents 1.0: "specversion": "1.0"',
    "forged-source": "name your own system as the source",
    "reserved-attribute": "the receiver stamps it",
    "source-not-allowed": "the rule table reference/sources says who may tell what",
}


class Disposition(BaseModel):
    """What became of one event of a request."""

    index: int
    source: str
    id: str
    type: str
    disposition: str
    """`accepted`: it is on its topic. `refused`: it is not, and never will be as it is."""
    topic: str = ""
    code: str = ""
    text: str = ""
    hint: str = ""


class Dispositions(BaseModel):
    """One for each event, in the order they were sent."""

    events: list[Disposition]


Made = tuple[str, Record]
"""A topic, and what is to be published on it."""


def released(hot: HotBook, clock: Clock) -> Callable[[], RuleBook]:
    """The book in force at this moment. A store on another machine is read beside the events that come in."""
    reading = threading.Lock()

    def look() -> None:
        with reading:
            hot.poll()

    def book() -> RuleBook:
        if hot.due() and not hot.releases:
            look()
        elif hot.due() and not reading.locked():
            threading.Thread(target=look, daemon=True).start()
        return hot.at(clock.now())

    return book


@dataclass(frozen=True)
class Intake:
    """Where events go, by whose clock they are stamped, in which world, and by which rules a source may tell them."""

    bus: Bus
    clock: Clock
    world: str
    rules: Callable[[], RuleBook] = RuleBook.shipped

    @cached_property
    def sources(self) -> Sources:
        return Sources(self.rules)

    def made(self, attributes: Mapping[str, Any], made: Made) -> Made:
        """Raises Unreadable where its source may not tell it."""
        on = self.clock.now().date()
        self.sources.demand(made[0], str(attributes["source"]), str(attributes["type"]), on)
        return made


def intake_of(intake: Intake) -> APIRouter:
    router = APIRouter(tags=["events"], responses=RESPONSES)

    @router.post(
        "/v1/events", status_code=202, response_model=Dispositions, openapi_extra=_document(), summary="Publish events"
    )
    async def publish(request: Request, who: Who) -> Response:
        """One CloudEvent (structured or binary mode) or a batch. 202: those accepted are durable on their topics.

        The same source and id again is a repeat and changes nothing, however often it comes.
        """
        who.demand(PUBLISHER)
        body = await strict_json.body_of(request)
        found = _received(request, body, intake)
        await _publish(intake.bus, [made for _, made in found if made is not None])
        dispositions = [d for d, _ in found]
        if len(dispositions) == 1 and dispositions[0].disposition == "refused":
            [refused] = dispositions
            return problem(_status(refused.code), refused.code, refused.text, refused.hint)
        accepted = any(d.disposition == "accepted" for d in dispositions)
        content = Dispositions(events=dispositions).model_dump()
        return Response(orjson.dumps(content), 202 if accepted else 422, media_type="application/json")

    return router


def _received(request: Request, body: bytes, intake: Intake) -> list[tuple[Disposition, Made | None]]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == BATCH:
        events = strict_json.read(body)
        if not isinstance(events, list) or not 0 < len(events) <= EVENTS_MOST:
            raise Refused("bad-batch", f"a batch is a JSON list of 1 to {EVENTS_MOST} events", status=400)
        return [_structured(n, event, intake) for n, event in enumerate(events)]
    if media_type == ONE:
        return [_structured(0, strict_json.read(body), intake)]
    if media_type == "application/json" and "ce-type" in request.headers:
        return [_binary(request, body, intake)]
    hint = f"send {ONE}, {BATCH}, or application/json with ce-… headers"
    raise Refused("media-type", f"{media_type or 'no content type'} is not understood here", hint, 415)


def _structured(index: int, event: Any, intake: Intake) -> tuple[Disposition, Made | None]:
    named = event if isinstance(event, Mapping) else {}
    try:
        made = intake.made(named, record_of(event, intake.clock.now(), intake.world))
    except Unreadable as error:
        return _refused(index, named, error), None
    return _accepted(index, named, made[0]), made


def _binary(request: Request, body: bytes, intake: Intake) -> tuple[Disposition, Made | None]:
    attributes: dict[str, str] = {}
    try:
        attributes = attributes_of(tuple((n.decode("latin-1"), v) for n, v in request.headers.raw))
        made = intake.made(
            attributes, record_from(attributes, strict_json.read(body), intake.clock.now(), intake.world)
        )
    except Unreadable as error:
        return _refused(0, attributes, error), None
    return _accepted(0, attributes, made[0]), made


def _refused(index: int, named: Mapping[str, Any], error: Unreadable) -> Disposition:
    text = str(error).removeprefix(f"{error.code}: ")
    return _named(index, named, disposition="refused", code=error.code, text=text, hint=_HINTS.get(error.code, ""))


def _accepted(index: int, named: Mapping[str, Any], topic: str) -> Disposition:
    return _named(index, named, disposition="accepted", topic=topic)


def _named(index: int, named: Mapping[str, Any], **more: str) -> Disposition:
    who = {name: str(named.get(name, ""))[:200] for name in ("source", "id", "type")}
    return Disposition(index=index, **who, **more)


def _status(code: str) -> int:
    """What CloudEvents calls invalid is a bad request; what only the house demands is content that does not fit."""
    return 400 if code.startswith("ce-") else 422


async def _publish(bus: Bus, made: Sequence[Made]) -> None:
    """By topic, in order. Refused (503) when the bus does not take them: the same request may come again."""
    by_topic: dict[str, list[Record]] = {}
    for topic, record in made:
        by_topic.setdefault(topic, []).append(record)
    try:
        for topic, records in by_topic.items():
            await bus.publish(topic, records)
    except Exception as error:
        hint = "send the same events again: what was taken already is recognised as a repeat"
        raise Refused("bus-unavailable", f"the bus does not take events now: {error}", hint, 503) from error


def _document() -> dict[str, Any]:
    event = {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "maxLength": 200, "description": "yours; with `source` it names the event"},
            "source": {"type": "string", "maxLength": 200, "description": "your system"},
            "type": {"enum": sorted(PUBLISHABLE)},
            "time": {"type": "string", "format": "date-time", "description": "when it happened"},
            "businessdate": {"type": "string", "format": "date", "description": "the document's date, if another"},
            "data": {"type": "object", "description": "the event's content: contracts/schemas/<type>.json"},
        },
    }
    batch = {"type": "array", "items": event, "minItems": 1, "maxItems": EVENTS_MOST}
    content = {ONE: {"schema": event}, BATCH: {"schema": batch}, "application/json": {"schema": {"type": "object"}}}
    return {"requestBody": {"required": True, "content": content}}
