"""JSON from strangers: bounded, valid UTF-8, no repeated key, no NaN, not deep; refused before any model sees it."""

import json
import re
from typing import Any

from fastapi import Request

from .errors import Refused

MOST_BYTES = 1_000_000
DEEPEST = 32
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


async def body_of(request: Request, most: int = MOST_BYTES) -> bytes:
    """The whole body; 413 as soon as it is too large, whatever its length header says."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(most)
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > most:
            raise _too_large(most)
    return bytes(received)


def read(body: bytes, deepest: int = DEEPEST) -> Any:
    """What the JSON says; numbers with a fraction or an exponent come as float, which strict models refuse."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refused("invalid-utf8", f"the body is not UTF-8 at byte {error.start}", status=400) from error
    if _depth(body) > deepest:
        raise Refused("too-deep", f"the body nests deeper than {deepest}", status=400)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except Refused:
        raise
    except (ValueError, RecursionError) as error:
        raise Refused("not-json", f"the body is no JSON: {error}", status=400) from error


def _too_large(most: int) -> Refused:
    return Refused("too-large", f"the body is larger than {most} bytes", "send a smaller batch", 413)


def _depth(body: bytes) -> int:
    """The deepest nesting, counted before anything recurses."""
    deepest = now = 0
    for character in _STRING.sub(b"", body):
        if character in b"[{":
            now += 1
            deepest = max(deepest, now)
        elif character in b"]}":
            now -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused("duplicate-key", f"the key {twice[:80]!r} stands there twice", status=400)
    return found


def _no_constant(name: str) -> Any:
    raise Refused("not-a-number", f"{name} is no JSON number", "write amounts as whole minor units", 400)
