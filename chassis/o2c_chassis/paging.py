"""Long lists in pages: a cursor is opaque, bound to its question, and refused when anybody changed it."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import Depends, Query, Request
from pydantic import BaseModel

from .errors import Refused

T = TypeVar("T")
LIMIT, MOST = 50, 500
_MAC_BYTES = 12


class Page(BaseModel, Generic[T]):
    """Some items in order; `next` is the cursor of the page behind them, none at the end."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page: `after` holds the sort values of the last item before it, None for the first page."""

    limit: int
    after: tuple[str | int, ...] | None
    question: str
    secret: bytes

    @property
    def most(self) -> int:
        """Rows to fetch: one more than the page holds tells whether there is another page."""
        return self.limit + 1


def _paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST, description=f"items of a page, at most {MOST}")] = LIMIT,
    cursor: Annotated[str, Query(max_length=1000, description="`next` of the page before")] = "",
) -> Asked:
    asked = sorted((n, v) for n, v in request.query_params.multi_items() if n not in ("limit", "cursor"))
    question = orjson.dumps([request.scope["path"], asked]).decode()
    secret: bytes = request.app.state.cursor_secret
    return Asked(limit, _opened(cursor, question, secret) if cursor else None, question, secret)


Paging = Annotated[Asked, Depends(_paging)]
"""In a route: `async def items(reads: Reads, paging: Paging) -> Page[Item]`."""


def page_of(rows: Sequence[T], paging: Asked, key: Callable[[T], Sequence[str | int]]) -> Page[T]:
    """The page out of at most `paging.most` rows sorted by `key`; the query asks for rows behind `paging.after`."""
    items = list(rows[: paging.limit])
    more = len(rows) > paging.limit
    return Page(items=items, next=_sealed(list(key(items[-1])), paging.question, paging.secret) if more else None)


def _sealed(values: list[str | int], question: str, secret: bytes) -> str:
    body = orjson.dumps(values)
    return urlsafe_b64encode(_mac(body, question, secret) + body).decode().rstrip("=")


def _opened(cursor: str, question: str, secret: bytes) -> tuple[str | int, ...]:
    try:
        content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        content = b""
    mac, body = content[:_MAC_BYTES], content[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(body, question, secret)):
        raise Refused("bad-cursor", "this cursor was not given for this question", "start without a cursor", 400)
    return tuple(orjson.loads(body))


def _mac(body: bytes, question: str, secret: bytes) -> bytes:
    return hmac.new(secret, question.encode() + b"\0" + body, sha256).digest()[:_MAC_BYTES]
