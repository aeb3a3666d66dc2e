"""A desk to test with: one customer, one invoice, people with roles; weekdays of January 2026, Berlin hours."""

from datetime import UTC, date, datetime
from typing import Any

from o2c_chassis.testing import Rig, of
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.cash import (
    CreditApplied,
    InvoiceCleared,
    PaymentApplicationReversed,
    PaymentApplied,
)
from o2c_contracts.disputes import CaseOpened
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.intake import QueryReceived
from o2c_contracts.master import CustomerRegistered
from o2c_contracts.topics import topic
from o2c_disputes import commands
from o2c_disputes.app import service
from o2c_disputes.domain.amounts import Amounts, Dispute, amounts_of
from o2c_disputes.domain.cases import Case, CreditRequest
from o2c_disputes.domain.clocks import Clock
from o2c_disputes.domain.items import Movement
from o2c_rules.rulebook import BOOKS, RuleBook, read_files

FILES = {
    name: file for name, file in read_files(BOOKS).items() if not name.startswith(("orders", "billing", "cash", "coll"))
}
BOOK = RuleBook(FILES)
"""The shipped books that disputes asks; the others are their own services' matter."""
MONDAY = datetime(2026, 1, 12, 8, tzinfo=UTC)
"""Nine in the morning in Berlin: the office opens."""
MONEY: dict[str, Any] = {"customer_id": "acme", "legal_entity": "DE01", "currency": "EUR"}
AGENT, LEAD = ("dispute_agent",), ("dispute_manager",)


class Desk:
    """Says things to disputes, and asks what became of them."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.version: dict[str, int] = {}
        self.open: dict[str, int] = {}
        self.heard: list[Event] = []

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """A time of January 2026 in UTC; Berlin is an hour ahead."""
        return datetime(2026, 1, day, hour, minute, tzinfo=UTC)

    def invoice(self, number: str = "INV-1", total: int = 1000_00, ref: str | None = None) -> list[Any]:
        self.version[number], self.open[number] = 0, total
        return self.rig.tell(self.issued(number, total, ref))

    def issued(self, number: str = "INV-1", total: int = 1000_00, ref: str | None = None) -> InvoiceIssued:
        return InvoiceIssued(
            **MONEY,
            invoice_number=number,
            issued_on=date(2026, 1, 12),
            due_on=date(2026, 2, 11),
            net_minor=total,
            tax_minor=0,
            total_minor=total,
            lines=(),
            taxes=(),
            external_ref=ref,
        )

    def query(self, number: str | None = "INV-1", id: str = "q-1", **said: Any) -> list[Any]:
        return self.rig.tell(self.asked(number, id, **said))

    def asked(self, number: str | None = "INV-1", id: str = "q-1", **said: Any) -> QueryReceived:
        given = {"channel": "email", "kind": "dispute", "reason": "price", "invoice_number": number} | said
        return QueryReceived(**MONEY, query_id=id, **given)

    def move(self, kind: Any, number: str, amount: int, sign: int, **more: Any) -> Any:
        self.version[number] = self.version.get(number, 0) + 1
        self.open[number] = self.open.get(number, 1000_00) - sign * amount
        return kind(
            **MONEY,
            invoice_number=number,
            amount_minor=amount,
            open_minor_after=self.open[number],
            item_version=self.version[number],
            value_date=date(2026, 1, 13),
            **more,
        )

    def pay(self, amount: int, number: str = "INV-1") -> list[Any]:
        told = self.rig.tell(self.move(PaymentApplied, number, amount, 1, payment_id="p"))
        return told + (self.cleared(number) if self.open[number] == 0 else [])

    def cleared(self, number: str = "INV-1") -> list[Any]:
        event = InvoiceCleared(
            **MONEY, invoice_number=number, item_version=self.version[number], cleared_on=date(2026, 1, 13)
        )
        return self.rig.tell(event)

    def reverse(self, amount: int, number: str = "INV-1") -> list[Any]:
        return self.rig.tell(self.move(PaymentApplicationReversed, number, amount, -1, payment_id="p"))

    def credit(self, amount: int, case_id: str | None, number: str = "INV-1") -> list[Any]:
        event = self.move(CreditApplied, number, amount, 1, credit_note_number="CN-1", case_id=case_id)
        return self.rig.tell(event)

    def do(self, command: type[Any], actor: str = "ann", roles: tuple[str, ...] = AGENT, **body: Any) -> list[Any]:
        return self.rig.command("disputes", command(customer_id="acme", roles=roles, **body), actor)

    def told_by(self, writer: str, event: Event) -> list[Event]:
        """What another service says on its own topic; what disputes says to it."""
        first = len(self.rig.told)
        id_, now = f"{writer}-{len(self.heard)}", self.rig.at
        self.heard.append(event)
        envelope = Envelope(writer, id_, type(event).__name__, now, now, MONDAY.date())
        self.rig.publish(topic(writer), Message(envelope, event))
        self.rig.settle()
        return [m.event for m in self.rig.told[first:]]

    def resolve(self, resolution: str, **body: Any) -> list[Any]:
        given = {"case_id": self.case.case_id, "roles": LEAD} | body
        return self.do(commands.ResolveDispute, resolution=resolution, **given)

    def answer(self, text: str = "We have looked into it.") -> list[Any]:
        return self.do(commands.AnswerCase, case_id=self.case.case_id, answer=text)

    @property
    def cases(self) -> list[Case]:
        return sorted(self.rig.rows("disputes", Case), key=lambda c: (c.opened_at, c.case_id))

    @property
    def case(self) -> Case:
        """The only one."""
        (found,) = self.cases
        return found

    def clock(self, target: str) -> Clock:
        found = self.rig.rows("disputes", Clock, case_id=self.case.case_id, target=target)
        return max(found, key=lambda c: c.cycle)

    def amounts(self, number: str = "INV-1") -> list[Amounts]:
        """Of each dispute of an item, in the order of its key."""
        disputes = self.rig.rows("disputes", Dispute, invoice_number=number)
        found = amounts_of(disputes, self.rig.rows("disputes", Movement, invoice_number=number))
        return [found[d.key] for d in disputes]

    def opened(self, told: list[Any]) -> CaseOpened:
        (found,) = of(told, CaseOpened)
        return found


def new_desk() -> Desk:
    """A desk whose customer is known: French, standard tier."""
    desk = Desk(Rig(service, book=BOOK, at=MONDAY))
    desk.rig.tell(CustomerRegistered(customer_id="acme", name="Acme", country="FR", language="fr"))
    return desk


def contested(desk: Desk, amount: int | None = 300_00) -> None:
    """An invoice over 1,000.00, and a query that contests so much of it; none for all."""
    desk.invoice(total=1000_00)
    desk.query(amount_minor=amount)


def the_request(desk: Desk) -> CreditRequest:
    """The newest that billing was asked for."""
    return max(desk.rig.rows("disputes", CreditRequest), key=lambda r: (r.requested_at, r.request_id))


def assert_every_open_case_is_cared_for(rig: Rig) -> None:
    """The invariant: owner, next action and due time, at all times."""
    for case in rig.rows("disputes", Case):
        if not case.is_closed:
            assert case.owner
            assert case.next_action
            assert case.due_at > case.opened_at
            clocks = [c for c in rig.rows("disputes", Clock, case_id=case.case_id) if c.cycle == case.reopenings]
            assert {c.target for c in clocks} == {"response", "resolution"}
