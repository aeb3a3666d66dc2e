"""Recorded decisions and what became of documents, page by page, for whoever keeps them as files. Read-only."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response

from .auth import Caller, Who
from .decisions import CHAINS
from .errors import Refused
from .exporting_pages import decisions_after, outcomes_after
from .operating import OPERATOR
from .reads import Here, Reads

AUDITOR = "auditor"
LINES = "application/x-ndjson"
EACH_MOST, DOCUMENTS_MOST = 200, 2_000
router = APIRouter(prefix="/export")


@router.get("/decisions", response_class=Response)
async def decisions(
    reads: Reads,
    who: Who,
    after: Annotated[str, Query(description=f"the last number had of each of the {CHAINS} chains, with commas")] = "",
    each: Annotated[int, Query(ge=1, le=EACH_MOST, description="at most so many of each chain")] = 64,
) -> Response:
    """What was recorded behind a watermark, as JSON lines by chain and number; nothing where all of it was had."""
    _demand(who)
    lines = await decisions_after(reads, _watermark(after), each)
    return Response(b"".join(line.as_bytes() + b"\n" for line in lines), media_type=LINES)


@router.get("/outcomes", response_class=Response)
async def outcomes(
    running: Here,
    reads: Reads,
    who: Who,
    after: Annotated[str, Query(max_length=300, description="kind/document of the last one had")] = "",
    limit: Annotated[int, Query(ge=1, le=DOCUMENTS_MOST)] = DOCUMENTS_MOST,
) -> Response:
    """What became of documents by now, as JSON lines by kind and name; nothing behind the last of them."""
    _demand(who)
    found = await outcomes_after(running.service, reads, after, limit)
    return Response(b"".join(orjson.dumps(each) + b"\n" for each in found), media_type=LINES)


def _demand(who: Caller) -> None:
    if AUDITOR not in who.roles:
        who.demand(OPERATOR)


def _watermark(after: str) -> list[int]:
    numbers = after.split(",") if after else ["0"] * CHAINS
    if len(numbers) != CHAINS or not all(n.isascii() and n.isdigit() and len(n) < 19 for n in numbers):
        raise Refused("bad-watermark", f"a watermark is {CHAINS} numbers with commas", "start without one", 400)
    return [int(n) for n in numbers]
