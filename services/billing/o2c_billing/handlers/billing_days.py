"""The customer's day of the month: everything that waited for it goes out."""

from collections.abc import Iterator

from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event

from o2c_billing.domain.charges import Charge

from .invoicing import BILLING_DAY, settled


def on_billing_day(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """One invoice per contract and purchase order. What people may cancel, or what is withheld already, stays out."""
    legal_entity = event.subject_id.rpartition("/")[2]
    charges = [
        c
        for c in work.find(Charge, customer_id=event.customer_id, status="unbilled")
        if c.legal_entity == legal_entity and c.draft_id is None and not c.cancel_requested
    ]
    yield from settled(charges, BILLING_DAY, work)
