"""A command on the path: claimed by its Idempotency-Key, handled once, its answer kept beside the claim."""

from hashlib import sha256
from typing import Any

import orjson
from o2c_contracts.event import Message
from o2c_contracts.wire import Record

from . import parking
from .consumer import Path
from .decide import Consequences
from .errors import FamilyMoved, Refused
from .inbox import Arrival, claim
from .store import lock

_KEEP = "insert into replies (source, id, reply, recorded_at) values ($1, $2, $3, $4)"
_REPLY = "select reply from replies where source = $1 and id = $2"


async def on_command(path: Path, message: Message, rules: Any) -> dict[str, Any]:
    """Do it, or answer as before; Refused changes nothing and claims nothing.

    `message.body_hash` is of the body as the person's client sent it.
    """
    while True:
        try:
            return await _once(path, message, rules)
        except FamilyMoved:
            continue


async def _once(path: Path, message: Message, rules: Any) -> dict[str, Any]:
    async with path.database.transaction() as db:
        work, [names] = await lock(db, path.service, [message], rules())
        if await parking.blocked(db, names):
            number = await db.fetchval(
                "select min(id) from parked where blocks and families && $1::text[]", sorted(names)
            )
            raise Refused(
                "customer-blocked",
                f"an event of this customer is parked (number {number})",
                f"see it with: o2c parked show {path.service.name} {number}",
            )
        fresh, reused = await claim(db, [Arrival("", 0, Record(None, (), None), None, message)])
        if reused:
            raise Refused(
                "key-reused", "this Idempotency-Key came with another body", "use a new key for a new command"
            )
        if not fresh:
            return dict(orjson.loads(await db.fetchval(_REPLY, *message.identity)))
        reply = _reply(message, await path.carry_out(db, work, fresh))
        await db.execute(_KEEP, *message.identity, orjson.dumps(reply), message.envelope.recorded_at)
        return reply


def _reply(message: Message, result: Consequences) -> dict[str, Any]:
    return {
        "command": message.envelope.type,
        "id": message.envelope.id,
        "told": [{"type": m.envelope.type, "id": m.envelope.id, "subject": m.event.subject} for m in result.told],
        "decisions": [a.id for _, a in result.asked],
    }


def hash_of_body(body: bytes) -> bytes:
    return sha256(body).digest()
