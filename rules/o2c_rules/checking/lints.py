"""What no law forbids and hardly anybody means: dead columns, rows that no case tries, currencies that do not exist."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from o2c_rules.cases import Case
from o2c_rules.cells import Interval
from o2c_rules.table import Fact, Response
from o2c_rules.values import Kind, Value

from .flaws import Flaw, FlawKind, Severity
from .subject import Subject

_PLACE = re.compile(r"\{([^{}]*)\}")


def untested(subject: Subject, cases: tuple[Case, ...]) -> Iterator[Flaw]:
    """Rows that answer in no golden case."""
    table, fired = subject.table, set[str]()
    for case in cases:
        if table.effective_from <= case.on <= table.effective_to:
            fired |= {row.id for row in subject.book.decide(table.name, case.facts, case.on).rows}
    for at, row in enumerate(table.rows):
        if row.id not in fired:
            example = subject.partition.own_facts(at)
            text = f"no golden case is answered by row {row.id}"
            hint = f"add a case to {table.file.rpartition('.')[0]}.cases.yaml"
            yield subject.flaw(FlawKind.UNTESTED, (row,), text, hint, example=example)


def timeless_cases(subject: Subject, cases: tuple[Case, ...]) -> Iterator[Flaw]:
    """Golden cases of days on which no version of the table is in force, but for those that want just that."""
    versions = subject.book.versions(subject.table.name)
    for case in cases:
        if not case.undecided and not any(v.effective_from <= case.on <= v.effective_to for v in versions):
            text = f"{case.sentence!r} asks on {case.on}, when no version of the table is in force"
            hint = "give it another day, or say `expect: {undecided: true}`"
            yield Flaw(FlawKind.UNTESTED, Severity.ERROR, subject.table.name, (), case.where, text, hint, case.facts)


def dead_columns(subject: Subject) -> Iterator[Flaw]:
    """Facts on whose values nothing hangs: no row, no sentence, no derived fact, and not declared as merely offered."""
    asked = {column.name: column for column in subject.space.columns}
    spoken = _spoken(subject)
    for fact in subject.table.facts:
        column = asked.get(fact.name)
        if column is not None and len(column.places) > 1 and column.present & (column.present - 1):
            continue
        if column is None and fact.name in spoken:
            continue
        if column is not None and not column.places:
            continue
        what = "no row asks about it" if column is None else "every row accepts all its values"
        text = f"the column {fact.name} decides nothing: {what}"
        hint = f"take it out, or name it under kind: {{offered: {fact.name}}} where the service gives it for later"
        yield subject.warning(FlawKind.UNREACHABLE, (), text, hint)


def _spoken(subject: Subject) -> set[str]:
    table = subject.table
    templates = [row.because for row in table.rows] + ([table.default.because] if table.default else [])
    texts = [value for row in table.rows for value in row.outcome.values() if isinstance(value, str)]
    derived = {name for fact in table.facts if fact.expression for name in fact.expression.names}
    parts = {name for part in table.kind if part != "is" for name in subject.parts(part)}
    named = {word for text in templates + texts for place in _PLACE.findall(text) for word in place.split(":")}
    asked = {column.name for column in subject.space.columns}
    money = any(fact.kind is Kind.MONEY and fact.name in named | asked for fact in table.facts)
    return named | ({"currency"} if money else set()) | derived | parts


def outside_dates(subject: Subject) -> Iterator[Flaw]:
    """Rows about days on which their version does not hold."""
    since, until = subject.table.effective_from, subject.table.effective_to
    for row in subject.table.rows:
        for fact in subject.table.facts:
            cell = row.cells.get(fact.name)
            if fact.kind is not Kind.DATE or cell is None or cell.negated:
                continue
            if not any(_meets(test, since, until) for test in cell.tests if isinstance(test, Interval)):
                text = f"row {row.id} asks for {fact.name} {cell.text}, outside {since} to {until} when its table holds"
                hint = "move the row to the version of those days, or mend the date"
                yield subject.warning(FlawKind.UNREACHABLE, (row,), text, hint)


def fine_numbers(subject: Subject) -> Iterator[Flaw]:
    """Values of the head that are finer than their column's unit, as a float becomes when it is typed."""
    for fact in subject.table.facts:
        if fact.kind not in (Kind.NUMBER, Kind.MONEY) or fact.expression is not None:
            continue
        for value in _declared(fact):
            if isinstance(value, int | Decimal) and value % fact.unit:
                text = f"{fact.name} {value} in the head is finer than its unit {fact.unit}"
                yield subject.flaw(FlawKind.INCOMPLETE, (), text, "round it, or declare a finer unit")


def fine_cases(subject: Subject, cases: tuple[Case, ...]) -> Iterator[Flaw]:
    """Golden cases with a number finer than the unit of its column."""
    units = {f.name: f.unit for f in subject.table.facts if f.kind is Kind.NUMBER and f.expression is None}
    for case in cases:
        for name, value in case.facts.items():
            if name in units and isinstance(value, Decimal) and value % units[name]:
                text = f"{case.sentence!r} gives {name} {value}, finer than its unit {units[name]}"
                hint = "round it, or declare a finer unit"
                yield Flaw(
                    FlawKind.INCOMPLETE, Severity.ERROR, subject.table.name, (), case.where, text, hint, case.facts
                )


def _declared(fact: Fact) -> Iterator[Value]:
    yield from fact.allowed
    yield from (r.value for r in (fact.missing, fact.null, fact.wrong) if r.response is Response.DEFAULT)


def _meets(test: Interval, since: date, until: date) -> bool:
    low, high = test.low, test.high
    begins = not isinstance(low, date) or low < until or (test.low_closed and low == until)
    ends = not isinstance(high, date) or since < high or (test.high_closed and high == since)
    return begins and ends
