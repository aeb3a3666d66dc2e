"""One full example of every event, and how it stood on the wire when it was first committed.

`python -m tests.contracts.samples` adds what is missing and never changes what is there: bytes that were once written
must decode for ever. When the encoding itself changes on purpose, keep the old file as `<Type>.old-1.json`.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.topics import BY_NAME, TOPICS, WRITER, topics_of
from o2c_contracts.wire import Record, encode

HERE = Path(__file__).parent
GOLDEN, BASELINE = HERE / "golden", HERE / "baseline.json"
_AT = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
_BOUNDS = ("format", "pattern", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength")


def sample(kind: type[Event]) -> Event:
    """Every field filled, by its schema."""
    schema = kind.model_json_schema()
    return kind.model_validate_json(json.dumps(_value(schema, schema.get("$defs", {}), "")))


def message_of(kind: type[Event]) -> Message:
    topic = topics_of(kind)[0]
    ours = WRITER.get(topic)
    envelope = Envelope(
        source=ours or "golden",
        id=f"golden-{kind.__name__}",
        type=kind.__name__,
        time=_AT,
        recorded_at=_AT,
        business_date=date(2026, 3, 2),
        stream_version=7 if ours else None,
        caused_by="shop/1",
        correlation_id="shop/1",
        must_know=kind.must_know,
    )
    return Message(envelope, sample(kind))


def written(record: Record) -> str:
    """A record as its golden file."""
    assert record.key is not None
    assert record.value is not None
    headers = {name: (value or b"").decode() for name, value in record.headers}
    body = {"key": record.key.decode(), "headers": headers, "value": record.value.decode()}
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def read(file: Path) -> Record:
    body = json.loads(file.read_text())
    headers = tuple((n, v.encode()) for n, v in body["headers"].items())
    return Record(body["key"].encode(), headers, body["value"].encode())


def topic_of(file: Path) -> str:
    name = file.name.split(".")[0]
    return next(topic for topic, kinds in TOPICS.items() if name in kinds)


def fields_of(kind: type[Event]) -> dict[str, str]:
    """Path of each field -> what may stand there, and whether it must."""
    schema = kind.model_json_schema()
    return dict(_flat(schema, schema.get("$defs", {}), ""))


def breaks(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """What would break a reader or a writer of another release: all but a new field that may be left out."""
    for path, was in before.items():
        if path not in now:
            yield f"{path} was removed"
        elif now[path] != was:
            yield f"{path} was {was}, is {now[path]}"
    for path in now.keys() - before.keys():
        above = path.rpartition(".")[0]
        if now[path].startswith("required") and (not above or above in before or f"{above}[]" in before):
            yield f"{path} is new and required"


def _flat(schema: Mapping[str, Any], defined: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, field in schema.get("properties", {}).items():
        path = f"{above}.{name}" if above else name
        arms = [_whole(arm, defined) for arm in field.get("anyOf", [field])]
        must = "required" if name in schema.get("required", []) else "optional"
        yield path, f"{must} {' | '.join(sorted(map(_shape, arms)))}"
        for arm in arms:
            yield from _flat(arm, defined, path)
            if inner := _whole(arm.get("items", {}), defined):
                yield f"{path}[]", f"optional {_shape(inner)}"
                yield from _flat(inner, defined, f"{path}[]")


def _shape(schema: Mapping[str, Any]) -> str:
    """`string(maxLength=200, minLength=1)`"""
    bounds = ", ".join(f"{n}={schema[n]}" for n in _BOUNDS if n in schema)
    return f"{schema.get('type', 'any')}({bounds})" if bounds else str(schema.get("type", "any"))


def _whole(schema: Mapping[str, Any], defined: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        return _whole(defined[schema["$ref"].rpartition("/")[2]], defined)
    return schema


def _value(schema: Mapping[str, Any], defined: Mapping[str, Any], name: str) -> Any:
    schema = _whole(schema, defined)
    if "anyOf" in schema:
        return _value(next(a for a in schema["anyOf"] if a.get("type") != "null"), defined, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema["type"]:
        case "object" if "properties" in schema:
            return {n: _value(s, defined, n) for n, s in schema["properties"].items()}
        case "object":
            inner = schema.get("additionalProperties") or next(iter(schema.get("patternProperties", {}).values()))
            return {"EUR": _value(inner, defined, name)}
        case "array":
            return [_value(schema["items"], defined, name)]
        case "integer":
            return 4000 if name.endswith("_minor") else max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case _:
            return _text(schema, name)


def _text(schema: Mapping[str, Any], name: str) -> str:
    if schema.get("format") == "date":
        return "2026-03-31"
    if schema.get("format") == "date-time":
        return "2026-03-31T12:00:00Z"
    known = {"currency": "EUR", "base": "EUR", "quote": "USD", "country": "DE", "language": "de", "quantity": "2.5"}
    if (kind := name if name in known else name.rpartition("_")[2]) in known:
        return known[kind]
    is_decimal = r"\d{1,15}" in schema.get("pattern", "")
    return "19.00" if is_decimal else f"{name.replace('_', '-')}-1"


def main() -> None:
    """Add golden files and baselines of what is new."""
    GOLDEN.mkdir(exist_ok=True)
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    for name, kind in BY_NAME.items():
        file = GOLDEN / f"{name}.json"
        if not file.exists():
            file.write_text(written(encode(message_of(kind))))
        now = fields_of(kind)
        before = baseline.setdefault(name, {})
        if not before or not list(breaks(before, now)):
            before.update({path: found for path, found in now.items() if path not in before})
    BASELINE.write_text(json.dumps(baseline, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
