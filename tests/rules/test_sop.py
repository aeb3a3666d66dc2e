"""Tables as procedures: every row is a sentence that a person would sign, and no committed page is stale."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from o2c_rules.rulebook import RuleBook
from o2c_rules.sop import pages, stale
from o2c_rules.sop.vocabulary import vocabulary

ROOT = Path(__file__).parents[2]
TABLE = """# Who may release what.
table: t/release
title: Releases
policy: F
version_by: document
effective_from: 2026-01-01
facts:
  amount_minor: {type: money, missing: undecided}
  currency: text
  overdue_days: number
  risk_class: {type: text, allowed: [A, B, C]}
  customer_known: boolean
  tax_point: date
  discount_percent: {type: number, unit: 0.1, missing: default 0}
  order_id: text
outcome: {steps: text, expiry_hours: {type: number, optional: true}, listed: boolean}
default: {steps: "cfo:2", listed: true, because: "nothing lighter applies to {order_id}"}
rows:
  - id: R1
    amount_minor: "[10.00 EUR..2500.00 EUR)"
    currency: EUR
    overdue_days: "> 30"
    risk_class: not(B, C)
    customer_known: true
    tax_point: '>= date("2026-07-01")'
    discount_percent: "<= 2.5"
    steps: "controller:1 sales_director:2"
    expiry_hours: 72
    listed: false
    because: "{amount_minor} is large"
    basis: practice
    source: credit policy
  - {id: R2, amount_minor: "<= 5000", risk_class: "A, B", steps: "nobody:1", listed: true, basis: house}
  - {id: R3, amount_minor: "7000, > 9000", steps: "credit_manager:1", listed: true, basis: law}
  - {id: R4, steps: "credit_manager:1", listed: true, basis: law, note: the last word}
"""
CASES = """
- case: a small one
  facts: {amount_minor: 5000, currency: EUR, risk_class: A}
  expect: {rows: [R2]}
- case: another small one
  facts: {amount_minor: 4000, currency: EUR, risk_class: B}
  expect: {rows: [R2]}
"""


@pytest.fixture(scope="module")
def page() -> str:
    """The page of a table with one column of each kind."""
    return pages(RuleBook({"t/release.yaml": TABLE.encode(), "t/release.cases.yaml": CASES.encode()}))["t/release.md"]


@pytest.fixture(scope="module")
def shipped() -> Mapping[str, str]:
    """All pages of the shipped books."""
    return pages(RuleBook.shipped())


def test_a_page_says_what_for_and_by_which_day(page: str) -> None:
    assert page.startswith("# Releases\n")
    assert "Who may release what." in page
    assert "The rules are read from the top; the first one that fits decides." in page
    assert "The version that is in force on the date of the document holds." in page
    assert "This one is in force from 1 January 2026." in page


def test_a_row_is_a_sentence_with_its_reason_and_what_it_rests_on(page: str) -> None:
    assert (
        "**1. R1.** When the amount is at least 10.00 EUR but less than 2,500.00 EUR, the currency is EUR, the oldest "
        "overdue item is more than 30 days late, the risk class is neither B nor C, the customer is registered, the "
        "tax point is on or after 1 July 2026 and the discount is at most 2.5 %: **one controller and two sales "
        "directors**; the request lapses after **72** hours; on the list: **no**. Reason: ‹amount› is large.  \n"
        "*Good practice: credit policy.*"
    ) in page


def test_lists_several_ranges_and_rows_that_ask_nothing_read_well(page: str) -> None:
    assert "**2. R2.** When the amount is at most 50.00 and the risk class is A or B:" in page
    assert "**3. R3.** When the amount is 70.00 or more than 90.00:" in page
    assert (
        "**4. R4.** In every other case: **one credit manager**; on the list: **yes**.  \n*Law.*  \nThe last word"
        in page
    )


def test_columns_the_default_and_examples_are_told(page: str) -> None:
    assert "- **Amount**: amount of money; without it a person decides." in page
    assert "- **Discount**: number; where it is not known, 0 is taken." in page
    assert "- **Risk class**: word, one of A, B or C." in page
    assert "- At hand, though no rule asks for it: order id." in page
    assert (
        "Where no rule fits: **two CFOs**; on the list: **yes**. Reason: nothing lighter applies to ‹order id›." in page
    )
    assert "- A small one: amount 50.00 EUR and risk class A → rule R2." in page
    assert "- More are among the table's golden cases." in page


def test_each_version_of_a_table_has_its_part() -> None:
    head = "{table: t/a, policy: F, version_by: recorded, facts: {n: number}, outcome: {then: text}, "
    files = {
        "t/a@2026.yaml": (head + "effective_to: 2026-12-31, rows: [{id: A, n: 1, then: x}]}").encode(),
        "t/a@2027.yaml": (head + "effective_from: 2027-01-01, rows: [{id: B, n: 2, then: y}]}").encode(),
    }

    page = pages(RuleBook(files))["t/a.md"]

    assert page.index("## In force from 1 January 2027") < page.index("## In force to 31 December 2026")


def test_calendars_have_a_page_with_hours_and_closed_days(shipped: Mapping[str, str]) -> None:
    page = shipped["calendars.md"]

    assert "## Office in Paris" in page
    assert "- Monday to Friday: 09:00 to 12:30 and 13:30 to 18:00" in page
    assert "- Monday to Friday: 18:30 to 03:30 of the next day" in page
    assert "- Saturday and Sunday: closed" in page
    assert "- Closed on the public holidays of DE as kept in BE" in page


def test_the_index_names_every_table(shipped: Mapping[str, str]) -> None:
    index = shipped["README.md"]

    assert [name for name in RuleBook.shipped().tables if f"]({name}.md)" not in index] == []


def test_every_condition_of_the_shipped_books_has_words(shipped: Mapping[str, str]) -> None:
    assert [name for name, text in shipped.items() if "“" in text] == []


def test_no_word_is_kept_for_a_column_that_is_no_more() -> None:
    book = RuleBook.shipped()
    versions = [version for name in book.tables for version in book.versions(name)]
    facts = {fact.name for version in versions for fact in version.facts}
    outcomes = {outcome.name for version in versions for outcome in version.outcomes}
    words = vocabulary("")

    assert sorted(set(words.conditions) - facts) == []
    assert sorted(set(words.answers) - outcomes) == []
    assert sorted(set(words.names) - facts - outcomes) == []


def test_the_committed_pages_say_what_the_shipped_tables_say(shipped: Mapping[str, str]) -> None:
    assert list(stale(shipped, ROOT / "docs" / "sop")) == []


def test_a_page_that_is_missing_changed_or_of_no_table_is_named(tmp_path: Path) -> None:
    wanted = pages(RuleBook({"t/release.yaml": TABLE.encode()}))
    for name, text in wanted.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    fresh = list(stale(wanted, tmp_path))
    (tmp_path / "t/release.md").write_text("by hand")
    (tmp_path / "README.md").unlink()
    (tmp_path / "old.md").write_text("")

    found = list(stale(wanted, tmp_path))

    assert fresh == []
    assert found == [
        "README.md is missing",
        "t/release.md is not what the table says today",
        "old.md belongs to no table",
    ]
