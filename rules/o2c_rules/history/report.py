"""What a backtest found, put together for people and programs: ways from row to row, money, customers, fates."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .asking import Asking
from .backtest import Question
from .changes import About, Changes, Moved, Tally, Way
from .fates import Fate, Fates

CUSTOMERS_SHOWN = 50
AS_IT_WAS = (
    "Each decision is asked again on the facts recorded for it. What earlier decisions led to stays as it was: "
    "an order that would have been released earlier does not change what the next one was measured against."
)
Money = dict[str, int]
"""Currency -> minor units; each document once, with the largest amount it was asked about."""


@dataclass(frozen=True, slots=True)
class Turn:
    """All decisions that went one way, and what became of what they were about."""

    way: Way
    decisions: int
    customers: tuple[str, ...]
    documents: int
    money: Money
    fate: Fate
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfTable:
    """One table's part of a report."""

    table: str
    tally: Tally
    turns: tuple[Turn, ...]
    by_customer: tuple[tuple[str, int, Money], ...]
    """Customer, decisions that change, money; the most changed first."""
    customers: int
    documents: int
    money: Money
    fate: Fate
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A backtest as it is shown."""

    candidate: str
    """The hash of the candidate's bundle."""
    asked: Question
    history: str
    tables: tuple[OfTable, ...]
    seconds: float = 0.0

    @property
    def differing(self) -> int:
        """Decisions that come out otherwise."""
        return sum(part.tally.differing for part in self.tables)

    @property
    def decisions(self) -> int:
        return sum(part.tally.decisions for part in self.tables)

    def as_json(self) -> dict[str, Any]:
        window = self.asked.window
        return {
            "candidate": self.candidate,
            "history": self.history,
            "since": window.since,
            "until": window.until,
            "versions_of": self.asked.always_on,
            "decisions": self.decisions,
            "changed": self.differing,
            "note": AS_IT_WAS,
            "seconds": self.seconds,
            "tables": [_table_as_json(part) for part in self.tables],
        }


def report(candidate: str, asked: Question, changes: Changes, root: Path, today: date) -> Report:
    """Reads what became of the documents of changed decisions. `today`: by which what is unpaid is overdue."""
    moved = [moved for way, moved in changes.ways.items()]
    fates = Fates(root, {about.subject for each in moved for about in each.documents})
    asking = Asking(asked.files, asked.tables, asked.always_on)
    parts = [
        _of_table(table, changes, fates, today, tuple(_hints(table, changes.tables.get(table), asked, asking)))
        for table in sorted({*asked.tables} & {*changes.tables})
    ]
    return Report(candidate, asked, str(root), tuple(parts))


def _of_table(table: str, changes: Changes, fates: Fates, today: date, hints: tuple[str, ...]) -> OfTable:
    ways = {way: moved for way, moved in changes.ways.items() if way.table == table}
    turns = [_turn(way, moved, fates, today) for way, moved in ways.items()]
    whole = Moved()
    for moved in ways.values():
        whole.add(moved)
    return OfTable(
        table=table,
        tally=changes.tables[table],
        turns=tuple(sorted(turns, key=lambda turn: (-turn.decisions, turn.way))),
        by_customer=tuple(_by_customer(ways.values())),
        customers=len({about.customer for about in whole.documents if about.customer}),
        documents=len(whole.documents),
        money=money_in(whole.documents),
        fate=fates.of((about.subject for about in whole.documents), today),
        hints=hints,
    )


def _turn(way: Way, moved: Moved, fates: Fates, today: date) -> Turn:
    return Turn(
        way=way,
        decisions=moved.decisions,
        customers=tuple(sorted({about.customer for about in moved.documents if about.customer})),
        documents=len(moved.documents),
        money=money_in(moved.documents),
        fate=fates.of((about.subject for about in moved.documents), today),
        examples=tuple(moved.examples),
    )


def money_in(documents: Mapping[About, int]) -> Money:
    """By currency; what has none, or no amount, is left out."""
    found: Counter[str] = Counter()
    for about, amount in documents.items():
        if about.currency and amount:
            found[about.currency] += amount
    return dict(sorted(found.items()))


def _by_customer(moved: Iterable[Moved]) -> list[tuple[str, int, Money]]:
    documents: dict[str, dict[About, int]] = {}
    for each in moved:
        for about, amount in each.documents.items():
            mine = documents.setdefault(about.customer, {})
            mine[about] = max(amount, mine.get(about, amount))
    found = [(customer, len(mine), money_in(mine)) for customer, mine in documents.items()]
    return sorted(found, key=lambda each: (-each[1], each[0]))[:CUSTOMERS_SHOWN]


def _hints(table: str, tally: Tally | None, asked: Question, asking: Asking) -> Iterable[str]:
    """What a person must know to read the figures right."""
    versions = asking.versions(table)
    if tally is None or not versions:
        return
    for name in sorted(asked.new_facts.get(table, frozenset()) - tally.seen):
        yield f"no recorded fact sheet of {table} holds {name}: it was missing wherever it was asked about"
    months = sorted(tally.asked_months)
    late = [v.table for v in versions if months and str(v.table.effective_from)[:7] > months[-1]]
    if late and asked.always_on is None:
        yield (
            f"{table}: {late[-1].file} holds from {late[-1].effective_from} on, after the last decision here: "
            f"it was asked nothing; --on {late[-1].effective_from} tries it on all of them"
        )


def _table_as_json(part: OfTable) -> dict[str, Any]:
    tally = part.tally
    return {
        "table": part.table,
        "decisions": tally.decisions,
        "same": tally.same,
        "same_outcome_by_another_row": tally.other_row,
        "changed": tally.changed,
        "newly_undecided": tally.newly_undecided,
        "newly_decided": tally.newly_decided,
        "untried": tally.untried,
        "untried_because": dict(tally.reasons),
        "not_asked_as_the_table_is_the_same": tally.not_asked,
        "customers": part.customers,
        "documents": part.documents,
        "money_minor": part.money,
        "became": part.fate.as_json(),
        "by_month": {m: {"decisions": n, "changed": tally.months[m]} for m, n in sorted(tally.asked_months.items())},
        "by_customer": [{"customer": c, "documents": n, "money_minor": money} for c, n, money in part.by_customer],
        "turns": [_turn_as_json(turn) for turn in part.turns],
        "hints": list(part.hints),
    }


def _turn_as_json(turn: Turn) -> dict[str, Any]:
    return {
        "from": turn.way.before,
        "to": turn.way.after,
        "effect": turn.way.effect,
        "decisions": turn.decisions,
        "customers": list(turn.customers),
        "documents": turn.documents,
        "money_minor": turn.money,
        "became": turn.fate.as_json(),
        "examples": list(turn.examples),
    }
