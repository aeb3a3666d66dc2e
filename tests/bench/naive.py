"""The naive peer: a FastStream handler per message, an ORM session and transaction each, published after the commit."""

import asyncio
import io
import logging
from datetime import UTC, datetime

from faststream.kafka import KafkaBroker
from pydantic import BaseModel
from sqlalchemy import BigInteger, DateTime, String, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.bench.ground import INTAKE, Ground, Meter, Reading


class Submitted(BaseModel):
    """As somebody in a hurry would read it."""

    order_id: str
    customer_id: str
    currency: str
    total_minor: int
    lines: list[dict[str, object]]


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "naive_accounts"
    customer_id: Mapped[str] = mapped_column(String, primary_key=True)
    exposure_minor: Mapped[int] = mapped_column(BigInteger, default=0)


class Order(Base):
    __tablename__ = "naive_orders"
    order_id: Mapped[str] = mapped_column(String, primary_key=True)
    customer_id: Mapped[str] = mapped_column(String)
    total_minor: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


async def run(ground: Ground, url: str, count: int, output: str) -> Reading:
    """The first `count` orders of the topic; the rule is one comparison."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    logger = logging.getLogger("naive")  # As FastStream comes: two lines for each message, here unread.
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [logging.StreamHandler(io.StringIO())]
    broker = KafkaBroker(ground.servers, logger=logger)
    publisher = broker.publisher(output)
    done, seen = asyncio.Event(), 0

    @broker.subscriber(INTAKE, group_id=f"naive-{output}-{count}", auto_offset_reset="earliest")
    async def on_order(order: Submitted) -> None:
        nonlocal seen
        if done.is_set():
            return
        async with sessions() as session, session.begin():
            status = await _decide(session, order)
        await publisher.publish({"order_id": order.order_id, "status": status}, key=order.customer_id.encode())
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


async def _decide(session: AsyncSession, order: Submitted) -> str:
    found = await session.scalars(select(Account).where(Account.customer_id == order.customer_id).with_for_update())
    account = found.one_or_none() or Account(customer_id=order.customer_id, exposure_minor=0)
    account.exposure_minor += order.total_minor
    session.add(account)
    status = "accepted" if account.exposure_minor < 10**12 else "held"
    session.add(
        Order(
            order_id=order.order_id,
            customer_id=order.customer_id,
            total_minor=order.total_minor,
            status=status,
            at=datetime.now(UTC),
        )
    )
    return status
