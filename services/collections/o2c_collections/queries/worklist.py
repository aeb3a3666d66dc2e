"""The collectors' work list: lines that the rules let through, in order of their score, each with its reasons."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from o2c_rules import entities
from o2c_rules.rulebook import RuleBook
from pydantic import BaseModel
from sqlalchemy import BigInteger, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_collections import facts
from o2c_collections.domain.accounts import Customer
from o2c_collections.domain.promises import State
from o2c_collections.domain.worklist import NO_CALLS, Calls, Line, calls_of, clock, days_between
from o2c_collections.tables.schema import activities, credits, customers, items, promises

SCORE, EXCEPTIONS = "collections/worklist", "collections/worklist-exceptions"
ZONES, WINDOWS = "collections/call-zones", "collections/call-windows"
DIARY_DAYS = 31
Diary = Mapping[str, list[tuple[datetime, str, str]]]
"""By customer: when, what kind, what it says."""


class Listed(BaseModel):
    """One line, with why it stands where it stands. `may_call` is None where nobody knows the customer's local time."""

    customer_id: str
    legal_entity: str
    currency: str
    late_minor: int
    balance_minor: int
    days_past_due: int
    level: int
    score: int
    because: list[str]
    may_call: bool | None
    call_because: list[str]

    @property
    def place(self) -> tuple[int, str, str, str]:
        """The highest score first, then by name."""
        return -self.score, self.customer_id, self.legal_entity, self.currency


async def worklist(db: AsyncConnection, book: RuleBook, now: datetime, legal_entity: str | None = None) -> list[Listed]:
    """All lines, of every legal entity or of one, as the rules order them at an instant."""
    known = (await db.scalars(select(items.c.legal_entity).where(items.c.open).distinct())).all()
    diary = await _diary(db, now)
    found: list[Listed] = []
    for entity in known:
        if legal_entity in (None, entity):
            today = entities.local_date(book, entity, now)
            lines = await _lines(db, entity, today, diary)
            found += (listed for line in lines if (listed := _listed(line, book, now, today, diary)))
    return sorted(found, key=lambda listed: listed.place)


def _listed(line: Line, book: RuleBook, now: datetime, today: date, diary: Diary) -> Listed | None:
    if book.decide(EXCEPTIONS, facts.worklist_exception(line), today)["listed"] is not True:
        return None
    zone = entities.zone(book, line.legal_entity)
    calls = calls_of(((at, text) for at, kind, text in diary[line.customer_id] if kind == "call"), now, zone)
    scored = book.decide(SCORE, facts.worklist(line, calls), today)
    may_call, why = _may_call(line, calls, book, now, today)
    points = scored["points"]
    return Listed(
        customer_id=line.customer_id,
        legal_entity=line.legal_entity,
        currency=line.currency,
        late_minor=line.late_minor,
        balance_minor=line.balance_minor,
        days_past_due=line.days_past_due,
        level=line.level,
        score=points if isinstance(points, int) else 0,
        because=list(scored.because),
        may_call=may_call,
        call_because=why,
    )


def _may_call(line: Line, calls: Calls, book: RuleBook, now: datetime, today: date) -> tuple[bool | None, list[str]]:
    """In every zone in which the customer may sit the hour must be right."""
    zones = [str(row.outcome["zone"]) for row in book.decide(ZONES, {"country": line.country}, today).rows]
    asked = [
        book.decide(WINDOWS, facts.call_window(line, calls, zone, *clock(now, ZoneInfo(zone))), today) for zone in zones
    ]
    why = list(dict.fromkeys(text for one in asked for text in one.because))
    return (all(one["may_call"] is True for one in asked), why) if asked else (None, [])


async def _lines(db: AsyncConnection, entity: str, today: date, diary: Diary) -> list[Line]:
    money = await _money(db, entity)
    broken, due = await _promised(db, entity, today)
    lines = []
    for row in (await db.execute(_late(entity, today))).mappings():
        key = (row["customer_id"], row["currency"])
        resolved = (at.date() for at, kind, _ in diary[key[0]] if kind == "dispute-resolved")
        given = {name: row[name] for name in row if name not in ("due_on", "level_on")}
        lines.append(
            Line(
                **given,
                legal_entity=entity,
                money_minor=money.get(key, 0),
                days_past_due=days_between(row["due_on"], today) or 0,
                days_since_letter=days_between(row["level_on"], today),
                broken_promises=broken.get(key[0], 0),
                promise_due_today=key in due,
                days_since_dispute_resolved=days_between(max(resolved, default=None), today),
            )
        )
    return lines


def _late(entity: str, today: date) -> Select[Any]:
    """Customers of an entity of which something is past due, by currency, with all that is open. What second-level
    collection has is no longer late here."""
    i, c = items.c, customers.c
    claimed = func.greatest(0, i.open_minor - i.disputed_minor - i.promised_minor)
    is_late = and_(i.due_on < today, claimed > 0)
    is_ours = and_(is_late, i.handed_over_on.is_(None))
    unknown = Customer("")
    described = [
        func.coalesce(c[name], getattr(unknown, name)).label(name)
        for name in ("country", "segment", "tier", "risk_class", "blocked")
    ]
    return (
        select(
            i.customer_id,
            i.currency,
            *described,
            func.coalesce(func.sum(claimed).filter(is_ours), 0).cast(BigInteger).label("late_minor"),
            func.sum(i.open_minor).cast(BigInteger).label("balance_minor"),
            func.min(i.due_on).filter(is_ours).label("due_on"),
            func.coalesce(func.max(i.level).filter(is_ours), 0).label("level"),
            func.max(i.level_on).filter(is_ours).label("level_on"),
            func.bool_and(i.handed_over_on.is_not(None)).filter(is_late).label("handed_over"),
        )
        .outerjoin(customers, c.customer_id == i.customer_id)
        .where(i.open, i.known, i.legal_entity == entity)
        .group_by(i.customer_id, i.currency, c.customer_id)
        .having(func.bool_or(is_late))
    )


async def _money(db: AsyncConnection, entity: str) -> dict[tuple[str, str], int]:
    c = credits.c
    found = select(c.customer_id, c.currency, c.unapplied_minor + c.on_account_minor).where(c.legal_entity == entity)
    return {(who, currency): minor for who, currency, minor in await db.execute(found)}


async def _promised(db: AsyncConnection, entity: str, today: date) -> tuple[dict[str, int], set[tuple[str, str]]]:
    """By customer how many promises were broken; of which lines one falls due today."""
    p = promises.c
    counted = select(p.customer_id, func.count()).where(p.state == State.BROKEN).group_by(p.customer_id)
    due = select(p.customer_id, p.currency).where(
        p.state == State.OPEN, p.legal_entity == entity, p.promised_on == today
    )
    broken = {who: int(times) for who, times in await db.execute(counted)}
    return broken, {(who, currency) for who, currency in await db.execute(due)}


async def _diary(db: AsyncConnection, now: datetime) -> Diary:
    """Calls and resolved disputes of late, and every call that asked for no more of them."""
    a = activities.c
    recent = and_(a.kind.in_(("call", "dispute-resolved")), a.at > now - timedelta(days=DIARY_DAYS))
    asked = select(a.customer_id, a.at, a.kind, a.text).where(
        or_(recent, and_(a.kind == "call", a.text.startswith(f"{NO_CALLS},")))
    )
    found: defaultdict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    for who, at, kind, text in await db.execute(asked):
        found[who].append((at, kind, text))
    return found


def behind(found: Iterable[Listed], after: tuple[str | int, ...] | None) -> list[Listed]:
    """What comes behind the last line of a page."""
    return [listed for listed in found if after is None or listed.place > tuple(after)]
