"""Facts that lie in a box, in values a person would write down: what a finding shows instead of claiming.

Derived facts are computed from the others, so facts for them are sought: whole words are tried through, numbers are
solved for, one fact at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice, product
from math import prod

from o2c_rules.cells import Bound
from o2c_rules.codes import ORDERED, Coder
from o2c_rules.expressions import Undefined
from o2c_rules.projection import Projection, Undecidable
from o2c_rules.table import Fact, Response, Table
from o2c_rules.values import MISSING, Absent, Kind, Value, is_number

from .space import Box, Space
from .specimens import specimens, stranger

TRIES_MOST = 4_000
STARTS_MOST = 200
_POOL_MOST = 40
FIRST_DAY = date(2026, 1, 1)
_DAYS = (0, 1, 30, 365, -1, -30, -365)
_NUMBERS = (0, 1, 100, 10_000, 1_000_000, -1)
Sheet = dict[str, Value | Absent]


def day_in_force(table: Table) -> date:
    """A day on which a version holds, one of this year where it may be."""
    return min(max(FIRST_DAY, table.effective_from), table.effective_to)


class Witness:
    """Finds fact sheets for the boxes of one table."""

    def __init__(self, space: Space) -> None:
        self._space, self._table = space, space.table
        self._projection = Projection(space.table)
        self._facts = {fact.name: fact for fact in space.table.facts}
        self._asked = [column.name for column in space.columns]
        self._derived = [fact for fact in space.table.facts if fact.expression is not None and fact.name in self._asked]
        self._sources = {fact.name: self._given(fact) for fact in self._derived}
        self._inputs = list(dict.fromkeys(name for names in self._sources.values() for name in names))

    @property
    def proves(self) -> bool:
        """Whether finding nothing means that there is nothing: no derived fact hangs on numbers or dates."""
        return not any(self._facts[name].kind in ORDERED for name in self._inputs)

    def facts(self, box: Box, said: Mapping[str, Value] | None = None) -> dict[str, Value] | None:
        """A fact sheet in a box, with what these questions hang on and nothing else; None where none was found.

        `said`: values that the sheet must have where values alike would do as well, as the finding speaks of them.
        """
        fixed = said or {}
        pools = {name: self._pool(name, box) for name in self._names()}
        pools |= {name: [value] for name, value in fixed.items() if name in pools}
        if not all(pools.values()) or not all(box):
            return None
        bases = [name for name in pools if name not in self._inputs]
        base: Sheet = {name: pools[name][0] for name in bases}
        free = frozenset(self._inputs).difference(fixed)
        for sheet in self._sheets(base, pools, free, box):
            found = {name: value for name, value in sheet.items() if value is not MISSING}
            if self._is_in(found, box):
                return found
        return None

    def _sheets(
        self, base: Sheet, pools: Mapping[str, list[Value | Absent]], free: frozenset[str], box: Box
    ) -> Iterator[Sheet]:
        choices = [pools[name] for name in self._inputs]
        combinations = prod(map(len, choices))
        for values in islice(product(*choices), TRIES_MOST if self._numeric() else max(combinations, 1)):
            yield base | dict(zip(self._inputs, values, strict=True))
        if self._numeric():
            for values in islice(product(*choices), STARTS_MOST):
                start = base | dict(zip(self._inputs, values, strict=True))
                yield from self._settled(start, self._derived, free, box)

    def _numeric(self) -> bool:
        return not self.proves

    def _settled(self, sheet: Sheet, todo: list[Fact], free: frozenset[str], box: Box) -> Iterator[Sheet]:
        """The sheet changed until each derived fact lies in its side of the box, one fact at a time."""
        if not todo:
            yield sheet
            return
        fact, *later = todo
        sources = self._sources[fact.name]
        rest = free.difference(sources)
        if self._computed(fact, sheet, box):
            yield from self._settled(sheet, later, rest, box)
            if later and rest != free:
                yield from self._settled(sheet, later, free, box)
            return
        for name in sources:
            if name in free and self._facts[name].kind in ORDERED:
                for value in self._solutions(fact, name, sheet, box):
                    yield from self._settled(sheet | {name: value}, later, rest, box)

    def _computed(self, fact: Fact, sheet: Sheet, box: Box) -> bool:
        coder = self._coder(fact.name)
        value = self._value(fact, sheet)
        return value is not None and bool(box[self._asked.index(fact.name)] >> coder.of_place[coder.place(value)] & 1)

    def _solutions(self, fact: Fact, name: str, sheet: Sheet, box: Box) -> Iterator[Value]:
        """Values of one given fact at which a derived one, taken as a straight line in it, comes to lie in the box."""
        source = self._facts[name]
        start = sheet.get(name)
        if not is_number(start):
            return
        step = 1000 * source.unit
        values = [self._value(fact, sheet | {name: start + n * step}) for n in (0, 1)]
        for target in self._targets(fact, box):
            for at in _crossings(values, target):
                whole = (start + at * step) // source.unit * source.unit
                for value in (whole, whole + source.unit, whole - source.unit):
                    yield int(value) if value == int(value) else value

    def _targets(self, fact: Fact, box: Box) -> list[Decimal]:
        coder, codes = self._coder(fact.name), box[self._asked.index(fact.name)]
        column = self._space.columns[self._asked.index(fact.name)]
        found = (value for place in islice(column.places_in(codes), 6) for value in islice(specimens(coder, place), 2))
        return [Decimal(value) for value in found if is_number(value)]

    def _value(self, fact: Fact, sheet: Sheet) -> Value:
        """What a derived fact comes to; None where it has no value."""
        values: Sheet = {f.name: sheet.get(f.name, MISSING) for f in self._table.facts}
        for other in self._table.facts:
            if other.expression is None:
                continue
            try:
                values[other.name] = other.expression.value(values)
            except Undefined:
                values[other.name] = MISSING
            if other is fact:
                break
        found = values[fact.name]
        return None if found is MISSING else found

    def _is_in(self, sheet: Mapping[str, Value | Absent], box: Box) -> bool:
        try:
            codes = self._space.coding.of(self._projection.of(sheet))  # type: ignore[arg-type]
        except Undecidable:
            return False
        return all(side >> code & 1 for side, code in zip(box, codes, strict=True))

    def _names(self) -> list[str]:
        """The given facts to write down: asked about, read by derived ones, or not to be left out."""
        wanted = {*self._asked, *self._inputs}
        money = any(self._facts[name].kind is Kind.MONEY for name in wanted)
        return [
            fact.name
            for fact in self._table.facts
            if fact.expression is None
            and (
                fact.name in wanted
                or fact.missing.response is Response.UNDECIDED
                or (money and fact.name == "currency" and fact.kind is Kind.TEXT)
            )
        ]

    def _given(self, fact: Fact) -> tuple[str, ...]:
        """The given facts that a derived one hangs on, through others too."""
        found: dict[str, None] = {}
        for name in fact.expression.names if fact.expression else ():
            source = self._facts[name]
            found |= dict.fromkeys(self._given(source) if source.expression else (name,))
        return tuple(found)

    def _pool(self, name: str, box: Box) -> list[Value | Absent]:
        """Values to try for a given fact, the nicest first."""
        fact = self._facts[name]
        if name not in self._asked:
            usual: list[Value | Absent] = list(dict.fromkeys(self._usual(fact)))
            return usual[:_POOL_MOST]
        at = self._asked.index(name)
        coder, column, codes = self._coder(name), self._space.columns[at], box[at]
        places = islice(column.places_in(codes), _POOL_MOST)
        pool: list[Value | Absent] = [value for place in places for value in specimens(coder, place)]
        if name in self._inputs:
            pool += [v for v in self._usual(fact) if codes >> coder.of_place[coder.place(v)] & 1]
        if not pool and codes >> coder.of_place[coder.null] & 1 and fact.null.response is Response.NO_MATCH:
            pool.append(None)
        if not pool and codes >> coder.of_place[coder.missing] & 1:
            pool.append(MISSING)
        return list(dict.fromkeys(pool))[:_POOL_MOST]

    def _usual(self, fact: Fact) -> Iterator[Value]:
        """Values of a fact that no row asks about, with the words that the facts beside it know."""
        if fact.allowed:
            yield from fact.allowed
            return
        match fact.kind:
            case Kind.BOOLEAN:
                yield from (False, True)
            case Kind.TEXT:
                known = dict.fromkeys(str(word) for c in self._space.columns for word in c.coder.words)
                beside = [w for w in known if fact.name in self._inputs]
                unknown = stranger(fact.name, set(known))
                yield from (*beside, unknown, unknown + "-two")
            case Kind.DATE:
                yield from self._days()
            case _:
                yield from (n for n in _NUMBERS)

    def _days(self) -> Iterator[Bound]:
        first = day_in_force(self._table)
        yield from (first + timedelta(days=days) for days in _DAYS)

    def _coder(self, name: str) -> Coder:
        return self._space.columns[self._asked.index(name)].coder


def _crossings(values: Sequence[Value], target: Decimal) -> Iterator[Decimal]:
    """Where, in steps from the first value to the second, a line through both comes to the target; or through what is
    one over them, for what is divided by the fact."""
    first, second = values
    if not is_number(first) or not is_number(second) or first == second:
        return
    yield (target - first) / (Decimal(second) - first)
    if first and second and target:
        yield (1 / target - 1 / Decimal(first)) / (1 / Decimal(second) - 1 / Decimal(first))
