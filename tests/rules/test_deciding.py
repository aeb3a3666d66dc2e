"""Both executors and a naive interpreter agree on generated tables of every hit policy, and on every kind of fact."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_rules.compiled import Compiled
from o2c_rules.table import Policy, Table

from tests.rules.generated import DAY, sheets, tables
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
