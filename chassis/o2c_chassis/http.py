"""The HTTP side of a service: questions out of its database, people's commands down the path, operators' hands.

Nothing here writes a service's table: a command takes the same path as a record.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from . import answers, exporting, operating, shadowing
from .acting import commands_of
from .addresses import PlainAddresses, named
from .auth import Identify, Who, who_asks
from .errors import Refused
from .health import Patience, probes_of
from .paging import Asked, Page, Paging, page_of
from .problems import RESPONSES, speak_problems
from .reads import Reads
from .running import Running

__all__ = ["Asked", "Page", "Paging", "Reads", "Who", "found", "page_of", "service_app"]


_ALIKE = {
    "what happened and why": answers.router,
    "operators": operating.router,
    "history": exporting.router,
    "rules on trial": shadowing.router,
}
"""What every service is asked in the same way."""


def service_app(running: Running, identify: Identify, bounds: Patience | None = None) -> FastAPI:
    """One service's address: its own questions and commands, and the chassis's, below `/v1/<service>`.

    Whatever is below `/v1` wants to know who asks; the probes of the machine room tell counts only.
    """
    name = running.service.name
    app = app_of(f"o2c {name}", identify)
    app.state.running = running
    app.state.cursor_secret = sha256(f"cursor of {name} {running.database.url}".encode()).digest()
    guarded = APIRouter(prefix=f"/v1/{name}", dependencies=[Depends(who_asks)], responses=RESPONSES)
    for tag, router in _ALIKE.items():
        guarded.include_router(router, tags=[tag])
    guarded.include_router(commands_of(running), tags=["commands"])
    if running.service.api is not None:
        guarded.include_router(_not_shadowed(running.service.api), tags=[name])
    app.include_router(guarded)
    app.include_router(probes_of(running, bounds))
    return app


class Shadowed(Exception):
    """A service's question has the path of one that the chassis answers for every service: nobody would reach it."""


def _not_shadowed(own: APIRouter) -> APIRouter:
    """Refuses to start with a question that nobody could ask. Raises Shadowed."""
    taken = {shape for router in _ALIKE.values() for shape in _shapes(router)}
    if hidden := sorted(f"{method} {path}" for method, path in taken.intersection(_shapes(own))):
        raise Shadowed(f"{', '.join(hidden)}: the chassis answers that for every service; give it another path")
    return own


def _shapes(router: APIRouter) -> Iterator[tuple[str, str]]:
    """Methods and paths, whatever their parameters are called."""
    for route in router.routes:
        path = re.sub(r"{[^}]*}", "{}", getattr(route, "path", ""))
        yield from ((method, path) for method in getattr(route, "methods", None) or ())


def app_of(title: str, identify: Identify, document: str | None = "/openapi.json") -> FastAPI:
    """An app that answers errors with problems, serves no page that loads from elsewhere, and knows who asks.

    A parameter of a path is the name as it was sent, with whatever slashes it has.
    """
    app = FastAPI(
        title=title,
        version="1",
        openapi_url=document,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(named)],
    )
    app.state.identify = identify
    speak_problems(app)
    app.add_middleware(PlainAddresses)
    return app


def found(row: Any, what: str) -> Any:
    """The row, or 404."""
    if row is None:
        raise Refused("not-found", f"there is no {what}", status=404)
    return row
