"""The function written out for a table says what projection and coding say, or nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_rules.cells import Cell
from o2c_rules.codes import Coding
from o2c_rules.compiled import Compiled
from o2c_rules.expressions import parse
from o2c_rules.index import Index
from o2c_rules.projection import Projection, Undecidable
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import NO_MATCH, UNDECIDED, Fact, Outcome, Policy, Reply, Response, Row, Table, VersionBy
from o2c_rules.unrolled import codes_of
from o2c_rules.values import MISSING, Kind

from tests.rules.generated import POOLS, tables


class Word(StrEnum):
    A = "a"


class Count(IntEnum):
    ONE = 1


STRANGE = [
    1.0, True, 1, "a", "1", b"a", ["a"], {}, object(), Word.A, Count.ONE, MISSING, None, date(2026, 2, 26),
    datetime(2026, 2, 26, tzinfo=UTC), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal(1), 10**40,
]  # fmt: skip


def by_the_book(table: Table, coding: Coding, facts: Mapping[str, Any]) -> list[int] | None:
    try:
        return coding.of(Projection(table).of(facts))
    except Undecidable:
        return None


@st.composite
def demanding(draw: st.DrawFn) -> Table:
    """A table whose head answers in every way to lacking facts, with a derived fact that a row asks about."""
    table = draw(tables())
    facts = []
    for fact in table.facts:
        default = Reply(Response.DEFAULT, draw(st.sampled_from(POOLS[fact.kind])))
        missing, null, wrong = (draw(st.sampled_from([NO_MATCH, UNDECIDED, default])) for _ in range(3))
        allowed = draw(st.sampled_from([(), tuple(POOLS[fact.kind])]))
        facts.append(replace(fact, missing=missing, null=null, wrong=wrong, allowed=allowed))
    row = table.rows[0]
    if first := next((fact for fact in facts if fact.kind in (Kind.NUMBER, Kind.MONEY)), None):
        derived = parse(f"{first.name} / (1 - {first.name})", {first.name: first.kind})
        facts.append(
            Fact("derived", derived.kind, missing=draw(st.sampled_from([NO_MATCH, UNDECIDED])), expression=derived)
        )
        if first.name in row.cells:
            row = replace(row, cells={**row.cells, "derived": row.cells[first.name]})
    return replace(table, facts=tuple(facts), rows=(row, *table.rows[1:]))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.data())
def test_it_says_what_projection_and_coding_say_or_nothing(data: st.DataObject) -> None:
    table: Table = data.draw(demanding())
    coding = Coding(table)
    ask = codes_of(table, coding)
    columns = {fact.name: st.sampled_from([*POOLS[fact.kind], *STRANGE, "absent"]) for fact in table.facts}

    for sheet in data.draw(st.lists(st.fixed_dictionaries(columns), min_size=30, max_size=30)):
        facts = {name: value for name, value in sheet.items() if value != "absent"}
        found = ask(facts)

        if found is not None:
            assert list(found) == by_the_book(table, coding, facts)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_what_is_ordinary_it_answers_itself(data: st.DataObject) -> None:
    table: Table = data.draw(tables())
    coding = Coding(table)
    ask, index = codes_of(table, coding), Index(coding)
    columns = {fact.name: st.sampled_from([*POOLS[fact.kind], None, "absent"]) for fact in table.facts}

    for sheet in data.draw(st.lists(st.fixed_dictionaries(columns), min_size=10, max_size=10)):
        found = ask({name: value for name, value in sheet.items() if value != "absent"})

        assert found is not None
        assert index.matches(found) == index.matches(list(found))


@pytest.mark.parametrize("table", RuleBook.shipped().tables)
def test_shipped_tables_are_decided_without_the_long_way_round(table: str) -> None:
    for version in RuleBook.shipped().versions(table):
        coding = Coding(version)
        sheet = {
            fact.name: next(iter(fact.allowed), POOLS[fact.kind][0])
            for fact in version.facts
            if fact.expression is None
        }

        assert list(codes_of(version, coding)(sheet) or []) == by_the_book(version, coding, sheet)


def test_words_of_an_analyst_never_become_code() -> None:
    words = ['"', "'", "\n", "f0", "{facts}", "'); raise SystemExit(1)", "\\"]
    rows = tuple(Row(f"R{n}", {"word": Cell(word, (word,))}, {"then": word}) for n, word in enumerate(words))
    table = Table(
        name="t/words",
        file="t/words.yaml",
        policy=Policy.FIRST,
        version_by=VersionBy.RECORDED,
        facts=(Fact("word", Kind.TEXT),),
        outcomes=(Outcome("then", Kind.TEXT),),
        rows=rows,
    )

    found = [Compiled(table).decide({"word": word}, date(2026, 1, 1), "bundle")["then"] for word in words]

    assert found == words
