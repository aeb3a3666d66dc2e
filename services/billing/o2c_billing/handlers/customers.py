"""Master data about the buyer: who it is, and how it wants to be invoiced."""

from collections.abc import Iterator

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.master import CustomerChanged, CustomerRegistered

from o2c_billing.domain.charges import Charge
from o2c_billing.domain.customers import Customer

from .invoicing import BILLING_DAY, DELIVERY, customer_of, rechecked, settled, waiting


def on_customer_registered(event: CustomerRegistered, work: WorkingSet) -> Iterator[Event]:
    """Drafts that waited for it are checked again."""
    yield from _changed(customer_of(event.customer_id, work).register(event), work)


def on_customer_changed(event: CustomerChanged, work: WorkingSet) -> Iterator[Event]:
    """A new billing day moves what waits; who no longer wants to wait is invoiced now."""
    yield from _changed(customer_of(event.customer_id, work).change(event), work)


def _changed(customer: Customer, work: WorkingSet) -> Iterator[Event]:
    work.put(customer)
    charges = work.find(Charge, customer_id=customer.customer_id, status="unbilled")
    undrafted = [c for c in charges if c.draft_id is None]
    if customer.is_monthly:
        yield from waiting(undrafted, work)
    else:
        for legal_entity in sorted({c.legal_entity for c in undrafted}):
            work.disarm(BILLING_DAY, f"{customer.customer_id}/{legal_entity}")
        yield from settled(undrafted, DELIVERY, work)
    yield from rechecked(charges, work)
