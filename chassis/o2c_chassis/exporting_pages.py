"""Pages of the decision log and of what became of documents, behind a watermark. Read-only."""

from collections.abc import Mapping, Sequence
from typing import Any

from o2c_rules.history.lines import Line
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from .errors import Refused
from .service import Service

# A page takes a few of each chain, so that it costs the same however long the chains are.
_AFTER = text(
    "select d.chain, d.seq, d.hash, d.body from unnest(cast(:seqs as bigint[])) with ordinality as w(seq, number) "
    "cross join lateral (select chain, seq, hash, body from decisions "
    "where chain = w.number - 1 and seq > w.seq order by seq limit :each) as d order by d.chain, d.seq"
)


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
