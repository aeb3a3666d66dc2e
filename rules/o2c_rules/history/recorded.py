"""What a reader of history asks of a recorded decision: which customer, how much money, when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson

AMOUNTS = ("amount_minor", "total_minor")
"""How fact sheets usually call the amount that a decision is about; a table's head may name another."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as it stands in a line of history."""

    body: Mapping[str, Any]

    @classmethod
    def read(cls, body: bytes) -> "Recorded":
        """ValueError where these bytes hold no decision."""
        found = orjson.loads(body)
        if not isinstance(found, dict) or not isinstance(found.get("decision"), dict):
            raise ValueError("a line of history holds no decision")
        return cls(found)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def subject(self) -> str:
        return str(self.body["subject"])

    @property
    def table(self) -> str:
        return str(self.body["decision"]["table"])

    @property
    def bundle(self) -> str:
        return str(self.body["decision"]["bundle"])

    @property
    def facts(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body["decision"]["facts"]
        return found

    @property
    def rows(self) -> tuple[str, ...]:
        return tuple(self.body["decision"]["rows"])

    @property
    def outcome(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body["decision"]["outcome"]
        return found

    @property
    def is_undecided(self) -> bool:
        return self.body["decision"]["undecided"] is not None

    @property
    def on(self) -> date | None:
        """The day by which the table's version was chosen."""
        on = self.body["decision"]["on"]
        return date.fromisoformat(on["on"]) if on else None

    @property
    def at(self) -> datetime:
        """When its cause was recorded, in UTC."""
        return datetime.fromisoformat(self.body["recorded_at"]).astimezone(UTC)

    @property
    def customer(self) -> str:
        """Empty where the decision is about nobody, or about somebody who was not known yet."""
        key = str(self.body["key"])
        return key[2:] if key.startswith("c:") else ""

    @property
    def currency(self) -> str | None:
        currency: str | None = self.body["currency"]
        return currency

    def amount_minor(self, money: str | None) -> int | None:
        """How much it is about, in minor units: by the table's own amount `money`, else by one of the usual names."""
        for name in (money or "", *AMOUNTS):
            amount = self.facts.get(name)
            if type(amount) is int:
                return amount
        return None
