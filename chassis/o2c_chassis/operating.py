"""Operators' hands on what could not be handled: look, mend the cause, try again; give up only as two people."""

from base64 import b64encode
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from o2c_contracts.topics import WRITER
from o2c_contracts.wire import headers_of
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from . import outbox, parking
from .auth import Caller, Who
from .errors import FamilyMoved, HandlerFailed, Refused, Unreadable, of_the_record
from .paging import Page, Paging, page_of
from .quarantine import Discard
from .reads import Here, Reads
from .running import Running

OPERATOR = "operator"
_SUMMARY = (
    'id, topic, partition, "offset", key, families, blocks, waits, code, reason, source, event_id, '
    "parked_at, discard_by"
)
_LIST = text(
    f"select {_SUMMARY} from parked where id > :after and (:code = '' or code = :code) "
    "and (:customer = '' or :customer = any(families) or key = convert_to(:customer, 'UTF8')) order by id limit :most"
)
_ONE = text(f"select {_SUMMARY}, headers, value, appended_at from parked where id = :number")


class Parked(BaseModel):
    """A record put aside, by its number in this service."""

    number: int
    topic: str
    partition: int
    offset: int
    key: str
    families: list[str]
    blocks: bool
    """Its families wait whole until it is taken up or given up."""
    waits: bool
    """Nothing is wrong with it but the one before."""
    code: str
    reason: str
    source: str
    event_id: str
    parked_at: datetime
    discard_by: str | None


class ParkedRecord(Parked):
    """With its bytes as they came. Personal data."""

    headers: dict[str, str]
    value: str | None
    value_base64: str | None
    """Where the bytes are no text."""
    appended_at: datetime | None


class Done(BaseModel):
    """What came of an operator's action."""

    done: bool
    text: str
    handled: int = 0
    parked_again: int | None = None


class Republish(BaseModel):
    """What a broken log has lost: sent between two instants, both included; of one customer, or of all."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime
    until: AwareDatetime | None = None
    """Empty: now."""
    customer_id: str = ""
    only_count: bool = False
    """Say how many there are, and send none."""


class Republished(BaseModel):
    """How many events are sent once more, or would be."""

    count: int
    text: str


router = APIRouter()


@router.get("/parked")
async def parked(reads: Reads, paging: Paging, code: str = "", customer: str = "") -> Page[Parked]:
    """What is put aside, oldest first."""
    after = int(paging.after[0]) if paging.after else 0
    key = f"c:{customer}" if customer else ""
    rows = await reads.execute(_LIST, {"after": after, "code": code, "customer": key, "most": paging.most})
    return page_of([Parked(**_summary(r)) for r in rows], paging, lambda p: [p.number])


@router.get("/parked/{number}")
async def parked_record(reads: Reads, who: Who, number: int) -> ParkedRecord:
    """One record with its bytes; for operators, because it may hold personal data."""
    who.demand(OPERATOR)
    row = await _row(reads, number)
    record = parking.record_of(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    value, base64 = _shown(row.value)
    return ParkedRecord(
        **_summary(row),
        headers=headers_of(record),
        value=value,
        value_base64=base64,
        appended_at=row.appended_at,
    )


@router.post("/parked/{number}/retry")
async def retry(running: Here, reads: Reads, who: Who, number: int) -> Done:
    """After the mend: it and everything that waits with it, in order; all of it or nothing."""
    who.demand(OPERATOR)
    row = await _row(reads, number)
    return await _tried(running, row)


@router.post("/parked/{number}/discard")
async def discard(running: Here, reads: Reads, who: Who, number: int) -> Done:
    """Give it up. Takes two people; it counts as heard, and what waited behind it is taken up."""
    who.demand(OPERATOR)
    row = await _row(reads, number)
    other = await _first_person(running, who, number)
    if other is None:
        return Done(done=False, text=f"{who.actor} wants to discard {number}; another operator must do the same")
    return await _discarded(running, row, Discard(number, (other, who.actor)))


@router.post("/resume")
async def resume(running: Here, who: Who) -> Done:
    """After this release stopped because it parked too many customers: consume again."""
    who.demand(OPERATOR)
    was = await running.path.quarantine.resume()
    return Done(done=was, text="consuming again" if was else "it was not stopped")


@router.post("/outbox/republish")
async def republish(running: Here, who: Who, asked: Republish) -> Republished:
    """After the log lost what it had acknowledged: the same events again, with their ids and versions, in their order.

    Readers drop those they have heard. Whoever met the hole and parked what came behind it takes it up by a retry.
    """
    who.demand(OPERATOR)
    until = asked.until or running.clock.now()
    if until < asked.since:
        raise Refused("empty-window", f"{asked.since} lies behind {until}", "since comes before until", 422)
    sent = outbox.Sent(asked.since, until, asked.customer_id)
    async with running.database.transaction() as db:
        count = await outbox.send_again(db, running.service.name, sent, only_count=asked.only_count)
    running.path.pending.unsent = True
    return Republished(count=count, text=f"{count} {'would be sent' if asked.only_count else 'are sent'} again")


async def _row(reads: AsyncConnection, number: int) -> Row[Any]:
    row = (await reads.execute(_ONE, {"number": number})).one_or_none() if 0 < number < 2**63 else None
    if row is None:
        hint = "taken up, given up, or parked again under another number: o2c parked list"
        raise Refused("not-found", f"nothing is parked under {number}", hint, 404)
    return row


async def _tried(running: Running, row: Row[Any]) -> Done:
    try:
        if not row.blocks:
            again = await running.path.try_again(row.id)
            text_ = (
                "handled"
                if again is None
                else f"parked again as {again}, not as {row.id} any more: the cause is still there"
            )
            return Done(done=again is None, text=text_, handled=int(again is None), parked_again=again)
        count = await _taken_up(running, row.families[0])
        return Done(done=True, text=f"{count} taken up", handled=count)
    except Exception as error:
        if not of_the_record(error):
            raise
        hint = "nothing was changed; mend the cause, or discard the record with a second person"
        raise Refused("still-failing", f"it still cannot be handled: {error}", hint) from error


async def _taken_up(running: Running, family: str, but: Discard | None = None) -> int:
    while True:
        try:
            return await running.path.take_up(family, but)
        except FamilyMoved:
            continue


async def _first_person(running: Running, who: Caller, number: int) -> str | None:
    """Who asked first; None where this caller is now the first. Refused where both are the same person."""
    own = {who.actor, who.on_behalf_of}
    async with running.database.transaction() as db:
        first: str | None = await db.fetchval("select discard_by from parked where id = $1 for update", number)
        if first is None:
            await db.execute("update parked set discard_by = $2 where id = $1", number, who.actor)
        elif first in own:
            hint = f"o2c --as ANOTHER parked discard {running.service.name} {number}"
            raise Refused("own-request", f"{first} asked for this; another operator must agree", hint, 403)
        return first


async def _discarded(running: Running, row: Row[Any], discard: Discard) -> Done:
    """With everything that waits behind it taken up, or, where that cannot be, it alone."""
    await _refuse_when_an_earlier_version_waits(running, row)
    by = f"discarded by {' and '.join(discard.by)}"
    try:
        if row.blocks:
            return Done(done=True, text=by, handled=await _taken_up(running, row.families[0], discard) - 1)
        names = await running.path.give_up(discard)
        followed = names if row.topic in WRITER else set()
        return Done(done=True, text=by, handled=sum([await _taken_up(running, name) for name in sorted(followed)]))
    except (HandlerFailed, Unreadable) as error:
        await running.path.give_up(discard)
        return Done(done=True, text=f"{by}; what waited behind it still cannot be handled: {error}")


async def _refuse_when_an_earlier_version_waits(running: Running, row: Row[Any]) -> None:
    """A stream is heard in order: giving up a later version would bury the earlier ones that still wait."""
    record = parking.record_of(row._mapping)  # noqa: SLF001
    own = parking.version_of(parking.Waiting(row.id, row.topic, row.partition, record))
    if own is None or row.key is None:
        return
    rows = await running.database.fetch("select * from parked where topic = $1 and key = $2", row.topic, row.key)
    for r in rows:
        version = parking.version_of(parking.Waiting(r["id"], r["topic"], r["partition"], parking.record_of(r)))
        if version is not None and version < own:
            text_ = f"number {r['id']} of the same stream comes before it"
            raise Refused("not-first", text_, f"retry or discard {r['id']} first")


def _summary(row: Row[Any]) -> dict[str, Any]:
    found = {n: getattr(row, n) for n in Parked.model_fields if n not in ("number", "key")}
    return found | {"number": row.id, "key": (row.key or b"").decode(errors="replace")}


def _shown(value: bytes | None) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    try:
        return value.decode(), None
    except UnicodeDecodeError:
        return None, b64encode(value).decode()
