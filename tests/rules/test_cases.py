"""Golden cases say what a table must answer, and a wrong answer says what came instead."""

import pytest
from o2c_rules.cases import cases_of
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BadTable

TABLE = b"""
table: t/one
policy: F
version_by: recorded
facts: {amount_minor: money, word: text, on_day: date, yes: boolean}
outcome: {then: {type: text, optional: true}, level: number}
default: {level: 0}
rows:
  - {id: A, amount_minor: "> 10.00 EUR", then: hold, level: 1}
  - {id: B, word: "5", then: ask, level: 2}
"""


def book(cases: str) -> RuleBook:
    return RuleBook({"t/one.yaml": TABLE, "t/one.cases.yaml": cases.encode()})


def failures(cases: str) -> list[str]:
    made = book(cases)
    return [failure for case in cases_of(made, "t/one") for failure in case.failures(made)]


@pytest.mark.parametrize(
    "case",
    [
        "{case: c, facts: {amount_minor: 10.01 EUR}, expect: {rows: [A], outcome: {then: hold, level: 1}}}",
        "{case: c, facts: {amount_minor: 1001}, expect: {rows: [A]}}",
        "{case: c, facts: {word: 5}, expect: {outcome: {then: ask}}}",
        "{case: c, facts: {}, expect: {rows: [], outcome: {then: null, level: 0}}}",
        "{case: c, facts: {amount_minor: much}, expect: {undecided: true}}",
        "{case: c, facts: {yes: perhaps}, expect: {undecided: true, rows: []}}",
        "{case: c, facts: {amount_minor: null, other: 2026-01-31}, expect: {rows: []}}",
    ],
)
def test_a_case_that_holds_has_no_failures(case: str) -> None:
    assert failures(f"- {case}") == []


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (
            "{case: c, facts: {amount_minor: 1000}, expect: {rows: [A]}}",
            "expected rows ['A'], got []; no row matches; would be A if amount_minor were 1001 (it is 1000, 1 away)",
        ),
        ("{case: c, facts: {word: 5}, expect: {outcome: {level: 3}}}", "expected level 3, got 2"),
        ("{case: c, facts: {amount_minor: much}, expect: {rows: []}}", "got amount_minor is 'much'"),
        ("{case: c, facts: {word: 5}, expect: {undecided: true}}", "expected undecided, got a decision"),
    ],
)
def test_a_case_that_does_not_hold_says_what_came_instead(case: str, said: str) -> None:
    found = failures(f"- {case}")

    assert found[0].startswith("t/one.cases.yaml:1: 'c':")
    assert said in found[0]


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ("case: c", "holds no cases"),
        ("- {case: c, facts: {}}", "lacks its sentence, its facts or what is expected"),
        ("- {case: c, facts: {}, expect: {rows: [X]}}", "'X' is no row of t/one"),
        ("- {case: c, facts: {}, expect: {outcome: {thn: hold}}}", "'thn' is unknown here"),
        ("- {case: c, facts: {}, expect: {rows: A}}", "rows is no list"),
        ("- {case: c, facts: {word: [a]}, expect: {rows: []}}", "a fact is one value"),
        ("- {case: c, fact: {}, facts: {}, expect: {rows: []}}", "'fact' is unknown here"),
        ("- {case: c, facts: {}, expect: {}, on: soon}", "'soon' is no date"),
        ("- {case: c, facts: {amount_minor: '10,000.00 EUR'}, expect: {undecided: true}}", "is no number"),
        ("- {case: c, facts: {}, expect: {}}", "expects nothing"),
        ("- {case: c, facts: {}, expect: {outcome: {}}}", "expects nothing"),
        ("- {case: c, facts: {}, expect: {undecided: false}}", "expects nothing"),
    ],
)
def test_a_mistake_in_a_case_is_named_at_its_line(cases: str, said: str) -> None:
    with pytest.raises(BadTable) as refused:
        cases_of(book(cases), "t/one")

    assert any(said in str(f) and str(f).startswith("t/one.cases.yaml:1:") for f in refused.value.findings)


def test_facts_that_no_column_declares_are_read_by_what_they_look_like() -> None:
    (case,) = cases_of(
        book(
            "- {case: c, facts: {a: 1, b: 1.50, c: true, d: 2026-01-31, e: word, f: '1', g: null}, expect: {rows: []}}"
        ),
        "t/one",
    )

    assert {name: type(value).__name__ for name, value in case.facts.items()} == {
        "a": "int",
        "b": "Decimal",
        "c": "bool",
        "d": "date",
        "e": "str",
        "f": "str",
        "g": "NoneType",
    }
