"""`o2c.orders.v1`: what orders decided about contracts, orders and credit."""

from typing import Annotated

from pydantic import Field

from .event import CustomerEvent, MoneyEvent, Part
from .fields import Currency, Day, Due, Exact, Id, Line, Word
from .intake import Ordered
from .master import ContractLine


class Reason(Part):
    """Why something did not go ahead: the row that said so, and its sentence."""

    row: Word
    text: Line
    field: Line | None = None
    """The field to mend, where there is one."""
    decision_id: Id | None = None


class ContractActivated(MoneyEvent):
    """A contract binds: billing may charge its lines, orders may name it."""

    contract_id: Id
    kind: Word
    version: Annotated[int, Field(ge=1)]
    starts_on: Day
    ends_on: Day | None = None
    terms_days: Annotated[int, Field(ge=0, le=365)]
    discount_percent: Exact | None = None
    discount_days: Annotated[int, Field(ge=0, le=365)] | None = None
    lines: tuple[ContractLine, ...] = ()

    @property
    def subject(self) -> str:
        return self.contract_id


class ContractRefused(MoneyEvent):
    """An attribute that this kind of contract must have is missing or contradicts another."""

    contract_id: Id
    reasons: tuple[Reason, ...]

    @property
    def subject(self) -> str:
        return self.contract_id


class ContractAmended(ContractActivated):
    """All terms as they hold from `effective_on` until a later date has a version: versions stand in the order of their
    dates, those of one date in the order of their numbers. A version is told again when an amendment from an earlier
    date changes what it takes over; what was told last of a version holds.
    """

    effective_on: Day
    amendment_id: Id


class ContractEnded(MoneyEvent):
    """No more charges and no new orders after this day."""

    contract_id: Id
    ends_on: Day

    @property
    def subject(self) -> str:
        return self.contract_id


class OrderAccepted(Ordered):
    """May be delivered. From now on it counts as exposure."""

    because: tuple[Line, ...] = ()
    decision_id: Id | None = None


class OrderHeld(Ordered):
    """Waits, outside exposure, until every reason is gone."""

    reasons: tuple[Reason, ...]


class OrderReleased(Ordered):
    """All reasons are gone, or a person within authority took them away: as good as accepted."""

    because: tuple[Line, ...] = ()
    released_by: Id | None = None
    decision_id: Id | None = None


class OrderRejected(MoneyEvent):
    """Will not go ahead: it contradicts the contract or the customer's instructions."""

    order_id: Id
    total_minor: Due
    reasons: tuple[Reason, ...]

    @property
    def subject(self) -> str:
        return self.order_id


class OrderAmended(Ordered):
    """The order as it stands now, accepted."""

    amendment_id: Id


class OrderCancelled(MoneyEvent):
    """What was not delivered will not be."""

    order_id: Id
    reason: Line = ""

    @property
    def subject(self) -> str:
        return self.order_id


class DeliveredWhileHeld(MoneyEvent):
    """Goods left although the order was not accepted: somebody must look."""

    order_id: Id
    delivery_id: Id
    net_minor: Due

    @property
    def subject(self) -> str:
        return self.delivery_id


class RequestRefused(CustomerEvent):
    """What somebody asked of a contract, an order, a delivery or a family cannot be done: nothing was changed."""

    request: Word
    """What was asked: `submit-order`, `amend-order`, `cancel-order`, `reopen-order`, `confirm-delivery`,
    `propose-contract`, `amend-contract`, `join-family`, `set-limit`."""
    document_id: Id
    reasons: tuple[Reason, ...]

    @property
    def subject(self) -> str:
        return self.document_id


class CreditChanged(CustomerEvent):
    """What the family has taken of its limit: told when its limit or its members changed, and when an order is held for
    credit or released from it; for screens, not for decisions."""

    root_id: Id
    exposure: dict[str, int]
    """Currency -> minor units."""
    limit_state: Word | None = None
    """`unset`, `none` (outside credit management), `zero` or `amount`."""
    limit_minor: Due | None = None
    limit_currency: Currency | None = None
