"""Random tables and facts for the property tests: small pools, so that boundaries are hit often."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from o2c_rules.cells import ANY, parse
from o2c_rules.expressions import parse as parse_expression
from o2c_rules.formats import Document
from o2c_rules.source import Entries, Listing, Node, Scalar
from o2c_rules.table import (
    NO_MATCH,
    UNDECIDED,
    Aggregation,
    Default,
    Fact,
    Outcome,
    Policy,
    Reply,
    Response,
    Row,
    Table,
    VersionBy,
)
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


ODD_TEXTS = ("null", "~", "-", "", "true", "007", "1,5", '"q"', "[a]", "=1+1", "# a: b", "a\nb", "é€", "_x0041_")
IDS = ("1", "1.50", "2026-01-01", "true", "C-07", "null", "R_1", "id", "x" * 40)


def prose() -> st.SearchStrategy[str]:
    """What a person may write into a title, a note or a sentence; places in brackets are for sentences only."""
    free = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="{}"), max_size=30)
    return st.one_of(st.sampled_from(ODD_TEXTS), free).map(str.strip).filter(lambda text: "{" not in text)


def value(kind: Kind) -> st.SearchStrategy[Any]:
    if kind is Kind.TEXT:
        return st.one_of(st.sampled_from(ODD_TEXTS), prose())
    return st.sampled_from(POOLS[kind])


def _reply(kind: Kind) -> st.SearchStrategy[Reply]:
    given = value(kind).map(lambda found: Reply(Response.DEFAULT, found))
    return st.one_of(st.sampled_from([NO_MATCH, UNDECIDED]), given)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A table that says everything that a table may say, with its golden cases."""
    bare = draw(tables(rows_most=4))
    facts = [
        replace(
            fact,
            unit=draw(st.sampled_from([UNIT, Decimal("0.0000001")])) if fact.kind is Kind.NUMBER else 1,
            missing=draw(_reply(fact.kind)),
            null=draw(_reply(fact.kind)),
            wrong=draw(_reply(fact.kind)),
            note=draw(prose()),
        )
        for fact in bare.facts
    ]
    allowed = draw(st.lists(value(Kind.TEXT), max_size=3, unique=True))
    facts.append(Fact("chosen", Kind.TEXT, allowed=(*WORDS, *(v for v in allowed if v not in WORDS))))
    kinds = {fact.name: fact.kind for fact in facts}
    expression = parse_expression(draw(st.sampled_from(['chosen = "a"', "1 + 2 * 3"])), kinds)
    facts.append(Fact("worked_out", expression.kind, missing=UNDECIDED, expression=expression, note=draw(prose())))
    outcomes = (*bare.outcomes, *(() if bare.aggregation else (Outcome("free", Kind.TEXT, optional=True, note="any"),)))
    ids = draw(st.permutations(IDS))
    rows = tuple(_row(draw, row, id_, outcomes) for row, id_ in zip(bare.rows, ids, strict=False))
    table = replace(
        bare, facts=tuple(facts), outcomes=outcomes, rows=rows, **draw(_heads()), default=draw(_default(outcomes))
    )
    return Document(table, draw(st.none() | _cases(table)))


def _row(draw: st.DrawFn, row: Row, id_: str, outcomes: tuple[Outcome, ...]) -> Row:
    chosen = parse(draw(st.sampled_from(["-", "a", '"b"', "a, b", 'not(a, "c")'])), Kind.TEXT)
    return replace(
        row,
        id=id_,
        cells=row.cells | ({} if chosen is ANY else {"chosen": chosen}),
        outcome=row.outcome | {o.name: draw(st.none() | value(o.kind)) for o in outcomes if o.name == "free"},
        because=draw(st.just("{chosen} is so, {worked_out}") | prose()),
        basis=draw(prose()),
        source=draw(prose()),
        note=draw(prose()),
    )


def _heads() -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(["note", "scope", "Who signs", "v1.2", "1", "a, b"])
    return st.fixed_dictionaries(
        {
            "title": prose(),
            "version_by": st.sampled_from(list(VersionBy)),
            "effective_from": st.sampled_from([date.min, DAY]),
            "effective_to": st.sampled_from([date.max, DAY]),
            "notes": st.dictionaries(names, prose().filter(bool), max_size=2),
            "kind": st.sampled_from([{}, {"is": "approvals"}, {"is": "ladder", "step": "level", "x": "[a, b]"}]),
        }
    )


def _default(outcomes: tuple[Outcome, ...]) -> st.SearchStrategy[Default | None]:
    answers = st.fixed_dictionaries(
        {
            outcome.name: st.sampled_from(outcome.allowed) if outcome.allowed else st.none() | value(outcome.kind)
            for outcome in outcomes
        }
    )
    return st.none() | st.builds(Default, answers, prose())


def _cases(table: Table) -> st.SearchStrategy[Listing]:
    facts = {fact.name: _written(fact.kind) for fact in table.facts if fact.expression is None}
    facts |= {name: _written(Kind.TEXT) for name in ("other", "Other", "note", "expect it")}
    rows = st.lists(st.sampled_from([row.id for row in table.rows]), unique=True)
    expect = {
        "rows": rows.map(lambda ids: Listing(tuple(Scalar(i, 0) for i in ids), 0)),
        "undecided": st.sampled_from(["true", "false"]).map(lambda text: Scalar(text, 0)),
        "outcome": _some({outcome.name: _written(outcome.kind) for outcome in table.outcomes}),
    }
    sentence = prose().filter(bool).map(lambda text: Scalar(text, 0, quoted=True))
    case = st.fixed_dictionaries(
        {"case": sentence, "facts": _some(facts, least=0), "expect": _some(expect, least=0)},
        optional={"on": st.just(Scalar("2026-02-26", 0)), "note": sentence},
    )
    return st.lists(case.map(_entries), max_size=3).map(lambda found: Listing(tuple(found), 0))


def _some(parts: dict[str, st.SearchStrategy[Any]], least: int = 1) -> st.SearchStrategy[Entries]:
    optional = st.fixed_dictionaries({}, optional=parts)
    return optional.filter(lambda found: len(found) >= least).map(_entries)


def _entries(items: dict[str, Node]) -> Entries:
    return Entries(items, dict.fromkeys(items, 0), 0)


def _written(kind: Kind) -> st.SearchStrategy[Scalar]:
    """A value as a person writes it into a case: bare where it may be, else in quotation marks."""
    words = ["null", "a", "x y", "5", "true", "2026-01-31", "10.50 EUR"]
    bare = st.sampled_from(words).map(lambda text: Scalar(text, 0))
    if kind is Kind.TEXT:
        return bare | value(Kind.TEXT).map(lambda text: Scalar(text, 0, quoted=True))
    return bare | st.sampled_from(POOLS[kind]).map(lambda found: Scalar(_plain(found), 0))


def _plain(found: Any) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    return f"{found:f}" if isinstance(found, Decimal) else str(found)
