"""Messages to records and back: CloudEvents 1.0 in binary mode on Kafka. Nothing else knows the bytes.

What CloudEvents calls invalid (`ce-…`) and what the house demands besides are told apart by their reason codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

from pydantic import ValidationError

from .event import LIVE, Envelope, Event, Message
from .topics import BY_NAME, SERVICES, TOPICS, WRITER

MOST_BYTES = 1_000_000
"""A larger value is refused: the broker's own limit lies just above it."""
Headers = tuple[tuple[str, bytes | None], ...]
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """What a bus carries, untouched: whatever others wrote can be parked and shown as it came."""

    key: bytes | None
    headers: Headers
    value: bytes | None
    offset: int = -1
    appended_at: datetime | None = None


class Unreadable(Exception):
    """This record can never be read. `code` is stable and countable, the text is for a person."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


class FromTheFuture(Unreadable):
    """A type that this release does not know and must not pass over: the customer waits for the upgrade."""


def encode(message: Message) -> Record:
    """A message as the record that any CloudEvents reader understands."""
    key, pairs, value = encode_texts(message)
    return Record(key, tuple([(name, text.encode()) for name, text in pairs]), value)


def encode_texts(message: Message, version: int | None = None) -> tuple[bytes, list[tuple[str, str]], bytes]:
    """Key, headers as text, and value; `version`: its place in its writer's stream, where that is known only now."""
    e, event = message.envelope, message.event
    key = event.key
    recorded = e.recorded_at.isoformat()
    pairs = [
        ("ce_specversion", "1.0"),
        ("ce_id", e.id),
        ("ce_source", e.source),
        ("ce_type", e.type),
        ("ce_subject", event.subject),
        ("ce_time", recorded if e.time is e.recorded_at else e.time.isoformat()),
        ("ce_recordedat", recorded),
        ("ce_businessdate", e.business_date.isoformat()),
        ("ce_partitionkey", key),
        ("ce_world", e.world),
        ("ce_dataschema", f"urn:o2c:{e.type}:1"),
        ("content-type", "application/json"),
    ]
    optional = (
        ("ce_streamversion", str(version) if version else e.stream_version and str(e.stream_version)),
        ("ce_customerid", getattr(event, "customer_id", None)),
        ("ce_legalentity", getattr(event, "legal_entity", None)),
        ("ce_causedby", e.caused_by),
        ("ce_correlationid", e.correlation_id),
        ("ce_actor", e.actor),
        ("ce_onbehalfof", e.on_behalf_of),
        ("ce_traceparent", e.traceparent),
        ("ce_mustknow", "true" if event.must_know else None),
    )
    pairs += [(name, text) for name, text in optional if text]
    return key.encode(), pairs, event.model_dump_json(exclude_none=True).encode()


def headers_of(record: Record) -> dict[str, str]:
    """Header names to texts; undecodable bytes and nulls are left out, the first of a repeated name counts."""
    try:
        return {name: value.decode() for name, value in reversed(record.headers)}  # type: ignore[union-attr]
    except (AttributeError, UnicodeDecodeError):
        return _readable(record)


def _readable(record: Record) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in record.headers:
        if value is not None and name not in found:
            try:
                found[name] = value.decode()
            except UnicodeDecodeError:
                continue
    return found


def decode(topic: str, record: Record, headers: Mapping[str, str] | None = None) -> Message | None:
    """The message, or None for a type of a service of ours that this release does not know and may pass over.

    Raises Unreadable with a reason code for everything that can never be read.
    """
    h = headers_of(record) if headers is None else headers
    type_ = _attribute(h, "ce_type")
    kind = TOPICS.get(topic, BY_NAME).get(type_)
    if kind is None:
        _pass_over(topic, type_, h)
        return None
    envelope = _envelope(topic, type_, h, record.appended_at)
    if record.value is None:
        raise Unreadable("no-value", "the record has no value; a tombstone says nothing here")
    if len(record.value) > MOST_BYTES:
        raise Unreadable("too-large", f"{len(record.value)} bytes; at most {MOST_BYTES}")
    message = Message(envelope, read_body(kind, record.value), sha256(record.value).digest())
    if record.key is None:
        raise Unreadable("no-key", f"the key must be {message.event.key!r}")
    if record.key != message.event.key.encode():
        raise Unreadable("key-mismatch", f"the key is {record.key[:80]!r}, the content says {message.event.key!r}")
    return message


def read_body(kind: type[Event], value: bytes) -> Event:
    """Content of a known type out of JSON bytes, strictly."""
    try:
        return kind.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "body"
        code = "not-json" if first["type"] == "json_invalid" else "bad-content"
        raise Unreadable(code, f"{place}: {first['msg']}") from error
    except ValueError as error:
        raise Unreadable("bad-content", str(error)) from error


def _pass_over(topic: str, type_: str, headers: Mapping[str, str]) -> None:
    """Only where it is a type of a service of ours that need not be known."""
    if type_ in BY_NAME:
        raise Unreadable("wrong-topic", f"{type_} has no place on {topic}")
    if topic not in WRITER:
        raise Unreadable("unknown-type", f"{type_!r} is no event of {topic}")
    if headers.get("ce_mustknow") == "true":
        raise FromTheFuture("must-know", f"{type_!r} must not be passed over; this release does not know it")


def _envelope(topic: str, type_: str, headers: Mapping[str, str], appended_at: datetime | None) -> Envelope:
    if headers.get("ce_specversion") != "1.0":
        raise Unreadable("ce-specversion", "CloudEvents specversion must be 1.0")
    source, time = _attribute(headers, "ce_source"), instant(_attribute(headers, "ce_time"))
    world = headers.get("ce_world", LIVE)
    ours = WRITER.get(topic)
    if ours is None and source.split("/")[0] in SERVICES:
        raise Unreadable("forged-source", f"{source!r} is the name of a service; it does not write {topic}")
    if ours is not None and source != ours:
        raise Unreadable("forged-source", f"{source!r} may not write {topic}")
    schema = headers.get("ce_dataschema", "")
    if ours is None and schema.startswith("urn:o2c:") and schema != f"urn:o2c:{type_}:1":
        raise Unreadable("unknown-schema", f"this release knows urn:o2c:{type_}:1, not {schema[:80]!r}")
    recorded = headers.get("ce_recordedat")
    if ours is None and world == LIVE and appended_at is not None:
        at = appended_at  # The log's word, not the publisher's: else backdating would choose laxer rules.
    else:
        at = instant(recorded) if recorded else time
    on = headers.get("ce_businessdate")
    return Envelope(
        source=source,
        id=_attribute(headers, "ce_id"),
        type=type_,
        time=time,
        recorded_at=at,
        business_date=day(on) if on else time.date(),
        world=world,
        stream_version=version_of(headers) if ours else None,
        caused_by=headers.get("ce_causedby"),
        correlation_id=headers.get("ce_correlationid"),
        actor=headers.get("ce_actor"),
        on_behalf_of=headers.get("ce_onbehalfof"),
        traceparent=headers.get("ce_traceparent"),
        must_know=headers.get("ce_mustknow") == "true",
    )


def _attribute(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if not value or len(value) > 200 or not value.isprintable():
        raise Unreadable(
            name.replace("_", "-"), f"CloudEvents attribute {name[3:]!r} is missing, too long or unprintable"
        )
    return value


def instant(text: str) -> datetime:
    """An RFC 3339 time with its zone, as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("ce-time", f"{text[:40]!r} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise Unreadable("ce-time", f"{text!r} has no zone")
    if not _FIRST <= moment <= _LAST:
        raise Unreadable("time-range", f"{text!r} lies outside 1970 to 2199")
    return moment.astimezone(UTC)


def day(text: str) -> date:
    """A calendar day, as ISO 8601 writes it."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Unreadable("businessdate", f"{text[:40]!r} is no date") from None
    if not _FIRST.date() <= found <= _LAST.date():
        raise Unreadable("time-range", f"{text!r} lies outside 1970 to 2199")
    return found


def version_of(headers: Mapping[str, str]) -> int | None:
    """Its place in its writer's stream of one key, for records of our own services."""
    text = headers.get("ce_streamversion")
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 15:
        raise Unreadable("streamversion", f"{text[:40]!r} is no version")
    return int(text)
