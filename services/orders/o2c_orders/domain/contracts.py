"""A contract and its versions: terms with a date from which each holds."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    said: str = "{}"
    """JSON: what its amendment gave, by term; all other terms it has from the version before it."""

    @property
    def attributes_given(self) -> dict[str, str]:
        return dict(json.loads(self.attributes))

    @property
    def lines_charged(self) -> list[dict[str, Any]]:
        return list(json.loads(self.lines))

    @property
    def place(self) -> tuple[date, int]:
        """Before and behind which versions it holds, whenever it was agreed."""
        return self.effective_on, self.version


def in_order(versions: Iterable[ContractVersion]) -> list[ContractVersion]:
    """All versions by the date from which they hold, each with the terms that the ones before it left.

    What an amendment gave holds on until a later date gives it anew, in whatever order amendments were agreed.
    """
    found: list[ContractVersion] = []
    for version in sorted(versions, key=lambda v: v.place):
        found.append(_upon(found[-1], version) if found else version)
    return found


def _upon(base: ContractVersion, version: ContractVersion) -> ContractVersion:
    said: dict[str, Any] = json.loads(version.said)
    ends_on = said.get("ends_on")
    attributes = base.attributes_given | said.get("attributes", {})
    return replace(
        version,
        ends_on=date.fromisoformat(ends_on) if ends_on else base.ends_on,
        terms_days=said.get("terms_days", base.terms_days),
        discount_percent=base.discount_percent,
        discount_days=base.discount_days,
        attributes=as_json(dict(sorted(attributes.items()))),
        lines=as_json(said["lines"]) if "lines" in said else base.lines,
    )


def as_json(terms: Any) -> str:
    """How attributes and lines are kept: equal terms are equal texts."""
    return json.dumps(terms, ensure_ascii=False)
