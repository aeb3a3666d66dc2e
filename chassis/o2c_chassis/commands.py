"""A person's decision is an event too: it takes the same path as a record, with the person's name in its envelope."""

from typing import ClassVar

from o2c_contracts.event import CustomerEvent


class Command(CustomerEvent):
    """What a person wants done to one customer's documents, imperative. Only the service's own HTTP makes it.

    `roles` come from the person's verified token or identity, never from the body.
    """

    route: ClassVar[str]
    """Path below `/v1/<service>/customers/{customer_id}/`; part of the command's source."""
    roles: tuple[str, ...] = ()
