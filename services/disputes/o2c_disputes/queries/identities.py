"""What must be true of disputes' rows at any time; a difference is a defect, never a matter of opinion."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeVar

from o2c_chassis.service import Check
from sqlalchemy import Select, Table, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_disputes.domain.amounts import Amounts, Dispute, Key, amounts_of
from o2c_disputes.domain.items import Item, Movement
from o2c_disputes.tables.schema import cases, clocks, disputes, items, movements

R = TypeVar("R")
OfAnItem = TypeVar("OfAnItem", Dispute, Movement)
Parts = dict[str, dict[Key, Amounts]]
"""Item -> what became of each of its disputes."""
_SHOWN_MOST = 5
_TARGETS = 2
"""A case is answered and solved: one clock for each, from the moment it is opened or reopened."""


async def verify(db: AsyncConnection) -> list[Check]:
    """Every identity, with the first that break it."""
    contested = await _all(db, Item, items, items.c.invoice_number.in_(select(disputes.c.invoice_number)))
    asked = _by_item(await _all(db, Dispute, disputes))
    moved = _by_item(await _all(db, Movement, movements))
    parts = {number: amounts_of(own, moved.get(number, [])) for number, own in asked.items()}
    return [
        _none("amounts-add-up", _torn(asked, parts)),
        _none("contested-is-owed", _beyond(contested, parts)),
        _none("movements-lead-to-what-is-owed", _jumps(contested, asked, moved)),
        _none("one-open-dispute-per-case-and-item", _twice(asked)),
        await _neglected(db),
        await _closed_in_silence(db),
    ]


def _torn(asked: dict[str, list[Dispute]], parts: Parts) -> list[str]:
    """Original = disputed + paid + credited + written off + undisputed, none below nothing; open means contested."""
    return [
        f"{dispute.case_id}/{dispute.round}"
        for number, own in asked.items()
        for dispute in own
        if not _whole(dispute, parts[number].get(dispute.key))
    ]


def _whole(dispute: Dispute, amounts: Amounts | None) -> bool:
    if amounts is None:
        return False
    parts = (
        amounts.disputed_minor,
        amounts.paid_minor,
        amounts.credited_minor,
        amounts.written_off_minor,
        amounts.undisputed_minor,
    )
    adds_up = sum(parts) == amounts.original_minor == dispute.original_minor and min(parts) >= 0
    return adds_up and (amounts.disputed_minor > 0) == (dispute.status == "open")


def _beyond(contested: Sequence[Item], parts: Parts) -> list[str]:
    """Items of which more is contested than is owed, and disputes of items that nobody heard of."""
    owed = {item.invoice_number: item.open_minor for item in contested}
    return [
        number
        for number, found in parts.items()
        if sum(amounts.disputed_minor for amounts in found.values()) > owed.get(number, -1)
    ]


def _jumps(contested: Sequence[Item], asked: dict[str, list[Dispute]], moved: dict[str, list[Movement]]) -> list[str]:
    """Items whose newest movement is not what they say, or one of whose movements does not follow from the last."""
    return [
        item.invoice_number
        for item in contested
        if not _follows(item, asked[item.invoice_number], moved.get(item.invoice_number, []))
    ]


def _follows(item: Item, own: Sequence[Dispute], moved: Sequence[Movement]) -> bool:
    steps = sorted(moved, key=lambda m: m.item_version)
    newest = max([d.opened_version for d in own] + [m.item_version for m in steps])
    if item.item_version != newest or (steps and steps[-1].open_minor_after != item.open_minor):
        return False
    return all(
        after.item_version != before.item_version + 1
        or after.open_minor_after == before.open_minor_after - after.amount_minor
        for before, after in pairwise(steps)
    )


def _twice(asked: dict[str, list[Dispute]]) -> list[str]:
    """A case contests an item once at a time: another round begins when the last has ended."""
    still_open = Counter((d.case_id, number) for number, own in asked.items() for d in own if d.status == "open")
    return [f"{case_id} on {number}" for (case_id, number), times in still_open.items() if times > 1]


async def _neglected(db: AsyncConnection) -> Check:
    """Who owns an open case, what comes next and by when, and a clock for the answer and one for the solution."""
    c, k = cases.c, clocks.c
    of_now = and_(k.case_id == c.case_id, k.cycle == c.reopenings)
    running = select(func.count()).where(of_now).correlate(cases).scalar_subquery()
    lacking = or_(c.owner == "", c.owner_role == "", c.next_action == "", c.due_at <= c.opened_at, running != _TARGETS)
    return _none("open-cases-cared-for", await _ids(db, select(c.case_id).where(c.status != "closed", lacking)))


async def _closed_in_silence(db: AsyncConnection) -> Check:
    """Closed without an answer or an outcome, or while money is contested or a clock runs."""
    c, d, k = cases.c, disputes.c, clocks.c
    contests = select(d.case_id).where(d.case_id == c.case_id, d.status == "open").correlate(cases).exists()
    runs = (
        select(k.case_id)
        .where(k.case_id == c.case_id, k.cycle == c.reopenings, k.stopped_at.is_(None))
        .correlate(cases)
        .exists()
    )
    undone = or_(c.answered_at.is_(None), c.closed_at.is_(None), c.outcome.is_(None), contests, runs)
    return _none("closed-cases-answered", await _ids(db, select(c.case_id).where(c.status == "closed", undone)))


def _by_item(rows: Sequence[OfAnItem]) -> dict[str, list[OfAnItem]]:
    found: dict[str, list[OfAnItem]] = defaultdict(list)
    for row in rows:
        found[row.invoice_number].append(row)
    return found


async def _all(db: AsyncConnection, kind: type[R], table: Table, *where: Any) -> list[R]:
    return [kind(*row) for row in await db.execute(select(table).where(*where))]


async def _ids(db: AsyncConnection, wanted: Select[Any]) -> list[str]:
    return [str(value) for value in (await db.execute(wanted)).scalars()]


def _none(name: str, wrong: Sequence[str]) -> Check:
    shown = ", ".join(sorted(wrong)[:_SHOWN_MOST])
    return Check(name, not wrong, f"{len(wrong)}: {shown}" if wrong else "")
