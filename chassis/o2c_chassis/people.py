"""A command on the path: claimed by its Idempotency-Key, handled once, its answer kept beside the claim."""

from hashlib import sha256
from typing import Any

import orjson
from o2c_contracts.event import Message
from o2c_contracts.wire import Record

from . import parking
from .consumer import Path
from .decide import Consequences
from .errors import Again, Refused
from .inbox import Arrival, claim, known_query, sort_out
from .locking import lock_text

_KEEP = "insert into replies (source, id, reply, recorded_at) values ($1, $2, $3, $4)"
_REPLY = "select reply from replies where source = $1 and id = $2"


async def on_command(path: Path, message: Message) -> dict[str, Any]:
    """Do it, or answer as before; Refused changes nothing and claims nothing.

    `message.body_hash` is of the body as the person's client sent it.
    """
    while True:
        try:
            return await _once(path, message)
        except Again:
            continue


async def _once(path: Path, message: Message) -> dict[str, Any]:
    names = path.families.guess([message], path.rules())
    arrival = Arrival("", 0, Record(None, (), None), None, message)
    async with path.database.opened(lock_text(*names)) as (db, _):
        questions = [parking.blocked_query(*names), known_query([arrival])]
        turn, (stopped, known) = await path.enter(db, [message], names, *questions)
        if stopped:
            number = await db.fetchval(
                "select min(id) from parked where blocks and families && $1::text[]", sorted(*names)
            )
            raise Refused(
                "customer-blocked",
                f"an event of this customer is parked (number {number})",
                f"see it with: o2c parked show {path.service.name} {number}",
            )
        claimed = sort_out([arrival], [], known)
        if claimed.reused:
            raise Refused(
                "key-reused", "this Idempotency-Key came with another body", "use a new key for a new command"
            )
        if not claimed.fresh:
            return dict(orjson.loads(await db.fetchval(_REPLY, *message.identity)))
        claim(turn.writes, claimed)
        reply = _reply(message, await path.carry_out(turn, claimed.fresh))
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
