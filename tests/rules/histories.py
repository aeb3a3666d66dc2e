"""Small histories: decisions of a table about credit, as a service would have recorded and exported them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from o2c_rules.history.lines import Line
from o2c_rules.history.writing import growing
from o2c_rules.rulebook import RuleBook

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CREDIT = """
table: orders/limits
title: Orders against what is overdue
policy: F
version_by: recorded
facts:
  risk: {type: text, allowed: [A, B, C]}
  overdue_days: {type: number, missing: undecided}
  total_minor: money
outcome:
  then: {type: text, allowed: [hold, accept]}
  percent: {type: number, optional: true}
default: {then: accept, because: nothing objects}
rows:
  - {id: late-a, risk: A, overdue_days: "> 30", then: hold, percent: 1.50, because: late}
  - {id: late-b, risk: [B, C], overdue_days: "> 15", then: hold, percent: 2, because: late}
"""
FEES = """
table: orders/fees
policy: C
aggregation: SUM
version_by: recorded
facts:
  total_minor: money
outcome:
  fee_minor: money
rows:
  - {id: all, total_minor: ">= 0", fee_minor: 100}
  - {id: large, total_minor: "> 100000", fee_minor: 900}
"""


def book(credit: str = CREDIT, **more: str) -> RuleBook:
    files = {"orders/limits.yaml": credit, "orders/fees.yaml": FEES} | {f"orders/{n}.yaml": t for n, t in more.items()}
    return RuleBook({name: text.encode() for name, text in files.items()})


class Recorder:
    """Asks a book and keeps what a service's decision log would hold."""

    def __init__(self, by: RuleBook, at: datetime = NOON) -> None:
        self.by, self.at, self.lines = by, at, list[Line]()
        self._heads: dict[int, tuple[int, bytes]] = {}

    def ask(
        self, facts: Mapping[str, Any], *, subject: str, customer: str = "anna", table: str = "orders/limits"
    ) -> None:
        decision = self.by.decide(table, facts, self.at.date())
        n = len(self.lines) + 1
        body = {
            "id": f"d-{n}",
            "because_of": ["test", f"e-{n}", "OrderSubmitted"],
            "recorded_at": self.at,
            "business_date": self.at.date(),
            "world": "live",
            "key": f"c:{customer}",
            "subject": subject,
            "legal_entity": facts.get("legal_entity"),
            "currency": facts.get("currency"),
            "decision": orjson.Fragment(decision.record()),
        }
        self._append(sha256(customer.encode()).digest()[0] % 4, orjson.dumps(body))
        self.at += timedelta(hours=1)

    def _append(self, chain: int, body: bytes) -> None:
        seq, head = self._heads.get(chain, (0, b""))
        self._heads[chain] = seq + 1, sha256(head + body).digest()
        self.lines.append(Line(chain, *self._heads[chain], body))

    def export(
        self, root: Path, outcomes: Iterable[dict[str, Any]] = (), *, service: str = "orders", at: datetime = NOON
    ) -> Path:
        """What is not in the folder yet, as one run of an export."""
        with growing(root / service, at) as history:
            for line in self.lines:
                if line.seq > history.heads.get(line.chain, (0, b""))[0]:
                    history.decision(line)
            for outcome in outcomes:
                history.outcome(outcome)
        return root


def facts(
    overdue_days: int | None = 0, *, risk: str = "B", total_minor: int = 1_000, currency: str = "EUR"
) -> dict[str, Any]:
    found = {"risk": risk, "total_minor": total_minor, "currency": currency, "legal_entity": "DE01"}
    return found if overdue_days is None else {**found, "overdue_days": overdue_days}


def invoice(number: str, order_id: str, due_on: date, settled_on: date | None, **more: Any) -> dict[str, Any]:
    """What cash would say of it, under the order's name too."""
    return {
        "kind": "invoice",
        "document": number,
        "about": [order_id],
        "customer_id": "anna",
        "currency": "EUR",
        "open_minor": 0 if settled_on else 1_000,
        "due_on": due_on,
        "settled_on": settled_on,
        **more,
    }
