"""What a check finds is there, with facts that show it, and what is there it finds: held against a naive reading."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from math import prod
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from o2c_rules.cells import Interval
from o2c_rules.checking import check
from o2c_rules.checking.flaws import Flaw, FlawKind
from o2c_rules.checking.partition import Partition
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Fact, Policy, Table
from o2c_rules.values import Kind

from tests.rules.generated import tables
from tests.rules.naive import answers, matching

DAY = date(2026, 1, 1)
HEAD = "table: t/x\npolicy: {policy}\nversion_by: recorded\nkind: decision\n"
SINGLE = (Policy.UNIQUE, Policy.ANY, Policy.PRIORITY, Policy.FIRST)


def book(body: str, policy: str = "F", cases: str = "") -> RuleBook:
    files = {"t/x.yaml": (HEAD.format(policy=policy) + body).encode()}
    return RuleBook(files | ({"t/x.cases.yaml": cases.encode()} if cases else {}))


def found(body: str, policy: str = "F", *kinds: FlawKind) -> list[Flaw]:
    flaws = check(book(body, policy))
    return [flaw for flaw in flaws if flaw.kind in kinds or (not kinds and flaw.kind is not FlawKind.UNTESTED)]


AMOUNTS = """\
facts: {currency: {type: text, allowed: [EUR, USD]}, amount_minor: money}
outcome: {role: text}
rows:
  - {id: small, currency: EUR, amount_minor: "< 100.00 EUR", role: clerk}
  - {id: large, currency: EUR, amount_minor: "> 100.00 EUR", role: manager}
  - {id: dollars, currency: USD, role: clerk}
"""


def test_a_gap_is_named_with_the_very_amount_that_no_row_answers() -> None:
    (gap,) = found(AMOUNTS)

    assert (gap.kind, gap.rows, gap.where) == (FlawKind.GAP, ("small", "large", "dollars"), "t/x.yaml:8")
    assert gap.text == "no row answers currency EUR, amount_minor 100.00 EUR"
    assert gap.counter_example == {"currency": "EUR", "amount_minor": 10_000}
    decision = book(AMOUNTS).decide("t/x", gap.counter_example, DAY)
    assert (decision.rows, decision.undecided) == ((), None)


def test_a_default_or_a_declared_absence_is_no_gap() -> None:
    assert found(AMOUNTS.replace("rows:", "default: {because: nobody need agree}\nrows:")) == []
    assert found(AMOUNTS.replace("> 100", ">= 100")) == []


def test_between_two_whole_units_there_is_no_gap() -> None:
    rows = '  - {{id: R1, n: "<= 1", a: x}}\n  - {{id: R2, n: ">= 2", a: y}}\n'
    body = "facts: {{n: {unit}}}\noutcome: {{a: text}}\nrows:\n" + rows

    assert found(body.format(unit="number")) == []
    (gap,) = found(body.format(unit="number 0.1"))
    assert str(gap.counter_example["n"]) == "1.1"


def test_rows_of_a_unique_table_that_match_together_are_an_overlap() -> None:
    body = """\
facts: {n: number, word: text}
outcome: {a: text}
default: {a: z}
rows:
  - {id: R1, n: "[1..5]", a: x}
  - {id: R2, n: "[5..9]", word: not(b), a: x}
"""
    (overlap,) = found(body, "U")

    assert (overlap.kind, overlap.rows) == (FlawKind.OVERLAP, ("R1", "R2"))
    assert overlap.text == "rows R1 and R2 both match n 5, word other than b, where policy U wants one"
    assert "more than one row matches" in str(book(body, "U").decide("t/x", overlap.counter_example, DAY).undecided)


def test_rows_of_an_any_table_conflict_only_where_they_answer_differently() -> None:
    body = """\
facts: {n: number}
outcome: {a: text}
rows:
  - {id: R1, n: "< 5", a: x}
  - {id: R2, n: "< 7", a: x}
  - {id: R3, n: ">= 6", a: y}
"""
    (conflict,) = found(body, "A")

    assert (conflict.kind, conflict.rows, conflict.counter_example) == (FlawKind.CONFLICT, ("R2", "R3"), {"n": 6})
    assert conflict.text.endswith("answer differently: a x and a y")


def test_a_row_that_several_earlier_ones_cover_together_is_masked() -> None:
    body = """\
facts: {n: number, flag: boolean}
outcome: {a: text}
rows:
  - {id: R1, n: "< 5", a: x}
  - {id: R2, n: "[3..9]", flag: true, a: y}
  - {id: R3, n: "[3..9]", flag: false, a: z}
  - {id: R4, n: "[4..8]", flag: [true, false], a: w}
  - {id: R5, a: v}
"""
    (masked,) = found(body)

    assert (masked.kind, masked.rows) == (FlawKind.MASKED, ("R4", "R2", "R3"))
    assert masked.text == "row R4 never answers: R2 and R3 together take all that it matches"
    decision = book(body).decide("t/x", masked.counter_example, DAY)
    assert decision.rows[0].id != "R4"
    assert "R4" in decision.explain().matched


def test_a_row_that_answers_only_where_a_fact_is_missing_is_not_masked() -> None:
    body = """\
facts: {{n: {type}}}
outcome: {{a: text}}
rows:
  - {{id: R1, n: "< 5", a: x}}
  - {{id: R2, n: ">= 5", a: y}}
  - {{id: R3, a: z}}
"""
    assert found(body.format(type="number")) == []
    (masked,) = found(body.format(type="{type: number, missing: undecided, null: undecided}"))
    assert masked.rows == ("R3", "R1", "R2")


@pytest.mark.parametrize(
    ("fact", "cell"),
    [
        ("{type: text, allowed: [a, b]}", "not(a, b)"),
        ("number", "(1..2)"),
        ("date", 'not(< date("2026-01-02"), >= date("2026-01-02"))'),
    ],
)
def test_a_row_that_no_value_matches_is_unreachable(fact: str, cell: str) -> None:
    body = f"facts: {{f: {fact}}}\noutcome: {{a: text}}\ndefault: {{a: z}}\nrows:\n  - {{id: R1, f: '{cell}', a: x}}\n"

    (unreachable,) = [flaw for flaw in found(body, "F", FlawKind.UNREACHABLE) if flaw.rows]

    assert (unreachable.rows, unreachable.counter_example) == (("R1",), {})


def test_a_row_that_contradicts_a_derived_fact_is_unreachable() -> None:
    body = """\
facts: {seller: text, buyer: text}
derived: {domestic: seller = buyer}
outcome: {rate: number}
default: {rate: 0}
rows:
  - {id: inland, seller: DE, domestic: true, rate: 19}
  - {id: wrong, seller: DE, buyer: FR, domestic: true, rate: 7}
"""
    (unreachable,) = found(body)

    assert (unreachable.kind, unreachable.rows) == (FlawKind.UNREACHABLE, ("wrong",))
    assert "contradicts itself" in unreachable.text


def test_facts_for_derived_numbers_are_solved_for() -> None:
    body = """\
facts: {exposure_minor: money, order_minor: money, limit_minor: money, currency: text}
derived:
  after_minor: exposure_minor + order_minor
  used: {is: after_minor * 100 / limit_minor, unit: 0.01}
outcome: {a: text}
rows:
  - {id: R1, used: "<= 80", a: x}
  - {id: R2, used: "(80..110)", after_minor: "< 500000.00 EUR", a: y}
  - {id: R3, used: ">= 110", a: z}
"""
    (gap,) = found(body)

    facts: dict[str, Any] = dict(gap.counter_example)
    assert facts["exposure_minor"] + facts["order_minor"] >= 50_000_000
    decision = book(body).decide("t/x", facts, DAY)
    assert (decision.rows, decision.undecided) == ((), None)


def test_wildcards_of_six_columns_are_exact() -> None:
    rows = "\n".join(f'  - {{id: R{n}, f{n}: "< 5", a: x}}' for n in range(6))
    facts = ", ".join(f"f{n}: number" for n in range(6))

    (gap,) = found(f"facts: {{{facts}}}\noutcome: {{a: text}}\nrows:\n{rows}\n")

    assert gap.counter_example == {f"f{n}": 5 for n in range(6)}
    assert gap.text == "no row answers " + ", ".join(f"f{n} from 5" for n in range(6))


def _values(table: Table, fact: Fact) -> list[Any]:
    cuts = {
        bound
        for row in table.rows
        for test in (row.cells[fact.name].tests if fact.name in row.cells else ())
        if isinstance(test, Interval)
        for bound in (test.low, test.high)
        if bound is not None
    }
    if fact.kind is Kind.BOOLEAN:
        return [True, False]
    if fact.kind is Kind.TEXT:
        return ["a", "b", "c", "d", "none of them"]
    step: Any = timedelta(days=1) if fact.kind is Kind.DATE else fact.unit
    return sorted({around for cut in cuts for around in (cut - step, cut, cut + step)}) or [
        DAY if fact.kind is Kind.DATE else 0
    ]


def _sheets(table: Table, *, absent: bool) -> Iterator[dict[str, Any]]:
    """Every combination that a table can tell apart; tables with too many are not looked at."""
    pools = [[(f.name, v) for v in _values(table, f) + ([None] if absent else [])] for f in table.facts]
    assume(prod(map(len, pools)) <= 4_000)
    return (dict(pairs) for pairs in product(*pools))


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_gap_or_a_clash_is_found_exactly_where_a_naive_reading_has_one(data: st.DataObject) -> None:
    table = data.draw(tables(policies=SINGLE, rows_most=5))
    flaws = list(Partition(table).flaws())
    gaps, clashes = (
        [flaw for flaw in flaws if flaw.kind in kinds]
        for kinds in ((FlawKind.GAP,), (FlawKind.OVERLAP, FlawKind.CONFLICT))
    )
    open_, unsaid = False, False
    for sheet in _sheets(table, absent=False):
        open_ |= not matching(table, sheet)
        unsaid |= table.policy in (Policy.UNIQUE, Policy.ANY) and answers(table, sheet) is None

    assert (bool(gaps), bool([c for c in clashes if table.policy is not Policy.PRIORITY])) == (open_, unsaid)
    assert all(not matching(table, gap.counter_example) for gap in gaps)
    for clash in clashes:
        assert set(clash.rows) <= {row.id for row in matching(table, clash.counter_example)}


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_row_is_masked_exactly_where_it_never_wins_in_a_naive_reading(data: st.DataObject) -> None:
    table = data.draw(tables(policies=(Policy.FIRST, Policy.PRIORITY), rows_most=6))
    flaws = [f for f in Partition(table).flaws() if f.kind in (FlawKind.MASKED, FlawKind.UNREACHABLE)]
    never = {flaw.rows[0] for flaw in flaws}
    winning = {id_ for sheet in _sheets(table, absent=True) for id_ in answers(table, sheet) or ()}

    assert {row.id for row in table.rows} - winning == never
    for flaw in flaws:
        if flaw.kind is FlawKind.MASKED:
            assert flaw.rows[0] in {row.id for row in matching(table, flaw.counter_example)}
