"""How often each row of a table decided, about how much money, and when last; rows that never did are named."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Table

from .backtest import money_of
from .changes import DEFAULT, UNDECIDED
from .lines import body_of, table_in
from .looking import EVER, Done, Window, blocks_within, over
from .recorded import Recorded


@dataclass(slots=True)
class Use:
    """Of one row, of the default, or of being undecided."""

    hits: int = 0
    money: Counter[str] = field(default_factory=Counter)
    """Currency -> minor units, over all decisions: a document that was asked about twice counts twice."""
    first_at: datetime | None = None
    last_at: datetime | None = None

    def hit(self, at: datetime, currency: str | None, amount: int | None) -> None:
        self.hits += 1
        if currency and amount:
            self.money[currency] += amount
        self.first_at, self.last_at = min(self.first_at or at, at), max(self.last_at or at, at)

    def add(self, other: "Use") -> None:
        self.hits += other.hits
        for currency, minor in other.money.items():
            self.money[currency] += minor
        firsts = [at for at in (self.first_at, other.first_at) if at]
        lasts = [at for at in (self.last_at, other.last_at) if at]
        self.first_at, self.last_at = min(firsts, default=None), max(lasts, default=None)

    def as_json(self) -> dict[str, Any]:
        money = dict(sorted(self.money.items()))
        return {"hits": self.hits, "money_minor": money, "first_at": self.first_at, "last_at": self.last_at}


WHOLE = ""
"""Stands for the whole table, whatever answered."""
Uses = dict[tuple[str, str], Use]
"""Table and row -> its use; the default and the undecided ones under their own words."""


class Asked(NamedTuple):
    """Which tables are counted, each with its own amount."""

    money: Mapping[str, str | None]
    window: Window


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one table as it holds now, over some history."""

    table: str
    decisions: int
    money: Mapping[str, int]
    rows: Mapping[str, Use]
    """All rows of today's versions in their order, used or not; then the default, the undecided, and rows that today's
    versions have no more."""
    dead: tuple[str, ...]
    """Rows of today's versions that decided nothing."""
    gone: tuple[str, ...]
    """Rows that decided, and are no longer in the table."""

    def as_json(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "decisions": self.decisions,
            "money_minor": self.money,
            "rows": [{"row": row, **use.as_json()} for row, use in self.rows.items()],
            "dead": list(self.dead),
            "gone": list(self.gone),
        }


def asked_of(book: RuleBook, tables: tuple[str, ...], window: Window = EVER) -> Asked:
    """The question about these tables of a book."""
    return Asked({name: money_of(book.versions(name)) for name in tables}, window)


def usage(
    book: RuleBook, asked: Asked, root: Path, *, processes: int = 1, done: Done = lambda n: None
) -> tuple[Usage, ...]:
    """For each table that is asked about, as the book that holds has it. BadHistory where files cannot be read."""
    found: Uses = {}
    blocks = blocks_within(root, asked.window, tuple(asked.money))
    for uses in over(blocks, Counting, asked, processes=processes, done=done):
        for name, use in uses.items():
            found.setdefault(name, Use()).add(use)
    return tuple(_of(name, book.versions(name), found) for name in asked.money)


class Counting:
    """Counts which rows decided."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self._named = asked, {name.encode() for name in asked.money}

    def __call__(self, lines: list[bytes]) -> Uses:
        found: Uses = {}
        for line in lines:
            if table_in(line) in self._named:
                self._count(Recorded.read(body_of(line)), found)
        return found

    def _count(self, recorded: Recorded, found: Uses) -> None:
        at, table = recorded.at, recorded.table
        if not self._asked.window.holds(at):
            return
        amount = recorded.amount_minor(self._asked.money[table])
        rows = recorded.rows or (UNDECIDED if recorded.is_undecided else DEFAULT,)
        for row in (*rows, WHOLE):
            use = found.get((table, row))
            if use is None:
                use = found[table, row] = Use()
            use.hit(at, recorded.currency, amount)


def _of(name: str, versions: tuple[Table, ...], found: Uses) -> Usage:
    mine = {row: use for (table, row), use in found.items() if table == name}
    whole = mine.pop(WHOLE, Use())
    today = list(dict.fromkeys(row.id for table in versions for row in table.rows))
    others = [row for row in (DEFAULT, UNDECIDED) if row in mine]
    gone = sorted(mine.keys() - {*today, DEFAULT, UNDECIDED})
    return Usage(
        table=name,
        decisions=whole.hits,
        money=dict(sorted(whole.money.items())),
        rows={row: mine.get(row, Use()) for row in (*today, *others, *gone)},
        dead=tuple(row for row in today if row not in mine),
        gone=tuple(gone),
    )
