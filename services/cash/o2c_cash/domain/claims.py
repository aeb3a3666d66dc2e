"""What money says that it pays, and what its amount alone may explain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .items import OpenItem
from .payments import Payment, Remittance
from .subsets import Explanations, explain

CANDIDATES_MOST = 5
"""So many explanations are listed for a person."""

Line = tuple[OpenItem, int | None]
"""An item, and what of it is meant to be paid; None: what it owes."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a payment names: documents of an advice or of its reference, or nothing."""

    named: str
    """nothing, reference, remittance."""
    state: str = "none"
    """complete; or unknown, elsewhere (another family, entity or currency), ambiguous, settled (owes nothing)."""
    lines: tuple[Line, ...] = ()
    missing: tuple[str, ...] = ()
    """Names of documents that are not known yet."""
    remittance: Remittance | None = None

    @property
    def claimed_minor(self) -> int:
        return sum(item.open_minor if amount is None else amount for item, amount in self.lines)

    @property
    def contract_id(self) -> str | None:
        """Of all that is named, where everything named is found and of one contract; what names several is of none."""
        if self.state not in ("complete", "settled"):
            return None
        contracts = {item.contract_id for item, _ in self.lines}
        return contracts.pop() if len(contracts) == 1 else None


NOTHING = Claim("nothing")


@dataclass(frozen=True, slots=True)
class Found:
    """Ways in which open items explain an amount, of all items of the payer that its money may pay."""

    items: tuple[OpenItem, ...]
    explanations: Explanations

    @property
    def count(self) -> int:
        """0, 1, or 2 for several."""
        return min(len(self.explanations.ways), 2)

    @property
    def size(self) -> int:
        """Items of the first way found."""
        return len(self.explanations.ways[0]) if self.explanations.ways else 0

    @property
    def lines(self) -> tuple[Line, ...]:
        """Of the first way found, in the order of the items' due dates."""
        return in_order((self.items[i], value) for i, value in self.explanations.ways[0])

    @property
    def candidates(self) -> list[tuple[list[str], int]]:
        return [
            (sorted(self.items[i].invoice_number for i, _ in way), sum(value for _, value in way))
            for way in self.explanations.ways
        ]


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Oldest due first."""
    return tuple(sorted(lines, key=lambda line: (line[0].due_on, line[0].invoice_number)))


def search(payment: Payment, items: Iterable[OpenItem], window_minor: int = 0) -> Found:
    """The ways to reach the payment's unapplied amount, or an amount within the window around it."""
    usable = tuple(item for item in items if item.purse == payment.purse)
    wanted = payment.unapplied_minor
    amounts = [item.amounts(payment.value_date) for item in usable]
    return Found(usable, explain(amounts, wanted - window_minor, wanted + window_minor, CANDIDATES_MOST))


def spread(lines: Sequence[Line], available_minor: int, value_date: date) -> list[tuple[OpenItem, int]]:
    """What each item gets, in the given order, until the money ends; nothing gets more than it owes.

    Where the payer says no amounts and the money covers everything, discounts were not taken; else each item first
    gets what it owes less a discount that still runs, and what is left tops them up.
    """
    full = available_minor >= sum(item.open_minor for item, _ in lines)
    left, gets = available_minor, []
    for item, wanted in lines:
        aim = item.open_minor if full else item.amounts(value_date)[-1]
        gets.append((item, min(left, aim if wanted is None else min(wanted, item.open_minor))))
        left -= gets[-1][1]
    for n, (item, wanted) in enumerate(lines):
        if wanted is None and left:
            more = min(left, item.open_minor - gets[n][1])
            gets[n] = (item, gets[n][1] + more)
            left -= more
    return [(item, amount) for item, amount in gets if amount]


def used(remittance: Remittance, payment_id: str) -> Remittance:
    """The advice has explained its payment."""
    return replace(remittance, used_by=payment_id, payment_id=payment_id, open=False)
