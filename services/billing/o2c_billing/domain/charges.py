"""A charge: value that was delivered, what it was computed from, and the computation itself, repeatable to the cent."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from o2c_contracts.intake import DeliveredLine, DeliveryConfirmed, OrderLine
from o2c_contracts.money import to_amount, to_minor

from .contracts import Contract, Stretch
from .names import joined
from .orders import Order
from .periods import Period

DELIVERY, RECURRING, ADJUSTMENT, CORRECTION = "delivery", "recurring", "adjustment", "correction"


@dataclass(frozen=True, slots=True)
class Charge:
    """One line that is or will be invoiced. Its derivation says how its net amount came about."""

    line_id: str
    customer_id: str
    legal_entity: str
    currency: str
    kind: str
    """delivery, recurring, adjustment (more for an invoiced month), correction (less: a credit is asked for)."""
    status: str
    """unbilled, invoiced, cancelled, replaced; a correction is requested: what became of that its request says."""
    contract_id: str | None
    order_id: str | None
    order_line_id: str | None
    delivery_id: str | None
    contract_line_id: str | None
    period_from: date | None
    """First day of the charged month; with contract and line it says which month this is."""
    product: str
    description: str
    tax_code: str
    quantity: Decimal
    unit_price: Decimal
    net_minor: int
    delivered_minor: int | None
    """What the delivery said it was worth."""
    service_from: date
    service_to: date
    external_ref: str | None
    derivation: str
    draft_id: str | None = None
    invoice_number: str | None = None
    cancel_requested: bool = False
    told_minor: int = 0
    """Unbilled amount as last told."""
    blocker: str = ""
    """What keeps it from being invoiced, as last told."""

    @property
    def is_open(self) -> bool:
        return self.status == "unbilled"

    @property
    def unbilled_minor(self) -> int:
        return self.net_minor if self.is_open else 0

    @property
    def how(self) -> dict[str, Any]:
        derivation: dict[str, Any] = json.loads(self.derivation)
        return derivation

    def priced(self, order: Order) -> "Charge":
        """By the order's line as it stands now; as delivered while there is no such line."""
        line = order.line(self.order_line_id or "")
        placed = replace(self, contract_id=order.contract_id, external_ref=self.external_ref or order.external_ref)
        if line is None:
            return placed
        how = _share(line, order.currency, Decimal(self.how["before"]), self.quantity, self.delivered_minor or 0)
        return replace(
            placed,
            product=line.product,
            description=line.description,
            tax_code=line.tax_code,
            unit_price=line.unit_price,
            net_minor=recompute(how, self.currency),
            derivation=_written(how),
        )


def recompute(how: dict[str, Any], currency: str) -> int:
    """Net in minor units from a derivation alone. The one place where charges are calculated.

    as-delivered: the amount the delivery named. order-share: the order line's net by quantity, cumulated and rounded
    half-up, less what earlier deliveries had, so that all deliveries of a line add up to it. month: price x quantity x
    days / days of the month. difference: what a month comes to now less what was charged for it.
    """
    match how["by"]:
        case "as-delivered":
            return int(how["delivered_minor"])
        case "order-share":
            before, quantity = Decimal(how["before"]), Decimal(how["quantity"])
            return _up_to(before + quantity, how) - _up_to(before, how)
        case "month":
            amount = Decimal(how["unit_price"]) * Decimal(how["quantity"]) * how["days"] / how["of_days"]
            return to_minor(amount, currency)
        case "difference":
            return sum(recompute(part, currency) for part in how["parts"]) - int(how["charged_minor"])
    raise ValueError(f"no charge is computed by {how['by']!r}")


def delivered(event: DeliveryConfirmed, order: Order | None, earlier: Iterable[Charge]) -> list[Charge]:
    """The charges of a delivery. `earlier`: those of earlier deliveries of this order, whatever became of them."""
    quantities: dict[str, Decimal] = {}
    for charge in earlier:
        line_id = charge.order_line_id or ""
        quantities[line_id] = quantities.get(line_id, Decimal(0)) + charge.quantity
    charges = []
    for number, line in enumerate(event.lines):
        before = quantities.get(line.line_id, Decimal(0))
        quantities[line.line_id] = before + line.quantity
        charge = _as_delivered(event, line, before, number)
        charges.append(charge.priced(order) if order else charge)
    return charges


def as_told(charges: Iterable[Charge]) -> dict[str, tuple[Decimal, int]]:
    """Of one delivery: order line -> quantity and minor units that it told of, however the order prices them."""
    told: dict[str, tuple[Decimal, int]] = {}
    for charge in charges:
        quantity, minor = told.get(charge.order_line_id or "", (Decimal(0), 0))
        told[charge.order_line_id or ""] = quantity + charge.quantity, minor + (charge.delivered_minor or 0)
    return told


def monthly(contract: Contract, month: Period, stretch: Stretch, line_id: str) -> Charge:
    """The charge of one stretch of a month; `line_id` is the charge's own name."""
    line, how = stretch.line, _month(month, stretch)
    return Charge(
        line_id=line_id,
        customer_id=contract.customer_id,
        legal_entity=contract.legal_entity,
        currency=contract.currency,
        kind=RECURRING,
        status="unbilled",
        contract_id=contract.contract_id,
        order_id=None,
        order_line_id=None,
        delivery_id=None,
        contract_line_id=line.line_id,
        period_from=month.first,
        product=line.product,
        description=line.description,
        tax_code=line.tax_code,
        quantity=line.quantity,
        unit_price=line.unit_price,
        net_minor=recompute(how, contract.currency),
        delivered_minor=None,
        service_from=stretch.first,
        service_to=stretch.last,
        external_ref=None,
        derivation=_written(how),
    )


def difference(like: Charge, line_id: str, month: Period, stretches: Sequence[Stretch], charged_minor: int) -> Charge:
    """What a month comes to beyond what was charged for it. `like`: an invoiced charge of this month."""
    how = {"by": "difference", "charged_minor": charged_minor, "parts": [_month(month, s) for s in stretches]}
    net = recompute(how, like.currency)
    return replace(
        like,
        line_id=line_id,
        kind=ADJUSTMENT if net >= 0 else CORRECTION,
        status="unbilled" if net >= 0 else "requested",
        tax_code=stretches[-1].line.tax_code if stretches else like.tax_code,
        quantity=Decimal(1),
        unit_price=to_amount(net, like.currency),
        net_minor=net,
        derivation=_written(how),
        draft_id=None,
        invoice_number=None,
    )


def _as_delivered(event: DeliveryConfirmed, line: DeliveredLine, before: Decimal, number: int) -> Charge:
    how = {"by": "as-delivered", "delivered_minor": line.net_minor, "before": _plain(before)}
    return Charge(
        line_id=joined(event.delivery_id, number + 1),
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        kind=DELIVERY,
        status="unbilled",
        contract_id=None,
        order_id=event.order_id,
        order_line_id=line.line_id,
        delivery_id=event.delivery_id,
        contract_line_id=None,
        period_from=None,
        product="unknown",
        description="",
        tax_code="unknown",
        quantity=line.quantity,
        unit_price=Decimal(0),
        net_minor=line.net_minor,
        delivered_minor=line.net_minor,
        service_from=event.delivered_on,
        service_to=event.delivered_on,
        external_ref=event.external_ref,
        derivation=_written(how),
    )


def _share(line: OrderLine, currency: str, before: Decimal, quantity: Decimal, delivered_minor: int) -> dict[str, Any]:
    return {
        "by": "order-share",
        "line_net_minor": line.net_minor,
        "line_quantity": _plain(line.quantity),
        "before": _plain(before),
        "quantity": _plain(quantity),
        "delivered_minor": delivered_minor,
        "currency": currency,
    }


def _month(month: Period, stretch: Stretch) -> dict[str, Any]:
    days = (stretch.last - stretch.first).days + 1
    return {
        "by": "month",
        "version": stretch.version,
        "month": [month.first.isoformat(), month.last.isoformat()],
        "from": stretch.first.isoformat(),
        "to": stretch.last.isoformat(),
        "days": days,
        "of_days": month.days,
        "unit_price": _plain(stretch.line.unit_price),
        "quantity": _plain(stretch.line.quantity),
    }


def _up_to(quantity: Decimal, how: dict[str, Any]) -> int:
    """Net of the first so many pieces of an order line, half-up."""
    share = Fraction(quantity) / Fraction(Decimal(how["line_quantity"]))
    return int(how["line_net_minor"] * share + Fraction(1, 2))


def _plain(number: Decimal) -> str:
    return format(number, "f")


def _written(how: dict[str, Any]) -> str:
    return json.dumps(how, sort_keys=True)
