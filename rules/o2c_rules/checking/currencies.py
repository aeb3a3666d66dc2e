"""Currencies that do not exist, and amounts written in another currency than the one their row is about."""

import re
from collections.abc import Iterable, Iterator, Mapping

from o2c_contracts.money import CURRENCIES, exponent

from o2c_rules.table import Fact, Outcome, Row
from o2c_rules.values import Kind, Value, shown

from .flaws import Flaw, FlawKind
from .subject import Subject

_CODE = re.compile(r"\b[A-Z]{3}\b")
"""In a cell of money nothing else is written in capitals: the amount is kept without its currency, the text with it."""


def unknown(subject: Subject) -> Iterator[Flaw]:
    """Words in a column of currencies that are no currency, and so have no minor units: in rows and in the head."""
    for fact in filter(lambda fact: _is_currency(fact, subject), subject.table.facts):
        yield from _none(subject, (), fact.allowed)
        yield from _none(subject, (), [reply.value for reply in (fact.missing, fact.null, fact.wrong)])
        for row in subject.table.rows:
            cell = row.cells.get(fact.name)
            yield from _none(subject, (row,), [t for t in cell.tests if isinstance(t, str)] if cell else ())
    for outcome in filter(lambda outcome: _is_currency(outcome, subject), subject.table.outcomes):
        yield from _none(subject, (), outcome.allowed)
        for whose, answer in subject.answers():
            yield from _none(subject, (whose,) if whose else (), [answer.get(outcome.name)])


def amounts_in_others(subject: Subject) -> Iterator[Flaw]:
    """Cells whose amounts are written in two currencies, or in one that the row is not about.

    Where a row names several currencies, an amount in any of them stands for as many minor units of each, as long as
    they have the same number of decimals.
    """
    names = [fact.name for fact in subject.table.facts if fact.kind is Kind.MONEY]
    for row in subject.table.rows:
        about = _named(subject, row)
        for name in names:
            written = list(dict.fromkeys(_CODE.findall(row.cells[name].text))) if name in row.cells else []
            why = _why_not(written, about)
            if why:
                text = f"row {row.id} asks for {name} {row.cells[name].text}, {why}"
                hint = "write the amount in the currency of the row, or give each currency a row of its own"
                yield subject.flaw(FlawKind.INCOMPLETE, (row,), text, hint)


def _none(subject: Subject, rows: tuple[Row, ...], words: Iterable[Value]) -> Iterator[Flaw]:
    for word in words:
        if word is not None and word not in CURRENCIES:
            text = f"{shown(word)!r} is no currency, so nobody knows its minor units"
            yield subject.flaw(FlawKind.INCOMPLETE, rows, text, "write an ISO 4217 code, such as EUR")


def _is_currency(column: Fact | Outcome, subject: Subject) -> bool:
    named = column.name.endswith("currency") or subject.part("currency") == column.name
    return named and column.kind is Kind.TEXT


def _named(subject: Subject, row: Row) -> list[str]:
    """The currencies that a row names for its amounts; none where it holds for any."""
    facts: Mapping[str, Fact] = subject.facts
    asked = [name for name in (subject.part("currency"), "currency") if name in facts]
    cell = row.cells.get(asked[0]) if asked else None
    return [test for test in cell.tests if isinstance(test, str)] if cell and not cell.negated else []


def _why_not(written: list[str], about: list[str]) -> str:
    known = [word for word in about if word in CURRENCIES]
    if len(written) > 1:
        return f"in {' and '.join(written)} at once"
    if not written or not known or written == known:
        return ""
    if len(known) == 1:
        return f"while it is about {known[0]}"
    others = [word for word in known if exponent(word) != exponent(written[0])]
    return f"while {' and '.join(others)} has other minor units than {written[0]}" if others else ""
