"""What happened and why, out of a service's own records: decisions, events, a customer's story, open approvals."""

import json
from datetime import datetime
from typing import Any, Literal

import orjson
from fastapi import APIRouter
from o2c_contracts.topics import topic
from o2c_contracts.wire import Record, headers_of
from o2c_rules.bundles import NothingInForce
from o2c_rules.rulebook import Disagreement, read_record
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from .approvals import Approval
from .errors import Refused
from .paging import Page, Paging, page_of
from .raw import unpack
from .reads import Here, Reads
from .running import Running
from .status import ServiceStatus, status_of
from .verification import Verified, verified

_DECISION = text("select chain, seq, body from decisions where decision_id = :id")
_BECAUSE = text("select decision_id from decisions where position(:needle in body) > 0 order by chain, seq limit 200")
_FOLLOWED = text(
    "select position, headers, value, recorded_at, sent_at from outbox "
    "where topic = :topic and (position(:caused in headers) > 0 or position(:root in headers) > 0) "
    "order by position limit 200"
)
_TOLD = text(
    "select position, headers, value, recorded_at, sent_at from outbox "
    "where key = :key and topic = :topic and position > :after order by position limit :most"
)
_DECISIONS = text(
    "select chain, seq, decision_id, table_name, subject, body from decisions "
    "where (:customer = '' or key = 'c:' || :customer) and (:subject = '' or subject = :subject) "
    "and (:table = '' or table_name = :table) and (chain, seq) > (:chain, :seq) order by chain, seq limit :most"
)
_APPROVALS = text(
    "select * from approvals where status = :status and (:customer = '' or customer_id = :customer) "
    "and (:first or (expires_at, approval_id) > (:expires_at, :approval_id)) "
    "order by expires_at, approval_id limit :most"
)


class Miss(BaseModel):
    """A row that would have answered, had one value been another."""

    row: str
    column: str
    sentence: str


class Explained(BaseModel):
    """Why the table answered as it did."""

    winners: list[str]
    because: list[str]
    matched: list[str]
    misses: list[Miss]
    sentences: list[str]


class DecisionRecord(BaseModel):
    """A decision as it was recorded, and why it came out so."""

    id: str
    service: str
    chain: int
    seq: int
    record: dict[str, Any]
    explained: Explained | None
    problem: str = ""
    """Why it cannot be explained now: its bundle is not in the store of rules any more."""


class DecisionLine(BaseModel):
    """A decision in a list."""

    id: str
    service: str
    table: str
    subject: str
    at: datetime
    rows: list[str]
    undecided: str | None
    chain: int
    seq: int


class Told(BaseModel):
    """An event that this service told."""

    position: int
    at: datetime
    type: str
    subject: str
    id: str
    caused_by: str
    direct: bool = True
    """Because of this very event, not of one that followed from it."""
    sent: bool
    because: list[str]
    decisions: list[str]
    content: dict[str, Any]


class Fate(BaseModel):
    """What became of an event in this service: `handled`, `parked`, `waits` (for an earlier one), or `unseen`."""

    service: str
    state: str
    parked: list[int]
    told: list[Told]
    decisions: list[str]
    behind: int
    """Records this service has not read yet; while it is behind, `unseen` may change."""


class Happened(BaseModel):
    """One line of a customer's story."""

    service: str
    position: int
    at: datetime
    type: str
    subject: str
    id: str
    caused_by: str
    because: list[str]
    decisions: list[str]
    content: dict[str, Any]


ApprovalStatus = Literal["open", "granted", "refused", "expired", "voided"]


class OpenApproval(BaseModel):
    """Who must still agree, to what, until when."""

    service: str
    approval_id: str
    customer_id: str
    action: str
    document_id: str
    legal_entity: str
    currency: str
    amount_minor: int
    reason: str
    concerns: str
    """The invoice, charge or order that it is about, where `document_id` is a request's own."""
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    status: str
    approvers: list[str]
    missing: dict[str, int]


router = APIRouter()


@router.get("/decisions")
async def decisions(
    running: Here, reads: Reads, paging: Paging, customer: str = "", subject: str = "", table: str = ""
) -> Page[DecisionLine]:
    """Recorded decisions of a customer, a document or a table; in the order of their chains."""
    chain, seq = (int(v) for v in paging.after) if paging.after else (-1, 0)
    values = {"customer": customer, "subject": subject, "table": table, "chain": chain, "seq": seq}
    rows = [_line(running.service.name, r) for r in await reads.execute(_DECISIONS, values | {"most": paging.most})]
    return page_of(rows, paging, lambda d: [d.chain, d.seq])


@router.get("/decisions/{decision_id}")
async def decision(running: Here, reads: Reads, decision_id: str) -> DecisionRecord:
    """A decision by the id that events carry: facts, winner, all matches, nearest misses."""
    row = (await reads.execute(_DECISION, {"id": decision_id})).one_or_none()
    if row is None:
        raise Refused("not-found", f"{running.service.name} recorded no decision {decision_id}", status=404)
    record = orjson.loads(row.body)
    explained, problem = _explained(running, record["decision"])
    return DecisionRecord(
        id=decision_id,
        service=running.service.name,
        chain=row.chain,
        seq=row.seq,
        record=record,
        explained=explained,
        problem=problem,
    )


@router.get("/events")
async def fate(running: Here, reads: Reads, source: str, id: str) -> Fate:
    """What became of an event here, by its source and id."""
    state, parked = await _state(reads, source, id)
    decisions = (await reads.execute(_BECAUSE, {"needle": _because_needle(source, id)})).scalars()
    behind = sum((await status_of(running, reads)).lag.values())
    told = await _followed(reads, running.service.name, source, id)
    return Fate(
        service=running.service.name, state=state, parked=parked, told=told, decisions=list(decisions), behind=behind
    )


@router.get("/timeline")
async def timeline(running: Here, reads: Reads, paging: Paging, customer: str) -> Page[Happened]:
    """What this service told about a customer, in its order, each with why and because of what."""
    after = int(paging.after[0]) if paging.after else 0
    values = {
        "key": f"c:{customer}".encode(),
        "topic": topic(running.service.name),
        "after": after,
        "most": paging.most,
    }
    rows = [_told(r) for r in await reads.execute(_TOLD, values)]
    return page_of([_happened(running.service.name, r) for r in rows], paging, lambda h: [h.position])


@router.get("/approvals")
async def approvals(
    running: Here, reads: Reads, paging: Paging, status: ApprovalStatus = "open", customer: str = ""
) -> Page[OpenApproval]:
    """What waits for people's agreement, the first to expire first."""
    expires_at, approval_id = paging.after or (running.clock.now().isoformat(), "")
    values = {"status": status, "customer": customer, "first": paging.after is None, "most": paging.most}
    values |= {"expires_at": datetime.fromisoformat(str(expires_at)), "approval_id": approval_id}
    rows = [_approval(running.service.name, r._mapping) for r in await reads.execute(_APPROVALS, values)]  # noqa: SLF001
    return page_of(rows, paging, lambda a: [a.expires_at.isoformat(), a.approval_id])


@router.get("/status")
async def status(running: Here, reads: Reads) -> ServiceStatus:
    """How this service is doing."""
    return await status_of(running, reads)


@router.get("/verify")
async def verify(running: Here, reads: Reads) -> Verified:
    """Whether every identity holds and every decision chain is what was once written. Reads all of it."""
    return await verified(running, reads)


def _line(service: str, row: Any) -> DecisionLine:
    body = orjson.loads(row.body)
    decided = body["decision"]
    return DecisionLine(
        id=row.decision_id,
        service=service,
        table=row.table_name,
        subject=row.subject,
        at=body["recorded_at"],
        rows=decided["rows"],
        undecided=decided["undecided"],
        chain=row.chain,
        seq=row.seq,
    )


def _explained(running: Running, decided: dict[str, Any]) -> tuple[Explained | None, str]:
    record = read_record(orjson.dumps(decided))
    try:
        found = running.rules.book_of(record.bundle).recall(record).explain()
    except (NothingInForce, Disagreement) as error:
        return None, str(error)
    misses = [Miss(row=m.row, column=m.column, sentence=m.sentence()) for m in found.misses]
    return Explained(
        winners=list(found.winners),
        because=list(found.because),
        matched=list(found.matched),
        misses=misses,
        sentences=list(found.sentences()),
    ), ""


async def _state(reads: AsyncConnection, source: str, id_: str) -> tuple[str, list[int]]:
    where = {"source": source, "id": id_}
    rows = list(
        await reads.execute(
            text("select id, waits from parked where source = :source and event_id = :id order by id"), where
        )
    )
    known = await reads.execute(text("select 1 from inbox where source = :source and id = :id"), where)
    if known.first() is not None:
        state = "handled"
    elif rows:
        state = "waits" if all(r.waits for r in rows) else "parked"
    else:
        state = "unseen"
    return state, [r.id for r in rows]


async def _followed(reads: AsyncConnection, name: str, source: str, id_: str) -> list[Told]:
    """Told because of it, or because of what followed from it here or elsewhere."""
    cause = f"{source}/{id_}"
    needles = {"caused": _header("ce_causedby", cause), "root": _header("ce_correlationid", cause)}
    rows = await reads.execute(_FOLLOWED, {"topic": topic(name)} | needles)
    found = [_told(r) for r in rows]
    return [t.model_copy(update={"direct": t.caused_by == cause}) for t in found]


def _header(name: str, value: str) -> bytes:
    """As it stands among packed headers."""
    return orjson.dumps([name, value.encode().decode("latin-1")])


def _because_needle(source: str, id_: str) -> bytes:
    return b'"because_of":' + orjson.dumps([source, id_])[:-1] + b","


def _told(row: Any) -> Told:
    headers = headers_of(Record(None, unpack(row.headers), None))
    content = json.loads(row.value)
    because, reasons = content.get("because") or [], content.get("reasons", [])
    decisions = [content.get("decision_id"), *(r.get("decision_id") for r in reasons)]
    return Told(
        position=row.position,
        at=row.recorded_at,
        type=headers.get("ce_type", ""),
        subject=headers.get("ce_subject", ""),
        id=headers.get("ce_id", ""),
        caused_by=headers.get("ce_causedby", ""),
        sent=row.sent_at is not None,
        because=[*([because] if isinstance(because, str) else because), *(r["text"] for r in reasons)],
        decisions=list(dict.fromkeys(d for d in decisions if d)),
        content=content,
    )


def _happened(service: str, told: Told) -> Happened:
    fields = Happened.model_fields.keys() - {"service"}
    return Happened(service=service, **{n: v for n, v in told.model_dump().items() if n in fields})


def _approval(service: str, row: Any) -> OpenApproval:
    approval = Approval(**row)
    given = {n: getattr(approval, n) for n in OpenApproval.model_fields if n not in ("service", "approvers", "missing")}
    return OpenApproval(
        service=service, approvers=[person for person, _, _ in approval.agreed], missing=approval.missing, **given
    )
