"""People's commands over HTTP: each is an event that takes the service's path once, claimed by its Idempotency-Key."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from o2c_contracts.event import Envelope, Message
from pydantic import BaseModel, ValidationError

from . import strict_json
from .auth import Caller, Who
from .commands import Command
from .errors import Refused
from .people import hash_of_body, on_command
from .problems import FieldProblem, place_of
from .running import Running

_PLACE = re.compile(r"{(\w+)}")


class ToldEvent(BaseModel):
    type: str
    id: str
    subject: str


class Reply(BaseModel):
    """What came of a command; the same Idempotency-Key is answered the same again."""

    command: str
    id: str
    told: list[ToldEvent]
    decisions: list[str]


class BadFields(Refused):
    """The body does not fit the command: every field that does not, at once."""

    def __init__(self, fields: list[FieldProblem]) -> None:
        super().__init__("bad-content", f"{fields[0].field}: {fields[0].text}", "see /openapi.json", 422)
        self.fields = fields


IdempotencyKey = Annotated[
    str, Header(min_length=1, max_length=200, description="yours for this command; send the same again to repeat it")
]


def commands_of(running: Running) -> APIRouter:
    """A route for every command the service hears: path parameters and body together are its fields."""
    router = APIRouter()
    for kind in running.service.commands:
        router.add_api_route(
            f"/customers/{{customer_id}}/{kind.route}",
            _route(running, kind),
            methods=["POST"],
            name=kind.__name__,
            summary=(kind.__doc__ or kind.__name__).strip().splitlines()[0],
            response_model=Reply,
            openapi_extra=_document(kind),
        )
    return router


def _route(running: Running, kind: type[Command]) -> Any:
    async def command(request: Request, who: Who, idempotency_key: IdempotencyKey) -> dict[str, Any]:
        if not idempotency_key.isprintable() or not idempotency_key.isascii():
            raise Refused("bad-key", "an Idempotency-Key is 1 to 200 printable ASCII characters", status=400)
        body = await strict_json.body_of(request)
        event = _event(kind, request.path_params, strict_json.read(body) if body.strip() else {}, who)
        envelope = _envelope(running, kind, who, idempotency_key, request)
        whole = request.scope["path"].encode() + b"\n" + body
        await running.rules.refresh()
        return await on_command(running.path, Message(envelope, event, hash_of_body(whole)))

    return command


def _event(kind: type[Command], path: Mapping[str, Any], body: Any, who: Caller) -> Command:
    """Strictly: what the path or the token says, the body may not."""
    if not isinstance(body, dict):
        raise Refused("bad-content", "the body must be a JSON object", status=422)
    free = kind.model_fields.keys() - path.keys() - {"roles"}
    if unknown := sorted(body.keys() - free):
        raise BadFields([FieldProblem(field=name[:80], text="is no field of this body") for name in unknown])
    try:
        return kind.model_validate_json(json.dumps(body | dict(path) | {"roles": who.roles}))
    except ValidationError as error:
        raise BadFields([FieldProblem(field=place_of(e["loc"]), text=e["msg"]) for e in error.errors()]) from error
    except ValueError as error:
        raise Refused("bad-content", str(error), status=422) from error


def _envelope(running: Running, kind: type[Command], who: Caller, key: str, request: Request) -> Envelope:
    now = running.clock.now()
    return Envelope(
        source=f"{running.service.name}/{who.actor}/{kind.route}",
        id=key,
        type=kind.__name__,
        time=now,
        recorded_at=now,
        business_date=now.date(),
        world=running.world,
        actor=who.actor,
        on_behalf_of=who.on_behalf_of,
        traceparent=_traceparent(request),
    )


def _traceparent(request: Request) -> str | None:
    given = request.headers.get("traceparent", "")
    return given if re.fullmatch(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", given) else None


def _document(kind: type[Command]) -> dict[str, Any]:
    """For OpenAPI: the path's parameters, and a body of the fields that neither path nor token gives."""
    names = ["customer_id", *_PLACE.findall(kind.route)]
    schema = kind.model_json_schema()
    defined = schema.pop("$defs", {})
    schema["properties"] = {n: s for n, s in schema["properties"].items() if n not in (*names, "roles")}
    schema["required"] = [n for n in schema.get("required", []) if n in schema["properties"]]
    schema["additionalProperties"] = False
    body = {"required": bool(schema["required"]), "content": {"application/json": {"schema": _whole(schema, defined)}}}
    path = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    return {"parameters": path, "requestBody": body}


def _whole(schema: Any, defined: Mapping[str, Any]) -> Any:
    """The schema with what it refers to written out, so that it can stand anywhere."""
    if isinstance(schema, list):
        return [_whole(part, defined) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _whole(defined[schema["$ref"].rpartition("/")[2]], defined)
    return {name: _whole(part, defined) for name, part in schema.items()}
