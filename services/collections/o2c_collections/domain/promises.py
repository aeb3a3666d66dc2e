"""A commitment to pay an amount of an item by a day, and how it is judged. Payments judge it, or its deadline does."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from .items import Item, ItemChange


class State(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    PARTLY_KEPT = "partly_kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    """It came in from outside, and the table takes no such promise."""
    LAPSED = "lapsed"
    """Nothing is left to pay: the item was credited."""


ENDED = frozenset({State.WITHDRAWN, State.SUPERSEDED, State.REFUSED, State.LAPSED})
"""Nobody judges these any more."""
UNKEPT = frozenset({State.PARTLY_KEPT, State.BROKEN})
_SIGNS = {"write_off": 1, "write_off_reversed": -1}


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise; an item has at most one open at a time."""

    promise_id: str
    customer_id: str
    legal_entity: str
    currency: str
    invoice_number: str
    amount_minor: int
    promised_on: date
    counts_until: date
    """Payments with a value date up to here are in time: the promised day and its tolerance."""
    judge_at: datetime
    """When it is judged at the latest: after the days that posting a payment takes."""
    made_at: datetime
    state: str
    paid_minor: int = 0
    """What came in time."""
    judged: int = 0
    """How many times it was found not kept."""
    reason: str = ""
    decision_id: str | None = None
    source: str | None = None
    """The channel that told and numbered it; None: a person took it, or it is from before channels were told apart."""
    content: str | None = None
    """A digest of what was told."""
    namesake_of: str | None = None
    """Its number, where that was another promise's already: then its id is a name of its own."""

    def repeats(self, kept: "Promise") -> bool:
        """Whether the channel of a kept promise of this number tells it once more."""
        if kept.source is None:
            return self.says == kept.says
        return (self.source, self.content) == (kept.source, kept.content)

    @property
    def says(self) -> tuple[object, ...]:
        whose = self.customer_id, self.legal_entity, self.currency, self.invoice_number
        return *whose, self.amount_minor, self.promised_on

    def concerns(self, item: Item) -> bool:
        """Whether this promise may pay that item: a customer can name a number that is not its own."""
        mine = (self.invoice_number, self.customer_id, self.legal_entity, self.currency)
        return mine == (item.invoice_number, item.customer_id, item.legal_entity, item.currency)


@dataclass(frozen=True, slots=True)
class Standing:
    """What payments have made of a promise so far, in minor units of its currency."""

    paid_minor: int
    """Applied to the item after the promise was made, in time by value date, less what went back."""
    wanted_minor: int
    """What could be expected: the promise, but no more than was left to pay after credits, discounts and write-offs."""

    @property
    def missing_minor(self) -> int:
        return max(0, self.wanted_minor - self.paid_minor)


def standing(promise: Promise, changes: Iterable[ItemChange], item: Item) -> Standing:
    """How a promise stands. Only payments recorded after it was made count: what lay there before was no answer to it.

    A write-off of the promise's own days (the cents a payment left) lessens what was expected; a later one does not.
    """
    since = [c for c in changes if c.recorded_at > promise.made_at]
    applied, in_time = _applied(since), _applied(since, promise.counts_until)
    given_up = sum(_SIGNS.get(c.kind, 0) * c.amount_minor for c in since if c.value_date > promise.counts_until)
    payable = sum(applied.values()) + item.open_minor + max(0, given_up)
    wanted = min(promise.amount_minor, payable) if item.heard else promise.amount_minor
    return Standing(min(sum(in_time.values()), promise.amount_minor), wanted)


def _applied(changes: Iterable[ItemChange], until: date = date.max) -> dict[str | None, int]:
    """Payment -> what it still pays of the item, counting what is valued in time and everything that went back."""
    paid: dict[str | None, int] = defaultdict(int)
    for change in changes:
        if change.kind == "payment" and change.value_date <= until:
            paid[change.payment_id] += change.amount_minor
        elif change.kind == "payment_reversed":
            paid[change.payment_id] -= change.amount_minor
    return {payment: max(0, amount) for payment, amount in paid.items()}


def judge(promise: Promise, found: Standing, at: datetime) -> Promise:
    """The promise as it stands at an instant. Kept at once when enough has come; not kept only when its time is up."""
    if promise.state in ENDED:
        return promise
    if found.wanted_minor == 0:
        state = State.LAPSED if promise.state == State.OPEN else State(promise.state)
    elif found.missing_minor == 0:
        state = State.KEPT
    elif at < promise.judge_at:
        state = State.OPEN
    else:
        state = State.PARTLY_KEPT if found.paid_minor else State.BROKEN
    newly_unkept = state in UNKEPT and promise.state not in UNKEPT
    return replace(promise, state=state, paid_minor=found.paid_minor, judged=promise.judged + newly_unkept)


def still_promised(promise: Promise, found: Standing) -> int:
    """The part of the item that an open promise keeps out of dunning, in minor units."""
    return found.missing_minor if promise.state == State.OPEN else 0


def broken(promises: Iterable[Promise]) -> int:
    """How many promises were broken outright; partly kept ones do not count."""
    return sum(p.state == State.BROKEN for p in promises)
