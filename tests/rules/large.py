"""Large tables as analysts have them: words, bands and wildcards in six columns, the same for a seed."""

import random
from dataclasses import dataclass

from o2c_rules.cells import Cell, parse
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Fact, Outcome, Policy, Row, Table, VersionBy
from o2c_rules.values import Kind

LARGE = (1_000, 5_000)
WORDS = {
    "action": "order credit write-off refund contract".split(),
    "currency": "EUR USD GBP CHF".split(),
    "region": "DACH FR UK US IT ES RO".split(),
}
FACTS = (
    *(Fact(name, Kind.TEXT) for name in WORDS),
    Fact("amount_minor", Kind.MONEY),
    Fact("days", Kind.NUMBER),
    Fact("disputed", Kind.BOOLEAN),
)


@dataclass(frozen=True)
class Width:
    """How wide bands are, and how often a cell asks nothing."""

    name: str
    amount: int
    days: int
    wildcards: float


NARROW = Width("narrow", 10_000, 4, 0.1)
WIDE = Width("wide", 1_000_000, 60, 0.3)


def table(rows: int, policy: Policy, width: Width, seed: int = 1) -> Table:
    chance = random.Random(seed)
    return Table(
        name="t/large",
        file="t/large.yaml",
        policy=policy,
        version_by=VersionBy.RECORDED,
        facts=FACTS,
        outcomes=(Outcome("then", Kind.TEXT),),
        rows=tuple(Row(f"R{n}", _cells(chance, width), {"then": chance.choice("abc")}, line=n) for n in range(rows)),
    )


def _cells(chance: random.Random, width: Width) -> dict[str, Cell]:
    cells = {}
    for name, words in WORDS.items():
        if chance.random() > width.wildcards:
            cells[name] = parse(", ".join(chance.sample(words, chance.choice([1, 1, 2]))), Kind.TEXT)
    if chance.random() > width.wildcards:
        low = chance.randrange(10_000_000)
        cells["amount_minor"] = parse(f"[{low}..{low + chance.randrange(1, width.amount)})", Kind.MONEY)
    if chance.random() > width.wildcards:
        low = chance.randrange(300)
        cells["days"] = parse(f"[{low}..{low + chance.randrange(1, width.days)})", Kind.NUMBER)
    if chance.random() > 0.5:
        cells["disputed"] = parse(chance.choice(["true", "false"]), Kind.BOOLEAN)
    return cells


MATRIX_WORDS = {**WORDS, "risk_class": list("ABCD"), "reason": [f"reason-{n}" for n in range(12)]}
STEPS = "credit_manager:1 controller:1 cfo:1 sales_director:1 billing_lead:1 billing_manager:2".split()
HEAD = """\
# table: t/matrix
# policy: F
# version_by: recorded
# kind.is: approvals
# kind.amount: amount_minor
# kind.currency: currency
# kind.steps: steps
# default.steps: cfo:1
"""


def matrix(rows: int, wildcards: float = 0.4, seed: int = 1) -> RuleBook:
    """An approval matrix of six columns with the shipped people beside it, the most special rows first."""
    chance = random.Random(seed)
    columns = ",".join(f"in:{name}:text" for name in MATRIX_WORDS)
    lines = sorted((_line(chance, wildcards) for _ in range(rows)), key=lambda line: line.count("-"))
    text = HEAD + f"id,{columns},in:amount_minor:money,out:steps:text\n"
    text += "".join(f"R{n},{','.join(line)}\n" for n, line in enumerate(lines))
    shipped = RuleBook.shipped().files
    files = {name: content for name, content in shipped.items() if name.startswith("reference/")}
    return RuleBook(files | {"t/matrix.csv": text.encode()})


def _line(chance: random.Random, wildcards: float) -> list[str]:
    low, high = (steps * 250_000 for steps in sorted(chance.sample(range(41), 2)))
    cells = [chance.choice(words) for words in MATRIX_WORDS.values()] + [f"[{low}..{high})"]
    return [*("-" if chance.random() < wildcards else cell for cell in cells), chance.choice(STEPS)]
