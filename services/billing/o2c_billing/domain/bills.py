"""Charges on their way to an invoice: which of them go together, and what a withheld draft remembers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from o2c_contracts.billing import TaxPart
from o2c_contracts.orders import Reason

from .charges import Charge
from .contracts import Contract
from .customers import Customer
from .orders import Order
from .taxes import OUTSIDE_SCOPE, Taxation, tax_parts
from .written import read, written


class Together(NamedTuple):
    """What all charges of one invoice share: one invoice never mixes any of these."""

    legal_entity: str
    currency: str
    contract_id: str | None
    purchase_order: str | None


def grouped(charges: Iterable[Charge], orders: Mapping[str, Order]) -> dict[Together, list[Charge]]:
    """Charges by invoice, in the order of their names."""
    groups: dict[Together, list[Charge]] = {}
    for charge in sorted(charges, key=lambda c: (c.service_from, c.line_id)):
        order = orders.get(charge.order_id or "")
        key = Together(
            charge.legal_entity, charge.currency, charge.contract_id, order.purchase_order or None if order else None
        )
        groups.setdefault(key, []).append(charge)
    return groups


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice that may not go out yet: why, whose turn it is, and what somebody has let pass."""

    draft_id: str
    customer_id: str
    legal_entity: str
    currency: str
    origin: str
    """delivery, recurring, billing-day: whose moment it was to be invoiced."""
    status: str = "withheld"
    """withheld, issued, dissolved (its charges wait for another occasion), cancelled."""
    net_minor: int = 0
    reasons: str = "[]"
    """JSON: the Reasons."""
    owner: str = ""
    withheld_at: datetime | None = None
    overridden: str = "{}"
    """JSON: row of the checks -> who let it pass."""
    invoice_number: str | None = None

    @property
    def why(self) -> tuple[Reason, ...]:
        return read(Reason, self.reasons)

    @property
    def passed(self) -> dict[str, str]:
        passed: dict[str, str] = json.loads(self.overridden)
        return passed

    def withhold(self, net_minor: int, reasons: tuple[Reason, ...], owner: str, at: datetime) -> "Draft":
        return replace(
            self,
            net_minor=net_minor,
            reasons=written(reasons),
            owner=owner,
            withheld_at=self.withheld_at or at,
        )

    def let_pass(self, checks: Iterable[str], person: str) -> "Draft":
        passed = {**self.passed, **dict.fromkeys(checks, person)}
        return replace(self, overridden=json.dumps(passed, sort_keys=True))

    def end(self, status: str, invoice_number: str | None = None) -> "Draft":
        return replace(self, status=status, invoice_number=invoice_number)


@dataclass(frozen=True)
class Bill:
    """One invoice as it would be issued now."""

    draft: Draft
    charges: tuple[Charge, ...]
    customer: Customer
    contract: Contract | None
    orders: tuple[Order, ...]
    purchase_order: str | None
    taxations: tuple[Taxation | None, ...]
    """Beside the charges; None where no row of the tax table applies."""

    @property
    def net_minor(self) -> int:
        return sum(c.net_minor for c in self.charges)

    @property
    def is_taxed(self) -> bool:
        return None not in self.taxations

    @property
    def taxed(self) -> list[tuple[Charge, Taxation]]:
        return [(c, t) for c, t in zip(self.charges, self.taxations, strict=True) if t is not None]

    @cached_property
    def taxes(self) -> tuple[TaxPart, ...]:
        return tax_parts([(c.net_minor, t) for c, t in self.taxed], self.draft.currency)

    @property
    def mixes_outside_scope(self) -> bool:
        """Category O may not share a document with any other category (EN 16931 BR-O-11)."""
        categories = {t.category for _, t in self.taxed}
        return OUTSIDE_SCOPE in categories and len(categories) > 1

    @property
    def external_ref(self) -> str | None:
        """Only where all charges agree on it."""
        refs = {c.external_ref for c in self.charges}
        return refs.pop() if len(refs) == 1 else None

    @property
    def missing_orders(self) -> bool:
        known = {o.order_id for o in self.orders}
        return any(c.order_id not in known for c in self.charges if c.order_id)

    @property
    def most_over_ordered(self) -> Decimal:
        """By how many pieces deliveries exceed an order line; 0 where none does."""
        over = [
            Decimal(how["before"]) + Decimal(how["quantity"]) - Decimal(how["line_quantity"])
            for how in (c.how for c in self.charges)
            if how["by"] == "order-share"
        ]
        return max([Decimal(0), *over])

    @property
    def price_differences(self) -> list[tuple[int, Decimal]]:
        """Per delivered line: minor units, and percent of our amount, by which the delivery's own amount differs."""
        off = [
            (abs(c.delivered_minor - c.net_minor), c.net_minor) for c in self.charges if c.delivered_minor is not None
        ]
        return [(minor, Decimal(minor * 100) / max(net, 1)) for minor, net in off]
