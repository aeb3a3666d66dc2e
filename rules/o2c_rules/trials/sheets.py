"""Finds a fact sheet in which one cell of one row decides, as near as possible to a golden case.

The search goes over codes: every column keeps the codes that the row accepts; while an earlier row would answer in its
stead, one column is narrowed to codes which that row refuses. It is complete for tables without derived columns.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from o2c_rules.cases import Case
from o2c_rules.codes import ORDERED, Coder
from o2c_rules.explain import stepped
from o2c_rules.index import bits
from o2c_rules.table import Fact, Response
from o2c_rules.values import Facts, Kind, Value

from .asking import Asked, Version
from .solving import Goal, solved

STEPS_MOST = 300
BASES_MOST = 12
Domains = list[int]
"""By column, the codes that it may have, as a mask."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Facts in which a cell decides, and the case they were made from."""

    facts: Facts
    case: Case | None


class Sheets:
    """Finds fact sheets for one version of a table."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._values = [self._values_of(column, coder) for column, coder in enumerate(version.coders)]
        self._possible = [sum(1 << code for code in values) for values in self._values]

    def _values_of(self, column: int, coder: Coder) -> dict[int, Value]:
        """For each code that a fact can have, one value of it."""
        found = {c: v for c, v in _values_of_codes(coder).items() if self._version.is_plausible(column, v) or v is None}
        return found | self._words_of_cases(coder)

    def _words_of_cases(self, coder: Coder) -> dict[int, Value]:
        """A word that some case uses says more than one made up here."""
        used = (asked.values[coder.name] for asked in reversed(self._version.asked))
        return {coder.of_place[coder.place(word)]: word for word in used if isinstance(word, str)}

    def at_point(self, rows: Iterable[int], column: int, value: Value) -> Sheet | None:
        """With this value, the column decides for one of the rows."""
        return next((found for row in rows if (found := self._of(row, column, value))), None)

    def where_fails(self, row: int, column: int) -> Sheet | None:
        """The row fails in this column alone, and would answer but for it."""
        coder = self._version.coders[column]
        for code, value in self._values[column].items():
            if not coder.rows_of_code[code] >> row & 1 and (found := self._of(row, column, value)):
                return found
        return None

    def answering(self, row: int) -> Sheet | None:
        """The row answers."""
        domains = self._domains(row)
        for asked in self._near(row) if all(domains) else ():
            codes = self._free(row, domains, asked.codes if asked else None)
            if codes is None:
                return None
            facts = self._facts(asked, domains, codes, {})
            values = None if facts is None else self._version.projected(facts)
            if facts is not None and values is not None:
                matched = self._version.matches(self._version.coding.of(values))
                if row in self._version.policy.chosen(matched):
                    return Sheet(facts, asked.case if asked else None)
        return None

    def _of(self, row: int, column: int, value: Value) -> Sheet | None:
        coder = self._version.coders[column]
        domains = self._domains(row)
        domains[column] = 1 << coder.of_place[coder.place(value)]
        if not all(domains):
            return None
        wanted = {coder.name: value}
        for asked in self._near(row, column):
            codes = self._free(row, domains, asked.codes if asked else None)
            if codes is None:
                return None
            facts = self._facts(asked, domains, codes, wanted)
            if facts is not None and self._decides(facts, row, column, value):
                return Sheet(facts, asked.case if asked else None)
        return None

    def _domains(self, row: int) -> Domains:
        accepted = dict(self._version.coding.of_row(row))
        return [possible & accepted.get(column, possible) for column, possible in enumerate(self._possible)]

    def _near(self, row: int, column: int | None = None) -> list[Asked | None]:
        """The cases in which the row fails least, then, last of all, none."""
        masks = dict(self._version.coding.of_row(row))

        def failing(asked: Asked) -> int:
            return sum(not mask >> asked.codes[c] & 1 for c, mask in masks.items() if c != column)

        return [*sorted(self._version.asked, key=failing)[:BASES_MOST], None]

    def _free(self, row: int, domains: Domains, near: list[int] | None) -> list[int] | None:
        """Codes at which no other row keeps this one from answering, near a case; None where there are none."""
        blocking = self._version.policy.blocking(row)
        budget = [STEPS_MOST]

        def search(domains: Domains) -> list[int] | None:
            budget[0] -= 1
            codes = [_nearest(domain, near[c] if near else None) for c, domain in enumerate(domains)]
            in_the_way = self._version.matches(codes) & blocking
            if not in_the_way:
                return codes
            for narrowed in self._without(domains, next(bits(in_the_way))):
                if budget[0] > 0 and (found := search(narrowed)):
                    return found
            return None

        return search(list(domains))

    def _without(self, domains: Domains, blocker: int) -> Iterator[Domains]:
        """The same domains, each time with one column that keeps the blocker from matching."""
        for column, accepted in self._version.coding.of_row(blocker):
            rest = domains[column] & ~accepted
            if rest:
                yield [rest if c == column else domain for c, domain in enumerate(domains)]

    def _facts(
        self, asked: Asked | None, domains: Domains, codes: list[int], wanted: Mapping[str, Value]
    ) -> dict[str, Value] | None:
        facts = dict(asked.case.facts) if asked else self._blank()
        goals: list[Goal] = []
        for column, coder in enumerate(self._version.coders):
            stays = asked is not None and codes[column] == asked.codes[column] and coder.name not in wanted
            value = wanted.get(coder.name, self._values[column].get(codes[column]))
            if coder.fact.expression is not None:
                others = (v for code, v in self._values[column].items() if domains[column] >> code & 1)
                exact = coder.name in wanted
                goals.append(Goal(coder, (value,) if exact else (value, *others), domains[column], exact))
            elif not stays:
                facts[coder.name] = value
        return solved(self._version, facts, goals, set(wanted)) if goals else facts

    def _blank(self) -> dict[str, Value]:
        """What must be there for anybody to decide at all."""
        return {
            fact.name: plain_value(fact)
            for fact in self._version.table.facts
            if fact.expression is None and fact.missing.response is Response.UNDECIDED
        }

    def _decides(self, facts: Facts, row: int, column: int, value: Value) -> bool:
        values = self._version.projected(facts)
        if values is None or values[self._version.coders[column].name] != value:
            return False
        codes = self._version.coding.of(values)
        open_rows = self._version.only_column(codes, column)
        return bool(open_rows >> row & 1) and self._version.turns(self._version.matches(codes), row)


def plain_value(fact: Fact) -> Value:
    """Some value of a fact's kind."""
    if fact.allowed:
        return fact.allowed[0]
    match fact.kind:
        case Kind.NUMBER | Kind.MONEY:
            return 0
        case Kind.BOOLEAN:
            return False
        case Kind.DATE:
            return date(2026, 1, 1)
        case Kind.TEXT:
            return "EUR" if fact.name.endswith("currency") else "other"


def _nearest(domain: int, wanted: int | None) -> int:
    if wanted is not None and domain >> wanted & 1:
        return wanted
    return (domain & -domain).bit_length() - 1


def _values_of_codes(coder: Coder) -> dict[int, Value]:
    """For each code that a value can have, one such value; null where nothing else has it."""
    found: dict[int, Value] = {}
    for place in range(coder.null):
        value = _value_at(coder, place)
        if value is not None:
            found.setdefault(coder.of_place[place], value)
    if coder.fact.null.response is Response.NO_MATCH and coder.fact.expression is None:
        found.setdefault(coder.of_place[coder.null], None)
    return found


def _value_at(coder: Coder, place: int) -> Value:
    """A value of a place; None where there is none."""
    fact = coder.fact
    if fact.kind in ORDERED:
        return _ordered_at(coder, place)
    for word, number in coder.words.items():
        if number == place:
            return word
    if fact.kind is Kind.BOOLEAN:
        return next((value for value in (True, False) if value not in coder.words), None)
    unnamed = [value for value in fact.allowed if value not in coder.words]
    if fact.allowed:
        return unnamed[0] if unnamed else None
    return next(word for word in ("other", "another", "none-of-these", "no-such-word") if word not in coder.words)


def _ordered_at(coder: Coder, place: int) -> Value:
    low, high = coder.inside(place)
    if low is not None and low == high:
        value = low
    elif low is not None:
        value = stepped(low, 1, coder.fact.unit)
        if high is not None and not value < high:  # type: ignore[operator]  # one column has one kind
            return None
    else:
        assert high is not None, "a column of order has a cut"
        value = stepped(high, -1, coder.fact.unit)
    if not coder.fact.allowed or value in coder.fact.allowed:
        return value
    inside = (v for v in coder.fact.allowed if coder.place(v) == place)
    return next(inside, None)
