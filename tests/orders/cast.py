"""The characters of the orders tests, and how they speak: amounts that one can add in the head, in whole euros."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from o2c_chassis.testing import Rig
from o2c_contracts.billing import BillingItemCancelled, InvoiceIssued, InvoiceLine
from o2c_contracts.cash import CustomerMoneyChanged, PaymentApplied
from o2c_contracts.event import Event
from o2c_contracts.intake import (
    DeliveredLine,
    DeliveryConfirmed,
    OrderAmendRequested,
    OrderCancelRequested,
    OrderLine,
    OrderReopenRequested,
    OrderSubmitted,
)
from o2c_contracts.master import ContractProposed, CreditLimitSet, CustomerRegistered
from o2c_contracts.orders import CreditChanged
from o2c_orders.app import service
from o2c_orders.domain.exposure import Exposure

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
TODAY = MONDAY.date()


def rig(**how: Any) -> Rig:
    return Rig(service, at=MONDAY, **how)


def cents(euros: int | str) -> int:
    return int(Decimal(euros) * 100)


def registered(customer_id: str = "anna", **said: Any) -> CustomerRegistered:
    return CustomerRegistered(**{"customer_id": customer_id, "name": customer_id.title(), "country": "DE"} | said)


def limited(customer_id: str = "anna", euros: int | None = 1000, **said: Any) -> CreditLimitSet:
    if euros is None:
        return CreditLimitSet(customer_id=customer_id, state="none")
    content: dict[str, Any] = {
        "customer_id": customer_id,
        "state": "amount",
        "limit_minor": cents(euros),
        "currency": "EUR",
    }
    return CreditLimitSet(**content | said)


def contracted(customer_id: str = "anna", contract_id: str = "", **said: Any) -> ContractProposed:
    content: dict[str, Any] = {
        "customer_id": customer_id,
        "legal_entity": "DE01",
        "currency": "EUR",
        "contract_id": contract_id or f"K-{customer_id}",
        "kind": "spot",
        "starts_on": date(2025, 1, 1),
        "terms_days": 30,
    }
    return ContractProposed(**content | said)


def known(customer_id: str = "anna", euros: int | None = 1000, **said: Any) -> list[Event]:
    """A customer with a limit and a contract."""
    return [registered(customer_id, **said), limited(customer_id, euros), contracted(customer_id)]


def line(euros: int | str, line_id: str = "1", quantity: int = 1) -> OrderLine:
    return OrderLine(
        line_id=line_id,
        product="chair",
        quantity=Decimal(quantity),
        unit_price=Decimal(euros) / quantity,
        net_minor=cents(euros),
    )


def _ordered(order_id: str, euros: int | str, customer_id: str, said: dict[str, Any]) -> dict[str, Any]:
    lines = said.pop("lines", (line(euros),))
    return {
        "customer_id": customer_id,
        "legal_entity": "DE01",
        "currency": "EUR",
        "order_id": order_id,
        "contract_id": f"K-{customer_id}",
        "lines": lines,
        "total_minor": sum(each.net_minor for each in lines),
    } | said


def order(order_id: str, euros: int | str = 100, customer_id: str = "anna", **said: Any) -> OrderSubmitted:
    return OrderSubmitted(**_ordered(order_id, euros, customer_id, said))


def amendment(order_id: str, euros: int | str, customer_id: str = "anna", **said: Any) -> OrderAmendRequested:
    return OrderAmendRequested(amendment_id=f"A-{order_id}-{euros}", **_ordered(order_id, euros, customer_id, said))


def cancellation(order_id: str, customer_id: str = "anna") -> OrderCancelRequested:
    return OrderCancelRequested(customer_id=customer_id, order_id=order_id, reason="not needed")


def reopening(order_id: str, customer_id: str = "anna") -> OrderReopenRequested:
    return OrderReopenRequested(customer_id=customer_id, order_id=order_id)


def delivery(
    order_id: str, euros: int | str = 100, customer_id: str = "anna", *, n: int = 1, quantity: str = "1", **said: Any
) -> DeliveryConfirmed:
    content: dict[str, Any] = {
        "customer_id": customer_id,
        "legal_entity": "DE01",
        "currency": "EUR",
        "delivery_id": f"D-{order_id}-{n}",
        "order_id": order_id,
        "delivered_on": TODAY,
        "lines": (DeliveredLine(line_id="1", quantity=Decimal(quantity), net_minor=cents(euros)),),
    }
    return DeliveryConfirmed(**content | said)


def uncharged(order_id: str, euros: int | str = 100, customer_id: str = "anna", *, n: int = 1) -> BillingItemCancelled:
    """Billing took back the charge of one delivery of an order."""
    return BillingItemCancelled(
        customer_id=customer_id,
        legal_entity="DE01",
        currency="EUR",
        line_id=f"D-{order_id}-{n}/1",
        net_minor=cents(euros),
        reason="courtesy",
        order_id=order_id,
        order_line_id="1",
        delivery_id=f"D-{order_id}-{n}",
        quantity=Decimal(1),
    )


def invoice(
    order_id: str, euros: int | str = 100, customer_id: str = "anna", *, n: int = 1, tax: int | str = 0, **said: Any
) -> InvoiceIssued:
    """Bills one delivery of an order."""
    net = cents(euros)
    content: dict[str, Any] = {
        "customer_id": customer_id,
        "legal_entity": "DE01",
        "currency": "EUR",
        "invoice_number": f"I-{order_id}-{n}",
        "issued_on": TODAY,
        "due_on": date(2026, 2, 4),
        "net_minor": net,
        "tax_minor": cents(tax),
        "total_minor": net + cents(tax),
        "lines": (
            InvoiceLine(
                line_id="1",
                product="chair",
                quantity=Decimal(said.pop("quantity", "1")),
                unit_price=Decimal(euros),
                net_minor=net,
                tax_code="standard",
                order_id=order_id,
                order_line_id="1",
                delivery_id=f"D-{order_id}-{n}",
            ),
        ),
        "taxes": (),
    }
    return InvoiceIssued(**content | said)


def item_changed(
    kind: type[Event] = PaymentApplied, number: str = "I-o1-1", left: int | str = 0, version: int = 1, **said: Any
) -> Event:
    """Something that cash did to an item; `left` is what it still owes."""
    content: dict[str, Any] = {
        "customer_id": "anna",
        "legal_entity": "DE01",
        "currency": "EUR",
        "invoice_number": number,
        "amount_minor": cents(1),
        "open_minor_after": cents(left),
        "item_version": version,
        "value_date": TODAY,
    }
    if "payment_id" in kind.model_fields:
        content["payment_id"] = "P-1"
    if "credit_note_number" in kind.model_fields:
        content["credit_note_number"] = "CN-1"
    return kind(**content | said)


def money(unapplied: int = 0, on_account: int = 0, version: int = 1, customer_id: str = "anna") -> CustomerMoneyChanged:
    return CustomerMoneyChanged(
        customer_id=customer_id,
        legal_entity="DE01",
        currency="EUR",
        unapplied_minor=cents(unapplied),
        on_account_minor=cents(on_account),
        version=version,
    )


def told(events: list[Event]) -> list[str]:
    """What was told, by name; what is for screens only left out."""
    return [type(event).__name__ for event in events if not isinstance(event, CreditChanged)]


def buckets(world: Rig, customer_id: str = "anna", currency: str = "EUR") -> tuple[int, int, int]:
    """Ordered, delivered and not invoiced, open items; in whole euros."""
    rows = world.rows("orders", Exposure, customer_id=customer_id, currency=currency)
    return (
        sum(r.ordered_minor for r in rows) // 100,
        sum(r.delivered_minor for r in rows) // 100,
        sum(r.receivable_minor for r in rows) // 100,
    )
