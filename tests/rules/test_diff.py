"""A difference of two tables holds for exactly the facts that it names; nothing else is answered otherwise."""

from collections import Counter
from itertools import combinations, product
from math import prod
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from o2c_rules.diffing import difference, differences
from o2c_rules.diffing.comparing import Change, Comparison
from o2c_rules.projection import Projection
from o2c_rules.reading import read_table
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Aggregation, Policy, Row, Table
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
        "over_percent up to 25, risk_class other than D, stopped false: "
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
    assert [text for text, _ in difference(old, new).changes] == ["document_kind not given: percent 0 -> 1"]
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


def test_tables_that_come_and_go_are_named() -> None:
    files = dict(RuleBook.shipped().files)
    less = {n: c for n, c in files.items() if not n.startswith("orders/tolerance")}

    (gone,) = differences(RuleBook(files), RuleBook(less))

    assert (gone.table, gone.head) == ("orders/tolerance", ("this version is taken out",))


@st.composite
def pairs(draw: st.DrawFn, policies: tuple[Policy, ...]) -> tuple[Table, Table]:
    """A table and one with some of its rows replaced, left out or moved."""
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
    new = Table(**{name: getattr(old, name) for name in old.__dataclass_fields__} | {"rows": tuple(rows)})
    return old, new


def said(table: Table, sheet: dict[str, Any]) -> Any:
    rows = {row.id: row for row in table.rows}
    ids = answers(table, sheet)
    return None if ids is None else [dict(rows[id_].outcome) for id_ in ids]


def covering(comparison: Comparison, sheet: dict[str, Any]) -> list[Change]:
    table = comparison.space.table
    values = Projection(table).of({name: value for name, value in sheet.items() if value is not MISSING})
    codes = comparison.space.coding.of(values)
    return [c for c in comparison.changes if all(s >> code & 1 for s, code in zip(c.box, codes, strict=True))]


def sheets(old: Table) -> list[dict[str, Any]]:
    pools = [[(f.name, v) for v in [*POOLS[f.kind], None] if not is_number(v) or v % f.unit == 0] for f in old.facts]
    assume(prod(map(len, pools)) <= 1_500)
    return [dict(pair) for pair in product(*pools)]


@settings(max_examples=30, deadline=None)
@given(pairs(SINGLE))
def test_each_changed_answer_lies_in_one_box_and_each_box_holds_only_its_change(pair: tuple[Table, Table]) -> None:
    comparison = Comparison(*pair)

    for sheet in sheets(pair[0]):
        before, after = (said(table, sheet) for table in pair)
        found = covering(comparison, sheet)
        assert len(found) == (before != after)
        for change in found:
            told = [None if a.undecided else [dict(o) for o in a.outcomes] for a in (change.before, change.after)]
            assert told == [before, after]


@settings(max_examples=30, deadline=None)
@given(pairs((Policy.COLLECT, Policy.RULE_ORDER, Policy.OUTPUT_ORDER)))
def test_where_rows_answer_together_each_box_says_what_is_lost_and_gained(pair: tuple[Table, Table]) -> None:
    comparison = Comparison(*pair)
    if not comparison.of_lists:
        for sheet in sheets(pair[0]):
            assert len(covering(comparison, sheet)) == (aggregate(pair[0], sheet) != aggregate(pair[1], sheet))
        return

    for sheet in sheets(pair[0]):
        counts = [Counter(repr(dict(row.outcome)) for row in matching(table, sheet)) for table in pair]
        found = covering(comparison, sheet)
        lost, gained = counts[0] - counts[1], counts[1] - counts[0]
        assert len(found) == bool(lost or gained)
        for change in found:
            assert Counter(repr(dict(o)) for o in change.before.outcomes) == lost
            assert Counter(repr(dict(o)) for o in change.after.outcomes) == gained


@settings(max_examples=30, deadline=None)
@given(pairs(SINGLE))
def test_no_two_boxes_of_one_change_could_be_one(pair: tuple[Table, Table]) -> None:
    comparison = Comparison(*pair)

    for one, two in combinations(comparison.changes, 2):
        apart = sum(a != b for a, b in zip(one.box, two.box, strict=True))
        assert apart > 1 or (repr(one.before), repr(one.after)) != (repr(two.before), repr(two.after))


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
