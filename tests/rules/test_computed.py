"""Outcomes that are calculated when their row answers, and derived facts that may not go in circles."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from o2c_rules.cases import cases_of
from o2c_rules.decision import Decision
from o2c_rules.records import read_record
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BadTable

FEES = """\
table: fees/late
policy: {policy}
version_by: recorded
facts:
  balance_minor: {{type: money, missing: no_match}}
  days: number
  floor_minor: {{type: money, null: no_match}}
derived:
  daily: {{is: 0.08 / 365, unit: 0.000000000001}}
outcome:
  fee_minor: {{type: money, computed: true{more}}}
  way: text
default: {{fee_minor: "0", way: none, because: "no fee, {{fee_minor}}"}}
rows:
  - {{id: L1, days: "[1..30]", fee_minor: "round(balance_minor * 0.02, 0)", way: flat, because: "2 %: {{fee_minor}}"}}
  - {{id: L2, days: "> 30", fee_minor: "round(balance_minor * daily * days, 0)", way: daily}}
  - {{id: L3, days: "> 60", fee_minor: "max(floor_minor, balance_minor / 3)", way: daily}}
"""


def book(policy: str = "F", more: str = "", **files: str) -> RuleBook:
    texts = {"fees/late.yaml": FEES.format(policy=policy, more=more), **files}
    return RuleBook({name: text.encode() for name, text in texts.items()})


def decided(on: RuleBook, **facts: Any) -> Decision:
    return on.decide("fees/late", facts, date(2026, 3, 1))


def test_the_winning_rows_expression_gives_the_outcome() -> None:
    decision = decided(book(), balance_minor=123_456, days=10)

    assert decision["fee_minor"] == 2_469
    assert type(decision["fee_minor"]) is int
    assert decision.rows[0].outcome == {"fee_minor": 2_469, "way": "flat"}
    assert decision.because == ("2 %: 2,469 minor units",)


def test_derived_facts_may_be_used_and_money_comes_out_whole() -> None:
    decision = decided(book(), balance_minor=1_000_000, days=40)

    assert decision["fee_minor"] == 8_767
    assert decision["way"] == "daily"


def test_what_is_recorded_are_the_values() -> None:
    record = read_record(decided(book(), balance_minor=123_456, days=10).record())

    assert record.outcome == {"fee_minor": 2_469, "way": "flat"}
    assert book().recall(record)["fee_minor"] == 2_469


def test_the_default_is_calculated_too() -> None:
    decision = decided(book(), balance_minor=123_456, days=0)

    assert decision.rows == ()
    assert dict(decision.outcome) == {"fee_minor": 0, "way": "none"}
    assert decision.because == ("no fee, 0 minor units",)
    assert decision.explain().misses[0].row == "L1"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (
            {"days": 10},
            "fee_minor of row L1 has no value: round(balance_minor * 0.02, 0), where balance_minor is missing",
        ),
        ({"balance_minor": 10, "days": 99, "floor_minor": None}, "floor_minor is null"),
        ({"balance_minor": 10, "days": 99, "floor_minor": 1}, "is 3.3333333333333333"),
    ],
)
def test_what_cannot_be_calculated_is_for_a_person(facts: dict[str, Any], reason: str) -> None:
    decision = decided(book("C" if "floor_minor" in facts else "F"), **facts)

    assert decision.undecided is not None
    assert reason in decision.undecided
    assert decision.rows == ()
    assert decision["fee_minor"] is None
    assert decision.explain().undecided == decision.undecided


def test_an_optional_outcome_without_its_facts_is_nothing() -> None:
    decision = decided(book(more=", optional: true"), days=10)

    assert decision.undecided is None
    assert dict(decision.outcome) == {"fee_minor": None, "way": "flat"}


def test_a_value_that_is_not_allowed_is_for_a_person() -> None:
    decision = decided(book(more=", allowed: [0, 200]"), balance_minor=5_000, days=10)

    assert decision.undecided == "fee_minor of row L1 is 100, which is not allowed"


def test_any_wants_the_calculated_values_to_agree() -> None:
    table = (
        FEES.format(policy="A", more="")
        .replace('"> 60"', '"[20..30]"')
        .replace("max(floor_minor, balance_minor / 3)", "balance_minor * 0.02")
        .replace("way: daily}", "way: flat}")
    )
    rules = RuleBook({"fees/late.yaml": table.encode()})

    agreed, disagreed = decided(rules, balance_minor=5_000, days=25), decided(rules, balance_minor=5_050_050, days=25)

    assert agreed["fee_minor"] == 100
    assert disagreed["fee_minor"] == 101_001
    assert decided(rules, balance_minor=5_025, days=25).undecided is not None


def test_sums_and_lists_are_of_calculated_values() -> None:
    text = FEES.format(policy="C", more="").replace("  way: text\n", "").replace(", way: none", "")
    for note in (", way: flat", ", way: daily"):
        text = text.replace(note, "")
    total = RuleBook({"fees/late.yaml": text.replace("policy: C", "policy: C\naggregation: SUM").encode()})
    every = RuleBook({"fees/late.yaml": text.encode()})
    facts = {"balance_minor": 3_000_000, "days": 90, "floor_minor": 7}

    assert decided(total, **facts)["fee_minor"] == 59_178 + 1_000_000
    assert [row.outcome["fee_minor"] for row in decided(every, **facts).rows] == [59_178, 1_000_000]


def test_golden_cases_compare_the_values() -> None:
    cases = """\
- case: two percent
  facts: {balance_minor: 123456, days: 10}
  expect: {rows: [L1], outcome: {fee_minor: 2469, way: flat}}
- case: not this
  facts: {balance_minor: 123456, days: 10}
  expect: {outcome: {fee_minor: 2470}}
"""
    rules = book(**{"fees/late.cases.yaml": cases})

    good, bad = cases_of(rules, "fees/late")

    assert list(good.failures(rules)) == []
    assert "expected fee_minor 2470, got 2469" in next(bad.failures(rules))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("balance_minor * balance_minor", "money times money"),
        ("days * 2", "is a number, no money"),
        ("balance_minor +", "ends too early"),
        ("unknown", "is no fact declared above"),
        ("-", "does not say fee_minor"),
        ("flat fee", "should stand"),
    ],
)
def test_a_cell_that_cannot_be_calculated_is_found_when_the_file_is_read(cell: str, text: str) -> None:
    table = FEES.format(policy="F", more="").replace("round(balance_minor * 0.02, 0)", cell)

    with pytest.raises(BadTable) as refused:
        RuleBook({"fees/late.yaml": table.encode()})

    (finding,) = refused.value.findings
    assert finding.where == "fees/late.yaml:15"
    assert text in finding.text
    assert finding.hint


def test_the_example_of_the_readme_decides() -> None:
    readme = (Path(__file__).parents[2] / "rules" / "README.md").read_text(encoding="utf-8")
    text = readme[readme.index("table: examples/late-fee") :]
    rules = RuleBook({"examples/late-fee.yaml": text[: text.index("```")].encode()})

    def fee(days: int) -> tuple[Any, tuple[str, ...]]:
        facts = {"balance_minor": 100_000, "days_late": days, "currency": "EUR"}
        decision = rules.decide("examples/late-fee", facts, date(2026, 3, 1))
        return decision["fee_minor"], decision.because

    assert fee(10) == (2_000, ("2 % of 1,000.00 EUR: 20.00 EUR",))
    assert fee(31) == (679, ())
    assert fee(0) == (0, ())


def test_rows_are_not_ranked_by_what_is_calculated_later() -> None:
    with pytest.raises(BadTable, match="ranks the rows by an outcome that is calculated"):
        book("P", ", allowed: [1, 2]")


def test_derived_facts_in_a_circle_are_refused_once_with_their_way() -> None:
    table = FEES.format(policy="F", more="").replace(
        "derived:\n", "derived:\n  a: b + 1\n  b: {is: c * 2}\n  c: a - days\n  d: d + 1\n"
    )

    with pytest.raises(BadTable) as refused:
        RuleBook({"fees/late.yaml": table.encode()})

    found = [(f.where, f.text.partition("since ")[2]) for f in refused.value.findings]
    assert found == [
        ("fees/late.yaml:9", "a is derived from itself: a from b from c from a"),
        ("fees/late.yaml:12", "d is derived from itself: d from d"),
    ]


def test_a_rate_may_be_any_exact_number() -> None:
    text = FEES.format(policy="F", more="").replace("fee_minor: {type: money,", "fee_minor: {type: number,")
    text = text.replace("round(balance_minor * 0.02, 0)", "days ** 2 / 8")
    for money in ("round(balance_minor * daily * days, 0)", "max(floor_minor, balance_minor / 3)"):
        text = text.replace(money, "days")

    decision = RuleBook({"fees/late.yaml": text.encode()}).decide("fees/late", {"days": 3}, date(2026, 3, 1))

    assert decision["fee_minor"] == Decimal("1.125")
