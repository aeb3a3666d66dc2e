"""What must be true of orders' rows at any time; a difference is a defect, never a matter of opinion."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Any

from o2c_chassis.service import Check
from sqlalchemy import Select, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_orders.domain.exposure import Exposure, Item
from o2c_orders.domain.orders import Delivery, Order, ordered_lines, remaining
from o2c_orders.tables.schema import confirmed_deliveries, exposures, holds, items, orders

Document = Order | Delivery | Item
Place = tuple[str, str, str]
_SHOWN_MOST = 5


async def verify(db: AsyncConnection) -> list[Check]:
    return [await exposure_equals_documents(db), await open_orders_have_holds(db), await left_is_not_delivered(db)]


async def exposure_equals_documents(db: AsyncConnection) -> Check:
    """The sums that decisions use are what the documents count, each in one bucket."""
    counted = totals([d async for d in documents(db)])
    kept = {
        (e.customer_id, e.legal_entity, e.currency): (e.ordered_minor, e.delivered_minor, e.receivable_minor)
        for e in [Exposure(*row) for row in await db.execute(select(exposures))]
    }
    nothing = (0, 0, 0)
    wrong = [
        f"{'/'.join(place)} keeps {kept.get(place, nothing)}, its documents count {counted.get(place, nothing)}"
        for place in sorted(counted.keys() | kept.keys())
        if kept.get(place, nothing) != counted.get(place, nothing)
    ]
    return _none("exposure-equals-documents", wrong)


async def open_orders_have_holds(db: AsyncConnection) -> Check:
    """Who waits has an open hold with its owner, and nobody else has."""
    o, h = orders.c, holds.c
    together = orders.outerjoin(holds, and_(o.customer_id == h.customer_id, o.order_id == h.order_id))
    waits = o.status.in_(("held", "waiting"))
    unmatched = or_(and_(waits, h.open.isnot(True)), and_(~waits, h.open.is_(True)), and_(waits, h.owner == ""))
    wrong = select(o.customer_id, o.order_id).select_from(together).where(unmatched)
    return _none("open-orders-have-holds", [f"{row[0]}/{row[1]}" for row in await db.execute(wrong)])


async def left_is_not_delivered(db: AsyncConnection) -> Check:
    """What an order has left is its lines less what has left of them."""
    gone: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for row in await db.execute(select(confirmed_deliveries)):
        delivery = Delivery(*row)
        gone[delivery.customer_id, delivery.order_id].append(delivery)
    wrong = []
    for row in await db.execute(select(orders)):
        order = Order(*row)
        left = remaining(ordered_lines(order.document), gone.get((order.customer_id, order.order_id), []))
        if order.open_minor != left:
            wrong.append(f"{order.customer_id}/{order.order_id} says {order.open_minor}, {left} is left")
    return _none("left-is-not-delivered", wrong)


async def documents(db: AsyncConnection, customer_id: str | None = None) -> AsyncIterator[Document]:
    """Every row that may count."""
    accepted, owed = orders.c.status == "accepted", items.c.open
    for row in await db.execute(_of(orders, customer_id).where(accepted)):
        yield Order(*row)
    for row in await db.execute(_of(confirmed_deliveries, customer_id)):
        yield Delivery(*row)
    for row in await db.execute(_of(items, customer_id).where(owed)):
        yield Item(*row)


def totals(rows: Iterable[Document]) -> dict[Place, tuple[int, int, int]]:
    """Customer, legal entity, currency -> ordered, delivered, receivable; in minor units, without empty ones."""
    sums: dict[Place, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row.counted:
            sums[row.customer_id, row.legal_entity, row.currency][row.BUCKET] += row.counted
    return {p: (b["ordered_minor"], b["delivered_minor"], b["receivable_minor"]) for p, b in sums.items()}


def _of(table: Table, customer_id: str | None) -> Select[Any]:
    wanted = select(table)
    return wanted if customer_id is None else wanted.where(table.c.customer_id == customer_id)


def _none(name: str, wrong: list[str]) -> Check:
    return Check(name, not wrong, "; ".join(wrong[:_SHOWN_MOST]))
