"""A difference of two tables holds for exactly the facts that it names; nothing else is answered otherwise."""

import operator
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations, product
from math import prod
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from o2c_rules.diffing import difference, differences
from o2c_rules.diffing.comparing import Answer, Change, Comparison
from o2c_rules.diffing.wording import where_text
from o2c_rules.projection import Projection, Undecidable
from o2c_rules.reading import read_table
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import NO_MATCH, UNDECIDED, Aggregation, Fact, Policy, Reply, Response, Row, Table
from o2c_rules.values import MISSING, is_number

from tests.rules.generated import DAY, POOLS, tables
from tests.rules.naive import aggregate, answers, matching

SINGLE = (Policy.UNIQUE, Policy.ANY, Policy.PRIORITY, Policy.FIRST)
APPROVALS = RuleBook.shipped().files["billing/approvals.csv"].decode()


def changed(file: str, old: str, new: str) -> tuple[Table, Table]:
    text = RuleBook.shipped().files[file].decode()
    assert old in text
    return read_table(file, text.encode()), read_table(file, text.replace(old, new, 1).encode())


def test_a_moved_band_is_told_in_an_analysts_words() -> None:
    found = difference(*changed("orders/approvals.yaml", '"<= 2500000"', '"<= 1000000"'))

    ((text, change),) = found.changes
    assert found.head == ()
    assert text == (
        "action order-release, currency EUR, GBP or USD, amount_minor above 10,000.00 up to 25,000.00, "
        "over_percent up to 25, risk_class other than D, stopped false or null: "
        "steps credit_manager:1 -> controller:1 sales_director:1"
    )
    assert change.example["amount_minor"] == 1_000_001


def test_where_all_rows_answer_together_only_what_is_lost_and_gained_is_told() -> None:
    ((text, _),) = difference(*changed("orders/credit.yaml", 'overdue_days: "> 15"', 'overdue_days: "> 20"')).changes

    assert text == (
        "limit_state amount or zero, overdue_counts true, overdue_days above 15 up to 20, risk_class B: "
        "no longer then hold, owner credit_analyst, overtake never"
    )


def test_rows_told_otherwise_or_elsewhere_change_nothing() -> None:
    old, new = changed("orders/tolerance.yaml", "id: order-b", "id: second")

    assert difference(old, new).changes == ()
    assert differences(RuleBook.shipped(), RuleBook.shipped()) == ()


def test_changes_of_the_head_are_named() -> None:
    old, new = changed("orders/tolerance.yaml", "default: {percent: 0, because: no tolerance}", "default: {percent: 1}")
    later = changed("orders/tolerance.yaml", "version_by: recorded", "version_by: document\neffective_from: 2027-01-01")

    assert difference(old, new).head == ("default: percent 0 -> percent 1",)
    assert [text for text, _ in difference(old, new).changes] == ["document_kind null: percent 0 -> 1"]
    assert difference(*later).head == ("version_by: recorded -> document", "effective_from: 0001-01-01 -> 2027-01-01")


def test_a_derived_fact_that_is_computed_otherwise_is_two_columns() -> None:
    old, new = changed("cash/tolerance.yaml", "residual_minor * 100 / base_minor", "residual_minor * 200 / base_minor")

    found = difference(old, new)

    (head,) = found.head
    assert head.startswith("fact percent: residual_minor * 100 / base_minor, ")
    assert "-> residual_minor * 200 / base_minor, " in head
    assert any("percent above 0.5" in text and "percent before up to 0.5" in text for text, _ in found.changes)


LEVELS = """\
table: t/levels
policy: F
version_by: recorded
facts: {level: {type: number, allowed: [1, 2, 3, 4]}}
outcome: {then: text}
default: {then: b}
rows:
  - {id: R1, level: "1, 2", then: a}
"""


def test_numbers_that_are_named_as_allowed_are_told_as_such() -> None:
    old, new = (read_table("t/levels.yaml", t.encode()) for t in (LEVELS, LEVELS.replace('"1, 2"', '"4"')))

    assert [text for text, _ in difference(old, new).changes] == ["level 1 or 2: then a -> b", "level 4: then b -> a"]


def test_a_new_fact_is_told_with_those_who_do_not_say_it() -> None:
    asking = LEVELS.replace("4]}}", "4]}, x: number}").replace("then: a}", "x: '> 3', then: a}")

    assert told_of(LEVELS, asking) == ["level 1 or 2, x up to 3 or not given: then a -> b"]


def test_what_is_allowed_now_and_what_is_missing_now_is_told() -> None:
    more = LEVELS.replace("3, 4]", "3, 4, 5]")
    unknown = LEVELS.replace("4]}", "4], missing: undecided}")
    usual = LEVELS.replace("4]}", "4], missing: default 1, null: undecided}")
    looser = LEVELS.replace("4]}", "4], wrong: no_match}")

    assert told_of(LEVELS, more) == ["level 5: undecided -> then b"]
    assert told_of(LEVELS, unknown) == ["level missing: then b -> undecided"]
    assert told_of(LEVELS, usual) == ["level null: then b -> undecided", "level missing: then b -> a"]
    assert told_of(LEVELS, looser) == ["level not allowed: undecided -> then b"]


def test_a_derived_fact_without_a_value_is_told_where_it_is_new() -> None:
    old = LEVELS.replace("4]}}", "4]}, base: {type: number, missing: undecided}}")
    new = old.replace("outcome:", "derived: {share: 100 / base}\noutcome:")

    assert told_of(old, new) == [
        "level 3 or 4 or not given, share without a value: then b -> undecided",
        "level 1 or 2, share without a value: then a -> undecided",
    ]


def told_of(one: str, two: str) -> list[str]:
    old, new = (read_table("t/levels.yaml", text.encode()) for text in (one, two))
    return [text for text, _ in difference(old, new).changes]


def test_tables_that_come_and_go_are_named() -> None:
    files = dict(RuleBook.shipped().files)
    less = {n: c for n, c in files.items() if not n.startswith("orders/tolerance")}

    (gone,) = differences(RuleBook(files), RuleBook(less))

    assert (gone.table, gone.head) == ("orders/tolerance", ("this version is taken out",))


@st.composite
def pairs(draw: st.DrawFn, policies: tuple[Policy, ...]) -> tuple[Table, Table]:
    """A table and one with some of its rows replaced, left out or moved, which may read its facts otherwise."""
    old = draw(tables(policies=policies, rows_most=5))
    other = draw(tables(policies=(old.policy,), rows_most=5))
    rows: list[Row] = []
    for n, row in enumerate(old.rows):
        known = {fact.name: fact.kind for fact in old.facts}
        theirs = [r for r in other.rows if all(known.get(f.name) is f.kind for f in other.facts if f.name in r.cells)]
        swap = draw(st.sampled_from([row, row, *theirs[:2], None]))
        if swap is not None and (row.outcome.keys() == swap.outcome.keys()):
            rows.append(Row(f"N{n}", swap.cells, swap.outcome))
    assume(rows)
    one = replace(old, facts=tuple(draw(read(fact)) for fact in old.facts))
    asked = {name for row in rows for name in row.cells}
    facts = [draw(st.just(fact) | read(fact)) for fact in one.facts]
    left = [fact for fact in facts if fact.name in asked or draw(st.booleans())]
    two = replace(one, facts=tuple(left), rows=tuple(rows))
    return (two, one) if draw(st.booleans()) else (one, two)


def read(fact: Fact) -> st.SearchStrategy[Fact]:
    """The fact with what is said of it where it is missing, null or none of the allowed ones."""
    values = st.sampled_from([value for value in POOLS[fact.kind] if not is_number(value) or value % fact.unit == 0])
    replies = st.sampled_from([NO_MATCH, NO_MATCH, UNDECIDED]) | values.map(lambda v: Reply(Response.DEFAULT, v))
    allowed = st.just([]) | st.lists(values, min_size=1, max_size=3, unique=True)
    return st.builds(
        lambda missing, null, wrong, some: replace(fact, missing=missing, null=null, wrong=wrong, allowed=tuple(some)),
        replies, replies, replies, allowed,
    )  # fmt: skip


def projected(table: Table, sheet: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return dict(Projection(table).of({name: value for name, value in sheet.items() if value is not MISSING}))
    except Undecidable:
        return None


def said(table: Table, sheet: dict[str, Any]) -> Any:
    rows = {row.id: row for row in table.rows}
    facts = projected(table, sheet)
    ids = None if facts is None else answers(table, facts)
    return None if ids is None else [dict(rows[id_].outcome) for id_ in ids]


def told(change: Change) -> list[Any]:
    return [None if a.undecided else [dict(outcome) for outcome in a.outcomes] for a in (change.before, change.after)]


def covering(comparison: Comparison, sheet: dict[str, Any]) -> list[Change]:
    """The changes in whose boxes a sheet lies, which are those whose words are true of it."""
    codes = comparison.space.codes(sheet)
    if codes is None:
        return []
    facts = {fact.name: fact for fact in comparison.space.table.facts}
    found = [c for c in comparison.changes if all(s >> code & 1 for s, code in zip(c.box, codes, strict=True))]
    assert [c for c in comparison.changes if holds(where_text(comparison.space, c.box), facts, sheet)] == found
    return found


def holds(text: str, facts: dict[str, Fact], sheet: dict[str, Any]) -> bool:
    """Whether a sentence is true of a sheet, by its words alone."""
    parts = re.split(rf"(?:^|, )({'|'.join(facts)}) ", text)[1:]
    assert parts or text == "any facts"
    return all(is_so(words, sheet[name], facts[name]) for name, words in zip(parts[::2], parts[1::2], strict=True))


def is_so(words: str, value: Any, fact: Fact) -> bool:
    absent = ("not given", "missing", "null", "not allowed", f"no {fact.kind}")
    gone = [part for part in re.split(" or |, ", words) if part in absent]
    rest = [part for part in re.split(" or |, ", words.removeprefix("other than ")) if part not in gone]
    if value is MISSING or value is None:
        return "not given" in gone or ("missing" if value is MISSING else "null") in gone
    if fact.allowed and value not in fact.allowed:
        return "not allowed" in gone
    if rest in (["given"], ["allowed"], [f"any {fact.kind}"]):
        return True
    if words.startswith("other than "):
        return str(value) not in rest
    return any(is_within(part, value) for part in rest)


def is_within(part: str, value: Any) -> bool:
    """Whether a value is the one named, or lies between the bounds named."""
    bare = part.replace(" minor units", "").replace(",", "")
    bounds = re.findall(r"(from|above|up to|below) (\S+)", bare)
    if not bounds:
        return value == like(value, bare)
    compare = {"from": operator.ge, "above": operator.gt, "up to": operator.le, "below": operator.lt}
    return all(compare[word](value, like(value, bound)) for word, bound in bounds)


def like(value: Any, text: str) -> Any:
    if isinstance(value, bool | str):
        return text == "true" if isinstance(value, bool) else text
    return date.fromisoformat(text) if isinstance(value, date) else Decimal(text)


def sheets(*both: Table) -> list[dict[str, Any]]:
    facts = {fact.name: fact for table in both for fact in table.facts}
    absent = [None, MISSING]
    pools = [
        [(f.name, v) for v in [*POOLS[f.kind], *absent] if not is_number(v) or v % f.unit == 0] for f in facts.values()
    ]
    assume(prod(map(len, pools)) <= 1_500)
    return [dict(pair) for pair in product(*pools)]


@settings(max_examples=60, deadline=None)
@given(pairs(SINGLE))
def test_each_changed_answer_lies_in_one_box_and_each_box_holds_only_its_change(pair: tuple[Table, Table]) -> None:
    comparison = Comparison(*pair)

    for sheet in sheets(*pair):
        before, after = (said(table, sheet) for table in pair)
        found = covering(comparison, sheet)
        assert len(found) == (before != after)
        assert all(told(change) == [before, after] for change in found)


@settings(max_examples=60, deadline=None)
@given(pairs((Policy.COLLECT, Policy.RULE_ORDER, Policy.OUTPUT_ORDER)))
def test_where_rows_answer_together_each_box_says_what_is_lost_and_gained(pair: tuple[Table, Table]) -> None:
    comparison = Comparison(*pair)

    for sheet in sheets(*pair):
        before, after = (projected(table, sheet) for table in pair)
        found = covering(comparison, sheet)
        if before is None or after is None:
            assert len(found) == ((before is None) != (after is None))
            assert all((c.before.undecided, c.after.undecided) == (before is None, after is None) for c in found)
        elif not comparison.of_lists:
            assert len(found) == (aggregate(pair[0], before) != aggregate(pair[1], after))
        else:
            lost, gained = apart(matching(pair[0], before), matching(pair[1], after))
            assert len(found) == bool(lost or gained)
            assert all((counted(c.before), counted(c.after)) == (lost, gained) for c in found)


def apart(one: list[Row], two: list[Row]) -> tuple[Counter[str], Counter[str]]:
    before, after = (Counter(repr(dict(row.outcome)) for row in rows) for rows in (one, two))
    return before - after, after - before


def counted(answer: Answer) -> Counter[str]:
    return Counter(repr(dict(outcome)) for outcome in answer.outcomes)


@settings(max_examples=30, deadline=None)
@given(pairs(SINGLE))
def test_no_two_boxes_of_one_change_could_be_one(pair: tuple[Table, Table]) -> None:
    comparison = Comparison(*pair)

    for one, two in combinations(comparison.changes, 2):
        sides = sum(a != b for a, b in zip(one.box, two.box, strict=True))
        assert sides > 1 or (repr(one.before), repr(one.after)) != (repr(two.before), repr(two.after))


@settings(max_examples=60, deadline=None)
@given(pairs(SINGLE))
def test_each_example_is_answered_as_its_change_says(pair: tuple[Table, Table]) -> None:
    for change in Comparison(*pair).changes:
        assert [said(table, dict(change.example)) for table in pair] == told(change)


def test_an_aggregate_is_told_by_the_rows_that_come_and_go() -> None:
    old, new = changed("collections/worklist.yaml", "points: 10, because", "points: 9, because")

    assert old.aggregation is Aggregation.SUM
    assert [text for text, _ in difference(old, new).changes] == ["late_percent from 25 below 50: no longer 10; now 9"]


def test_what_a_row_computes_is_told_by_how_it_does() -> None:
    text = """\
table: t/fee
policy: F
version_by: recorded
facts: {balance_minor: money, currency: text}
outcome: {fee_minor: {type: money, computed: true}}
default: {because: no fee}
rows:
  - {id: R1, balance_minor: "> 0", fee_minor: balance_minor * 0.02}
"""
    old, new = (read_table("t/fee.yaml", t.encode()) for t in (text, text.replace("0.02", "0.03")))

    assert [told for told, _ in difference(old, new).changes] == [
        "balance_minor above 0 minor units: fee_minor = balance_minor * 0.02 -> = balance_minor * 0.03"
    ]
    assert RuleBook({"t/fee.yaml": text.encode()}).decide("t/fee", {"balance_minor": 0}, DAY)["fee_minor"] is None
