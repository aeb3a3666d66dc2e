"""An explanation names the nearest rows that would have won, and the very value at which they would."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_rules.compiled import Compiled
from o2c_rules.explain import Miss, distance
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Table
from o2c_rules.values import MISSING

from tests.rules.generated import DAY, POOLS, UNIT, sheets, tables
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


def test_money_is_shown_as_an_amount_and_dates_as_days() -> None:
    text = b"""
table: t/money
policy: F
version_by: recorded
facts: {over_minor: money, due: date, currency: text}
outcome: {role: text}
rows:
  - {id: small, over_minor: "<= 100.00 EUR", role: clerk}
  - {id: late, due: '< date("2026-03-01")', role: director}
"""
    book = RuleBook({"t/money.yaml": text})
    sheet: dict[str, Any] = {"over_minor": 25_000, "due": date(2026, 3, 1)}

    with_currency = book.decide("t/money", {**sheet, "currency": "EUR"}, DAY).explain().sentences()
    without = book.decide("t/money", sheet, DAY).explain().sentences()

    assert with_currency[1:] == (
        "would be small if over_minor were 100.00 EUR (it is 250.00 EUR, 150.00 EUR away)",
        "would be late if due were 2026-02-28 (it is 2026-03-01, 1 day away)",
    )
    assert without[1] == "would be small if over_minor were 10000 (it is 25000, 15000 away)"


def test_beyond_the_last_day_of_the_calendar_there_is_no_nearest_day() -> None:
    text = b"""
table: t/days
policy: F
version_by: recorded
facts: {due: date}
outcome: {role: text}
rows: [{id: never, due: '> date("9999-12-31")', role: nobody}, {id: early, due: '< date("2026-01-01")', role: clerk}]
"""
    misses = RuleBook({"t/days.yaml": text}).decide("t/days", {"due": date(2026, 1, 1)}, DAY).explain().misses

    assert [(miss.row, miss.nearest) for miss in misses] == [("early", date(2025, 12, 31))]


def test_a_distance_is_exact_whatever_the_digits() -> None:
    text = b"""
table: t/fine
policy: F
version_by: recorded
facts: {x: {type: number, unit: 0.000000000000001}}
outcome: {role: text}
rows: [{id: large, x: "> 99999999999999.000000000000001", role: nobody}]
"""
    value = Decimal("0." + "0" * 39 + "1")
    [miss] = RuleBook({"t/fine.yaml": text}).decide("t/fine", {"x": value}, DAY).explain().misses

    assert miss.nearest == Decimal("99999999999999.000000000000002")
    assert str(miss.distance) == "99999999999999.0000000000000019999999999999999999999999"


def test_a_question_is_answered_as_a_decision_is_explained() -> None:
    [compiled] = RuleBook({"t/matrix.yaml": MATRIX}).compiled("t/matrix")
    sheets_: list[dict[str, Any]] = [
        {"amount": Decimal("120.00"), "reason": "price", "due": date(2026, 3, 2)},
        {"amount": 5}, {"amount": "much"}, {},
    ]  # fmt: skip

    for sheet in sheets_:
        assert compiled.explain(sheet) == compiled.decide(sheet, DAY, "bundle").explain()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_no_value_that_is_nearer_would_do(data: st.DataObject) -> None:
    table: Table = data.draw(tables())
    sheet = {n: v for n, v in data.draw(sheets(table)).items() if not isinstance(v, Decimal) or v % UNIT == 0}

    for miss in Compiled(table).decide(sheet, DAY, "bundle").explain().misses:
        if miss.distance is None:
            continue
        kind = next(fact.kind for fact in table.facts if fact.name == miss.column)
        nearer = [v for v in POOLS[kind] if on_a_step(v) and distance(miss.value, v) < miss.distance]
        assert not [v for v in nearer if miss.row in (answers(table, sheet | {miss.column: v}) or [])]


def on_a_step(value: Any) -> bool:
    return not isinstance(value, Decimal) or value % UNIT == 0


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


def test_a_question_to_a_table_that_calculates_is_answered_with_what_it_calculates() -> None:
    text = b"""
table: t/fee
policy: F
version_by: recorded
facts: {balance_minor: money, currency: text}
outcome: {fee_minor: {type: money, computed: true}}
default: {fee_minor: "0", because: no fee}
rows: [{id: large, balance_minor: "> 100.00 EUR", fee_minor: balance_minor / 100, because: "a fee of {fee_minor}"}]
"""
    [compiled] = RuleBook({"t/fee.yaml": text}).compiled("t/fee")
    large: dict[str, Any] = {"balance_minor": 50_000, "currency": "EUR"}
    sheets_: list[dict[str, Any]] = [large, {"balance_minor": 1}, {"balance_minor": "x"}]

    found = [compiled.explain(sheet) for sheet in sheets_]

    assert found == [compiled.decide(sheet, DAY, "bundle").explain() for sheet in sheets_]
    assert found[0].because == ("a fee of 5.00 EUR",)
