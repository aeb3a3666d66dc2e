"""Fifteen months of the sample company, day by day: customers order, pay, promise and contest; staff decide.

Everybody reacts only to what the services told. Nothing here looks into a service.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from o2c_chassis.commands import Command
from o2c_chassis.errors import Refused
from o2c_contracts.bank import PaymentReceived, PaymentReturned, RemittanceAdvised, RemittanceLine
from o2c_contracts.event import Event
from o2c_contracts.intake import (
    DeliveredLine,
    DeliveryConfirmed,
    OrderLine,
    OrderSubmitted,
    PromiseMade,
    QueryReceived,
)

from .company import CLIPPING, DISPUTER, HELD, PROMISER, Buyer, buyers, rates, registered
from .world import Told, World

ZONE = ZoneInfo("Europe/Berlin")
_MORNING, _DELIVERY, _NOON, _QUERIES, _OFFICE = time(6), time(6, 1), time(12), time(14), time(15)
_PRODUCTS = ("paper", "binding", "ink", "shelving", "packaging")
Action = Callable[[], Command]


@dataclass(slots=True)
class Diary:
    """What is going to happen on which day."""

    deliveries: dict[date, list[Event]] = field(default_factory=lambda: defaultdict(list))
    payments: dict[date, list[Event]] = field(default_factory=lambda: defaultdict(list))
    queries: dict[date, list[Event]] = field(default_factory=lambda: defaultdict(list))
    office: dict[date, list[tuple[str, str, str, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(list))
    """Service, command, person, and the command's fields."""


class Story:
    """Play `day` after `day`; the same seed and first day give the same story."""

    def __init__(self, world: World, first: date, seed: int) -> None:
        self._world, self._first, self._random = world, first, Random(seed)
        self.buyers = {b.customer_id: b for b in buyers(seed)}
        self._diary = Diary()
        self._read = dict.fromkeys(world.services, 0)
        self._orders = 0
        self._disputed = self._promised = self._returned = False
        self._cases: dict[str, dict[str, Any]] = {}
        self.refusals: list[str] = []

    async def begin(self) -> None:
        """The first day: master data only."""
        await self._publish(self._first, _MORNING, registered(list(self.buyers.values()), self._first, self._random))

    async def day(self, day: date) -> None:
        """One day, each kind of event at an instant of its own."""
        if day.day == 1:
            await self._publish(day, time(5), rates(day, self._random))
        if day.weekday() < 5:
            await self._publish(day, _MORNING, self._ordered(day))
        await self._publish(day, _DELIVERY, self._diary.deliveries.pop(day, []))
        await self._publish(day, _NOON, self._diary.payments.pop(day, []))
        await self._publish(day, _QUERIES, self._diary.queries.pop(day, []))
        await self._work(day)
        await self._hear(day)

    async def end(self, day: date) -> None:
        """The day is over."""
        await self._world.advance(_at(day, time(23)))
        await self._world.settle()

    async def _publish(self, day: date, clock: time, events: Iterable[Event]) -> None:
        if found := list(events):
            await self._world.advance(_at(day, clock))
            await self._world.publish("sample", *found)
            await self._world.settle()

    def _ordered(self, day: date) -> Iterable[Event]:
        for b in self.buyers.values():
            if self._random.random() < b.orders_a_month / 21.7 and (day - self._first).days > 1:
                self._orders += 1
                yield self._order(b, f"O-{self._orders:05d}")

    def _order(self, b: Buyer, order_id: str) -> OrderSubmitted:
        quantity = self._random.randrange(2, 30)
        each = max(1_00, round(b.order_minor * self._random.uniform(0.6, 1.5) / quantity))
        line = OrderLine(
            line_id="1",
            product=self._random.choice(_PRODUCTS),
            quantity=Decimal(quantity),
            unit_price=Decimal(each) / 100,
            net_minor=quantity * each,
        )
        return OrderSubmitted(
            customer_id=b.customer_id,
            legal_entity=b.entity,
            currency=b.currency,
            order_id=order_id,
            contract_id=b.contract_id,
            lines=(line,),
            total_minor=line.net_minor,
            purchase_order=f"PO-{order_id}" if b.segment == "key" else None,
        )

    async def _hear(self, day: date) -> None:
        """Everybody reacts to what was told since yesterday."""
        react: dict[str, Callable[[date, Told], None]] = {
            "OrderAccepted": self._deliver,
            "OrderReleased": self._deliver,
            "InvoiceIssued": self._pay_or_contest,
            "DunningNoticeSent": self._promise,
            "DisputeOpened": self._settle_dispute,
            "ApprovalRequested": self._approve,
            "CaseOpened": self._answer,
        }
        for service in self._world.services:
            for told in await self._world.told(service, self._read[service]):
                self._read[service] = told.position
                if told.type in react:
                    react[told.type](day, told)

    def _deliver(self, day: date, told: Told) -> None:
        order, later = told.content, day + timedelta(days=self._random.randrange(1, 6))
        for n, share in enumerate((Decimal("0.5"), Decimal("0.5")) if self._random.random() < 0.1 else (Decimal(1),)):
            [line] = order["lines"]
            whole = Decimal(line["quantity"])
            quantity = (whole * share).to_integral_value() if n == 0 else whole - (whole * share).to_integral_value()
            each = line["net_minor"] // int(whole)
            if quantity:
                self._diary.deliveries[later + timedelta(days=3 * n)].append(
                    DeliveryConfirmed(
                        customer_id=order["customer_id"],
                        legal_entity=order["legal_entity"],
                        currency=order["currency"],
                        delivery_id=f"D-{order['order_id']}-{n + 1}",
                        order_id=order["order_id"],
                        delivered_on=later + timedelta(days=3 * n),
                        lines=(DeliveredLine(line_id="1", quantity=quantity, net_minor=each * int(quantity)),),
                    )
                )

    def _pay_or_contest(self, day: date, told: Told) -> None:
        invoice, b = told.content, self.buyers[told.content["customer_id"]]
        due = date.fromisoformat(invoice["due_on"])
        amount = invoice["total_minor"]
        if b.role == DISPUTER and not self._disputed and (day - self._first).days > 60:
            self._disputed = True
            contested = amount // 5
            self._diary.queries[day + timedelta(days=2)].append(_contest(invoice, contested))
            amount -= contested
        paid_on = max(
            day + timedelta(days=1), due + timedelta(days=self._random.randint(b.habit.lag_min, b.habit.lag_max))
        )
        if b.habit is CLIPPING and self._random.random() < 0.3:
            amount -= min(5_00, amount // 250)
        payment_id = f"P-{invoice['invoice_number']}"
        self._diary.payments[paid_on] += _payment(b, invoice, payment_id, amount, paid_on)
        if b.role == HELD and not self._returned and (day - self._first).days > 200:
            self._returned = True
            self._bounce(b, invoice, payment_id, paid_on)

    def _bounce(self, b: Buyer, invoice: Mapping[str, Any], payment_id: str, paid_on: date) -> None:
        """The bank takes the payment back; the customer pays again ten days later."""
        returned_on = paid_on + timedelta(days=3)
        self._diary.payments[returned_on].append(
            PaymentReturned(
                customer_id=b.customer_id,
                legal_entity=b.entity,
                currency=b.currency,
                return_id=f"R-{payment_id}",
                payment_id=payment_id,
                amount_minor=invoice["total_minor"],
                returned_on=returned_on,
                reason="AM04",
            )
        )
        again = returned_on + timedelta(days=10)
        self._diary.payments[again] += _payment(b, invoice, f"{payment_id}-2", invoice["total_minor"], again)

    def _promise(self, day: date, told: Told) -> None:
        """One customer promises at the second reminder, and does not keep it."""
        b = self.buyers[told.content["customer_id"]]
        lines = [line for line in told.content["lines"] if line["level"] >= 2 and line["claimed_minor"]]
        if b.role != PROMISER or self._promised or not lines:
            return
        self._promised = True
        line = lines[0]
        self._diary.queries[day + timedelta(days=1)].append(
            PromiseMade(
                customer_id=b.customer_id,
                legal_entity=told.content["legal_entity"],
                currency=line["currency"],
                promise_id=f"promise-{line['invoice_number']}",
                invoice_number=line["invoice_number"],
                amount_minor=line["claimed_minor"],
                promised_on=day + timedelta(days=5),
            )
        )

    def _settle_dispute(self, day: date, told: Told) -> None:
        """Contested prices are right; short payments are not."""
        dispute = told.content
        resolution = "valid" if dispute["reason"] == "price" else "invalid"
        fields = {
            "customer_id": dispute["customer_id"],
            "case_id": dispute["case_id"],
            "resolution": resolution,
            "root_cause": "price-master" if resolution == "valid" else "customer",
            "answer": "We have looked into it and write to you with the result.",
        }
        self._diary.office[day + timedelta(days=4)].append(("disputes", "ResolveDispute", "dora", fields))

    def _approve(self, day: date, told: Told) -> None:
        request = told.content
        if told.id and request["action"]:
            service = "billing" if request["action"].startswith("credit") else "cash"
            for step in request["steps"]:
                for n in range(step["count"]):
                    fields = {"customer_id": request["customer_id"], "approval_id": request["approval_id"]}
                    person = f"{step['role']}-{n + 1}"
                    self._diary.office[day + timedelta(days=1)].append((service, "ApproveRequest", person, fields))

    def _answer(self, day: date, told: Told) -> None:
        if told.content["kind"] == "question":
            fields = {
                "customer_id": told.content["customer_id"],
                "case_id": told.content["case_id"],
                "answer": "Here is the copy you asked for.",
            }
            self._diary.office[day + timedelta(days=1)].append(("disputes", "AnswerCase", "dora", fields))

    async def _work(self, day: date) -> None:
        """People of the company decide; what a service refuses them is kept for the report."""
        actions = self._diary.office.pop(day, [])
        if actions:
            await self._world.advance(_at(day, _OFFICE))
        for n, (service, name, person, fields) in enumerate(actions):
            kind = next(c for c in self._world.services[service].service.commands if c.__name__ == name)
            roles = ("dispute_agent", "dispute_manager") if person == "dora" else (person.rsplit("-", 1)[0],)
            try:
                await self._world.command(service, kind(**fields, roles=roles), person, f"{day}-{n}-{name}")
            except Refused as refusal:
                self.refusals.append(f"{day} {person} {name}: {refusal.text}")
            await self._world.settle()


def _contest(invoice: Mapping[str, Any], amount: int) -> QueryReceived:
    return QueryReceived(
        customer_id=invoice["customer_id"],
        legal_entity=invoice["legal_entity"],
        currency=invoice["currency"],
        query_id=f"Q-{invoice['invoice_number']}",
        channel="email",
        kind="dispute",
        reason="price",
        invoice_number=invoice["invoice_number"],
        amount_minor=amount,
        text="The unit price is not the one we agreed on.",
    )


def _payment(b: Buyer, invoice: Mapping[str, Any], payment_id: str, amount: int, day: date) -> list[Event]:
    whose = {"legal_entity": b.entity, "currency": b.currency, "account": b.account}
    payment = PaymentReceived(
        **whose, customer_id=b.customer_id, payment_id=payment_id, amount_minor=amount, value_date=day
    )
    if not b.habit.reference:
        return [payment]
    advice = RemittanceAdvised(
        **whose,
        customer_id=b.customer_id,
        remittance_id=f"A-{payment_id}",
        payment_id=payment_id,
        total_minor=amount,
        lines=(RemittanceLine(invoice_number=invoice["invoice_number"], amount_minor=amount),),
    )
    return [advice, payment]


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZONE)
