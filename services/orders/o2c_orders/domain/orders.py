"""An order, what was delivered of it, and why it waits."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from o2c_contracts.intake import OrderLine
from o2c_contracts.money import exponent

WAITING, HELD, ACCEPTED, REJECTED, CANCELLED = "waiting", "held", "accepted", "rejected", "cancelled"
_MOST_MINOR = 10**15
"""What no amount of an event is above."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer wants. `waiting` for a party that is not known yet, `held` for reasons; neither is exposure."""

    BUCKET: ClassVar[str] = "ordered_minor"

    customer_id: str
    order_id: str
    contract_id: str
    legal_entity: str
    currency: str
    total_minor: int
    open_minor: int
    """What has not been delivered, before tax; whether it counts is a matter of the status."""
    status: str
    submitted_at: datetime
    """Its place in the queue: when it was taken, or taken up again."""
    ordered_on: date
    """The order's own date, on which its contract must run."""
    document: str
    """JSON: the order as it was last submitted or amended."""
    dated_days_ago: int = 0
    """How old its own date was when it came; below zero where it lay ahead."""
    decision_id: str = ""
    decided_at: datetime | None = None
    released_by: str = ""
    released_minor: int = 0
    """Up to this total the release of a person lasts."""
    released_rows: str = ""
    """Against these reasons, with blanks between."""
    line_difference_minor: int = 0
    """The most by which one of its lines comes to something else than its quantity at its unit price."""

    @property
    def counted(self) -> int:
        """Its exposure: what is accepted and not delivered."""
        return self.open_minor if self.status == ACCEPTED else 0

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Before and behind which orders of its family it stands."""
        return self.submitted_at, self.customer_id, self.order_id


@dataclass(frozen=True, slots=True)
class Delivery:
    """What left for a customer. Made by whichever is heard first: the delivery itself, or an invoice that names it."""

    BUCKET: ClassVar[str] = "delivered_minor"

    customer_id: str
    delivery_id: str
    order_id: str
    legal_entity: str
    currency: str
    known: bool = False
    """The delivery itself was heard."""
    delivered_on: date | None = None
    lines: str = "{}"
    """JSON: order line -> [quantity, net in minor units], as delivered."""
    invoiced: str = "{}"
    """JSON: order line -> [quantity, net in minor units, invoice number]; `*` stands for all lines. Without a number:
    its charge was taken back, nothing will be owed for it."""

    @property
    def counted(self) -> int:
        """Delivered and still to be invoiced: a line is in this bucket or behind its invoice, never both."""
        lines = json.loads(self.lines)
        done = json.loads(self.invoiced)
        return 0 if "*" in done else sum(net for line_id, (_, net) in lines.items() if line_id not in done)

    @property
    def facts(self) -> tuple[object, ...]:
        """What the delivery itself says; a number told again with other facts than these is another delivery."""
        lines = {line_id: (Decimal(quantity), net) for line_id, (quantity, net) in json.loads(self.lines).items()}
        return self.order_id, self.legal_entity, self.currency, self.delivered_on, lines

    @property
    def of_lines(self) -> dict[str, tuple[Decimal, int]]:
        """Order line -> quantity and net that have left, by the delivery or else by the invoice."""
        found = json.loads(self.invoiced) | json.loads(self.lines)
        return {line_id: (Decimal(said[0]), said[1]) for line_id, said in found.items() if line_id != "*"}


def remaining(lines: Iterable[tuple[str, Decimal, int]], deliveries: Iterable[Delivery]) -> int:
    """Minor units of an order that are still to be delivered.

    `lines`: line, quantity, net. A line delivered in full has nothing left, whatever it came to.
    """
    gone = _gone(deliveries)
    left = 0
    for line_id, quantity, net in lines:
        gone_quantity, gone_net = gone.get(line_id, _NOTHING)
        if gone_quantity < quantity:
            left += max(0, net - gone_net)
    return left


def taken_back(ordered: str, wanted: str, deliveries: Iterable[Delivery]) -> list[str]:
    """Lines of which an amendment would leave less, in quantity or value, than was ordered and has been delivered.

    `ordered`, `wanted`: the order's document as it is and as it would be. What went beyond the order binds nobody.
    """
    before, after = _by_line(ordered), _by_line(wanted)
    found = []
    for line_id, (gone_quantity, gone_net) in _gone(deliveries).items():
        quantity, net = before.get(line_id, _NOTHING)
        left_quantity, left_net = after.get(line_id, _NOTHING)
        if left_quantity < min(quantity, gone_quantity) or left_net < min(net, gone_net):
            found.append(line_id)
    return sorted(found)


_NOTHING = Decimal(0), 0


def _by_line(document: str) -> dict[str, tuple[Decimal, int]]:
    return {line_id: (quantity, net) for line_id, quantity, net in ordered_lines(document)}


def _gone(deliveries: Iterable[Delivery]) -> dict[str, tuple[Decimal, int]]:
    """Order line -> quantity and net of all that has left."""
    gone: dict[str, tuple[Decimal, int]] = {}
    for delivery in deliveries:
        for line_id, (quantity, net) in delivery.of_lines.items():
            quantity_before, net_before = gone.get(line_id, _NOTHING)
            gone[line_id] = quantity_before + quantity, net_before + net
    return gone


def line_difference(lines: Iterable[OrderLine], currency: str) -> int:
    """Minor units by which the line that is furthest off differs from quantity x unit price, rounded once (half-up)."""
    places = exponent(currency)
    furthest = max(abs((line.quantity * line.unit_price).scaleb(places) - line.net_minor) for line in lines)
    return min(_MOST_MINOR, int(furthest.to_integral_value(ROUND_HALF_UP)))


def ordered_lines(document: str) -> list[tuple[str, Decimal, int]]:
    """Line, quantity and net of an order's document."""
    return [(line["line_id"], Decimal(line["quantity"]), line["net_minor"]) for line in json.loads(document)["lines"]]


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an order does not go ahead, and whose turn it is. Closed when decided, never deleted."""

    customer_id: str
    order_id: str
    contract_id: str
    legal_entity: str
    currency: str
    open: bool
    submitted_at: datetime
    since: datetime
    request: str
    """What was asked: `order`, `amendment`, `reopening`."""
    round: int = 1
    """How often this order has been held."""
    overtake: str = ""
    """`never`: later orders of the family wait behind it; `fill`: they may go first. Empty: not held for credit."""
    rate_pair: str = ""
    """The currencies whose rate is missing."""
    reasons: str = "[]"
    """JSON: the rows that object, their sentences, kinds and owners."""
    owner: str = ""
    approval_id: str = ""
    target_hours: int = 0
    """Within how many business hours it should be decided."""
    calendar: str = ""
    step: int = 0
    """The share of the target at which the next notice goes out, in percent; 0: no more notices."""
    step_to: str = ""
    """Who hears of it then: a role, or `owner` for whoever owns it by that time."""
    ended_at: datetime | None = None
    noticed: int = 0
    """The share of the target at which somebody last heard of it, in percent; 0: nobody yet."""

    @property
    def place(self) -> tuple[datetime, str, str]:
        return self.submitted_at, self.customer_id, self.order_id

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows that object, in order."""
        return tuple(sorted({reason["row"] for reason in self.why}))

    @property
    def why(self) -> list[dict[str, Any]]:
        return list(json.loads(self.reasons))
