"""The decision log: what was asked, on which facts, by which bundle, and the answer. 64 hash chains, append-only.

hash = sha256(hash before + body): whoever changes one record must change all that follow. `o2c verify` states the
heads, so that they can be kept where the database's owner cannot reach them.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson
from o2c_contracts.event import Message

from . import arrays
from .database import Db
from .failpoints import failpoint
from .tables import chains, decisions
from .together import Query, Writes
from .working_set import Asked

CHAINS = 64
_LOCK_HEADS = "select c from chains c where chain = any($1::bigint[]) order by chain for update"
_HEADS = arrays.upsert(chains)


@lru_cache(100_000)
def chain_of(key: str) -> int:
    """The logical chain of a key: no more of them than can be anchored, enough that few wait for each other."""
    return sha256(key.encode()).digest()[0] % CHAINS


def heads_query(keys: Iterable[str]) -> Query:
    """Locks the heads of the chains of these keys, in order. Last of all locks."""
    return _LOCK_HEADS, [sorted(set(map(chain_of, keys)))]


def record(writes: Writes, asked: Sequence[tuple[Message, Asked]], heads: Iterable[Any]) -> None:
    """Append to the chains, whose heads, perhaps among others, are locked."""
    failpoint("path.record")
    before: dict[int, tuple[int, bytes]] = {r["chain"]: (r["seq"], r["hash"]) for r in heads}
    at: dict[int, tuple[int, bytes]] = {}
    rows = []
    for m, a in asked:
        key, body = m.event.key, body_of(m, a)
        chain = chain_of(key)
        seq, head = at.get(chain) or before[chain]
        at[chain] = seq, head = seq + 1, sha256(head + body).digest()
        rows.append((chain, seq, head, a.id, a.decision.table, a.subject, key, body))
    writes.append(decisions, rows)
    if rows:
        writes.add(_HEADS, *arrays.as_arrays(3, [(chain, *head) for chain, head in at.items()]))


def body_of(message: Message, asked: Asked) -> bytes:
    """Everything needed to explain the decision a year later; facts read back exactly. Ids only, no names."""
    e = message.envelope
    return orjson.dumps(
        {
            "id": asked.id,
            "because_of": [e.source, e.id, e.type],
            "recorded_at": e.recorded_at,
            "business_date": e.business_date,
            "world": e.world,
            "key": message.event.key,
            "subject": asked.subject,
            "legal_entity": asked.legal_entity,
            "currency": asked.currency,
            "decision": orjson.Fragment(asked.decision.record()),
        }
    )


async def find(db: Db, decision_id: str) -> dict[str, Any] | None:
    """One decision by its id, as recorded."""
    row = await db.fetchrow("select body from decisions where decision_id = $1", decision_id)
    return orjson.loads(row["body"]) if row else None


async def broken(db: Db) -> AsyncIterator[str]:
    """A sentence for the first bad record of each chain; nothing where all chains verify."""
    for head in await db.fetch("select chain, seq, hash from chains order by chain"):
        expected, before = 1, b""
        async for row in db.cursor(
            "select seq, hash, body from decisions where chain = $1 order by seq", head["chain"]
        ):
            before = sha256(before + row["body"]).digest()
            if row["seq"] != expected or row["hash"] != before:
                yield f"decision chain {head['chain']}: record {expected} is not what was written"
                break
            expected += 1
        else:
            if (head["seq"], head["hash"]) != (expected - 1, before):
                yield f"decision chain {head['chain']}: its head says {head['seq']} records, {expected - 1} verify"


async def heads(db: Db) -> dict[str, str]:
    """For publishing: chain -> `seq:hash`."""
    rows = await db.fetch("select chain, seq, hash from chains where seq > 0 order by chain")
    return {str(r["chain"]): f"{r['seq']}:{r['hash'].hex()}" for r in rows}
