"""The differences of two books as lines for an analyst: heads first, then whose answer becomes another one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from o2c_rules.checking.space import Tangled
from o2c_rules.checking.wording import value_text
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Default, Fact, Reply, Table
from o2c_rules.table import Outcome as OutcomeColumn
from o2c_rules.values import Value, shown

from .comparing import Answer, Change, Comparison, Outcome
from .wording import where_text

UNDECIDED, NOTHING = "undecided", "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """What is another in one version of a table."""

    table: str
    file: str
    head: tuple[str, ...]
    """Sentences about policy, dates, default and columns."""
    changes: tuple[tuple[str, Change], ...]
    """Each change with its sentence."""

    def as_json(self) -> dict[str, Any]:
        """The difference as `o2c rules diff --json` prints it; dates and decimals as text."""
        return {
            "table": self.table,
            "file": self.file,
            "head": list(self.head),
            "changes": [
                {
                    "text": text,
                    "before": [_plain(outcome) for outcome in change.before.outcomes],
                    "after": [_plain(outcome) for outcome in change.after.outcomes],
                    "example": _plain(change.example),
                }
                for text, change in self.changes
            ],
        }


def differences(old: RuleBook, new: RuleBook, tables: Iterable[str] | None = None) -> tuple[Difference, ...]:
    """The tables that say something else, by name; all of both books unless some are named."""
    names = sorted({*old.tables, *new.tables}) if tables is None else list(tables)
    return tuple(found for name in names for found in _of_table(old, new, name))


def _of_table(old: RuleBook, new: RuleBook, name: str) -> Iterator[Difference]:
    before, after = (
        {v.effective_from: v for v in book.versions(name)} if name in book.tables else {} for book in (old, new)
    )
    if len(before) == len(after) == 1:
        pairs: list[tuple[Table | None, Table | None]] = [(*before.values(), *after.values())]  # type: ignore[list-item]
    else:
        pairs = [(before.get(day), after.get(day)) for day in sorted({*before, *after})]
    for one, two in pairs:
        if one is not None and two is not None:
            found = difference(one, two)
            if found.head or found.changes:
                yield found
        else:
            table = one or two
            assert table is not None
            what = "is new" if one is None else "is taken out"
            yield Difference(name, table.file, (f"this version {what}",), ())


def difference(old: Table, new: Table) -> Difference:
    """What is another between two versions of one table."""
    comparison = Comparison(old, new)
    head = list(_head(old, new))
    try:
        changes = comparison.changes
    except Tangled as error:
        head.append(f"the rows of both cut each other into {error}: not all changes could be told")
        changes = ()
    return Difference(new.name, new.file, tuple(head), tuple((_sentence(comparison, c), c) for c in changes))


def _sentence(comparison: Comparison, change: Change) -> str:
    where = where_text(comparison.space, change.box)
    tables = (comparison.old, comparison.new)
    if comparison.of_lists and (change.before.undecided or change.after.undecided):
        return f"{where}: {'no longer' if change.before.undecided else 'now'} undecided"
    if comparison.of_lists:
        gone = [f"no longer {_said(comparison.old, outcome)}" for outcome in change.before.outcomes]
        now = [f"now {_said(comparison.new, outcome)}" for outcome in change.after.outcomes]
        return f"{where}: {'; '.join(gone + now)}"
    names = _differing(comparison, change)
    before, after = (_answer(t, a, names) for t, a in zip(tables, (change.before, change.after), strict=True))
    label = f"{names[0]} " if len(names) == 1 else ""
    if change.before.undecided or change.after.undecided:
        return f"{where}: {_decided(label, before)} -> {_decided(label, after)}"
    return f"{where}: {label}{before} -> {after}"


def _decided(label: str, answer: str) -> str:
    return answer if answer in (UNDECIDED, NOTHING) else f"{label}{answer}"


def _differing(comparison: Comparison, change: Change) -> list[str]:
    """The outcome columns whose value is another."""
    columns = list(dict.fromkeys(o.name for t in (comparison.old, comparison.new) for o in t.outcomes))
    if len(change.before.outcomes) != 1 or len(change.after.outcomes) != 1:
        return columns
    (before,), (after,) = change.before.outcomes, change.after.outcomes
    return [name for name in columns if repr(before.get(name)) != repr(after.get(name))]


def _answer(table: Table, answer: Answer, names: list[str]) -> str:
    if answer.undecided:
        return UNDECIDED
    if not answer.outcomes:
        return NOTHING
    return " and ".join(_named(table, outcome, names) for outcome in answer.outcomes)


def _named(table: Table, outcome: Outcome, names: list[str]) -> str:
    columns = {o.name: o for o in table.outcomes}
    said = [(name, value_text(columns[name], outcome[name])) for name in names if name in outcome]
    if len(said) == 1:
        return said[0][1]
    return ", ".join(f"{name} {text}" for name, text in said if text != NOTHING) or NOTHING


def _said(table: Table, outcome: Outcome) -> str:
    return _named(table, outcome, [o.name for o in table.outcomes])


def _head(old: Table, new: Table) -> Iterator[str]:
    for what, before, after in (
        ("policy", old.policy, new.policy),
        ("aggregation", old.aggregation, new.aggregation),
        ("version_by", old.version_by, new.version_by),
        ("effective_from", old.effective_from, new.effective_from),
        ("effective_to", old.effective_to, new.effective_to),
        ("default", _default(old.default), _default(new.default)),
        ("kind", _listed(old.kind), _listed(new.kind)),
        ("title", old.title, new.title),
    ):
        if before != after:
            yield f"{what}: {before or 'none'} -> {after or 'none'}"
    for sort, befores, afters in (
        ("fact", {f.name: _fact(f) for f in old.facts}, {f.name: _fact(f) for f in new.facts}),
        ("outcome", {o.name: _outcome(o) for o in old.outcomes}, {o.name: _outcome(o) for o in new.outcomes}),
    ):
        yield from _columns(sort, befores, afters)
    told = {row.id: row.because for row in old.rows}
    for row in new.rows:
        if row.id in told and told[row.id] != row.because:
            yield f"row {row.id} says: {told[row.id] or 'nothing'} -> {row.because or 'nothing'}"


def _columns(sort: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if before is None:
            yield f"{sort} {name} is new: {after}"
        elif after is None:
            yield f"{sort} {name} is taken out"
        elif before != after:
            yield f"{sort} {name}: {before} -> {after}"


def _default(default: Default | None) -> str:
    if default is None:
        return ""
    return ", ".join(f"{n} {shown(v)}" for n, v in default.outcome.items() if v is not None) or "nothing"


def _listed(parts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parts.items())


def _fact(fact: Fact) -> str:
    parts = [fact.expression.text if fact.expression else str(fact.kind), f"unit {fact.unit}" if fact.unit != 1 else ""]
    parts += [f"allowed {', '.join(map(shown, fact.allowed))}" if fact.allowed else ""]
    parts += [f"{n} {_reply(r)}" for n, r in (("missing", fact.missing), ("null", fact.null), ("wrong", fact.wrong))]
    return ", ".join(part for part in parts if part)


def _reply(reply: Reply) -> str:
    return f"{reply.response} {shown(reply.value)}" if reply.response == "default" else str(reply.response)


def _outcome(outcome: OutcomeColumn) -> str:
    allowed = f", allowed {', '.join(map(shown, outcome.allowed))}" if outcome.allowed else ""
    return f"{outcome.kind}{allowed}{', optional' if outcome.optional else ''}"


def _plain(sheet: Mapping[str, Value]) -> dict[str, Any]:
    return {n: v if v is None or isinstance(v, bool | int | str) else str(v) for n, v in sheet.items()}
