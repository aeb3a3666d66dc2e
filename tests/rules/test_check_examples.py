"""What a finding shows is what it says: facts that the row answers, the very level, days and currencies as written."""

from datetime import date

import pytest
from o2c_rules.checking import check
from o2c_rules.checking.flaws import Flaw, FlawKind, Severity
from o2c_rules.rulebook import RuleBook

HEAD = "table: t/x\npolicy: {policy}\nversion_by: recorded\nkind: {kind}\n"


def found(body: str, kind: FlawKind, *, policy: str = "F", of: str = "decision") -> list[Flaw]:
    book = RuleBook({"t/x.yaml": (HEAD.format(policy=policy, kind=of) + body).encode()})
    return [flaw for flaw in check(book) if flaw.kind is kind]


HIDDEN = """\
facts: {n: number, flag: boolean}
outcome: {a: text}
default: {a: z}
rows:
  - {id: R1, n: "< 5", a: x}
  - {id: R2, n: "< 9", flag: true, a: y}
"""


def test_an_untested_row_is_shown_by_facts_that_it_answers_and_not_merely_matches() -> None:
    book = RuleBook({"t/x.yaml": (HEAD.format(policy="F", kind="decision") + HIDDEN).encode()})

    untested = [flaw for flaw in check(book) if flaw.kind is FlawKind.UNTESTED]

    assert [flaw.rows for flaw in untested] == [("R1",), ("R2",)]
    for flaw in untested:
        answered = book.decide("t/x", flaw.counter_example, date(2026, 1, 1)).rows
        assert [row.id for row in answered] == list(flaw.rows)


def test_a_masked_row_of_a_priority_table_is_not_told_to_change_its_place() -> None:
    body = """\
facts: {n: number}
outcome: {a: {type: text, allowed: [x, y]}}
default: {a: y}
rows:
  - {id: R1, n: "< 5", a: y}
  - {id: R2, n: "< 9", a: x}
"""
    (masked,) = found(body, FlawKind.MASKED, policy="P")
    (beside,) = found(body.replace('R2, n: "< 9", a: x', 'R2, n: "< 3", a: y'), FlawKind.MASKED, policy="P")

    assert masked.rows == ("R1", "R2")
    assert masked.hint == "policy P goes by the order of the allowed values: narrow R2, or take R1 out"
    assert beside.hint.startswith("put R2 before R1")


LADDER = """\
facts: {level: number}
outcome: {next: {type: number, optional: true}, gone: {type: text, optional: true}}
rows:
  - {id: R0, level: 0, next: 1}
  - {id: R1, level: 1, next: 2}
"""
OF_LADDER = "{is: ladder, level: level, next: next, end: gone}"


def test_a_ladder_without_an_end_is_shown_at_its_last_level() -> None:
    (flaw,) = found(LADDER, FlawKind.NO_END, of=OF_LADDER)

    assert flaw.text == "nothing says what follows level 2, the last of the ladder"
    assert flaw.counter_example == {"level": 2}


def test_a_ladder_may_end_by_its_default() -> None:
    assert found(LADDER.replace("rows:", "default: {gone: agency}\nrows:"), FlawKind.NO_END, of=OF_LADDER) == []


def test_a_default_that_leads_down_a_ladder_of_people_counts_as_a_step() -> None:
    files = {name: text for name, text in RuleBook.shipped().files.items() if name.startswith("reference/")}
    ladder = LADDER.replace("gone: {type: text, optional: true}", "to: text")
    ladder = ladder.replace("next: 1}", "next: 1, to: controller}").replace("next: 2}", "next: 2, to: cfo}")
    ladder = ladder.replace("rows:", "default: {next: 3, to: credit_analyst}\nrows:")
    head = HEAD.format(policy="F", kind="{is: ladder, level: level, next: next, role: to}")

    told = check(RuleBook({**files, "t/x.yaml": (head + ladder).encode()}), ["t/x"])

    (flaw,) = [flaw for flaw in told if flaw.kind is FlawKind.NOT_ESCALATING]
    assert flaw.text == "at 3 credit_analyst hears, who does not outrank cfo"


def test_a_letter_that_lacks_is_shown_in_its_language_and_at_its_level() -> None:
    body = """\
facts: {language: text, level: number}
outcome: {written_in: {type: text, allowed: [de, en, fr]}}
rows:
  - {id: R1, language: de, written_in: de}
  - {id: R2, level: 1, written_in: en}
  - {id: R3, level: "[1..2]", language: fr, written_in: fr}
"""
    missing = found(
        body, FlawKind.MISSING_LETTER, of="{is: letters, language: language, level: level, written_in: written_in}"
    )

    shown = {flaw.text: dict(flaw.counter_example) for flaw in missing}
    assert shown["there are no words for language en, level 2"] == {"language": "en", "level": 2}


VERSION = """\
table: t/x
policy: F
version_by: recorded
kind: decision
{window}
facts: {{n: number}}
outcome: {{a: text}}
default: {{a: z}}
rows:
  - {{id: R1, n: 1, a: x}}
"""
CASES = """\
- {case: early, on: 2026-06-30, facts: {n: 1}, expect: {rows: [R1]}}
- {case: late, on: 2026-08-01, facts: {n: 1}, expect: {rows: [R1]}}
"""


def of_versions(second: str, cases: str = CASES) -> list[tuple[FlawKind, str, str]]:
    book = RuleBook(
        {
            "t/x.yaml": VERSION.format(window="effective_to: 2026-06-30").encode(),
            "t/x@2.yaml": VERSION.format(window=f"effective_from: {second}").encode(),
            "t/x.cases.yaml": cases.encode(),
        }
    )
    return [(flaw.kind, flaw.where, flaw.text) for flaw in check(book)]


def test_days_between_two_versions_on_which_none_is_in_force_are_a_gap() -> None:
    text = "no version is in force from 2026-07-01 to 2026-07-31, between t/x.yaml and t/x@2.yaml"

    assert of_versions("2026-08-01") == [(FlawKind.GAP, "t/x@2.yaml:1", text)]
    assert of_versions("2026-07-01") == []


def test_a_case_of_a_day_without_a_version_tests_nothing() -> None:
    between = "- {case: between, on: 2026-07-15, facts: {n: 1}, expect: {outcome: {a: x}}}\n"
    meant = "- {case: between, on: 2026-07-15, facts: {n: 1}, expect: {undecided: true}}\n"

    text = "'between' asks on 2026-07-15, when no version of the table is in force"
    assert (FlawKind.UNTESTED, "t/x.cases.yaml:3", text) in of_versions("2026-08-01", CASES + between)
    assert len(of_versions("2026-08-01", CASES + meant)) == 1


def currencies(facts: str, row: str, head: str = "") -> list[str]:
    body = f"facts: {{{facts}, amount_minor: money}}\noutcome: {{fee_currency: text}}\n{head}"
    return [flaw.text for flaw in found(f"{body}rows:\n  - {{id: R1, {row}}}\n", FlawKind.INCOMPLETE)]


@pytest.mark.parametrize(
    ("facts", "row", "head"),
    [
        ("currency: {type: text, allowed: [EUR, QQQ]}", "fee_currency: EUR", ""),
        ("currency: {type: text, missing: default QQQ}", "fee_currency: EUR", ""),
        ("currency: text", "fee_currency: QQQ", ""),
        ("currency: text", "fee_currency: EUR", "default: {fee_currency: QQQ}\n"),
        ("currency: text", "currency: QQQ, fee_currency: EUR", ""),
    ],
)
def test_a_currency_that_does_not_exist_is_told_wherever_it_stands(facts: str, row: str, head: str) -> None:
    assert currencies(facts, row, head) == ["'QQQ' is no currency, so nobody knows its minor units"]


@pytest.mark.parametrize(
    ("named", "amount", "why"),
    [
        ("JPY", "< 2500.00 EUR", "while it is about JPY"),
        ("USD", "< 2500.00 EUR", "while it is about USD"),
        ("[EUR, JPY]", "< 2500.00 EUR", "while JPY has other minor units than EUR"),
        ("EUR", "[1 EUR..5 USD]", "in EUR and USD at once"),
        ('"-"', "< 1 EUR, > 5 USD", "in EUR and USD at once"),
        ("[EUR, GBP, USD]", "<= 50.00 EUR", ""),
        ("[GBP, USD]", "<= 50.00 EUR", ""),
        ("JPY", "< 2500 JPY", ""),
        ("JPY", "< 2500", ""),
        ("not(JPY)", "< 2500.00 EUR", ""),
        ('"-"', "< 2500.00 EUR", ""),
    ],
)
def test_an_amount_is_written_in_the_currency_of_its_row(named: str, amount: str, why: str) -> None:
    told = currencies("currency: text", f'currency: {named}, amount_minor: "{amount}", fee_currency: EUR')

    assert told == ([f"row R1 asks for amount_minor {amount}, {why}"] if why else [])


def test_findings_about_the_time_of_versions_block_a_release() -> None:
    book = RuleBook(
        {
            "t/x.yaml": VERSION.format(window="effective_to: 2026-06-30").encode(),
            "t/x@2.yaml": VERSION.format(window="effective_from: 2026-08-01").encode(),
            "t/x.cases.yaml": CASES.encode(),
        }
    )

    assert {flaw.severity for flaw in check(book)} == {Severity.ERROR}
