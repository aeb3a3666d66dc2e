"""The table that is benched: an approval matrix, kind x currency x region x amount band -> role; and facts for it.

Nine rows in ten are disjoint bands of one combination each; every tenth has wildcards and lies over them. Rows are in
random order, so that which of two that match comes first is a matter of chance.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product
from typing import Any

from o2c_rules.cells import parse
from o2c_rules.table import Fact, Outcome, Policy, Row, Table, VersionBy
from o2c_rules.values import Kind

KINDS = ("order", "release", "credit_note", "write_off", "refund", "dispute", "limit", "price")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "PLN")
REGIONS = ("DACH", "UK", "NORDICS", "IBERIA", "US")
ROLES = ("clerk", "manager", "director", "board")
WORDS = ("kind", "currency", "region")
AMOUNT_MOST = 1_000_000
BANDS_WISHED = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One row: words or None for any; from an amount on, up to another or for ever."""

    words: tuple[str | None, str | None, str | None]
    low: int
    high: int | None
    role: str


def lines(count: int, seed: int = 1) -> list[Line]:
    """So many rows; the same for the same seed."""
    chance = random.Random(seed)
    disjoint = count * 9 // 10
    combinations = list(product(KINDS, CURRENCIES, REGIONS))
    chance.shuffle(combinations)
    combinations = combinations[: max(1, min(len(combinations), disjoint // BANDS_WISHED))]
    found: list[Line] = []
    for at, words in enumerate(combinations):
        bands = disjoint * (at + 1) // len(combinations) - disjoint * at // len(combinations)
        edges: list[int | None] = [0, *sorted(chance.sample(range(1, AMOUNT_MOST), bands - 1)), None]
        found += [Line(words, low or 0, high, ROLES[n % 4]) for n, (low, high) in enumerate(pairwise(edges))]
    for n in range(count - disjoint):
        some = [None if chance.random() < 0.5 else chance.choice(words) for words in (KINDS, CURRENCIES, REGIONS)]
        low = chance.randrange(AMOUNT_MOST * 9 // 10)
        found.append(Line((some[0], some[1], some[2]), low, low + chance.randrange(1_000, 100_000), ROLES[n % 4]))
    chance.shuffle(found)
    return found


def table(rows: Sequence[Line], *, collect: bool) -> Table:
    """As an analyst would write it."""
    return Table(
        name="bench/approvals",
        file="bench/approvals.yaml",
        policy=Policy.COLLECT if collect else Policy.FIRST,
        version_by=VersionBy.RECORDED,
        facts=(*(Fact(name, Kind.TEXT) for name in WORDS), Fact("amount", Kind.NUMBER, Decimal("0.01"))),
        outcomes=(Outcome("role", Kind.TEXT, allowed=ROLES),),
        rows=tuple(
            Row(
                f"R{n}",
                {name: parse(word, Kind.TEXT) for name, word in zip(WORDS, line.words, strict=True) if word}
                | {"amount": parse(band(line), Kind.NUMBER)},
                {"role": line.role},
                because="{amount} {currency} of a {kind} is for the " + line.role,
            )
            for n, line in enumerate(rows)
        ),
    )


def band(line: Line) -> str:
    """The amounts of a row as a unary test."""
    return f">= {line.low}" if line.high is None else f"[{line.low}..{line.high})"


def facts(rows: Sequence[Line], count: int, seed: int = 2) -> list[dict[str, Any]]:
    """Mostly of combinations that rows know, a fifth exactly on a bound or one cent beside it, a few unknown words."""
    chance = random.Random(seed)
    combinations = [line.words for line in rows if None not in line.words]
    bounds = [bound for line in rows for bound in (line.low, line.high) if bound is not None]
    found = []
    for _ in range(count):
        sheet: dict[str, Any] = dict(zip(WORDS, chance.choice(combinations), strict=True))
        if chance.random() < 0.05:
            sheet[chance.choice(WORDS)] = "unknown"
        cents = chance.randrange(AMOUNT_MOST * 120)
        if chance.random() < 0.2:
            cents = chance.choice(bounds) * 100 + chance.choice((-1, 0, 1))
        found.append(sheet | {"amount": Decimal(cents).scaleb(-2)})
    return found
