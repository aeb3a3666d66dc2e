"""Random tables and facts for the property tests: small pools, so that boundaries are hit often."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from o2c_rules.cells import ANY, parse
from o2c_rules.table import Aggregation, Fact, Outcome, Policy, Row, Table, VersionBy
from o2c_rules.values import Kind

DAY = date(2026, 2, 26)
UNIT = Decimal("0.01")
WORDS = ("a", "b", "c", "d")
NUMBERS = [Decimal(n).scaleb(-2) for n in (-250, -1, 0, 1, 2, 99, 100, 101, 250, 10_000)]
MONEY = [-100, -1, 0, 1, 2, 99, 100, 101, 9_999_999_999_999]
DATES = [DAY + timedelta(days=n) for n in range(5)]
POOLS: dict[Kind, list[Any]] = {
    Kind.NUMBER: [*NUMBERS, 1, 2, Decimal("0.999999999999999999999"), Decimal("1.000000000000000000001")],
    Kind.MONEY: MONEY,
    Kind.DATE: DATES,
    Kind.TEXT: [*WORDS, "e", "A"],
    Kind.BOOLEAN: [True, False],
}
OUTCOMES = (
    Outcome("then", Kind.TEXT, allowed=("reject", "hold", "accept")),
    Outcome("level", Kind.NUMBER, allowed=(2, 1)),
)


def ordered_cell(kind: Kind) -> st.SearchStrategy[str]:
    written = {
        Kind.NUMBER: [str(n) for n in NUMBERS],
        Kind.MONEY: [str(n) for n in MONEY],
        Kind.DATE: [f'date("{day}")' for day in DATES],
    }[kind]
    one = st.sampled_from(written)
    compared = st.builds("{} {}".format, st.sampled_from(["<", "<=", ">", ">="]), one)
    pairs = st.tuples(st.integers(0, len(written) - 2), st.integers(1, len(written))).map(
        lambda pair: (written[pair[0]], written[min(pair[0] + pair[1], len(written) - 1)])
    )
    between = st.builds(
        lambda left, pair, right: f"{left}{pair[0]}..{pair[1]}{right}",
        st.sampled_from("[("),
        pairs,
        st.sampled_from("])"),
    )
    return _listed(st.one_of(one, compared, between))


def _listed(one: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(one, min_size=1, max_size=3).map(", ".join)
    return st.one_of(one, several, several.map("not({})".format), st.just("-"))


def cell(kind: Kind) -> st.SearchStrategy[str]:
    if kind is Kind.BOOLEAN:
        return st.sampled_from(["true", "false", "-", "not(true)"])
    return _listed(st.sampled_from(WORDS)) if kind is Kind.TEXT else ordered_cell(kind)


@st.composite
def tables(draw: st.DrawFn, policies: tuple[Policy, ...] = tuple(Policy), rows_most: int = 7) -> Table:
    policy = draw(st.sampled_from(policies))
    aggregation = draw(st.sampled_from([None, *Aggregation])) if policy is Policy.COLLECT else None
    kinds = draw(st.lists(st.sampled_from(list(Kind)), min_size=1, max_size=4))
    facts = tuple(Fact(f"f{n}", kind, UNIT if kind is Kind.NUMBER else 1) for n, kind in enumerate(kinds))
    outcomes = OUTCOMES[1:] if aggregation else OUTCOMES
    rows = []
    for n in range(draw(st.integers(1, rows_most))):
        cells = {fact.name: parse(draw(cell(fact.kind)), fact.kind) for fact in facts}
        outcome = {o.name: draw(st.sampled_from(o.allowed)) for o in outcomes}
        rows.append(Row(f"R{n}", {name: c for name, c in cells.items() if c is not ANY}, outcome))
    return Table(
        name="t/generated",
        file="t/generated.yaml",
        policy=policy,
        version_by=VersionBy.RECORDED,
        facts=facts,
        outcomes=outcomes,
        rows=tuple(rows),
        aggregation=aggregation,
    )


def sheets(table: Table) -> st.SearchStrategy[dict[str, Any]]:
    """Fact sheets of the right types: any fact may be null or not there at all."""
    absent = st.sampled_from(["absent", None])
    columns = {fact.name: st.one_of(*[st.sampled_from(POOLS[fact.kind])] * 4, absent) for fact in table.facts}
    return st.fixed_dictionaries(columns).map(lambda sheet: {n: v for n, v in sheet.items() if v != "absent"})
