"""A late payer of the German company, told to collections as billing, cash, disputes and master data would."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from o2c_chassis.testing import Rig
from o2c_collections.app import service
from o2c_collections.domain.items import Item
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.cash import PaymentApplicationReversed, PaymentApplied
from o2c_contracts.collections import DunningNoticeSent
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.intake import PromiseMade
from o2c_contracts.master import CustomerRegistered
from o2c_rules.rulebook import RuleBook

BERLIN = ZoneInfo("Europe/Berlin")
DUE = date(2026, 3, 2)


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = BERLIN) -> datetime:
    """A local time of the German company."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


def on(days: int, hour: int = 12, due: date = DUE) -> datetime:
    """So many days after the due date, at noon unless said."""
    return at(due + timedelta(days=days), hour)


@dataclass
class World:
    """Collections alone, with short words for what the others tell it."""

    rig: Rig
    customer: str = "C1"
    _versions: dict[str, int] = field(default_factory=dict)
    _open: dict[str, int] = field(default_factory=dict)

    def customer_is(self, **said: Any) -> list[Event]:
        known = {"name": "Adler GmbH", "country": "DE", "email": "pay@adler.example"} | said
        return self.rig.tell(CustomerRegistered(customer_id=self.customer, **known))

    def invoice(self, number: str = "R1", minor: int = 100_000, due: date = DUE, **more: Any) -> list[Event]:
        self._open[number], self._versions[number] = minor, 0
        return self.rig.tell(invoice(self.customer, number, minor, due, **more), at=more.get("at"))

    def paid(self, number: str, minor: int, when: datetime, value: date | None = None, id_: str = "P1") -> list[Event]:
        event = PaymentApplied(payment_id=id_, **self._changed(number, -minor, value or when.date()))
        return self.rig.tell(event, at=when)

    def returned(self, number: str, minor: int, when: datetime, id_: str = "P1") -> list[Event]:
        event = PaymentApplicationReversed(payment_id=id_, **self._changed(number, minor, when.date()))
        return self.rig.tell(event, at=when)

    def item_event(self, kind: type[Event], number: str, minor: int, when: datetime, **more: Any) -> list[Event]:
        """Any other word of cash that lessens an item."""
        return self.rig.tell(kind(**self._changed(number, -minor, when.date()), **more), at=when)

    def disputed(self, number: str, minor: int, when: datetime, case: str = "K1") -> list[Event]:
        event = DisputeOpened(
            **self._money(), case_id=case, invoice_number=number, disputed_minor=minor, reason="PRICE"
        )
        return self.rig.tell(event, at=when)

    def resolved(self, number: str, minor: int, when: datetime, case: str = "K1") -> list[Event]:
        event = DisputeResolved(
            **self._money(),
            case_id=case,
            invoice_number=number,
            resolution="invalid",
            original_minor=minor,
            undisputed_minor=minor,
        )
        return self.rig.tell(event, at=when)

    def promised(
        self, number: str, minor: int, day: date, when: datetime, id_: str = "V1", source: str = "test"
    ) -> list[Event]:
        event = PromiseMade(**self._money(), promise_id=id_, invoice_number=number, amount_minor=minor, promised_on=day)
        return self.rig.tell(event, at=when, source=source)

    def item(self, number: str = "R1") -> Item:
        (found,) = self.rig.rows("collections", Item, invoice_number=number)
        return found

    def letters(self) -> list[DunningNoticeSent]:
        return [m.event for m in self.rig.told if isinstance(m.event, DunningNoticeSent)]

    def letter_days(self) -> list[tuple[int, int]]:
        """Days past DUE and level of every letter so far."""
        return [((letter.sent_on - DUE).days, letter.level) for letter in self.letters()]

    def _money(self) -> dict[str, str]:
        return {"customer_id": self.customer, "legal_entity": "DE01", "currency": "EUR"}

    def _changed(self, number: str, by: int, value: date) -> dict[str, Any]:
        self._versions[number] += 1
        self._open[number] += by
        return {
            **self._money(),
            "invoice_number": number,
            "amount_minor": abs(by),
            "open_minor_after": self._open[number],
            "item_version": self._versions[number],
            "value_date": value,
        }


def invoice(customer: str, number: str, minor: int, due: date, **more: Any) -> InvoiceIssued:
    return InvoiceIssued(
        customer_id=customer,
        legal_entity=more.get("legal_entity", "DE01"),
        currency=more.get("currency", "EUR"),
        invoice_number=number,
        issued_on=due - timedelta(days=30),
        due_on=due,
        net_minor=minor,
        tax_minor=0,
        total_minor=minor,
        lines=(),
        taxes=(),
        external_ref=more.get("external_ref"),
        contract_id=more.get("contract_id"),
    )


def from_cash(world: World, event: Event, when: datetime) -> list[Event]:
    """What several may tell, with cash as its writer; also what no topic carries, such as the end of a delivery."""
    world.rig.at = when
    first, name = len(world.rig.told), type(event).__name__
    envelope = Envelope("cash", f"{name}-{when}", name, when, when, when.date())
    world.rig.publish("o2c.cash.v1", Message(envelope, event))
    world.rig.settle()
    return [m.event for m in world.rig.told[first:]]


def make_world(book: RuleBook, seed: int | None = None) -> World:
    made = World(Rig(service, book=book, at=on(-30, 6), seed=seed))
    made.customer_is()
    return made
