"""What orders says of an order: whether its deliveries may be invoiced, and at which price."""

from collections.abc import Iterator

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.orders import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderHeld,
    OrderRejected,
    OrderReleased,
)

from o2c_billing.domain.charges import Charge
from o2c_billing.domain.orders import Order

from .cancelling import priced_again
from .invoicing import rechecked


def on_order_accepted(event: OrderAccepted, work: WorkingSet) -> Iterator[Event]:
    """Deliveries may have come before it."""
    yield from _stands(Order.placed(event, "accepted"), work)


def on_order_released(event: OrderReleased, work: WorkingSet) -> Iterator[Event]:
    """As good as accepted."""
    yield from _stands(Order.placed(event, "accepted"), work)


def on_order_amended(event: OrderAmended, work: WorkingSet) -> Iterator[Event]:
    """What is not invoiced yet is priced by the order as it stands now."""
    yield from _stands(Order.placed(event, "accepted"), work)


def on_order_held(event: OrderHeld, work: WorkingSet) -> Iterator[Event]:
    """What was delivered all the same waits, and says why."""
    yield from _stands(Order.placed(event, "held"), work)


def on_order_rejected(event: OrderRejected, work: WorkingSet) -> Iterator[Event]:
    """Its lines are kept as far as they are known."""
    yield from _stands(_known(event, work).reject(), work)


def on_order_cancelled(event: OrderCancelled, work: WorkingSet) -> Iterator[Event]:
    """What was delivered up to that day is still owed."""
    yield from _stands(_known(event, work).cancel(work.on), work)


def _known(event: OrderRejected | OrderCancelled, work: WorkingSet) -> Order:
    return work.get(Order, customer_id=event.customer_id, order_id=event.order_id) or Order(
        event.order_id, event.customer_id, event.legal_entity, event.currency, "unknown"
    )


def _stands(order: Order, work: WorkingSet) -> Iterator[Event]:
    work.put(order)
    charges = [c for c in work.find(Charge, customer_id=order.customer_id, order_id=order.order_id) if c.is_open]
    for charge in charges:
        yield from priced_again(charge, charge.priced(order), work)
    yield from rechecked(charges, work)
