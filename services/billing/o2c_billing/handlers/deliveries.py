"""Confirmed deliveries: from now on they may be invoiced. An order's acceptance may come later."""

from collections.abc import Iterator, Sequence

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveryConfirmed

from o2c_billing import facts
from o2c_billing.domain.charges import Charge, delivered
from o2c_billing.domain.names import joined
from o2c_billing.domain.orders import Order

from .escalations import NUMBER_TAKEN, Trouble, escalate
from .invoicing import DELIVERY, when_due
from .unbilled import accrued


def on_delivery_confirmed(event: DeliveryConfirmed, work: WorkingSet) -> Iterator[Event]:
    """One invoice per delivery, or a line for the billing day. A delivery is charged once, however often it is told."""
    if before := work.find(Charge, customer_id=event.customer_id, delivery_id=event.delivery_id):
        yield from _told_again(event, before, work)
        return
    whose = {"customer_id": event.customer_id, "order_id": event.order_id}
    charges = delivered(event, work.get(Order, **whose), work.find(Charge, **whose))
    yield from accrued(charges)
    yield from when_due(charges, DELIVERY, work, draft_id=joined(DELIVERY, event.delivery_id))


def _told_again(event: DeliveryConfirmed, before: Sequence[Charge], work: WorkingSet) -> Iterator[Event]:
    """A repeat says nothing. Other goods under a number that was used are charged by nobody until a person acts."""
    sheet = facts.told_again(event, before)
    asked = work.ask("billing/deliveries", sheet, subject=event.delivery_id)
    reasons = [asked.undecided] if asked.undecided else asked.because
    if reasons:
        trouble = Trouble(
            NUMBER_TAKEN,
            "delivery",
            event.delivery_id,
            before[0].contract_id,
            f"delivery {event.delivery_id} was told again and not taken: {'; '.join(reasons)}",
        )
        yield from escalate(trouble, event, work.new_id("escalation", event.delivery_id), work)
