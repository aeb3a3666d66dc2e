"""Recorded decisions and what became of documents, page by page, for whoever keeps them as files. Read-only."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from o2c_rules.history.lines import Line
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from .auth import Caller, Who
from .decisions import CHAINS
from .errors import Refused
from .operating import OPERATOR
from .reads import Here, Reads
from .service import Service

AUDITOR = "auditor"
LINES = "application/x-ndjson"
EACH_MOST, DOCUMENTS_MOST = 200, 2_000
# A page takes a few of each chain, so that it costs the same however long the chains are.
_AFTER = text(
    "select d.chain, d.seq, d.hash, d.body from unnest(cast(:seqs as bigint[])) with ordinality as w(seq, number) "
    "cross join lateral (select chain, seq, hash, body from decisions "
    "where chain = w.number - 1 and seq > w.seq order by seq limit :each) as d order by d.chain, d.seq"
)

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


async def decisions_after(db: AsyncConnection, seqs: Sequence[int], each: int) -> list[Line]:
    """Of each chain the next ones behind its number in `seqs`; in order of their chains."""
    rows = await db.execute(_AFTER, {"seqs": list(seqs), "each": each})
    return [Line(row.chain, row.seq, row.hash, row.body) for row in rows]


async def outcomes_after(service: Service, db: AsyncConnection, after: str, most: int) -> list[Mapping[str, Any]]:
    """The next documents behind `kind/document`, kind by kind in the service's order."""
    kinds = [became.kind for became in service.outcomes]
    kind, _, document = after.partition("/")
    if after and kind not in kinds:
        raise Refused("bad-watermark", f"{service.name} tells nothing of {kind!r}", f"kinds: {', '.join(kinds)}", 400)
    found: list[Mapping[str, Any]] = []
    for became in service.outcomes[kinds.index(kind) if after else 0 :]:
        behind = document if became.kind == kind else ""
        rows = await became.after(db, behind, most - len(found))
        found += [{"kind": became.kind, **row} for row in rows]
        if len(found) >= most:
            break
    return found


def _demand(who: Caller) -> None:
    if AUDITOR not in who.roles:
        who.demand(OPERATOR)


def _watermark(after: str) -> list[int]:
    numbers = after.split(",") if after else ["0"] * CHAINS
    if len(numbers) != CHAINS or not all(n.isascii() and n.isdigit() and len(n) < 19 for n in numbers):
        raise Refused("bad-watermark", f"a watermark is {CHAINS} numbers with commas", "start without one", 400)
    return [int(n) for n in numbers]
