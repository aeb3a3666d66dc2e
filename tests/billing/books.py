"""Billing alone in memory, with short words for what other systems tell it about one customer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from o2c_billing.app import service
from o2c_billing.commands import ApproveRequest
from o2c_billing.domain.charges import Charge
from o2c_chassis.approvals import Approval
from o2c_chassis.testing import Rig, of
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.disputes import CreditRequested
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveredLine, DeliveryConfirmed, OrderLine
from o2c_contracts.master import ContractLine, CustomerRegistered, Instructions
from o2c_contracts.orders import ContractActivated, ContractAmended, OrderAccepted
from o2c_rules.rulebook import BOOKS, RuleBook, read_files

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@cache
def book() -> RuleBook:
    """Billing's own tables and the chart of companies, without anybody else's."""
    return RuleBook({n: c for n, c in read_files(BOOKS).items() if n.startswith(("billing/", "reference/"))})


def berlin(day: str, hour: int = 12, minute: int = 0) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), BERLIN).replace(hour=hour, minute=minute)


def customer(**changes: Any) -> CustomerRegistered:
    known: dict[str, Any] = {
        "customer_id": "C1",
        "name": "Anna GmbH",
        "country": "DE",
        "email": "accounts@anna.example",
        "tax_id": "DE123456788",
    }
    return CustomerRegistered(**(known | changes))


def monthly(day: int | None) -> Instructions:
    return Instructions(invoice_rhythm="monthly", billing_day=day)


def contract(**changes: Any) -> ContractActivated:
    known: dict[str, Any] = {
        "customer_id": "C1",
        "legal_entity": "DE01",
        "currency": "EUR",
        "contract_id": "K1",
        "kind": "standard",
        "version": 1,
        "starts_on": date(2026, 1, 1),
        "terms_days": 30,
    }
    return ContractActivated(**(known | changes))


def amended(effective_on: date, **changes: Any) -> ContractAmended:
    version = {"version": 2, "amendment_id": "A2"}
    return ContractAmended(**(contract().model_dump() | version | {"effective_on": effective_on} | changes))


def service_line(price: str, starts_on: date, **changes: Any) -> ContractLine:
    known: dict[str, Any] = {
        "line_id": "L1",
        "product": "support",
        "description": "Support",
        "quantity": Decimal(1),
        "unit_price": Decimal(price),
        "starts_on": starts_on,
    }
    return ContractLine(**(known | changes))


def order_line(net: int, quantity: str = "1", **changes: Any) -> OrderLine:
    known: dict[str, Any] = {
        "line_id": "1",
        "product": "bolt",
        "quantity": Decimal(quantity),
        "unit_price": Decimal(net) / 100 / Decimal(quantity) if net % int(Decimal(quantity)) == 0 else Decimal("0.33"),
        "net_minor": net,
    }
    return OrderLine(**(known | changes))


def order(*lines: OrderLine, kind: type[Event] = OrderAccepted, **changes: Any) -> Any:
    lines = lines or (order_line(10000, "10"),)
    known: dict[str, Any] = {
        "customer_id": "C1",
        "legal_entity": "DE01",
        "currency": "EUR",
        "order_id": "O1",
        "contract_id": "K1",
        "lines": lines,
        "total_minor": sum(line.net_minor for line in lines),
    }
    return kind(**(known | changes))


def delivery(net: int = 10000, quantity: str = "10", name: str = "D1", **changes: Any) -> DeliveryConfirmed:
    known: dict[str, Any] = {
        "customer_id": "C1",
        "legal_entity": "DE01",
        "currency": "EUR",
        "delivery_id": name,
        "order_id": "O1",
        "delivered_on": date(2026, 3, 2),
        "lines": (DeliveredLine(line_id="1", quantity=Decimal(quantity), net_minor=net),),
    }
    return DeliveryConfirmed(**(known | changes))


def credit(amount: int, **changes: Any) -> CreditRequested:
    known: dict[str, Any] = {
        "customer_id": "C1",
        "legal_entity": "DE01",
        "currency": "EUR",
        "case_id": "CASE-1",
        "request_id": "R1",
        "invoice_number": "DE01-INV-2026-000001",
        "amount_minor": amount,
        "reason": "price",
        "requested_by": "dora",
    }
    return CreditRequested(**(known | changes))


class Billing:
    """Billing on a day in March 2026, and what was told since."""

    def __init__(self, at: datetime = START, seed: int | None = None) -> None:
        self.rig = Rig(service, book=book(), at=at, seed=seed)

    def tell(self, *events: Event, at: datetime | None = None, on: date | None = None) -> list[Event]:
        return self.rig.tell(*events, at=at.astimezone(UTC) if at else None, on=on)

    def until(self, at: datetime) -> list[Event]:
        return self.rig.until(at.astimezone(UTC))

    def invoices(self) -> list[InvoiceIssued]:
        return of([m.event for m in self.rig.told], InvoiceIssued)

    def rows(self, kind: type[Any], **where: Any) -> list[Any]:
        return self.rig.rows("billing", kind, **where)

    def unbilled(self) -> dict[str, tuple[int, str]]:
        """Line -> amount and blocker of what is not invoiced."""
        return {c.line_id: (c.net_minor, c.blocker) for c in self.rows(Charge, status="unbilled")}

    def do(self, command: Any, who: str = "bea", roles: Sequence[str] = ()) -> list[Event]:
        return self.rig.command("billing", command.model_copy(update={"roles": tuple(roles)}), who)

    def approve(self, who: str, *roles: str, approval_id: str = "") -> list[Event]:
        return self.do(
            ApproveRequest(customer_id="C1", approval_id=approval_id or self.open_approval().approval_id), who, roles
        )

    def open_approval(self) -> Approval:
        (approval,) = self.rows(Approval, status="open")
        return approval  # type: ignore[no-any-return]


def with_invoice(net: int = 10000, **changes: Any) -> Billing:
    """One delivery invoiced at 19 %."""
    billing = Billing()
    billing.tell(customer(**changes), contract(), order(order_line(net, "10")), delivery(net))
    return billing
