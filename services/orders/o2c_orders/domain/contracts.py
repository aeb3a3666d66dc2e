"""A contract and its versions: terms with a date from which each holds."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

ACTIVE, REFUSED, ENDED = "active", "refused", "ended"


@dataclass(frozen=True, slots=True)
class Contract:
    """An agreement under which a customer may order. Its terms by date are in its versions."""

    customer_id: str
    contract_id: str
    legal_entity: str
    currency: str
    kind: str
    status: str
    starts_on: date
    ends_on: date | None
    """The last day on which it may be used; none while open."""
    version: int = 0
    """The newest version; 0 while none has been activated."""
    approval_id: str = ""
    """The open request to end it."""
    end_asked_on: date | None = None
    """The last day which that request asks for."""

    def state_on(self, day: date) -> str:
        """`refused`, `not-begun`, `ended` or `running` on a day."""
        if self.status == REFUSED:
            return REFUSED
        if day < self.starts_on:
            return "not-begun"
        return ENDED if self.ends_on is not None and day > self.ends_on else "running"


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """All terms as they hold from `effective_on` until the next version; never a difference."""

    customer_id: str
    contract_id: str
    version: int
    legal_entity: str
    currency: str
    effective_on: date
    starts_on: date
    ends_on: date | None
    terms_days: int
    discount_percent: Decimal | None
    discount_days: int | None
    attributes: str
    """JSON: attribute -> text."""
    lines: str
    """JSON: the lines charged every month."""
    amendment_id: str = ""
    activated_on: date | None = None

    @property
    def attributes_given(self) -> dict[str, str]:
        return dict(json.loads(self.attributes))

    @property
    def lines_charged(self) -> list[dict[str, Any]]:
        return list(json.loads(self.lines))


def in_force(versions: Iterable[ContractVersion], day: date) -> ContractVersion | None:
    """The version that holds on a day: the newest of those that are effective by then; None before the first."""
    effective = [v for v in versions if v.effective_on <= day]
    return max(effective, key=lambda v: (v.effective_on, v.version), default=None)


def given(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Only what an amendment says; what it leaves out stays as it is."""
    return {name: value for name, value in terms.items() if value is not None}
