"""Exposure by bucket, orders that wait, what became of an order, contracts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from o2c_chassis.tables import decisions
from sqlalchemy import Select, Table, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from o2c_orders.domain.contracts import Contract, ContractVersion
from o2c_orders.domain.customers import Customer
from o2c_orders.domain.exposure import CustomerMoney, Exposure, Rate
from o2c_orders.domain.orders import Delivery, Hold, Order
from o2c_orders.tables import schema

R = TypeVar("R")
After = Sequence[str | int] | None
"""Sort values of the last row of the page before."""


async def customer(db: AsyncConnection, customer_id: str) -> Customer | None:
    return await _one(db, Customer, select(schema.customers).where(schema.customers.c.customer_id == customer_id))


async def family(db: AsyncConnection, root_id: str) -> list[Customer]:
    """Everybody who shares the root's limit, the root included."""
    found = select(schema.customers).where(schema.customers.c.root_id == root_id)
    return await _all(db, Customer, found.order_by(schema.customers.c.customer_id))


async def exposures(db: AsyncConnection, members: Iterable[str]) -> list[Exposure]:
    return await _all(db, Exposure, _of(schema.exposures, members))


async def money(db: AsyncConnection, members: Iterable[str]) -> list[CustomerMoney]:
    return await _all(db, CustomerMoney, _of(schema.customer_money, members))


async def rates(db: AsyncConnection, pairs: Iterable[str]) -> list[Rate]:
    wanted = sorted(pairs)
    return await _all(db, Rate, select(schema.rates).where(schema.rates.c.pair.in_(wanted), schema.rates.c.counts))


async def held(db: AsyncConnection, owner: str, legal_entity: str, after: After, most: int) -> list[Hold]:
    """Orders that wait, oldest first; empty filters ask for all."""
    c = schema.holds.c
    wanted = select(schema.holds).where(c.open)
    if owner:
        wanted = wanted.where(c.owner == owner)
    if legal_entity:
        wanted = wanted.where(c.legal_entity == legal_entity)
    if after:
        since = datetime.fromisoformat(str(after[0]))
        wanted = wanted.where(tuple_(c.submitted_at, c.customer_id, c.order_id) > tuple_(since, after[1], after[2]))
    return await _all(db, Hold, wanted.order_by(c.submitted_at, c.customer_id, c.order_id).limit(most))


async def held_of(db: AsyncConnection, customer_id: str, order_id: str) -> Hold | None:
    c = schema.holds.c
    return await _one(db, Hold, select(schema.holds).where(c.customer_id == customer_id, c.order_id == order_id))


async def order(db: AsyncConnection, customer_id: str, order_id: str) -> Order | None:
    c = schema.orders.c
    return await _one(db, Order, select(schema.orders).where(c.customer_id == customer_id, c.order_id == order_id))


async def deliveries(db: AsyncConnection, customer_id: str, order_id: str) -> list[Delivery]:
    c = schema.confirmed_deliveries.c
    wanted = select(schema.confirmed_deliveries).where(c.customer_id == customer_id, c.order_id == order_id)
    return await _all(db, Delivery, wanted.order_by(c.delivered_on, c.delivery_id))


async def orders_of(db: AsyncConnection, customer_id: str, status: str, after: After, most: int) -> list[Order]:
    """A customer's orders by number."""
    c = schema.orders.c
    wanted = select(schema.orders).where(c.customer_id == customer_id)
    if status:
        wanted = wanted.where(c.status == status)
    if after:
        wanted = wanted.where(c.order_id > str(after[0]))
    return await _all(db, Order, wanted.order_by(c.order_id).limit(most))


async def contracts(db: AsyncConnection, customer_id: str, after: After, most: int) -> list[Contract]:
    c = schema.contracts.c
    wanted = select(schema.contracts).where(c.customer_id == customer_id)
    if after:
        wanted = wanted.where(c.contract_id > str(after[0]))
    return await _all(db, Contract, wanted.order_by(c.contract_id).limit(most))


async def versions(db: AsyncConnection, customer_id: str, contract_id: str) -> list[ContractVersion]:
    c = schema.contract_versions.c
    wanted = select(schema.contract_versions).where(c.customer_id == customer_id, c.contract_id == contract_id)
    return await _all(db, ContractVersion, wanted.order_by(c.version))


async def decisions_on(db: AsyncConnection, customer_id: str, subject: str) -> list[tuple[str, str]]:
    """Decision ids and tables about a document, in the order in which they were made."""
    c = decisions.c
    wanted = select(c.decision_id, c.table_name).where(c.key == f"c:{customer_id}", c.subject == subject)
    return [(row.decision_id, row.table_name) for row in await db.execute(wanted.order_by(c.chain, c.seq))]


def _of(table: Table, customer_ids: Iterable[str]) -> Select[Any]:
    return select(table).where(table.c.customer_id.in_(sorted(customer_ids)))


async def _all(db: AsyncConnection, kind: type[R], wanted: Select[Any]) -> list[R]:
    return [kind(*row) for row in await db.execute(wanted)]


async def _one(db: AsyncConnection, kind: type[R], wanted: Select[Any]) -> R | None:
    found = (await db.execute(wanted)).first()
    return kind(*found) if found else None
