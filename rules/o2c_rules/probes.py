"""Fact sheets that try a table: every bound of every row from both sides, and random ones. Decides nothing.

Each is made so that rows are met: what a row wants, but for one column or a few.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .cells import Interval
from .codes import ORDERED, Coder, Coding
from .explain import stepped
from .table import Fact, Table
from .values import MISSING, Kind, Value

Sheet = dict[str, Any]
_DAY = date(2026, 1, 1)
_UNKNOWN_WORD = "a word that no row knows"
_ORDINARY: dict[Kind, tuple[Any, ...]] = {
    Kind.NUMBER: (-1, 0, 1, 2, 7, 30, 100, Decimal("0.5"), Decimal("12.34"), 10**9),
    Kind.MONEY: (-100, -1, 0, 1, 99, 100, 10_000, 1_000_000, 10**12),
    Kind.DATE: (_DAY - timedelta(days=400), _DAY, _DAY + timedelta(days=31)),
    Kind.TEXT: (_UNKNOWN_WORD, ""),
    Kind.BOOLEAN: (True, False),
}
_STRANGE: dict[Kind, tuple[Any, ...]] = {
    Kind.NUMBER: ("5", True, 1.5, Decimal("NaN"), Decimal("Infinity"), 2**64 + 5, Decimal("0.1" + "0" * 40 + "1")),
    Kind.MONEY: ("5", True, Decimal("1.00"), 1.0, 2**64 + 5, -(2**80)),
    Kind.DATE: ("2026-01-01", 20260101, datetime(2026, 1, 1, tzinfo=UTC)),
    Kind.TEXT: (5, True, b"a", ["a"], "\u0000", "e\u0301"),
    Kind.BOOLEAN: (1, 0, "true", 1.0, Decimal(1)),
}
PLAIN_SHARE, ROW_SHARE, STRANGE_SHARE = 0.97, 0.7, 0.1
"""Of random sheets: facts of their type; sheets made after a row; sheets with one fact of another type."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A fact sheet, and derived facts to be taken as given, since no sheet leads to them for certain."""

    facts: Sheet
    derived: Sheet


class Probes:
    """Makes sheets for one table; the same for the same seed."""

    def __init__(self, table: Table, coding: Coding) -> None:
        self._table, self._coders = table, {coder.name: coder for coder in coding.coders}
        self._given = [fact for fact in table.facts if fact.expression is None]
        self._derived = {fact.name for fact in table.facts if fact.expression is not None}
        self._pools = {fact.name: _pool(fact, self._coders.get(fact.name)) for fact in table.facts}
        self._wanted = [self._of_row(row) for row in range(len(table.rows))]

    def boundaries(self) -> Iterator[Probe]:
        """Each row as it wants its facts; then each of its cells' bounds, one unit before and one behind, each of its
        words, an unknown word, null, missing, and another type."""
        plain = {fact.name: self._pools[fact.name][0] for fact in self._given}
        for row, wanted in zip(self._table.rows, self._wanted, strict=True):
            sheet = plain | {name: values[0] for name, values in wanted.items()}
            yield self._probe(sheet)
            for name, cell in row.cells.items():
                coder = self._coders[name]
                around = [value for test in cell.tests for value in _around(test, coder.fact)]
                for value in _distinct([*around, None, MISSING, *_beside(coder.fact)]):
                    yield self._probe(sheet | {name: value})

    def at_random(self, count: int, seed: object) -> Iterator[Probe]:
        """So many sheets: of any values, or after a row but for some of its facts."""
        chance = random.Random(f"{seed}")
        columns = [self._column(fact, count, chance) for fact in self._table.facts]
        names = [fact.name for fact in self._table.facts]
        for values in zip(*columns, strict=True) if names else ((),) * count:
            sheet = dict(zip(names, values, strict=True))
            if self._wanted and chance.random() < ROW_SHARE:
                wanted = self._wanted[int(chance.random() * len(self._wanted))]
                spared = int(chance.random() * 3 * (len(wanted) + 1)) if wanted else 0
                for n, (name, inside) in enumerate(wanted.items()):
                    if n != spared:
                        sheet[name] = inside[int(chance.random() * len(inside))]
            if self._given and chance.random() < STRANGE_SHARE:
                fact = chance.choice(self._given)
                sheet[fact.name] = chance.choice(_STRANGE[fact.kind])
            yield self._probe(sheet)

    def _probe(self, sheet: Sheet) -> Probe:
        facts = {name: value for name, value in sheet.items() if value is not MISSING and name not in self._derived}
        return Probe(facts, {name: sheet[name] for name in self._derived if name in sheet} if self._derived else {})

    def _column(self, fact: Fact, count: int, chance: random.Random) -> list[Any]:
        pool = self._pools[fact.name]
        lacking = (None, MISSING)
        weights = [PLAIN_SHARE / len(pool)] * len(pool) + [(1 - PLAIN_SHARE) / 2] * 2
        return chance.choices([*pool, *lacking], weights, k=count)

    def _of_row(self, row: int) -> dict[str, list[Value]]:
        """For each fact that a row asks about, values that it accepts."""
        wanted = {}
        for name in self._table.rows[row].cells:
            coder = self._coders[name]
            accepted = coder.accepted(row) or 0
            inside = [value for value in self._pools[name] if accepted >> coder.code(value) & 1]
            if inside:
                wanted[name] = inside
        return wanted


def _pool(fact: Fact, coder: Coder | None) -> list[Any]:
    """Values of a fact's type: what the rows ask about and what lies beside it, else a few ordinary ones."""
    if fact.allowed:
        return list(fact.allowed)
    if coder is None:
        return list(_ORDINARY[fact.kind])
    if fact.kind not in ORDERED:
        return _distinct([*coder.words, *_ORDINARY[fact.kind][: 1 if fact.kind is Kind.TEXT else 2]])
    around = [value for cut in coder.cuts for value in _around(Interval(cut, True, cut, True), fact)]
    return _distinct([*around, *_ORDINARY[fact.kind]])


def _around(test: Any, fact: Fact) -> Iterator[Any]:
    """A bound with its neighbours one unit away, or a word."""
    if not isinstance(test, Interval):
        yield test
        return
    for bound in (test.low, test.high):
        if bound is not None:
            for steps in (0, -1, 1):
                try:
                    yield stepped(bound, steps, fact.unit)
                except OverflowError:
                    continue


def _beside(fact: Fact) -> Iterator[Any]:
    """What no row knows: another word, and values of other types, which a derived fact never has."""
    if fact.kind is Kind.TEXT:
        yield _UNKNOWN_WORD
    if fact.expression is None:
        yield from _STRANGE[fact.kind]


def _distinct(values: Iterable[Any]) -> list[Any]:
    """In order, each once; 1 and True are two."""
    found: dict[tuple[type, str], Any] = {(type(value), str(value)): value for value in values}
    return list(found.values())


def shown(facts: Mapping[str, Any]) -> str:
    """A sheet in one line."""
    return ", ".join(f"{name}={value!r}" for name, value in facts.items())
