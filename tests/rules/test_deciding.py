"""Both executors and a naive interpreter agree on generated tables of every hit policy, and on every kind of fact."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from o2c_rules.compiled import Compiled
from o2c_rules.table import Aggregation, Policy, Table

from tests.rules.generated import DAY, OUTCOMES, POOLS, sheets, tables
from tests.rules.naive import aggregate, answers

moderate = settings(max_examples=120, deadline=None, derandomize=True)


@moderate
@given(st.data())
def test_a_decision_is_what_a_person_reading_the_table_row_by_row_would_say(data: st.DataObject) -> None:
    table: Table = data.draw(tables())
    compiled = Compiled(table)

    for sheet in data.draw(st.lists(sheets(table), min_size=20, max_size=20)):
        decision = compiled.decide(sheet, DAY, "bundle")

        expected = answers(table, sheet)
        assert [row.id for row in decision.rows] == (expected or [])
        assert (decision.undecided is not None) == (expected is None)
        if table.aggregation:
            assert decision["level"] == aggregate(table, sheet)


@moderate
@given(st.data())
def test_the_first_row_spent_as_an_event_is_the_first_of_all_rows_kept_as_a_fact(data: st.DataObject) -> None:
    table: Table = data.draw(tables(policies=(Policy.FIRST,)))
    compiled = Compiled(table)

    for sheet in data.draw(st.lists(sheets(table), min_size=5, max_size=5)):
        codes = compiled.coding.of(compiled.projection.of(sheet))

        every = compiled._durable.every(codes)

        assert compiled._durable.first(codes) == (every[0] if every else None)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(tables(), st.sampled_from([1.0, b"a", ["a"], float("nan"), object]))
def test_a_fact_of_no_kind_at_all_is_undecided_and_never_an_error(table: Table, strange: Any) -> None:
    compiled = Compiled(table)

    decision = compiled.decide({fact.name: strange for fact in table.facts}, DAY, "bundle")

    assert decision.undecided
    assert decision.rows == ()
    assert set(decision.outcome.values()) == {None}


KINDS: list[tuple[Policy, Aggregation | None]] = [
    *((policy, None) for policy in Policy),
    *((Policy.COLLECT, aggregation) for aggregation in Aggregation),
]
FACTS = 1_000_000
FACTS_PER_TABLE = 1_000


def third_opinion(policy: Policy, aggregation: Aggregation | None, table_count: int, facts: int) -> int:
    """How many facts durable-rules, the index and the naive interpreter were asked about; they all said the same."""
    compared = 0

    @settings(
        max_examples=table_count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(tables(policies=(policy,), rows_most=12), st.integers(0, 2**64))
    def compare(table: Table, seed: int) -> None:
        nonlocal compared
        made = aggregated(table, aggregation)
        compiled, chance = Compiled(made), random.Random(seed)
        pools = {fact.name: [*POOLS[fact.kind] * 4, None, "absent"] for fact in made.facts}
        for _ in range(facts):
            drawn = {name: chance.choice(pool) for name, pool in pools.items()}
            sheet = {name: value for name, value in drawn.items() if value != "absent"}
            decision = compiled.decide(sheet, DAY, "bundle")
            compiled.compare(decision.codes)
            expected = answers(made, sheet)
            assert [row.id for row in decision.rows] == (expected or [])
            assert (decision.undecided is None) == (expected is not None)
            if aggregation:
                assert decision["level"] == aggregate(made, sheet)
            compared += 1

    compare()
    return compared


def aggregated(table: Table, aggregation: Aggregation | None) -> Table:
    rows = tuple(replace(row, outcome={"level": row.outcome["level"]}) for row in table.rows)
    if aggregation is None:
        return replace(table, aggregation=None)
    return replace(table, aggregation=aggregation, outcomes=OUTCOMES[1:], rows=rows)


@pytest.mark.parametrize(("policy", "aggregation"), KINDS)
def test_three_opinions_are_one(policy: Policy, aggregation: Aggregation | None) -> None:
    assert third_opinion(policy, aggregation, 6, 150) >= 6 * 150


@pytest.mark.prove
@pytest.mark.parametrize(("policy", "aggregation"), KINDS)
def test_three_opinions_are_one_on_a_million_facts_of_all_policies(
    policy: Policy, aggregation: Aggregation | None
) -> None:
    enough = FACTS // len(KINDS) + 1

    compared = third_opinion(policy, aggregation, enough // FACTS_PER_TABLE + 1, FACTS_PER_TABLE)

    assert compared >= enough
