"""Every error of the HTTP side as `application/problem+json` (RFC 9457): a stable code, a sentence, a hint."""

import logging
import shlex
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from .errors import FamilyMoved, HandlerFailed, Lost, Overtaken, Refused, of_the_record
from .quarantine import Halted

log = logging.getLogger("o2c.http")
MEDIA_TYPE = "application/problem+json"
_HINTS = {
    404: "the paths are listed in /openapi.json",
    405: "the methods of each path are listed in /openapi.json",
}


class FieldProblem(BaseModel):
    """One field that does not fit."""

    field: str
    text: str


class Problem(BaseModel):
    """What an error answers with; `code` never changes its meaning."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    fields: list[FieldProblem] = []


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": HTTPStatus(status).phrase, "model": Problem, "content": {MEDIA_TYPE: {}}}
    for status in (400, 401, 403, 404, 409, 422, 503)
}
"""For the OpenAPI document of every route."""


def problem(status: int, code: str, text: str, hint: str = "", fields: Sequence[FieldProblem] = ()) -> Response:
    content = Problem(
        type=f"urn:o2c:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=text,
        code=code,
        hint=hint,
        fields=list(fields),
    )
    headers = {"retry-after": "2"} if status == 503 else None
    body = orjson.dumps(content.model_dump(exclude_defaults=True))
    return Response(body, status, headers=headers, media_type=MEDIA_TYPE)


def speak_problems(app: FastAPI) -> None:
    """From now on this app answers every error with a problem."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in (Halted, Lost, Overtaken, FamilyMoved, OSError, TimeoutError):
        app.add_exception_handler(kind, _unavailable)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    hint = error.hint or _hint_of(request, error.status)
    return problem(error.status, error.code, error.text, hint, getattr(error, "fields", ()))


def _hint_of(request: Request, status: int) -> str:
    """Where who refused had none: of a customer's documents, how they stand; else how they are named."""
    customer = str(request.path_params.get("customer_id", ""))
    if customer and status in (403, 404, 409, 422):
        return f"see how it stands: o2c customer {shlex.quote(customer)}"
    return "numbers are written as in the events that brought them" if status == 404 else ""


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [FieldProblem(field=place_of(e["loc"]), text=e["msg"]) for e in error.errors()]
    first = f"{fields[0].field}: {fields[0].text}" if fields else "the request does not fit"
    return problem(400, "bad-request", first, "each parameter is described in /openapi.json", fields)


def place_of(loc: Sequence[int | str]) -> str:
    """`("query", "limit")` -> `limit`; `("lines", 0, "quantity")` -> `lines.0.quantity`."""
    parts = loc[1:] if loc and loc[0] in ("query", "path", "header", "body") else loc
    return ".".join(map(str, parts)) or "body"


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    text = str(error.detail) if error.detail else HTTPStatus(error.status_code).phrase
    answer = problem(error.status_code, code, text, _HINTS.get(error.status_code, ""))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _unavailable(request: Request, error: Exception) -> Response:
    """The world's fault: nothing was done, the same request may come again."""
    log.warning("unavailable", extra={"path": request.url.path, "error": f"{type(error).__name__}: {error}"})
    code = "halted" if isinstance(error, Halted) else "unavailable"
    return problem(503, code, str(error) or type(error).__name__, "nothing was changed; send the same request again")


async def _unexpected(request: Request, error: Exception) -> Response:
    """A defect, told apart from what the database refuses; details go to the log only."""
    if isinstance(error, HandlerFailed):
        log.error("handler failed", extra={"path": request.url.path}, exc_info=error)
        return problem(500, "handler-failed", "the service could not handle this; nothing was changed", "see its log")
    if of_the_record(error):
        return problem(422, "refused-by-database", "a value does not fit its column; nothing was changed")
    if getattr(error, "sqlstate", None):
        return await _unavailable(request, error)
    log.error("unexpected", extra={"path": request.url.path}, exc_info=error)
    return problem(500, "internal", "an unexpected error; nothing was changed", "see the service's log")
