"""An explanation names the nearest rows that would have won, and the very value at which they would."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_rules.compiled import Compiled
from o2c_rules.explain import Miss
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Table
from o2c_rules.values import MISSING

from tests.rules.generated import DAY, UNIT, sheets, tables
from tests.rules.naive import answers, matching

MATRIX = b"""
table: t/matrix
policy: F
version_by: recorded
facts: {amount: number 0.01, reason: text, due: date}
outcome: {role: text}
rows:
  - {id: small, amount: "< 100", role: clerk, because: below 100}
  - {id: goodwill, amount: "[100..5000)", reason: goodwill, role: director}
  - {id: early, due: '< date("2026-03-01")', amount: "> 9000", role: nobody}
  - {id: middle, amount: "[100..5000)", reason: not(goodwill), role: manager}
  - {id: large, amount: ">= 5000", role: director}
"""


def explained(**facts: Any) -> tuple[Miss, ...]:
    book = RuleBook({"t/matrix.yaml": MATRIX})
    return book.decide("t/matrix", facts, DAY).explain().misses


def test_the_nearest_misses_are_those_that_would_have_won() -> None:
    misses = explained(amount=Decimal("120.00"), reason="price", due=date(2026, 3, 2))

    assert [(m.row, m.column, m.nearest, m.distance) for m in misses] == [
        ("small", "amount", Decimal("99.99"), Decimal("20.01")),
        ("goodwill", "reason", "goodwill", None),
        ("large", "amount", 5000, Decimal("4880.00")),
    ]
    assert misses[0].sentence() == "would be small if amount were 99.99 (it is 120.00, 20.01 away)"


def test_a_date_is_days_away() -> None:
    misses = explained(amount=10_000, reason="price", due=date(2026, 3, 2))

    assert ("early", "due", date(2026, 2, 28), 2) in [(m.row, m.column, m.nearest, m.distance) for m in misses]


def test_a_missing_fact_has_no_distance_but_the_cell_is_named() -> None:
    misses = explained(reason="price", due=date(2026, 3, 2))

    assert misses[0] == Miss("small", "amount", "< 100", value=MISSING)


def test_a_row_that_another_hides_at_its_nearest_value_is_no_miss() -> None:
    hidden = MATRIX.replace(b"  - {id: middle", b'  - {id: hidden, amount: "[20..50]", role: ghost}\n  - {id: middle')
    book = RuleBook({"t/matrix.yaml": hidden})

    misses = book.decide("t/matrix", {"amount": 120, "reason": "price"}, DAY).explain().misses

    assert "hidden" not in [miss.row for miss in misses]


def test_under_unique_a_row_that_would_not_be_alone_is_no_miss() -> None:
    text = b"""
table: t/unique
policy: U
version_by: recorded
facts: {amount: number}
outcome: {role: text}
rows:
  - {id: low, amount: "< 10", role: clerk}
  - {id: hidden, amount: "[20..30)", role: ghost}
  - {id: high, amount: "[15..30]", role: manager}
"""
    misses = RuleBook({"t/unique.yaml": text}).decide("t/unique", {"amount": 12}, DAY).explain().misses

    assert [(miss.row, miss.nearest) for miss in misses] == [("low", 9), ("high", 15)]


def test_the_explanation_reads_as_plain_lines() -> None:
    book = RuleBook({"t/matrix.yaml": MATRIX})

    lines = book.decide("t/matrix", {"amount": 5, "reason": "goodwill"}, DAY).explain().sentences()

    assert lines == (
        "small: below 100",
        "would be goodwill if amount were 100 (it is 5, 95 away)",
        "would be large if amount were 5000 (it is 5, 4995 away)",
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_at_the_named_value_the_decision_flips_and_one_unit_before_it_does_not(data: st.DataObject) -> None:
    table: Table = data.draw(tables())
    compiled = Compiled(table)
    sheet = {n: v for n, v in data.draw(sheets(table)).items() if not isinstance(v, Decimal) or v % UNIT == 0}

    explanation = compiled.decide(sheet, DAY, "bundle").explain()

    assert len(explanation.misses) <= 3
    assert list(explanation.matched) == [row.id for row in matching(table, sheet)]
    for miss in explanation.misses:
        assert miss.row not in (answers(table, sheet) or [])
        if miss.nearest is MISSING:
            continue
        assert miss.row in (answers(table, sheet | {miss.column: miss.nearest}) or [])
        if miss.distance is not None:
            before = one_unit_nearer(table, miss)
            assert miss.row not in (answers(table, sheet | {miss.column: before}) or [])


def one_unit_nearer(table: Table, miss: Miss) -> Any:
    unit = next(fact.unit for fact in table.facts if fact.name == miss.column)
    value: Any = miss.value
    nearest: Any = miss.nearest
    if isinstance(nearest, date):
        return nearest + timedelta(days=1 if value > nearest else -1)
    return nearest + (unit if value > nearest else -unit)
