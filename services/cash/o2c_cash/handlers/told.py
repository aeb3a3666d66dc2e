"""Our own PaymentIdentified, heard under the payer's key: as if the document had come there."""

from collections.abc import Callable, Iterator

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.cash import PaymentIdentified
from o2c_contracts.event import Event

from .payments import on_payment_identified
from .remittances import on_remittance_identified
from .returns import on_return_identified

_BY_KIND: dict[str, Callable[[PaymentIdentified, WorkingSet], Iterator[Event]]] = {
    "payment": on_payment_identified,
    "remittance": on_remittance_identified,
    "return": on_return_identified,
}


def on_identified(event: PaymentIdentified, work: WorkingSet) -> Iterator[Event]:
    """A kind that a newer release tells is passed over."""
    if (handler := _BY_KIND.get(event.document_kind)) is not None:
        yield from handler(event, work)
