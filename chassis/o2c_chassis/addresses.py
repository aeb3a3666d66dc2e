"""Which document a path names: numbers are other systems' own, so a slash in one is no end of its segment.

Servers hand over a decoded path, in which nobody can tell the two apart: routes are found on the path as it was sent.
"""

from urllib.parse import quote, unquote

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from .problems import problem
from .subjects import segment

_DOTS = (".", "..")


async def named(request: Request) -> None:
    """What a route's parameters name. To stand before every route of an app behind PlainAddresses."""
    request.scope["path_params"] = {n: _decoded(v) for n, v in request.scope["path_params"].items()}


class PlainAddresses:
    """Keeps each segment of a path one segment, whatever it names; refuses what names nothing.

    That is: control characters in paths and queries, which neither PostgreSQL nor a log takes; segments that are no
    UTF-8; and dot segments, which lead elsewhere once somebody on the way takes them at their word.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            path = _path_of(scope)
        except ValueError as error:
            await problem(400, "bad-address", str(error))(scope, receive, send)
            return
        await self._app({**scope, "path": path}, receive, send)


def _path_of(scope: Scope) -> str:
    """Decoded but for a slash or a percent sign within a segment. Raises ValueError with what is wrong."""
    sent: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    segments = sent.partition(b"?")[0].decode("ascii", "surrogateescape").split("/")
    if any(segment in _DOTS for segment in segments):
        raise ValueError("a path has no dot segments; in a name each dot is written %2E")
    try:
        names = [unquote(segment, errors="strict") for segment in segments]
        "".join(names).encode()
    except UnicodeError as error:
        raise ValueError("paths are UTF-8, percent-encoded") from error
    if _unprintable(scope) or any(ord(c) < 32 or ord(c) == 127 for name in names for c in name):
        raise ValueError("paths and queries hold no control characters")
    return "/".join(map(segment, names))


def _decoded(value: object) -> object:
    return value.replace("%2F", "/").replace("%25", "%") if isinstance(value, str) else value


def _unprintable(scope: Scope) -> bool:
    query = scope.get("query_string", b"").lower()
    return any(query[at + 1 : at + 2] in (b"0", b"1") for at in _percents(query)) or b"%7f" in query


def _percents(query: bytes) -> list[int]:
    return [at for at, byte in enumerate(query) if byte == ord("%")]
