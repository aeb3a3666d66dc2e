"""What the rules of orders may ask about: whole fact sheets, recorded with each decision. Ids, no personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from o2c_rules.rulebook import Facts

from .domain.contracts import Contract
from .domain.customers import AMOUNT, Customer
from .domain.orders import Order

UNKNOWN = "unknown"
WHOLE_LIMIT_PERCENT = 1_000_000
"""Over a limit of zero everything is: a percentage that no band ends above."""


@dataclass(frozen=True, slots=True)
class Position:
    """A family's credit with the document in question, in minor units of the limit's currency."""

    exposure_minor: int | None = None
    """None where credit is not watched, or a rate is missing."""
    tolerance_percent: int | None = None
    """Asked only where the exposure is above the limit."""
    over_minor: int = 0
    """Above limit and tolerance."""
    overdue_days: int = 0
    overdue_minor: int = 0
    negligible_minor: int = 0
    """Asked only where something is overdue."""
    rate_missing: str = ""
    held_before: int = 0
    broken_promises: int = 0
    limit_expired: bool = False


NOT_WATCHED = Position()


@dataclass(frozen=True, slots=True)
class Parties:
    """Who orders, who answers for its credit, and on which contract."""

    customer: Customer
    root: Customer
    contract: Contract | None
    today: date | None
    """The day it is for the selling company; None for a company that keeps no books with us."""

    @property
    def entity_known(self) -> bool:
        return self.today is not None


def order(document: Order, parties: Parties, position: Position) -> Facts:
    """The sheet of `orders/credit`: may this order go ahead?"""
    customer, root = parties.customer, parties.root
    return {
        "legal_entity": document.legal_entity if parties.entity_known else None,
        "currency": document.currency,
        "document_kind": "order",
        "order_id": document.order_id,
        "contract_id": document.contract_id,
        "total_minor": document.total_minor,
        "open_minor": document.open_minor,
        "ordered_on": document.ordered_on,
        "dated_days_ago": document.dated_days_ago,
        "line_difference_minor": document.line_difference_minor,
        "customer_known": customer.known,
        "root_known": root.known,
        "entity_known": parties.entity_known,
        **_of_contract(document, parties.contract),
        "limit_state": limit_state(root),
        "limit_minor": root.limit_minor,
        "limit_currency": root.limit_currency,
        "limit_expired": position.limit_expired,
        "exposure_minor": position.exposure_minor,
        "tolerance_percent": position.tolerance_percent,
        "over_minor": position.over_minor,
        "overdue_days": position.overdue_days,
        "overdue_minor": position.overdue_minor,
        "negligible_minor": position.negligible_minor,
        "overdue_counts": position.overdue_minor > position.negligible_minor,
        "broken_promises": position.broken_promises,
        "risk_class": customer.risk_class,
        "stopped": customer.stopped,
        "family_stopped": root.stopped,
        "rate_is_missing": position.rate_missing != "",
        "rate_missing": position.rate_missing or None,
        "held_before": position.held_before,
    }


def _of_contract(document: Order, contract: Contract | None) -> Facts:
    return {
        "contract_state": contract.state_on(document.ordered_on) if contract else UNKNOWN,
        "contract_kind": contract.kind if contract else None,
        "contract_ends_on": contract.ends_on if contract else None,
        "currency_differs": contract is not None and contract.currency != document.currency,
        "entity_differs": contract is not None and contract.legal_entity != document.legal_entity,
    }


def limit_state(root: Customer) -> str:
    """`unset`, `none`, `zero` or `amount`."""
    return "zero" if root.limit_state == AMOUNT and root.limit_minor == 0 else root.limit_state


def instructions(document: Order, customer: Customer, said: Mapping[str, Any]) -> Facts:
    """The sheet of `orders/instructions`: is the order, which says this, as this customer wants its orders?"""
    return {
        "legal_entity": document.legal_entity,
        "currency": document.currency,
        "order_id": document.order_id,
        "contract_id": document.contract_id,
        "total_minor": document.total_minor,
        "purchase_order_needed": customer.purchase_order_needed,
        "purchase_order_given": bool((said.get("purchase_order") or "").strip()),
        "partial_delivery_allowed": customer.partial_delivery,
        "partial_delivery_wanted": said["partial_delivery"],
        "invoice_rhythm": customer.invoice_rhythm,
        "invoice_rhythm_wanted": said.get("invoice_rhythm") or customer.invoice_rhythm,
    }


def release(sheet: Facts, rows: tuple[str, ...]) -> dict[str, Any]:
    """What authority over a release is measured by, from the sheet of the order's decision and the rows against it."""
    exposure, limit = sheet["exposure_minor"], sheet["limit_minor"]
    over = 0
    if isinstance(exposure, int) and isinstance(limit, int):
        over = max(0, exposure - limit)
    total = sheet["total_minor"]
    return {
        "action": "order-release",
        "legal_entity": sheet["legal_entity"],
        "currency": sheet["limit_currency"] or sheet["currency"] if over else sheet["currency"],
        "order_id": sheet["order_id"],
        "contract_id": sheet["contract_id"],
        "amount_minor": over or total,
        "over_minor": over,
        "over_percent": percent_over(over, limit),
        "overdue_days": sheet["overdue_days"] if sheet["overdue_counts"] else 0,
        "broken_promises": sheet["broken_promises"],
        "risk_class": sheet["risk_class"],
        "stopped": sheet["stopped"] or sheet["family_stopped"],
        "rows": " ".join(rows),
    }


def percent_over(over: int, limit: Any) -> int:
    """By how many percent, begun ones counted in full, the limit is passed."""
    if not over:
        return 0
    if not isinstance(limit, int) or not limit:
        return WHOLE_LIMIT_PERCENT
    return min(WHOLE_LIMIT_PERCENT, -(-over * 100 // limit))


def contract_end(contract: Contract) -> dict[str, Any]:
    """What authority over the end of a contract is measured by."""
    return {
        "action": "contract-end",
        "legal_entity": contract.legal_entity,
        "currency": contract.currency,
        "contract_id": contract.contract_id,
        "contract_kind": contract.kind,
        "amount_minor": 0,
        "over_minor": 0,
        "over_percent": 0,
        "overdue_days": 0,
        "broken_promises": 0,
        "risk_class": None,
        "stopped": False,
        "rows": "",
    }
