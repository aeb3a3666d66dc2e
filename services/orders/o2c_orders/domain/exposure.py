"""What a family owes and has on order. Derived from rows: each document counts in exactly one bucket.

Exposure = accepted and not delivered + delivered and not invoiced + open items - unapplied and on-account money.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from o2c_contracts.money import exponent


@dataclass(frozen=True, slots=True)
class Exposure:
    """The sum of what a customer's documents count, per legal entity and currency.

    It follows the rows: whenever a document's row changes, what the old row counted leaves and what the new one counts
    enters, in the same transaction. No event's amount is ever added.
    """

    customer_id: str
    legal_entity: str
    currency: str
    ordered_minor: int = 0
    delivered_minor: int = 0
    receivable_minor: int = 0

    @property
    def total_minor(self) -> int:
        return self.ordered_minor + self.delivered_minor + self.receivable_minor


@dataclass(frozen=True, slots=True)
class Item:
    """An open item as cash last told it; version 0 is its invoice. Made by whichever is heard first."""

    BUCKET: ClassVar[str] = "receivable_minor"

    customer_id: str
    invoice_number: str
    legal_entity: str
    currency: str
    open_minor: int
    item_version: int
    open: bool
    known: bool = False
    """Its invoice was heard; until then its deliveries still count as not invoiced, and the item does not."""
    due_on: date | None = None
    total_minor: int = 0

    @property
    def counted(self) -> int:
        return self.open_minor if self.known else 0


@dataclass(frozen=True, slots=True)
class CustomerMoney:
    """Money and credit that pay no item yet; a lower version never overwrites a higher one."""

    customer_id: str
    legal_entity: str
    currency: str
    unapplied_minor: int
    on_account_minor: int
    version: int


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` is worth `rate` units of `quote` from a day on."""

    base: str
    quote: str
    valid_on: date
    rate: Decimal
    pair: str
    counts: bool = True
    """Not yet long overtaken by a newer one: only these are loaded."""


def pair_of(one: str, other: str) -> str:
    """The name of two currencies, whichever is asked for in the other."""
    return "/".join(sorted((one, other)))


class NoRate(LookupError):
    """No rate of the pair holds on the day."""

    def __init__(self, pair: str) -> None:
        super().__init__(pair)
        self.pair = pair


def converted(amounts: Mapping[str, int], to: str, rates: Iterable[Rate], on: date) -> int:
    """Minor units per currency as one sum in another, at the last rate on or before a day, rounded once (half-up).

    NoRate when an amount other than zero has none.
    """
    foreign = {currency: minor for currency, minor in amounts.items() if minor and currency != to}
    if not foreign:
        return amounts.get(to, 0)
    known = [r for r in rates if r.valid_on <= on]
    whole = Fraction(amounts.get(to, 0))
    for currency, minor in foreign.items():
        scale = Fraction(10) ** (exponent(to) - exponent(currency))
        whole += minor * scale * _rate(known, currency, to)
    return _half_up(whole)


def _rate(known: list[Rate], base: str, quote: str) -> Fraction:
    pair = pair_of(base, quote)
    last = max((r for r in known if r.pair == pair), key=lambda r: (r.valid_on, r.base == base), default=None)
    if last is None:
        raise NoRate(pair)
    rate = Fraction(last.rate)
    return rate if last.base == base else 1 / rate


def _half_up(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def retired(rates: Iterable[Rate], before: date) -> list[Rate]:
    """Those that cannot be the last rate of any day from `before` on: a newer one of the pair holds by then."""
    in_order = sorted((r for r in rates if r.valid_on <= before), key=lambda r: (r.valid_on, r.base))
    if not in_order:
        return []
    last = in_order[-1].valid_on
    return [r for r in in_order if r.valid_on < last]
