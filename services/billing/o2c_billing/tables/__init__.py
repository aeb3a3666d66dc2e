"""Billing's database: which dataclass each table holds, and which rows each event needs."""

from .needs import (
    approval,
    billing_day,
    cancel,
    contract,
    contract_amended,
    customer,
    delivery,
    delivery_ended,
    draft,
    escalation,
    new_credit,
    order,
    recurring,
)
from .schema import KEEPS, metadata

__all__ = [
    "KEEPS",
    "approval",
    "billing_day",
    "cancel",
    "contract",
    "contract_amended",
    "customer",
    "delivery",
    "delivery_ended",
    "draft",
    "escalation",
    "metadata",
    "new_credit",
    "order",
    "recurring",
]
