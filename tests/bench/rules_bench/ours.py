"""This package's ways to an answer: each executor bare, both as every decision asks them, and the explanation."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from o2c_rules.codes import Coding
from o2c_rules.compiled import Compiled
from o2c_rules.durable import Durable
from o2c_rules.index import Index, bits
from o2c_rules.unrolled import CodesOf, codes_of

from tests.bench.rules_bench.matrix import Line, table

Ask = Callable[[Mapping[str, Any]], list[int]]
DAY = date(2026, 1, 1)


def durable(rows: Sequence[Line], *, collect: bool) -> Ask:
    """durable-rules alone: projection, coding, engine."""
    coding, codes = _coded(rows, collect=collect)
    engine = Durable(coding)
    first, every = engine.first, engine.every
    if collect:
        return lambda facts: every(codes(facts) or ())

    def ask(facts: Mapping[str, Any]) -> list[int]:
        row = first(codes(facts) or ())
        return [] if row is None else [row]

    return ask


def index(rows: Sequence[Line], *, collect: bool) -> Ask:
    """The index alone: projection, coding, masks."""
    coding, codes = _coded(rows, collect=collect)
    matches = Index(coding).matches
    if collect:
        return lambda facts: list(bits(matches(codes(facts) or ())))

    def ask(facts: Mapping[str, Any]) -> list[int]:
        found = matches(codes(facts) or ())
        return [(found & -found).bit_length() - 1] if found else []

    return ask


def decided(rows: Sequence[Line], *, collect: bool) -> Ask:
    """A decision as services make it: both executors, compared."""
    compiled = Compiled(table(rows, collect=collect))
    number = {row.id: n for n, row in enumerate(compiled.table.rows)}
    return lambda facts: [number[row.id] for row in compiled.decide(facts, DAY, "bundle").rows]


def explained(rows: Sequence[Line], *, collect: bool) -> Ask:
    """The full explanation: winner, sentence, all matches, at most three nearest misses with value and distance."""
    compiled = Compiled(table(rows, collect=collect))
    number = {row.id: n for n, row in enumerate(compiled.table.rows)}
    return lambda facts: [number[row] for row in compiled.explain(facts).winners]


def _coded(rows: Sequence[Line], *, collect: bool) -> tuple[Coding, CodesOf]:
    made = table(rows, collect=collect)
    coding = Coding(made)
    return coding, codes_of(made, coding)
