"""Read-only questions: the work list, a case with its history, what is contested, how well targets are met."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, and_, case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_disputes.domain.amounts import Amounts, Dispute, amounts_of
from o2c_disputes.domain.cases import Case, CreditRequest, Entry
from o2c_disputes.domain.clocks import Clock, Escalation, Pause
from o2c_disputes.domain.items import Movement
from o2c_disputes.tables import schema

R = TypeVar("R")
After = Sequence[str | int] | None
"""Sort values of the last row of the page before."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked of the work list; None asks for all."""

    queue: str | None = None
    owner: str | None = None
    status: str | None = None
    customer_id: str | None = None
    query_id: str | None = None


@dataclass(frozen=True, slots=True)
class Timed:
    """A case with the clocks and pauses that say how much of its targets has elapsed."""

    case: Case
    clocks: list[Clock]
    pauses: list[Pause]


@dataclass(frozen=True, slots=True)
class Contest:
    """A dispute and what became of its amount; minor units."""

    dispute: Dispute
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Whole:
    """A case with everything that happened to it."""

    timed: Timed
    history: list[Entry]
    contests: list[Contest]
    credit_requests: list[CreditRequest]
    escalations: list[Escalation]


async def work_list(db: AsyncConnection, wanted: Work, after: After, most: int) -> list[Timed]:
    """Open cases, the next due one first; closed ones only where their status or their query is asked for."""
    c = schema.cases.c
    found = select(schema.cases)
    if wanted.status is None and wanted.query_id is None:
        found = found.where(c.status != "closed")
    for name, value in asdict(wanted).items():
        if value is not None:
            found = found.where(c[name] == value)
    if after:
        found = found.where(tuple_(c.due_at, c.case_id) > tuple_(datetime.fromisoformat(str(after[0])), after[1]))
    return await _timed(db, await _all(db, Case, found.order_by(c.due_at, c.case_id).limit(most)))


async def whole_case(db: AsyncConnection, case_id: str) -> Whole | None:
    cases = await _all(db, Case, _by_case(schema.cases, [case_id]))
    if not cases:
        return None
    (timed,) = await _timed(db, cases)
    entries = _by_case(schema.entries, [case_id]).order_by(schema.entries.c.number)
    escalations = _by_case(schema.escalations, [case_id]).order_by(schema.escalations.c.raised_at)
    requests = _by_case(schema.credit_requests, [case_id]).order_by(schema.credit_requests.c.requested_at)
    number = cases[0].invoice_number
    contests = await contests_of(db, None, number) if number else []
    return Whole(
        timed=timed,
        history=await _all(db, Entry, entries),
        contests=[found for found in contests if found.dispute.case_id == case_id],
        credit_requests=await _all(db, CreditRequest, requests),
        escalations=await _all(db, Escalation, escalations),
    )


async def contests_of(db: AsyncConnection, customer_id: str | None, invoice_number: str | None) -> list[Contest]:
    """Every dispute of a customer or of an invoice, with its amounts as they are now."""
    d = schema.disputes.c
    found = select(schema.disputes)
    if customer_id:
        found = found.where(d.customer_id == customer_id)
    if invoice_number:
        found = found.where(d.invoice_number == invoice_number)
    asked = await _all(db, Dispute, found.order_by(d.case_id, d.round))
    numbers = {dispute.invoice_number for dispute in asked}
    disputes = await _all(db, Dispute, select(schema.disputes).where(d.invoice_number.in_(numbers)))
    moved = select(schema.movements).where(schema.movements.c.invoice_number.in_(numbers))
    movements = await _all(db, Movement, moved)
    amounts: dict[tuple[str, int], Amounts] = {}
    for number in numbers:
        own = [movement for movement in movements if movement.invoice_number == number]
        amounts |= amounts_of([dispute for dispute in disputes if dispute.invoice_number == number], own)
    return [Contest(dispute, amounts[dispute.key]) for dispute in asked]


async def service_levels(db: AsyncConnection, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Of the clocks that stopped in a time: how many met their target; and how many run that have missed it by its end.

    `met_ratio` = met / (met + missed + running late), as a decimal string of four places; none where nothing counts.
    """
    k = schema.clocks.c
    ended = and_(k.stopped_at >= since, k.stopped_at < until)
    late = and_(k.stopped_at.is_(None), k.due_at < until)
    met = func.count(case((and_(ended, k.is_met), 1)))
    missed = func.count(case((and_(ended, ~k.is_met), 1)))
    asked = select(k.legal_entity, k.target, met, missed, func.count(case((late, 1))))
    rows = (await db.execute(asked.group_by(k.legal_entity, k.target).order_by(k.legal_entity, k.target))).all()
    return [_level(*row) for row in rows]


def _level(legal_entity: str, target: str, met: int, missed: int, late: int) -> dict[str, Any]:
    counted = met + missed + late
    return {
        "legal_entity": legal_entity,
        "target": target,
        "met": met,
        "missed": missed,
        "running_late": late,
        "met_ratio": f"{met * 10_000 // counted / 10_000:.4f}" if counted else None,
    }


def unanswered() -> Select[Any]:
    """Notices that nobody has acknowledged, of clocks that still run."""
    e, k = schema.escalations.c, schema.clocks.c
    runs = and_(k.case_id == e.case_id, k.target == e.target, k.cycle == e.cycle, k.stopped_at.is_(None))
    return select(schema.escalations).join(schema.clocks, runs).where(e.acknowledged_at.is_(None))


async def _timed(db: AsyncConnection, cases: Sequence[Case]) -> list[Timed]:
    ids = [each.case_id for each in cases]
    clocks = await _all(db, Clock, _by_case(schema.clocks, ids))
    pauses = await _all(db, Pause, _by_case(schema.pauses, ids))
    return [
        Timed(
            each,
            [k for k in clocks if (k.case_id, k.cycle) == (each.case_id, each.reopenings)],
            [p for p in pauses if p.case_id == each.case_id],
        )
        for each in cases
    ]


def _by_case(table: Any, case_ids: Iterable[str]) -> Select[Any]:
    return select(table).where(table.c.case_id.in_(list(case_ids)))


async def _all(db: AsyncConnection, kind: type[R], wanted: Select[Any]) -> list[R]:
    """Rows as the dataclass of their table."""
    return [kind(*row) for row in (await db.execute(wanted)).all()]
