"""What is written out of the code for others to read: schemas, the AsyncAPI document, the map of events."""

from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from o2c_chassis.service import Service
from o2c_chassis.settings import Settings, table
from o2c_contracts.event import Event
from o2c_contracts.topics import BY_NAME, OUTSIDE, OWN, PARTITIONS, TOPICS, WRITER, topic
from ruamel.yaml import YAML

from .calling import FOUND, say, stop
from .local_kafka import CHECKOUT
from .running import installed

Check = Annotated[bool, typer.Option("--check", help="write nothing; exit code 1 where something is not current")]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas(check: Check = False) -> None:
    """Write contracts/schemas and contracts/asyncapi.yaml anew from the events.

    Examples:
      o2c schemas
      o2c schemas --check
    """
    folder = CHECKOUT / "contracts"
    found = {folder / "schemas" / f"{name}.json": text for name, text in schema_files().items()}
    stale = [p for p in (folder / "schemas").glob("*.json") if p not in found]
    _write(found | {folder / "asyncapi.yaml": asyncapi(installed())}, stale, check)


def settings_table() -> str:
    """For docs/operators.md: `<SERVICE>_` stands for the service's name in capitals, or `O2C_` for all of them."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for name, value, meaning in table("<service>", Settings):
        lines.append(f"| `{name}` | {f'`{value}`' if value else ''} | {meaning} |")
    return "\n".join(lines)


def event_map(check: Check = False) -> None:
    """Write docs/event-map.md and the table of settings in docs/operators.md anew.

    Examples:
      o2c event-map
    """
    operators = CHECKOUT / "docs" / "operators.md"
    documents = {CHECKOUT / "docs" / "event-map.md": event_map_text(installed())}
    _write(documents | {operators: with_settings(operators.read_text())}, [], check)


def with_settings(page: str) -> str:
    """The operators' guide with its table of settings written anew."""
    before, begin, rest = page.partition("<!-- settings -->\n")
    _, end, after = rest.partition("<!-- /settings -->")
    return f"{before}{begin}{settings_table()}\n{end}{after}" if begin and end else page


def schema_files() -> dict[str, str]:
    """Event -> its JSON Schema, as it stands in its file."""
    return {
        name: orjson.dumps(schema_of(kind), option=orjson.OPT_INDENT_2).decode() + "\n"
        for name, kind in BY_NAME.items()
    }


def schema_of(kind: type[Event]) -> dict[str, Any]:
    """What a publisher may write; readers pass over fields they do not know."""
    schema = kind.model_json_schema()
    return {"$schema": _DIALECT, "$id": f"urn:o2c:{kind.__name__}:1", **schema}


def asyncapi(services: Mapping[str, Service]) -> str:
    """The AsyncAPI 3 document: a channel for each topic, what each service sends and receives."""
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "o2c events",
            "version": "1",
            "description": "CloudEvents 1.0, binary mode on Kafka; the key of a record is its partitionkey.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, kinds) for name, kinds in TOPICS.items()},
        "operations": dict(_operations(services)),
        "components": {
            "messages": {name: _message(name, kind) for name, kind in BY_NAME.items()},
            "messageTraits": {"cloudevent": {"headers": _HEADERS}},
        },
    }
    yaml, text = YAML(), StringIO()
    yaml.default_flow_style, yaml.width = False, 120
    yaml.dump(document, text)
    return text.getvalue()


_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "with the source it names the event"},
        "ce_source": {"type": "string", "description": "who says so"},
        "ce_type": {"type": "string"},
        "ce_subject": {"type": "string", "description": "what it is about"},
        "ce_time": {
            "type": "string",
            "format": "date-time",
            "description": "when it happened, by its publisher's word",
        },
        "ce_recordedat": {"type": "string", "format": "date-time", "description": "when it was taken in, stamped once"},
        "ce_businessdate": {
            "type": "string",
            "format": "date",
            "description": "the document's date in its entity's zone",
        },
        "ce_partitionkey": {"type": "string", "description": "c:customer, p:payer, r:reference or s:service"},
        "ce_customerid": {"type": "string"},
        "ce_legalentity": {"type": "string"},
        "ce_streamversion": {
            "type": "string",
            "description": "gap-free for each writer and key; our own services only",
        },
        "ce_causedby": {"type": "string", "description": "source/id of the event it follows from"},
        "ce_correlationid": {"type": "string", "description": "source/id of the event that began it"},
        "ce_actor": {"type": "string"},
        "ce_onbehalfof": {"type": "string"},
        "ce_world": {"type": "string", "description": "live, or the name of a simulation"},
        "ce_mustknow": {"type": "string", "description": "true: who does not know the type must stop for the customer"},
        "ce_dataschema": {"type": "string"},
        "ce_traceparent": {"type": "string"},
    },
}


def _channel(name: str, kinds: Mapping[str, type[Event]]) -> dict[str, Any]:
    return {
        "address": name,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
        "bindings": {"kafka": {"topic": name, "partitions": PARTITIONS}},
    }


def _message(name: str, kind: type[Event]) -> dict[str, Any]:
    return {
        "name": name,
        "summary": summary(kind),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": {"$ref": f"./schemas/{name}.json"},
    }


def _operations(services: Mapping[str, Service]) -> Iterator[tuple[str, Any]]:
    for name, service in services.items():
        own = topic(name)
        yield f"{name}-tells", _operation("send", own, list(TOPICS[own]))
        for heard_topic in service.topics:
            kinds = [k for k in TOPICS[heard_topic] if name in heard_by(k, heard_topic, services)]
            yield f"{name}-hears-{heard_topic.split('.')[1]}", _operation("receive", heard_topic, kinds)


def _operation(action: str, channel: str, kinds: list[str]) -> dict[str, Any]:
    at = f"#/channels/{channel}"
    return {"action": action, "channel": {"$ref": at}, "messages": [{"$ref": f"{at}/messages/{k}"} for k in kinds]}


def heard_by(kind: str, topic_: str, services: Mapping[str, Service]) -> list[str]:
    """Which services do something with this event of this topic."""
    writer = WRITER.get(topic_)

    def hears(service: Service) -> bool:
        mine = (h for h in service.hears if h.event.__name__ == kind)
        return topic_ in service.topics and any(not h.of or writer in h.of for h in mine)

    return [name for name, service in services.items() if hears(service)]


def event_map_text(services: Mapping[str, Service]) -> str:
    """Markdown, generated."""
    lines = [
        "# Who tells, who hears",
        "",
        "Written by `o2c event-map` from the code; a test fails when it is not current. The JSON Schema of each event",
        "lies in `contracts/schemas`, all of it as AsyncAPI 3 in `contracts/asyncapi.yaml`.",
    ]
    for name in OUTSIDE:
        lines += ["", f"## `{name}` — other systems tell", "", *_told(name, services)]
    for name in OWN:
        lines += ["", f"## `{name}` — {WRITER[name]} tells", "", *_told(name, services)]
    lines += [
        "",
        "## What people may ask",
        "",
        "| service | command | path below `/v1/<service>/customers/{customer_id}/` | |",
    ]
    lines += ["|---|---|---|---|"]
    for name, service in services.items():
        lines += [f"| {name} | {c.__name__} | `{c.route}` | {summary(c)} |" for c in service.commands]
    lines += ["", "## What time brings", "", "| service | deadline |", "|---|---|"]
    lines += [f"| {name} | `{due.kind}` |" for name, service in services.items() for due in service.dues]
    return "\n".join(lines) + "\n"


def _told(name: str, services: Mapping[str, Service]) -> Iterator[str]:
    yield "| event | says | heard by |"
    yield "|---|---|---|"
    for kind, model in TOPICS[name].items():
        heard = ", ".join(heard_by(kind, name, services))
        yield f"| [{kind}](../contracts/schemas/{kind}.json) | {summary(model)} | {heard} |"


def summary(kind: type[Event]) -> str:
    """The first sentence of its docstring."""
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split()).replace("|", "\\|")


def _write(found: Mapping[Path, str], stale: list[Path], check: bool) -> None:
    if not (CHECKOUT / "contracts").is_dir():
        stop("this is no checkout: there is nowhere to write to")
    changed = [p for p, text in found.items() if not p.exists() or p.read_text() != text] + stale
    for path in changed:
        say.print(
            f"{'not current' if check else 'written' if path in found else 'removed'}: {path.relative_to(CHECKOUT)}"
        )
        if not check and path in found:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(found[path])
        elif not check:
            path.unlink()
    raise typer.Exit(FOUND if check and changed else 0)
