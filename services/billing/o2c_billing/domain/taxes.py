"""Tax of a document: base per category and rate, rounded once. Which category a line has is a rule table's word."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from o2c_contracts.billing import TaxPart
from o2c_contracts.money import to_amount, to_minor

OUTSIDE_SCOPE = "O"


@dataclass(frozen=True, slots=True)
class Taxation:
    """How one line is taxed: EN 16931 category, rate in percent, and which wording the document must carry."""

    tax_code: str
    category: str
    rate_percent: Decimal
    wording: str = ""

    @property
    def group(self) -> tuple[str, Decimal]:
        return self.category, self.rate_percent


def tax_parts(lines: Iterable[tuple[int, Taxation]], currency: str) -> tuple[TaxPart, ...]:
    """One part per category and rate: the lines' net amounts summed, tax on the sum, half-up to the minor unit.

    EN 16931 BR-CO-17: three lines of 33.34 at 19 % give 19.00, not three times 6.33.
    """
    bases: dict[tuple[str, Decimal], int] = {}
    codes: dict[tuple[str, Decimal], str] = {}
    for net, taxation in lines:
        bases[taxation.group] = bases.get(taxation.group, 0) + net
        codes.setdefault(taxation.group, taxation.tax_code)
    return tuple(
        TaxPart(
            tax_code=codes[group],
            category=group[0],
            rate_percent=group[1],
            base_minor=base,
            tax_minor=tax_on(base, group[1], currency),
        )
        for group, base in bases.items()
    )


def tax_on(base_minor: int, rate_percent: Decimal, currency: str) -> int:
    """Base x rate / 100, half-up on the absolute value."""
    return to_minor(to_amount(base_minor, currency) * rate_percent / 100, currency)
