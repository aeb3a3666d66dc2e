"""CloudEvents 1.0 as JSON: one event in structured mode, or a batch, as the record that goes to its topic.

Only what other systems may write: our own services never publish this way.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from .topics import BY_NAME, OUTSIDE, TOPICS, topics_of
from .wire import Headers, Record, Unreadable, decode, read_body

ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_NAME = re.compile(r"[a-z0-9]{1,20}")
_NOT_EXTENSIONS = {"data", "data_base64", "datacontenttype"}
STAMPED = ("recordedat", "streamversion", "mustknow", "actor", "onbehalfof", "causedby")
"""Attributes that are not the publisher's to say: who receives the event sets them, or our own services do."""


def record_of(event: Any, recorded_at: datetime, world: str) -> tuple[str, Record]:
    """Topic and record of one event in structured mode, taken in at `recorded_at`; Unreadable with its reason."""
    if not isinstance(event, Mapping):
        raise Unreadable("ce-structured", "an event is a JSON object")
    if "data_base64" in event:
        raise Unreadable("no-data", "the content stands in `data` as JSON, not in base64")
    if not isinstance(event.get("data"), Mapping):
        raise Unreadable("no-data", "`data` must be a JSON object")
    media_type = event.get("datacontenttype", "application/json")
    if media_type != "application/json":
        raise Unreadable("datacontenttype", f"{str(media_type)[:60]!r} is not understood, application/json is")
    given = {name: _text(name, value) for name, value in event.items() if name not in _NOT_EXTENSIONS}
    return record_from(given, event["data"], recorded_at, world)


def record_from(attributes: Mapping[str, str], data: Any, recorded_at: datetime, world: str) -> tuple[str, Record]:
    """The same from attributes and content, as binary mode brings them apart."""
    type_ = attributes.get("type", "")
    topic = _topic(type_)
    for name in STAMPED:
        if name in attributes:
            raise Unreadable("reserved-attribute", f"{name!r} is set by who receives the event; leave it out")
    if attributes.get("world", world) != world:
        raise Unreadable("wrong-world", f"{attributes['world']!r} has no place in {world!r}")
    schema = attributes.get("dataschema", "")
    if schema.startswith("urn:o2c:") and schema != f"urn:o2c:{type_}:1":
        raise Unreadable("unknown-schema", f"this release knows urn:o2c:{type_}:1, not {schema!r}")
    value = _canonical(data)
    event = read_body(BY_NAME[type_], value)
    key = attributes.get("partitionkey", event.key)
    stamped = dict(attributes) | {
        "recordedat": recorded_at.isoformat(),
        "partitionkey": key,
        "subject": event.subject,
        "world": world,
        "dataschema": f"urn:o2c:{type_}:1",
    }
    headers = tuple((f"ce_{name}", text.encode()) for name, text in stamped.items())
    record = Record(key.encode(), (*headers, ("content-type", b"application/json")), value)
    decode(topic, record)
    return topic, record


def attributes_of(headers: Headers) -> dict[str, str]:
    """What binary mode over HTTP says in its `ce-…` headers."""
    found = {}
    for name, value in headers:
        if name.lower().startswith("ce-") and value is not None:
            try:
                found[name.lower()[3:]] = _text(name[3:].lower(), unquote(value.decode(), errors="strict"))
            except UnicodeDecodeError:
                raise Unreadable("ce-attribute", f"{name[:30]!r} is not UTF-8") from None
    return found


def _topic(type_: str) -> str:
    if not type_:
        raise Unreadable("ce-type", "CloudEvents attribute 'type' is missing")
    kind = BY_NAME.get(type_)
    if kind is None:
        raise Unreadable("unknown-type", f"{type_[:60]!r} is no event of this platform")
    topic = topics_of(kind)[0]
    if topic not in OUTSIDE:
        raise Unreadable("not-yours", f"{type_} is told by our own services only")
    return topic


def _text(name: str, value: Any) -> str:
    if not _NAME.fullmatch(name):
        raise Unreadable("ce-attribute", f"{name[:30]!r} is no attribute: up to 20 of a-z and 0-9")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str) or len(value) > 1000 or not value.isprintable():
        raise Unreadable(f"ce-{name}", f"the attribute {name!r} must be printable text")
    return value


def _canonical(data: Any) -> bytes:
    """The same bytes however the JSON was spaced and ordered: a repeat must be recognised as one."""
    try:
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except (UnicodeEncodeError, ValueError) as error:
        raise Unreadable("bad-content", f"the content is no JSON that can be kept: {error}") from error


PUBLISHABLE: dict[str, str] = {name: topic for topic in OUTSIDE for name in TOPICS[topic]}
"""Types that other systems may publish -> the topic they go to."""
