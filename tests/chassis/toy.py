"""The smallest service that uses every part of the chassis: orders against a limit, a reminder for each, a letter."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from o2c_chassis.commands import Command
from o2c_chassis.counters import Counter, counters
from o2c_chassis.errors import Refused
from o2c_chassis.service import (
    DeadlineReached,
    Delivers,
    DeliveryEnded,
    Document,
    Due,
    Hears,
    Keeps,
    Service,
)
from o2c_chassis.working_set import Need, WorkingSet, need
from o2c_contracts import wire
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.intake import OrderLine, OrderSubmitted
from o2c_contracts.master import CreditLimitSet, FamilyChanged
from o2c_contracts.orders import OrderAccepted, OrderCancelled, OrderHeld, OrderReleased
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
INTAKE, MASTER = "o2c.intake.v1", "o2c.master.v1"
metadata = MetaData()
accounts = Table(
    "accounts",
    metadata,
    Column("customer_id", Text, primary_key=True),
    Column("root_id", Text, nullable=False, index=True),
    Column("limit_minor", BigInteger),
)
bought = Table(
    "bought",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False, index=True),
    Column("number", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("reminded", BigInteger, nullable=False),
    Column("letter", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Account:
    customer_id: str
    root_id: str
    limit_minor: int | None


@dataclass(frozen=True, slots=True)
class Bought:
    order_id: str
    customer_id: str
    number: int
    total_minor: int
    held: bool
    reminded: int = 0
    letter: str = ""


class CancelOrder(Command):
    route: ClassVar[str] = "orders/{order_id}/cancel"
    order_id: str

    @property
    def subject(self) -> str:
        return self.order_id


def family(event: Any, work: WorkingSet) -> Generator[list[Need[Any]], None, set[str]]:
    yield [need(Account, customer_id=event.customer_id)]
    account = work.get(Account, customer_id=event.customer_id)
    names = {f"c:{account.root_id if account else event.customer_id}"}
    return names | {f"c:{event.root_id}"} if isinstance(event, FamilyChanged) and event.root_id else names


def all_of_it(event: Any, work: WorkingSet) -> Iterator[list[Need[Any]]]:
    yield [need(Account, customer_id=event.customer_id), need(Bought, customer_id=event.customer_id)]


def numbered(event: Any, work: WorkingSet) -> Iterator[list[Need[Any]]]:
    yield [
        need(Account, customer_id=event.customer_id),
        need(Bought, customer_id=event.customer_id),
        need(Counter, series="orders"),
    ]


def on_limit(event: CreditLimitSet, work: WorkingSet) -> Iterator[Event]:
    account = work.get(Account, customer_id=event.customer_id) or Account(event.customer_id, event.customer_id, None)
    work.put(replace(account, limit_minor=event.limit_minor))
    for row in work.find(Bought, customer_id=event.customer_id):
        if row.held and _fits(row, work):
            work.put(replace(row, held=False))
            yield _told(OrderReleased, row)


def on_move(event: FamilyChanged, work: WorkingSet) -> Iterator[Event]:
    work.put(Account(event.customer_id, event.root_id or event.customer_id, None))
    yield from ()


def on_order(event: OrderSubmitted, work: WorkingSet) -> Iterator[Event]:
    if event.purchase_order == "boom":
        raise ZeroDivisionError("this order breaks its handler")
    asked = work.ask("reference/legal-entities", {"legal_entity": event.legal_entity}, subject=event.order_id)
    counter = work.get(Counter, series="orders") or Counter("orders", 1, None)
    work.put(replace(counter, next_number=counter.next_number + 1, last_date=work.today(event.legal_entity)))
    row = Bought(event.order_id, event.customer_id, counter.next_number, event.total_minor, held=False)
    row = replace(row, held=not _fits(row, work))
    work.put(row)
    work.arm("remind", event.order_id, work.at + timedelta(days=1), customer_id=event.customer_id)
    work.deliver("letter", event.order_id, {"to": event.customer_id}, customer_id=event.customer_id)
    told = _told(OrderHeld, row, reasons=()) if row.held else _told(OrderAccepted, row)
    yield told.model_copy(update={"decision_id": asked.id}) if not row.held else told


def on_cancel(event: CancelOrder, work: WorkingSet) -> Iterator[Event]:
    rows = [r for r in work.find(Bought, customer_id=event.customer_id) if r.order_id == event.order_id]
    if not rows:
        raise Refused("unknown-order", f"{event.order_id} is no order of {event.customer_id}", status=404)
    work.put(replace(rows[0], total_minor=0))
    work.disarm("remind", event.order_id)
    yield OrderCancelled(
        customer_id=event.customer_id, legal_entity="DE01", currency="EUR", order_id=event.order_id, reason="asked"
    )


def on_remind(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    [row] = [r for r in work.find(Bought, customer_id=event.customer_id) if r.order_id == event.subject_id]
    work.put(replace(row, reminded=row.reminded + 1))
    if row.reminded < 1:
        work.arm("remind", row.order_id, work.at + timedelta(days=1), customer_id=row.customer_id)
    yield from ()


def on_letter(event: DeliveryEnded, work: WorkingSet) -> Iterator[Event]:
    [row] = [r for r in work.find(Bought, customer_id=event.customer_id) if r.order_id == event.subject_id]
    work.put(replace(row, letter="delivered" if event.delivered else "lost"))
    yield from ()


def _fits(row: Bought, work: WorkingSet) -> bool:
    account = work.get(Account, customer_id=row.customer_id)
    taken = sum(r.total_minor for r in work.find(Bought, customer_id=row.customer_id) if not r.held)
    own = (
        0
        if any(r.order_id == row.order_id and not r.held for r in work.find(Bought, customer_id=row.customer_id))
        else row.total_minor
    )
    return account is None or account.limit_minor is None or taken + own <= account.limit_minor


def _told(kind: type[Any], row: Bought, **more: Any) -> Any:
    return kind(
        customer_id=row.customer_id, legal_entity="DE01", currency="EUR", order_id=row.order_id, contract_id="k",
        lines=(_line(row.total_minor),), total_minor=row.total_minor, **more,
    )  # fmt: skip


def _line(total: int) -> OrderLine:
    return OrderLine.model_validate_json(
        f'{{"line_id":"1","product":"paper","quantity":"1","unit_price":"1","net_minor":{total}}}'
    )


service = Service(
    name="orders",
    keeps=(Keeps(Account, accounts), Keeps(Bought, bought), Keeps(Counter, counters, locked_last=True)),
    hears=(
        Hears(CreditLimitSet, all_of_it, on_limit),
        Hears(FamilyChanged, all_of_it, on_move),
        Hears(OrderSubmitted, numbered, on_order),
        Hears(CancelOrder, all_of_it, on_cancel),
    ),
    dues=(Due("remind", all_of_it, on_remind),),
    delivers=(
        Delivers("letter", lambda content: Document("letter.txt", b"hello", "text/plain"), all_of_it, on_letter),
    ),
    families=family,
)


def order(name: str, customer: str = "acme", total: int = 40_00, purchase_order: str | None = None) -> OrderSubmitted:
    return OrderSubmitted(
        customer_id=customer, legal_entity="DE01", currency="EUR", order_id=name, contract_id="k",
        lines=(_line(total),), total_minor=total, purchase_order=purchase_order,
    )  # fmt: skip


def limit(total: int, customer: str = "acme") -> CreditLimitSet:
    return CreditLimitSet(customer_id=customer, state="amount", limit_minor=total, currency="EUR")


def message(id_: object, event: Event, source: str = "shop", at: datetime = NOON, **more: Any) -> Message:
    return Message(Envelope(source, str(id_), type(event).__name__, at, at, at.date(), **more), event)


def record(id_: object, event: Event, source: str = "shop", at: datetime = NOON) -> wire.Record:
    return wire.encode(message(id_, event, source, at))
