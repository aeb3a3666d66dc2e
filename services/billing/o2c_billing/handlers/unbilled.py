"""What is delivered and not invoiced, told by line whenever its amount or its blocker changes."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import ChargeAccrued, UnbilledChanged
from o2c_contracts.event import Event

from o2c_billing.domain.charges import Charge


def accrued(charges: Iterable[Charge]) -> Iterator[Event]:
    """Value was delivered: each charge tells it once."""
    for charge in charges:
        yield ChargeAccrued(
            customer_id=charge.customer_id,
            legal_entity=charge.legal_entity,
            currency=charge.currency,
            line_id=charge.line_id,
            order_id=charge.order_id,
            delivery_id=charge.delivery_id,
            contract_id=charge.contract_id,
            net_minor=charge.net_minor,
            service_from=charge.service_from,
            service_to=charge.service_to,
        )


def kept(charge: Charge, work: WorkingSet, blocker: str = "") -> Iterator[Event]:
    """Write the charge as it is at the end of the handling; tell what readers do not know yet."""
    blocker = blocker if charge.is_open else ""
    after = replace(charge, told_minor=charge.unbilled_minor, blocker=blocker)
    work.put(after)
    if (charge.told_minor, charge.blocker) != (after.told_minor, after.blocker):
        yield UnbilledChanged(
            customer_id=charge.customer_id,
            legal_entity=charge.legal_entity,
            currency=charge.currency,
            line_id=charge.line_id,
            unbilled_minor=after.told_minor,
            since=charge.service_from,
            blocker=blocker,
            order_id=charge.order_id,
            delivery_id=charge.delivery_id,
        )
