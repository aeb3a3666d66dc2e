"""The naive peer: a FastStream handler per message, an ORM session and transaction each, published after the commit.

It does the house's job on an order the way one writes it first: the same rows read through the ORM (the order if it
was sent before, its deliveries, contract, customer and family, their exposure, money and held orders), the real rules
on the same fact sheet, the order, the exposure and the decision written, the same event told. What it lacks is what
the house adds: no inbox, outbox, chain, lock on a family or order of events.
"""

import asyncio
import io
import logging
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from faststream.kafka import KafkaBroker, KafkaMessage
from o2c_contracts.intake import OrderSubmitted
from o2c_contracts.orders import OrderAccepted
from o2c_orders import facts
from o2c_orders.domain import contracts, customers
from o2c_orders.domain.orders import WAITING, Order
from o2c_orders.tables import metadata as of_the_house
from o2c_rules.rulebook import RuleBook
from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Text, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry

from tests.bench.ground import INTAKE, Ground, Meter, Reading

COPIED = ("customers", "contracts", "exposures", "customer_money", "holds")
tables = MetaData()
_mapped = registry(metadata=tables)


class Row:
    """One row of a table; the mapper adds its columns."""

    def __init__(self, **columns: Any) -> None:
        for name, value in columns.items():
            setattr(self, name, value)


class CustomerRow(Row):
    pass


class ContractRow(Row):
    pass


class ExposureRow(Row):
    pass


class MoneyRow(Row):
    pass


class HoldRow(Row):
    pass


class DeliveryRow(Row):
    pass


class OrderRow(Row):
    pass


class DecisionRow(Row):
    pass


for _kind, _name in {
    CustomerRow: "customers", ContractRow: "contracts", ExposureRow: "exposures", OrderRow: "orders",
    MoneyRow: "customer_money", HoldRow: "holds", DeliveryRow: "confirmed_deliveries",
}.items():  # fmt: skip
    _copy = of_the_house.tables[_name].to_metadata(tables, name=f"naive_{_name}")
    for _index in _copy.indexes:
        _index.name = f"naive_{_index.name}"
    _mapped.map_imperatively(_kind, _copy)
_mapped.map_imperatively(
    DecisionRow,
    Table(
        "naive_decisions",
        tables,
        Column("decision_id", Text, primary_key=True),
        Column("subject", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("body", LargeBinary, nullable=False),
    ),
)


async def run(ground: Ground, url: str, count: int, output: str) -> Reading:
    """The first `count` orders of the topic, with the shipped rules."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.run_sync(tables.drop_all)
        await connection.run_sync(tables.create_all)
        for name in COPIED:
            await connection.execute(text(f"insert into naive_{name} select * from {name}"))
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    book = RuleBook.shipped()
    logger = logging.getLogger("naive")  # As FastStream comes: two lines for each message, here unread.
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [logging.StreamHandler(io.StringIO())]
    broker = KafkaBroker(ground.servers, logger=logger)
    publisher = broker.publisher(output)
    done, seen = asyncio.Event(), 0

    @broker.subscriber(INTAKE, group_id=f"naive-{output}-{count}", auto_offset_reset="earliest")
    async def on_order(message: KafkaMessage) -> None:
        nonlocal seen
        if done.is_set():
            return
        event = OrderSubmitted.model_validate_json(message.body)
        async with sessions() as session, session.begin():
            told = await _decide(session, book, event)
        await publisher.publish(told.model_dump(mode="json"), key=event.customer_id.encode())
        seen += 1
        if seen >= count:
            done.set()

    meter = Meter(ground)
    async with broker:
        await broker.start()
        await asyncio.wait_for(done.wait(), 120)
        reading = meter.read(count)
    await engine.dispose()
    return reading


async def _decide(session: AsyncSession, book: RuleBook, event: OrderSubmitted) -> OrderAccepted:
    now = datetime.now(UTC)
    assert await session.get(OrderRow, (event.customer_id, event.order_id)) is None, "each order is sent once"
    gone = select(DeliveryRow).where(
        DeliveryRow.customer_id == event.customer_id, DeliveryRow.order_id == event.order_id
    )
    assert not (await session.scalars(gone)).all(), "nothing was delivered yet"
    customer = await session.get_one(CustomerRow, event.customer_id)
    contract = await session.get_one(ContractRow, (event.customer_id, event.contract_id))
    family = (await session.scalars(select(CustomerRow).where(CustomerRow.root_id == customer.root_id))).all()
    members = [member.customer_id for member in family]
    owed = await session.scalars(select(ExposureRow).where(ExposureRow.customer_id.in_(members)).with_for_update())
    exposures = {(row.legal_entity, row.currency): row for row in owed}
    money = (await session.scalars(select(MoneyRow).where(MoneyRow.customer_id.in_(members)))).all()
    held = await session.scalars(select(HoldRow).where(HoldRow.customer_id.in_(members), HoldRow.open))
    held_before = sum(hold.overtake == "never" for hold in held)
    row = exposures.get((event.legal_entity, event.currency)) or _nothing_owed(event)
    order = _order(event, now)
    exposure = sum(e.ordered_minor + e.delivered_minor + e.receivable_minor for e in exposures.values())
    exposure -= sum(m.unapplied_minor + m.on_account_minor for m in money)
    position = facts.Position(
        exposure_minor=exposure + event.total_minor,
        over_minor=max(0, exposure + event.total_minor - customer.limit_minor),
        held_before=held_before,
    )
    decision = book.decide("orders/credit", _sheet(order, (customer, contract), position), now.date())
    assert decision["then"] == "accept", "the bench's customers have room"
    id_ = str(uuid4())
    row.ordered_minor += event.total_minor
    session.add(row)
    session.add(DecisionRow(decision_id=id_, subject=event.order_id, at=now, body=decision.record()))
    columns = {name: getattr(order, name) for name in Order.__slots__}
    session.add(OrderRow(**columns | {"status": "accepted", "decision_id": id_, "decided_at": now}))
    return OrderAccepted(**event.__dict__, because=decision.because, decision_id=id_)


def _nothing_owed(event: OrderSubmitted) -> ExposureRow:
    return ExposureRow(
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        ordered_minor=0,
        delivered_minor=0,
        receivable_minor=0,
    )


def _order(event: OrderSubmitted, now: datetime) -> Order:
    total = event.total_minor
    return Order(
        event.customer_id,
        event.order_id,
        event.contract_id,
        event.legal_entity,
        event.currency,
        total,
        total,
        WAITING,
        now,
        now.date(),
        event.model_dump_json(),
    )


def _sheet(order: Order, rows: tuple[Any, Any], position: facts.Position) -> Any:
    """The house's own fact sheet, so that both ask the rules the same."""
    customer = customers.Customer(**{n: getattr(rows[0], n) for n in customers.Customer.__slots__})
    contract = contracts.Contract(**{n: getattr(rows[1], n) for n in contracts.Contract.__slots__})
    parties = facts.Parties(customer, customer, contract, date.today())  # noqa: DTZ011 - as one writes it first
    return facts.order(order, parties, position)
