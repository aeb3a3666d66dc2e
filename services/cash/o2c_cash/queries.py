"""Read-only questions about money: what is open, what a payment did and why, what waits, what must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from o2c_chassis.escalations import count_of
from o2c_chassis.service import Became, Check
from o2c_chassis.totals import by_place
from sqlalchemy import ColumnElement, Select, and_, case, false, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from .domain.items import Allocation, Credit, OpenItem
from .domain.ledger import BUCKET_ACCOUNTS, RECEIVABLE, Day, Identity, identities
from .domain.payments import CustomerMoney, Payment, PaymentReturn, Remittance
from .domain.refunds import Refund
from .tables import (
    allocations,
    credits,
    customer_money,
    escalations,
    item_disputes,
    open_items,
    payment_returns,
    payments,
    postings,
    refunds,
    remittances,
)

R = TypeVar("R")
After = Sequence[str | int] | None
"""Sort values of the last row of the page before."""


@dataclass(frozen=True, slots=True)
class Owed:
    """An open item, and what of it is contested."""

    item: OpenItem
    disputed_minor: int


@dataclass(frozen=True, slots=True)
class Story:
    """A payment with what it paid and why, what was said about it, and what of it went back or was refunded.

    `namesakes`: other payments of its number.
    """

    payment: Payment
    steps: list[Allocation]
    advices: list[Remittance]
    returns: list[PaymentReturn]
    refunds: list[Refund]
    namesakes: list[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the waiting money is asked for; None asks for all."""

    status: str | None = None
    customer_id: str | None = None
    legal_entity: str | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """What a payment pays of an item now: its applications less their reversals."""

    payment_id: str
    invoice_number: str
    external_ref: str | None
    customer_id: str
    legal_entity: str
    currency: str
    amount_minor: int


async def items_of(db: AsyncConnection, customer_id: str, *, still_open: bool, after: After, most: int) -> list[Owed]:
    """A customer's items, the oldest due first."""
    i, d = open_items.c, item_disputes.c
    contested = select(d.invoice_number, func.sum(d.disputed_minor).label("minor")).where(
        d.customer_id == customer_id, d.open
    )
    sums = contested.group_by(d.invoice_number).subquery()
    asked = select(open_items, func.least(func.coalesce(sums.c.minor, 0), i.open_minor))
    asked = asked.outerjoin(sums, sums.c.invoice_number == i.invoice_number).where(i.customer_id == customer_id)
    if still_open:
        asked = asked.where(i.open)
    if after:
        asked = asked.where(_behind((i.due_on, i.invoice_number), (date.fromisoformat(str(after[0])), after[1])))
    rows = (await db.execute(asked.order_by(i.due_on, i.invoice_number).limit(most))).all()
    return [Owed(OpenItem(*row[:-1]), int(row[-1])) for row in rows]


async def item_story(db: AsyncConnection, invoice_number: str) -> tuple[OpenItem, list[Allocation]] | None:
    """An item by our number or the customer's, with every step of its way, by version."""
    i, a = open_items.c, allocations.c
    named = (i.invoice_number == invoice_number) | (i.external_ref == invoice_number)
    ours_first = case((i.invoice_number == invoice_number, 0), else_=1)
    found = await _all(db, OpenItem, select(open_items).where(named).order_by(ours_first, i.invoice_number).limit(1))
    if not found:
        return None
    steps = select(allocations).where(a.invoice_number == found[0].invoice_number).order_by(a.item_version)
    return found[0], await _all(db, Allocation, steps)


async def payment_story(db: AsyncConnection, payment_id: str) -> Story | None:
    """How a payment was applied, in the order in which it happened."""
    found = await _all(db, Payment, select(payments).where(payments.c.payment_id == payment_id))
    if not found:
        return None
    a, p, m, r = allocations.c, payments.c, remittances.c, payment_returns.c
    number = found[0].number
    steps = select(allocations).where(a.payment_id == payment_id)
    said = select(remittances).where((m.used_by == payment_id) | ((m.payment_id == number) & m.used_by.is_(None)))
    back = select(payment_returns).where((r.payment_id == payment_id) | ((r.payment_id == number) & ~r.done))
    same = select(p.payment_id).where((p.payment_id == number) | (p.namesake_of == number), p.payment_id != payment_id)
    repaid = select(refunds).where(refunds.c.payment_id == payment_id)
    return Story(
        payment=found[0],
        steps=await _all(db, Allocation, steps.order_by(a.recorded_at, a.invoice_number, a.item_version)),
        advices=await _all(db, Remittance, said.order_by(remittances.c.received_at, remittances.c.remittance_id)),
        returns=await _all(db, PaymentReturn, back.order_by(payment_returns.c.return_id)),
        refunds=await _all(db, Refund, repaid.order_by(refunds.c.requested_at, refunds.c.refund_id)),
        namesakes=list((await db.execute(same.order_by(p.payment_id))).scalars()),
    )


async def waiting(db: AsyncConnection, wanted: Wanted, after: After, most: int) -> list[Payment]:
    """The work list: money that pays nothing yet and is not kept on purpose, the oldest receipt first."""
    p = payments.c
    asked = select(payments).where(p.open, p.status.in_(["unidentified", "waiting", "unapplied", "part-applied"]))
    for column, value in (
        (p.status, wanted.status),
        (p.customer_id, wanted.customer_id),
        (p.legal_entity, wanted.legal_entity),
    ):
        if value is not None:
            asked = asked.where(column == value)
    if after:
        asked = asked.where(_behind((p.received_on, p.payment_id), (date.fromisoformat(str(after[0])), after[1])))
    return await _all(db, Payment, asked.order_by(p.received_on, p.payment_id).limit(most))


def unanswered() -> Select[Any]:
    """Nobody has acknowledged it, and nothing has answered it since.

    Only a person answers what the bank told otherwise a second time, or took back beyond what is left.
    """
    e, p, r = escalations.c, payments.c, payment_returns.c
    placed = select(r.return_id).where(r.return_id == e.document_id, r.done).exists()
    answered = case(
        (e.level == "unidentified-overdue", (p.status != "unidentified") | ~p.open),
        (e.level == "reference-overdue", p.unapplied_minor == 0),
        (e.level == "refund-failed", (p.on_account_minor == 0) | _refunded_again()),
        (e.level == "return-unplaced", placed),
        (e.level == "remittance-disagrees", (p.applied_minor == 0) | _allocated_by_a_person()),
        else_=false(),
    )
    told = select(escalations).outerjoin(payments, p.payment_id == e.payment_id)
    return told.where(e.acknowledged_at.is_(None), ~answered)


def _refunded_again() -> ColumnElement[bool]:
    """Tried again since; where that failed too, it is told of by itself."""
    e, r = escalations.c, refunds.c
    later = select(r.refund_id).where(r.payment_id == e.payment_id, r.requested_at > e.raised_at)
    return later.where(r.status.in_(["paying", "paid", "failed"])).exists()


def _allocated_by_a_person() -> ColumnElement[bool]:
    e, a = escalations.c, allocations.c
    later = select(a.invoice_number).where(a.payment_id == e.payment_id, a.recorded_at > e.raised_at)
    return later.where(a.actor.is_not(None)).exists()


async def escalation_count(db: AsyncConnection) -> int:
    """How many wait for somebody."""
    return await count_of(db, unanswered())


async def money_of(db: AsyncConnection, customer_id: str) -> tuple[list[CustomerMoney], list[Credit]]:
    """What a customer has that pays no item, by legal entity and currency, and its credit notes not used up."""
    m, c = customer_money.c, credits.c
    rows = select(customer_money).where(m.customer_id == customer_id).order_by(m.legal_entity, m.currency)
    notes = select(credits).where(c.customer_id == customer_id, c.open).order_by(c.issued_on, c.credit_note_number)
    return await _all(db, CustomerMoney, rows), await _all(db, Credit, notes)


async def paid_since(db: AsyncConnection, since: datetime | None, after: After, most: int) -> list[Paid]:
    """What payments pay of which items, net of reversals; `since`: only pairs that something happened to since then."""
    a = allocations.c
    pair = a.payment_id, a.invoice_number
    asked = select(
        *pair,
        func.max(a.external_ref),
        func.max(a.customer_id),
        func.max(a.legal_entity),
        func.max(a.currency),
        func.sum(a.amount_minor),
    ).where(a.kind == "payment", a.payment_id.is_not(None))
    if after:
        asked = asked.where(_behind(pair, tuple(after)))
    asked = asked.group_by(*pair).having(func.sum(a.amount_minor) != 0)
    if since is not None:
        asked = asked.having(func.max(a.recorded_at) >= since)
    rows = (await db.execute(asked.order_by(*pair).limit(most))).all()
    return [Paid(*row[:-1], amount_minor=int(row[-1])) for row in rows]


async def identity_by_day(
    db: AsyncConnection, legal_entity: str | None = None, currency: str | None = None
) -> dict[Day, Identity]:
    """receipts = applied + on account + unapplied + unidentified + refunded + written off + reversed, day by day."""
    p, b = payments.c, postings.c
    came = select(p.legal_entity, p.currency, p.received_on, func.sum(p.amount_minor))
    went = select(b.legal_entity, b.currency, b.posting_date, b.account, func.sum(b.amount_minor))
    went = went.where(b.account.in_(BUCKET_ACCOUNTS))
    if legal_entity:
        came, went = came.where(p.legal_entity == legal_entity), went.where(b.legal_entity == legal_entity)
    if currency:
        came, went = came.where(p.currency == currency), went.where(b.currency == currency)
    receipts = (await db.execute(came.group_by(p.legal_entity, p.currency, p.received_on))).all()
    moved = (await db.execute(went.group_by(b.legal_entity, b.currency, b.posting_date, b.account))).all()
    return identities(
        (((entity, cur, day), int(amount)) for entity, cur, day, amount in receipts),
        (((entity, cur, day), account, int(amount)) for entity, cur, day, account, amount in moved),
    )


async def totals(db: AsyncConnection) -> dict[str, dict[str, int]]:
    """What others keep too: each kind by `DE01 EUR`, in minor units."""
    i, n, m = open_items.c, credits.c, customer_money.c
    return {
        "open": await by_place(db, i.legal_entity, i.currency, func.sum(i.open_minor)),
        "invoiced": await by_place(db, i.legal_entity, i.currency, func.sum(i.total_minor)),
        "credited": await by_place(db, n.legal_entity, n.currency, func.sum(n.total_minor)),
        "unapplied": await by_place(db, m.legal_entity, m.currency, func.sum(m.unapplied_minor)),
        "on account": await by_place(db, m.legal_entity, m.currency, func.sum(m.on_account_minor)),
    }


async def items_after(db: AsyncConnection, after: str, most: int) -> list[dict[str, Any]]:
    """What became of items, in order of their numbers. `settled_on`: the value date of what settled them."""
    i, a = open_items.c, allocations.c
    asked = select(open_items).where(i.invoice_number > after).order_by(i.invoice_number).limit(most)
    found = {row.invoice_number: row for row in await _all(db, OpenItem, asked)}
    sums = select(a.invoice_number, a.kind, func.sum(a.amount_minor), func.max(a.value_date))
    steps = sums.where(a.invoice_number.in_(list(found))).group_by(a.invoice_number, a.kind)
    taken: dict[str, dict[str, int]] = {number: {} for number in found}
    last: dict[str, date] = {}
    for number, kind, minor, on in await db.execute(steps):
        taken[number][f"{_TOLD[kind]}_minor"] = int(minor)
        last[number] = max(last.get(number, on), on)
    return [
        {
            "document": number,
            "customer_id": row.customer_id,
            "legal_entity": row.legal_entity,
            "currency": row.currency,
            "total_minor": row.total_minor,
            "open_minor": row.open_minor,
            "due_on": row.due_on,
            "settled_on": None if row.open else last.get(number, row.issued_on),
            "paid_minor": 0,
            **taken[number],
        }
        for number, row in found.items()
    ]


_TOLD = {"payment": "paid", "discount": "discount", "write-off": "written_off", "credit": "credited"}


async def payments_after(db: AsyncConnection, after: str, most: int) -> list[dict[str, Any]]:
    """What became of payments, in order of their ids."""
    asked = select(payments).where(payments.c.payment_id > after).order_by(payments.c.payment_id).limit(most)
    return [
        {
            "document": row.payment_id,
            "customer_id": row.customer_id,
            "legal_entity": row.legal_entity,
            "currency": row.currency,
            "total_minor": row.amount_minor,
            "open_minor": row.unapplied_minor,
            "returned_minor": row.returned_minor,
            "status": row.status,
        }
        for row in await _all(db, Payment, asked)
    ]


OUTCOMES = (Became("invoice", items_after), Became("payment", payments_after))


async def verify(db: AsyncConnection) -> list[Check]:
    """What must hold at any time."""
    days = await identity_by_day(db)
    broken = [f"{'/'.join(map(str, day))}: {i.receipts} is not {i.explained}" for day, i in days.items() if not i.holds]
    return [
        Check("receipts", not broken, "; ".join(broken[:5])),
        await _none(db, "journals-balance", _unbalanced()),
        await _none(db, "open-items-equal-receivables", _unlike_receivables()),
        await _none(db, "payments-add-up", _torn_payments()),
        await _none(db, "items-equal-their-steps", _unexplained_items()),
    ]


def _unbalanced() -> Select[Any]:
    b = postings.c
    return select(b.journal_id).group_by(b.journal_id).having(func.sum(b.amount_minor) != 0)


def _unlike_receivables() -> Select[Any]:
    i, b = open_items.c, postings.c
    owed = select(i.customer_id, i.legal_entity, i.currency, func.sum(i.open_minor).label("minor"))
    items = owed.group_by(i.customer_id, i.legal_entity, i.currency).subquery()
    booked = select(b.customer_id, b.legal_entity, b.currency, func.sum(b.amount_minor).label("minor"))
    booked = booked.where(b.account.startswith(RECEIVABLE, autoescape=True))
    ledger = booked.group_by(b.customer_id, b.legal_entity, b.currency).subquery()
    same = and_(*[items.c[name] == ledger.c[name] for name in ("customer_id", "legal_entity", "currency")])
    both = items.outerjoin(ledger, same, full=True)
    differs = func.coalesce(items.c.minor, 0) != func.coalesce(ledger.c.minor, 0)
    return select(func.coalesce(items.c.customer_id, ledger.c.customer_id)).select_from(both).where(differs)


def _torn_payments() -> Select[Any]:
    """Whose parts are not the amount, or whose applied part is not what the items say."""
    p, a = payments.c, allocations.c
    steps = select(a.payment_id, func.sum(a.amount_minor).label("minor")).where(a.kind == "payment")
    sums = steps.group_by(a.payment_id).subquery()
    parts = p.applied_minor + p.unapplied_minor + p.on_account_minor
    parts = parts + p.taken_minor + p.returned_minor + p.refunded_minor
    torn = and_(p.identified, parts != p.amount_minor) | (func.coalesce(sums.c.minor, 0) != p.applied_minor)
    return select(p.payment_id).outerjoin(sums, sums.c.payment_id == p.payment_id).where(torn)


def _unexplained_items() -> Select[Any]:
    i, a = open_items.c, allocations.c
    sums = select(a.invoice_number, func.sum(a.amount_minor).label("minor")).group_by(a.invoice_number).subquery()
    found = select(i.invoice_number).outerjoin(sums, sums.c.invoice_number == i.invoice_number)
    return found.where(i.total_minor - func.coalesce(sums.c.minor, 0) != i.open_minor)


async def _none(db: AsyncConnection, name: str, violations: Select[Any]) -> Check:
    found = [str(value) for value in (await db.execute(violations.limit(5))).scalars()]
    return Check(name, not found, ", ".join(found))


def _behind(columns: tuple[ColumnElement[Any], ...], values: tuple[Any, ...]) -> ColumnElement[bool]:
    return tuple_(*columns) > tuple_(*values)


async def _all(db: AsyncConnection, kind: type[R], asked: Select[Any]) -> list[R]:
    """Rows as the dataclass of their table."""
    return [kind(*row) for row in (await db.execute(asked)).all()]
