"""Laws of approval matrices: bands of every currency, steps that can be read, never less for more; also held against
a naive reading."""

from datetime import date
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_rules.checking import check
from o2c_rules.checking.flaws import Flaw, FlawKind, Severity
from o2c_rules.rulebook import RuleBook

DAY = date(2026, 1, 1)
RANKS = {"clerk": 1, "lead": 2, "head": 3}
PEOPLE = """\
table: t/people
policy: U
version_by: recorded
kind: {is: people, person: person, roles: roles}
facts: {person: text}
outcome: {roles: text}
default: {because: nobody}
rows:
"""
ROLES = """\
table: t/roles
policy: U
version_by: recorded
kind: {is: roles, role: role, rank: rank}
facts: {role: text}
outcome: {rank: number}
default: {because: none}
rows:
"""
MATRIX = """\
table: t/matrix
policy: F
version_by: recorded
kind: {{is: approvals, amount: amount_minor, currency: currency, steps: steps, own: nobody}}
facts: {{currency: {currency}, amount_minor: money, risk: text}}
outcome: {{steps: text}}
default: {{steps: "{default}"}}
rows:
"""


def matrix(*rows: str, currency: str = "text", default: str = "head:1") -> RuleBook:
    """Rows as they stand between the brackets; four people in each role."""
    people = "".join(f"  - {{id: {r}{n}, person: {r}{n}, roles: {r}}}\n" for r in RANKS for n in range(4))
    ranks = "".join(f"  - {{id: {role}, role: {role}, rank: {rank}}}\n" for role, rank in RANKS.items())
    body = "".join(f"  - {{id: R{n}, {row}}}\n" for n, row in enumerate(rows))
    head = MATRIX.format(currency=currency, default=default)
    return RuleBook(
        {
            "t/people.yaml": (PEOPLE + people).encode(),
            "t/roles.yaml": (ROLES + ranks).encode(),
            "t/matrix.yaml": (head + body).encode(),
        }
    )


def told(book: RuleBook, *kinds: FlawKind) -> list[Flaw]:
    return [flaw for flaw in check(book, ["t/matrix"]) if flaw.kind in kinds]


def uncovered(*rows: str, currency: str = "text") -> list[tuple[str, Severity]]:
    return [(f.text, f.severity) for f in told(matrix(*rows, currency=currency), FlawKind.UNCOVERED)]


LOW, HIGH = 'amount_minor: "< 1000.00 EUR", steps: clerk', 'amount_minor: ">= 1000.00 EUR", steps: lead'


def test_a_currency_that_the_head_allows_and_no_row_names_is_uncovered() -> None:
    found = told(
        matrix(f"currency: EUR, {LOW}", f"currency: EUR, {HIGH}", currency="{type: text, allowed: [EUR, USD, GBP]}"),
        FlawKind.UNCOVERED,
    )

    assert [flaw.text for flaw in found] == ["no row of the matrix covers currency USD or GBP"]
    assert found[0].hint.startswith("add the band for USD, GBP;")
    assert found[0].counter_example["currency"] == "USD"


def test_a_currency_that_ends_where_another_goes_on_is_uncovered_above() -> None:
    usd = LOW.replace("EUR", "USD")

    assert uncovered(f"currency: EUR, {LOW}", f"currency: EUR, {HIGH}", f"currency: USD, {usd}") == [
        ("no row of the matrix covers currency USD, amount_minor from 1,000.00 USD", Severity.ERROR)
    ]


def test_a_currency_that_begins_where_another_has_begun_already_is_uncovered_below() -> None:
    late = 'amount_minor: ">= 100.00 USD", steps: clerk'

    assert uncovered(f"currency: EUR, {LOW}", f"currency: EUR, {HIGH}", f"currency: USD, {late}") == [
        ("no row of the matrix covers currency USD, amount_minor below 100.00 USD", Severity.ERROR)
    ]


def test_where_all_bands_end_somewhere_fewer_of_them_are_for_a_person_to_look_at() -> None:
    middle = 'currency: EUR, amount_minor: "[1000.00 EUR..5000.00 EUR)", steps: lead'
    pounds = 'currency: GBP, amount_minor: "< 800.00 GBP", steps: clerk'
    more = 'currency: GBP, amount_minor: "[800.00 GBP..4000.00 GBP)", steps: lead'

    assert uncovered(f"currency: EUR, {LOW}", middle, pounds) == [
        ("no row of the matrix covers currency GBP, amount_minor from 800.00 GBP", Severity.WARNING)
    ]
    assert uncovered(f"currency: EUR, {LOW}", middle, pounds, more) == []


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        ("head:0", "'head:0' is no role with a number of people"),
        ("head:one", "'head:one' is no role with a number of people"),
        ("head : 1", "':' is no role with a number of people"),
        ("head, lead", "'head,' is no role with a number of people"),
        ("head:1:2", "'head:1:2' is no role with a number of people"),
        (" ", "they are empty"),
    ],
)
@pytest.mark.parametrize("of_default", [False, True])
def test_steps_that_nobody_can_read_or_that_ask_for_nobody_are_refused(steps: str, what: str, of_default: bool) -> None:
    book = matrix(LOW, default=steps) if of_default else matrix(LOW.replace("clerk", f'"{steps}"'))

    (flaw,) = told(book, FlawKind.INCOMPLETE, FlawKind.MISSING_PERSON)

    assert (flaw.kind, flaw.severity) == (FlawKind.INCOMPLETE, Severity.ERROR)
    assert flaw.text.startswith("the default asks for steps" if of_default else "row R0 asks for steps")
    assert flaw.text.endswith(what)
    assert flaw.hint == "write roles with their numbers and blanks between, such as controller:1 cfo:2"


def test_a_word_of_its_own_asks_for_nobody_on_purpose() -> None:
    assert told(matrix(LOW.replace("clerk", "nobody")), FlawKind.INCOMPLETE, FlawKind.MISSING_PERSON) == []


def test_the_default_asks_for_people_who_exist_and_are_enough() -> None:
    (unknown,) = told(matrix(LOW, default="wizard:1"), FlawKind.MISSING_PERSON)
    (few,) = told(matrix(LOW, default="head:4"), FlawKind.MISSING_PERSON)

    assert (unknown.text, unknown.where) == ("nobody has the role wizard", "t/matrix.yaml:1")
    assert few.text == "the default asks for head:4, but where head0 asks there are not enough other people"
    assert few.counter_example["amount_minor"] == 100_000


ROWS = st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["EUR", "USD", "[EUR, USD]", "-"]),
        "amount": st.sampled_from(["-", "< 2", "<= 5", "[2..5)", "[5..9]", "> 5", ">= 9", "(2..9)"]),
        "risk": st.sampled_from(["a", "b", "not(a)", "-"]),
        "steps": st.sampled_from(["clerk:1", "clerk:2", "lead:1", "clerk:1 lead:1", "head:1"]),
    }
)
AMOUNTS = range(12)


def ranks(steps: str) -> list[int]:
    words = (step.partition(":") for step in steps.split())
    return sorted((RANKS[role] for role, _, count in words for _ in range(int(count))), reverse=True)


def falls(less: str, more: str) -> bool:
    one, two = ranks(less), ranks(more)
    return len(two) < len(one) or any(high < low for low, high in zip(one, two, strict=False))


@settings(max_examples=40, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_less_for_more_is_found_exactly_where_a_naive_reading_has_it(rows: list[dict[str, str]]) -> None:
    written = [f'currency: {r["currency"]}, amount_minor: "{r["amount"]}", risk: {r["risk"]}, steps: "{r["steps"]}"'
               for r in rows]  # fmt: skip
    book = matrix(*written)

    def asked(currency: str, amount: int, risk: str) -> tuple[str | None, str]:
        facts: dict[str, Any] = {"currency": currency, "amount_minor": amount, "risk": risk}
        decision = book.decide("t/matrix", facts, DAY)
        return (decision.rows[0].id if decision.rows else None), str(decision["steps"])

    naive = set()
    for currency, risk in product(["EUR", "USD", "GBP"], ["a", "b", "c"]):
        for (row, less), (other, more) in pairwise(asked(currency, amount, risk) for amount in AMOUNTS):
            if falls(less, more):
                naive.add(frozenset({row, other} - {None}))

    assert {frozenset(flaw.rows) for flaw in told(book, FlawKind.NON_MONOTONE)} == naive
