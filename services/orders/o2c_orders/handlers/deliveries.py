"""What left for the customer and what was invoiced: an order's value moves from bucket to bucket, never into two."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import BillingItemCancelled, InvoiceIssued, InvoiceLine
from o2c_contracts.event import Event, MoneyEvent
from o2c_contracts.intake import DeliveryConfirmed
from o2c_contracts.orders import DeliveredWhileHeld
from o2c_rules.rulebook import Facts

from o2c_orders.domain.exposure import Item
from o2c_orders.domain.orders import ACCEPTED, Delivery, Order

from . import holds, ledger
from .orders import refused


def on_delivery_confirmed(event: DeliveryConfirmed, work: WorkingSet) -> Iterator[Event]:
    """Delivered is no longer on order. Goods that left without an accepted order are somebody's to look at."""
    before = work.get(Delivery, customer_id=event.customer_id, delivery_id=event.delivery_id)
    delivery = replace(
        before or _made(event.customer_id, event.delivery_id, event.order_id, event),
        order_id=event.order_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        known=True,
        delivered_on=event.delivered_on,
        lines=_lines(event),
    )
    if before is not None and before.known:
        yield from _told_again(before, delivery, work)
        return
    ledger.record(before, delivery, work)
    ledger.delivered(event, event.order_id, work)
    order = work.get(Order, customer_id=event.customer_id, order_id=event.order_id)
    if order is None or order.status != ACCEPTED:
        yield DeliveredWhileHeld(
            customer_id=event.customer_id,
            legal_entity=event.legal_entity,
            currency=event.currency,
            order_id=event.order_id,
            delivery_id=event.delivery_id,
            net_minor=event.net_minor,
        )
    yield from holds.release(event.customer_id, work)


def _told_again(before: Delivery, delivery: Delivery, work: WorkingSet) -> Iterator[Event]:
    """The same number with the same content is a repeat and says nothing; with another content it is refused."""
    sheet: Facts = {
        "request": "confirm-delivery",
        "state": "delivered",
        "document_id": before.delivery_id,
        "currency": before.currency,
        "same_content": delivery.facts == before.facts,
    }
    asked = work.ask("orders/requests", sheet, subject=before.delivery_id)
    if asked["then"] == "refuse":
        yield refused(before.customer_id, before.delivery_id, "confirm-delivery", asked)


def _lines(event: DeliveryConfirmed) -> str:
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    nets: dict[str, int] = defaultdict(int)
    for line in event.lines:
        quantities[line.line_id] += line.quantity
        nets[line.line_id] += line.net_minor
    return json.dumps({line_id: (f"{quantity:f}", nets[line_id]) for line_id, quantity in quantities.items()})


def on_invoice_issued(event: InvoiceIssued, work: WorkingSet) -> Iterator[Event]:
    """Its lines leave the deliveries' bucket and become an open item: as cash last told it, or else the total."""
    by_delivery: dict[tuple[str, str], list[InvoiceLine]] = defaultdict(list)
    for line in event.lines:
        if line.delivery_id and line.order_id:
            by_delivery[line.delivery_id, line.order_id].append(line)
    for (delivery_id, order_id), lines in by_delivery.items():
        _invoice(event, _delivery(event, delivery_id, order_id, work), lines, work)
    for order_id in dict.fromkeys(order_id for _, order_id in by_delivery):
        ledger.delivered(event, order_id, work)
    before = work.get(Item, customer_id=event.customer_id, invoice_number=event.invoice_number)
    open_minor = before.open_minor if before else event.total_minor
    item = Item(
        customer_id=event.customer_id,
        invoice_number=event.invoice_number,
        legal_entity=event.legal_entity,
        currency=event.currency,
        open_minor=open_minor,
        item_version=before.item_version if before else 0,
        open=open_minor > 0,
        known=True,
        due_on=event.due_on,
        total_minor=event.total_minor,
    )
    ledger.record(before, item, work)
    yield from holds.release(event.customer_id, work)


def on_billing_item_cancelled(event: BillingItemCancelled, work: WorkingSet) -> Iterator[Event]:
    """Nothing will be owed for these goods, which makes room. A charge that names no delivery never counted here."""
    if not event.delivery_id or not event.order_id:
        return
    before, delivery = _delivery(event, event.delivery_id, event.order_id, work)
    said = json.loads(delivery.invoiced)
    said[event.order_line_id or "*"] = (f"{event.quantity or 0:f}", event.net_minor, "")
    ledger.record(before, replace(delivery, invoiced=json.dumps(said)), work)
    ledger.delivered(event, event.order_id, work)
    yield from holds.release(event.customer_id, work)


def _invoice(
    event: InvoiceIssued, found: tuple[Delivery | None, Delivery], lines: list[InvoiceLine], work: WorkingSet
) -> None:
    before, delivery = found
    said = json.loads(delivery.invoiced)
    for line in lines:
        said[line.order_line_id or "*"] = (f"{line.quantity:f}", line.net_minor, event.invoice_number)
    ledger.record(before, replace(delivery, invoiced=json.dumps(said)), work)


def _delivery(
    event: InvoiceIssued | BillingItemCancelled, delivery_id: str, order_id: str, work: WorkingSet
) -> tuple[Delivery | None, Delivery]:
    before = work.get(Delivery, customer_id=event.customer_id, delivery_id=delivery_id)
    return before, before or _made(event.customer_id, delivery_id, order_id, event)


def _made(customer_id: str, delivery_id: str, order_id: str, event: MoneyEvent) -> Delivery:
    return Delivery(customer_id, delivery_id, order_id, event.legal_entity, event.currency)
