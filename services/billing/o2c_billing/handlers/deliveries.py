"""Confirmed deliveries: from now on they may be invoiced. An order's acceptance may come later."""

from collections.abc import Iterator

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveryConfirmed

from o2c_billing.domain.charges import Charge, delivered
from o2c_billing.domain.names import joined
from o2c_billing.domain.orders import Order

from .invoicing import DELIVERY, when_due
from .unbilled import accrued


def on_delivery_confirmed(event: DeliveryConfirmed, work: WorkingSet) -> Iterator[Event]:
    """One invoice per delivery, or a line for the billing day. A delivery is charged once, however often it is told."""
    if work.find(Charge, customer_id=event.customer_id, delivery_id=event.delivery_id):
        return
    whose = {"customer_id": event.customer_id, "order_id": event.order_id}
    charges = delivered(event, work.get(Order, **whose), work.find(Charge, **whose))
    yield from accrued(charges)
    yield from when_due(charges, DELIVERY, work, draft_id=joined(DELIVERY, event.delivery_id))
