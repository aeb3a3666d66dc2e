"""Golden cases are looked at too: what they give and nothing reads is told."""

from o2c_rules.checking import check
from o2c_rules.checking.flaws import Flaw, FlawKind
from o2c_rules.rulebook import RuleBook

TABLE = b"""
table: t/one
policy: F
version_by: recorded
kind: {is: decision, offered: later}
facts: {amount_minor: money, word: text, later: text}
outcome: {then: text}
rows:
  - {id: A, amount_minor: "> 10.00 EUR", word: a, then: hold, because: "{amount_minor:money:paid_in}"}
  - {id: B, then: go, because: "{amount_minor} {word}"}
"""
OTHER = b"""
table: t/two
policy: F
version_by: recorded
facts: {elsewhere: text}
outcome: {then: text}
rows: [{id: X, elsewhere: a, then: hold}, {id: Y, then: go}]
"""
CASES = """
- {case: much, facts: {amount_minor: 10.01 EUR, word: a, %s: 1}, expect: {rows: [A]}}
- {case: little, facts: {amount_minor: 10.00 EUR, word: a, %s: 1}, expect: {rows: [B]}}
"""


def told(fact: str) -> list[Flaw]:
    """What is said of the cases of a table that give this fact besides its own."""
    files = {"t/one.yaml": TABLE, "t/two.yaml": OTHER, "t/one.cases.yaml": (CASES % (fact, fact)).encode()}
    return [flaw for flaw in check(RuleBook(files), ["t/one"]) if flaw.kind is not FlawKind.UNREACHABLE]


def test_a_fact_that_no_table_knows_is_told_once_at_the_first_case_that_gives_it() -> None:
    (flaw,) = told("nosuch")

    assert (flaw.kind, flaw.where) == (FlawKind.INCOMPLETE, "t/one.cases.yaml:2")
    assert flaw.text == "'much' gives nosuch, and no table knows such a fact"
    assert flaw.counter_example["nosuch"] == 1


def test_a_slip_of_the_pen_is_told_with_the_name_that_was_meant() -> None:
    (flaw,) = told("amuont_minor")

    assert flaw.hint == "did you mean amount_minor?"


def test_facts_that_are_offered_shown_in_a_sentence_or_read_by_another_table_come_along() -> None:
    assert [told(fact) for fact in ("later", "paid_in", "currency", "elsewhere")] == [[], [], [], []]
