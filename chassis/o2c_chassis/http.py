"""The HTTP side of a service: questions out of its database, people's commands down the path, operators' hands.

Nothing here writes a service's table: a command takes the same path as a record.
"""

from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from . import answers, exporting, operating, shadowing
from .acting import commands_of
from .auth import Identify, Who, who_asks
from .errors import Refused
from .health import Patience, probes_of
from .paging import Asked, Page, Paging, page_of
from .problems import RESPONSES, problem, speak_problems
from .reads import Reads
from .running import Running

__all__ = ["Asked", "Page", "Paging", "Reads", "Who", "found", "page_of", "service_app"]


def service_app(running: Running, identify: Identify, bounds: Patience | None = None) -> FastAPI:
    """One service's address: its own questions and commands, and the chassis's, below `/v1/<service>`.

    Whatever is below `/v1` wants to know who asks; the probes of the machine room tell counts only.
    """
    name = running.service.name
    app = app_of(f"o2c {name}", identify)
    app.state.running = running
    app.state.cursor_secret = sha256(f"cursor of {name} {running.database.url}".encode()).digest()
    guarded = APIRouter(prefix=f"/v1/{name}", dependencies=[Depends(who_asks)], responses=RESPONSES)
    guarded.include_router(answers.router, tags=["what happened and why"])
    guarded.include_router(operating.router, tags=["operators"])
    guarded.include_router(exporting.router, tags=["history"])
    guarded.include_router(shadowing.router, tags=["rules on trial"])
    guarded.include_router(commands_of(running), tags=["commands"])
    if running.service.api is not None:
        guarded.include_router(_not_shadowed(running.service.api, guarded), tags=[name])
    app.include_router(guarded)
    app.include_router(probes_of(running, bounds))
    return app


def _not_shadowed(own: APIRouter, chassis: APIRouter) -> APIRouter:
    """What the chassis asks every service is answered the same by each: a question of that path stays out."""
    taken = {getattr(r, "path", "").removeprefix(chassis.prefix) for r in chassis.routes}
    kept = APIRouter()
    kept.routes.extend(r for r in own.routes if getattr(r, "path", "") not in taken)
    return kept


def app_of(title: str, identify: Identify, document: str | None = "/openapi.json") -> FastAPI:
    """An app that answers errors with problems, serves no page that loads from elsewhere, and knows who asks."""
    app = FastAPI(title=title, version="1", openapi_url=document, docs_url=None, redoc_url=None)
    app.state.identify = identify
    speak_problems(app)
    app.add_middleware(PlainAddresses)
    return app


class PlainAddresses:
    """Refuses control characters in paths and queries: neither PostgreSQL nor a log takes them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _unprintable(scope):
            text = "paths and queries hold no control characters"
            await problem(400, "bad-address", text)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _unprintable(scope: Scope) -> bool:
    query = scope.get("query_string", b"").lower()
    encoded = any(query[at + 1 : at + 2] in (b"0", b"1") for at in _percents(query)) or b"%7f" in query
    return encoded or any(ord(c) < 32 or ord(c) == 127 for c in scope["path"])


def _percents(query: bytes) -> list[int]:
    return [at for at, byte in enumerate(query) if byte == ord("%")]


def found(row: Any, what: str) -> Any:
    """The row, or 404."""
    if row is None:
        raise Refused("not-found", f"there is no {what}", status=404)
    return row
