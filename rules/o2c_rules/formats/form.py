"""From a table back to the tree of `source`, in one way only: two tables that say the same become the same tree."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from o2c_rules.quoting import marked
from o2c_rules.source import Entries, Listing, Node, Scalar
from o2c_rules.table import NO_MATCH, UNDECIDED, Default, Fact, Outcome, Reply, Response, Row, Table
from o2c_rules.values import Kind, Value

_NULLS = frozenset({"", "-", "~", "null"})


def tree_of(table: Table) -> Entries:
    """The tree that reads back as this table, whichever format carries it."""
    items: dict[str, Node] = {"table": Scalar(table.name, 0)}
    if table.title:
        items["title"] = prose(table.title)
    if table.kind:
        alone = list(table.kind) == ["is"]
        parts = {name: Scalar(text, 0) for name, text in table.kind.items()}
        items["kind"] = parts["is"] if alone else entries(parts)
    items["policy"] = Scalar(table.policy, 0)
    if table.aggregation:
        items["aggregation"] = Scalar(table.aggregation, 0)
    items["version_by"] = Scalar(table.version_by, 0)
    if table.effective_from != date.min:
        items["effective_from"] = Scalar(written(table.effective_from), 0)
    if table.effective_to != date.max:
        items["effective_to"] = Scalar(written(table.effective_to), 0)
    items |= _columns(table)
    if table.default:
        items["default"] = _default(table.default)
    if table.notes:
        items["notes"] = entries({name: prose(text) for name, text in table.notes.items()})
    items["rows"] = Listing(tuple(_row(row, table) for row in table.rows), 0)
    return entries(items)


def entries(items: Mapping[str, Node]) -> Entries:
    """Named nodes that stand nowhere yet."""
    return Entries(dict(items), dict.fromkeys(items, 0), 0)


def prose(text: str) -> Scalar:
    """A person's words."""
    return Scalar(text, 0, quoted=True)


def written(value: Value) -> str:
    """A value as every format writes it; text goes into quotation marks where it would be taken for something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    bare = value == value.strip() and value not in _NULLS and value[0] not in '"['
    return value if bare else marked(value)


def _columns(table: Table) -> Iterator[tuple[str, Node]]:
    given = {fact.name: entries(dict(_fact(fact))) for fact in table.facts if fact.expression is None}
    derived = {fact.name: entries(dict(_derived(fact))) for fact in table.facts if fact.expression is not None}
    outcome = {outcome.name: entries(dict(_outcome(outcome))) for outcome in table.outcomes}
    for part, columns in (("facts", given), ("derived", derived), ("outcome", outcome)):
        if columns:
            yield part, entries(columns)


def _fact(fact: Fact) -> Iterator[tuple[str, Node]]:
    yield "type", Scalar(fact.kind, 0)
    yield from _unit(fact)
    yield from _allowed(fact.allowed)
    yield from _replies(fact)
    if fact.wrong != UNDECIDED:
        yield "wrong", _reply(fact.wrong)
    if fact.note:
        yield "note", prose(fact.note)


def _derived(fact: Fact) -> Iterator[tuple[str, Node]]:
    assert fact.expression is not None
    yield "is", Scalar(fact.expression.text, 0)
    yield from _unit(fact)
    yield from _replies(fact)
    if fact.note:
        yield "note", prose(fact.note)


def _outcome(outcome: Outcome) -> Iterator[tuple[str, Node]]:
    yield "type", Scalar(outcome.kind, 0)
    yield from _allowed(outcome.allowed)
    if outcome.optional:
        yield "optional", Scalar("true", 0)
    if outcome.computed:
        yield "computed", Scalar("true", 0)
    if outcome.note:
        yield "note", prose(outcome.note)


def _unit(fact: Fact) -> Iterator[tuple[str, Node]]:
    if fact.unit != 1 and fact.kind in (Kind.NUMBER, Kind.MONEY):
        yield "unit", Scalar(written(fact.unit), 0)


def _allowed(values: Iterable[Value]) -> Iterator[tuple[str, Node]]:
    texts = [written(value) for value in values]
    if texts:
        parts = [f'"{text}"' if "," in text and not text.startswith('"') else text for text in texts]
        yield "allowed", Listing(tuple(Scalar(part, 0) for part in parts), 0)


def _replies(fact: Fact) -> Iterator[tuple[str, Node]]:
    for name, reply in (("missing", fact.missing), ("null", fact.null)):
        if reply != NO_MATCH:
            yield name, _reply(reply)


def _reply(reply: Reply) -> Scalar:
    value = f" {written(reply.value)}" if reply.response is Response.DEFAULT else ""
    return Scalar(f"{reply.response}{value}", 0)


def _default(default: Default) -> Entries:
    answers: dict[str, Node] = {
        name: Scalar(text, 0) for name in default.outcome if (text := _answer(default, name)) is not None
    }
    if default.because:
        answers["because"] = prose(default.because)
    return entries(answers or {name: Scalar("null", 0) for name in default.outcome})


def _answer(row: Row | Default, name: str) -> str | None:
    """An answer, or the expression that calculates it; None where nothing is answered."""
    if name in row.computed:
        return row.computed[name].text
    value = row.outcome[name]
    return None if value is None else written(value)


def _row(row: Row, table: Table) -> Entries:
    items: dict[str, Node] = {"id": prose(row.id)}
    items |= {f.name: Scalar(row.cells[f.name].text, 0) for f in table.facts if f.name in row.cells}
    items |= {o.name: Scalar(text, 0) for o in table.outcomes if (text := _answer(row, o.name)) is not None}
    words = {"because": row.because, "basis": row.basis, "source": row.source, "note": row.note}
    items |= {name: prose(text) for name, text in words.items() if text}
    return entries(items)
