"""The one address: takes events in, forwards to the services, and shows their answers side by side. No state."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import orjson
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import Response
from o2c_chassis import strict_json
from o2c_chassis.answers import ApprovalStatus
from o2c_chassis.auth import AS, Identify, who_asks
from o2c_chassis.errors import Refused
from o2c_chassis.http import app_of
from o2c_chassis.problems import RESPONSES

from .intake import Intake, intake_of
from .openapi import merged
from .rules_desk import RulesDesk, rules_of_desk

Clients = Mapping[str, httpx.AsyncClient]
"""Service -> a client for its address; in the embedded run without a network between."""
_SENT = (AS, "authorization", "idempotency-key", "content-type", "traceparent", "accept")
_BACK = ("content-type", "retry-after")
_PAGES_MOST = 20
_PROBE_SECONDS = 0.5
"""Whoever probes this address waits for a second as a rule."""


def client_of(address: str | Any) -> httpx.AsyncClient:
    """For a service at an http address, or for its app in this process."""
    if isinstance(address, str):
        return httpx.AsyncClient(base_url=address, timeout=30)
    transport = httpx.ASGITransport(address, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60)


def desk_app(intake: Intake, identify: Identify, clients: Clients, rules: RulesDesk | None = None) -> FastAPI:
    """The console's app. `rules`: the store that this address keeps, where it keeps one."""
    app = app_of("o2c", identify, document=None)
    app.state.cursor_secret = sha256(b"the desk gives no cursors of its own").digest()
    app.include_router(intake_of(intake))
    app.include_router(_views(clients))
    app.include_router(_health(intake, clients))
    own = app.openapi

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> dict[str, Any]:
        """Of the desk and every service that answers."""
        answers = await asyncio.gather(*(_fetch(c, "/openapi.json") for c in clients.values()))
        return merged(own(), {name: a for name, a in zip(clients, answers, strict=True) if isinstance(a, dict)})

    if rules is not None:
        app.include_router(rules_of_desk(rules))
    app.include_router(_forwarding(clients))
    return app


def _views(clients: Clients) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["all services"], dependencies=[Depends(who_asks)], responses=RESPONSES)

    @router.get("/events")
    async def fate(request: Request, source: str, id: str) -> dict[str, Any]:
        """What became of an event in each service, and everything that followed from it, in order."""
        found, silent = await _ask_all(clients, request, "events", {"source": source, "id": id})
        told = [{"service": f["service"], **t} for f in found.values() for t in f.pop("told")]
        return {"source": source, "id": id, "services": found, "told": in_order(told), "unreachable": silent}

    @router.get("/customers/{customer_id}")
    async def customer(request: Request, customer_id: str) -> dict[str, Any]:
        """A customer's story across all services, in order."""
        found, silent = await _list_all(clients, request, "timeline", {"customer": customer_id})
        story = in_order([h for rows in found.values() for h in rows])
        return {"customer_id": customer_id, "items": story, "unreachable": silent}

    @router.get("/status")
    async def status(request: Request) -> dict[str, Any]:
        """How every service is doing."""
        found, silent = await _ask_all(clients, request, "status", {})
        return {"services": found, "unreachable": silent}

    @router.get("/approvals")
    async def approvals(request: Request, status: ApprovalStatus = "open", customer: str = "") -> dict[str, Any]:
        """What waits for people's agreement, wherever, the most urgent first."""
        found, silent = await _list_all(clients, request, "approvals", {"status": status, "customer": customer})
        rows = sorted((a for rows in found.values() for a in rows), key=lambda a: (a["expires_at"], a["approval_id"]))
        return {"items": rows, "unreachable": silent}

    @router.get("/verify")
    async def verify(request: Request) -> dict[str, Any]:
        """Every identity and every decision chain of every service."""
        found, silent = await _ask_all(clients, request, "verify", {})
        return {"services": found, "unreachable": silent}

    return router


def _health(intake: Intake, clients: Clients) -> APIRouter:
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready")
    async def ready() -> Response:
        """503 while events could not be taken in. A silent service is named: events wait for it on their topics."""
        silent = await silent_among(clients)
        try:
            await intake.bus.check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why nothing can be taken in
            body = {"status": "failing", "problems": [f"{type(error).__name__}: {error}"], "silent": silent}
            return Response(orjson.dumps(body), 503, media_type="application/json")
        return Response(orjson.dumps({"status": "ok", "silent": silent}), media_type="application/json")

    return router


async def silent_among(clients: Clients) -> list[str]:
    """The services that do not answer at once, whatever they would say."""

    async def is_silent(client: httpx.AsyncClient) -> bool:
        try:
            await asyncio.wait_for(client.get("/health/live"), _PROBE_SECONDS)
        except (httpx.HTTPError, TimeoutError):
            return True
        return False

    found = await asyncio.gather(*map(is_silent, clients.values()))
    return [name for name, silent in zip(clients, found, strict=True) if silent]


def _forwarding(clients: Clients) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/v1/{service}/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def forward(request: Request, service: str, path: str) -> Response:
        """As it came, to the service; its answer as it gave it."""
        client = clients.get(service)
        if client is None:
            raise Refused("not-found", f"there is no service {service[:40]!r}", f"one of {', '.join(clients)}", 404)
        raw = request.scope.get("raw_path") or request.url.path.encode()
        query = request.scope["query_string"]
        target = client.base_url.copy_with(raw_path=raw + (b"?" + query if query else b""))
        body = await strict_json.body_of(request)
        sent = client.build_request(request.method, target, content=body, headers=_passed_on(request))
        return await _forwarded(client, sent, service)

    return router


async def _forwarded(client: httpx.AsyncClient, sent: httpx.Request, service: str) -> Response:
    try:
        answer = await client.send(sent)
    except httpx.HTTPError as error:
        hint = "send the same request again: a command with the same Idempotency-Key is done once"
        raise Refused("unreachable", f"{service} does not answer: {type(error).__name__}", hint, 503) from error
    headers = {n: answer.headers[n] for n in _BACK if n in answer.headers}
    return Response(answer.content, answer.status_code, headers=headers)


def _passed_on(request: Request) -> dict[str, str]:
    return {n: request.headers[n] for n in _SENT if n in request.headers}


async def _ask_all(
    clients: Clients, request: Request, path: str, query: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Each service's answer; who did not answer. A refusal of the caller comes through."""
    asked = (_fetch(c, f"/v1/{name}/{path}", query, _passed_on(request)) for name, c in clients.items())
    answers = dict(zip(clients, await asyncio.gather(*asked), strict=True))
    found = {name: a for name, a in answers.items() if a is not None}
    return found, [name for name in clients if name not in found]


async def _list_all(
    clients: Clients, request: Request, path: str, query: Mapping[str, Any]
) -> tuple[dict[str, list[Any]], list[str]]:
    """All pages of each service's list, up to a bound."""

    async def pages(name: str, client: httpx.AsyncClient) -> list[Any] | None:
        rows: list[Any] = []
        cursor = ""
        for _ in range(_PAGES_MOST):
            more = {"limit": 500, "cursor": cursor} if cursor else {"limit": 500}
            page = await _fetch(client, f"/v1/{name}/{path}", {**query, **more}, _passed_on(request))
            if page is None:
                return None
            rows += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        return rows

    answers = dict(zip(clients, await asyncio.gather(*(pages(n, c) for n, c in clients.items())), strict=True))
    found = {name: rows for name, rows in answers.items() if rows is not None}
    return found, [name for name in clients if name not in found]


async def _fetch(
    client: httpx.AsyncClient,
    path: str,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """The JSON answer; None where the service does not answer."""
    try:
        answer = await client.get(path, params=query, headers=headers)
    except httpx.HTTPError:
        return None
    if answer.status_code in (401, 403):
        told = answer.json()
        raise Refused(told["code"], told["detail"], told.get("hint", ""), answer.status_code)
    return answer.json() if answer.status_code == 200 else None


def in_order(told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By recorded time; what followed stands behind what it followed from, though both carry the same instant."""
    by_name = {f"{t['service']}/{t['id']}": t for t in told}
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        chain = []
        while name in by_name and name not in depths and name not in chain:
            chain.append(name)
            name = by_name[name]["caused_by"]
        for above in reversed(chain):
            depths[above] = depths.get(by_name[above]["caused_by"], -1) + 1
        return depths.get(chain[0] if chain else name, 0)

    ordered = sorted(by_name.items(), key=lambda i: (i[1]["at"], depth(i[0]), i[1]["service"], i[1]["position"]))
    return [dict(t) for _, t in ordered]


@asynccontextmanager
async def closing(clients: Clients) -> AsyncIterator[Clients]:
    try:
        yield clients
    finally:
        await asyncio.gather(*(c.aclose() for c in clients.values()))
