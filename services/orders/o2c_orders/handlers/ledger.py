"""The one writer of exposure: where a document changes, its customer's sums follow in the same transaction."""

from dataclasses import replace
from typing import Any

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import MoneyEvent

from o2c_orders.domain.exposure import Exposure, Item
from o2c_orders.domain.orders import Delivery, Order, ordered_lines, remaining

Document = Order | Delivery | Item


def record(before: Document | None, after: Document, work: WorkingSet) -> None:
    """Write a document's row, and take what it counts out of, and into, its customer's exposure."""
    work.put(after)
    out, into = (before.counted if before else 0), after.counted
    if before is not None and (before.legal_entity, before.currency) != (after.legal_entity, after.currency):
        _add(before, -out, work)
        out = 0
    _add(after, into - out, work)


def _add(document: Document, minor: int, work: WorkingSet) -> None:
    if not minor:
        return
    row = _of(document, work)
    bucket: dict[str, Any] = {document.BUCKET: getattr(row, document.BUCKET) + minor}
    work.put(replace(row, **bucket))


def _of(document: Document, work: WorkingSet) -> Exposure:
    entity, currency = document.legal_entity, document.currency
    for row in work.find(Exposure, customer_id=document.customer_id):
        if row.currency == currency and row.legal_entity == entity:
            return row
    return Exposure(document.customer_id, entity, currency)


def delivered(event: MoneyEvent, order_id: str, work: WorkingSet) -> None:
    """Find again what is left of an order, from its lines and everything that has left of it."""
    order = work.get(Order, customer_id=event.customer_id, order_id=order_id)
    if order is None:
        return
    gone = work.find(Delivery, customer_id=event.customer_id, order_id=order_id)
    record(order, replace(order, open_minor=remaining(ordered_lines(order.document), gone)), work)
