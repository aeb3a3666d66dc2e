"""The facts of two versions of a table side by side: what each of them makes of a value, of nothing, of what it does
not allow. Decides nothing.

A fact of another type than either version declares is no part of it, but where they answer to it differently.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain
from operator import and_, or_
from typing import Any

from o2c_rules.cells import Cell, Interval, Test
from o2c_rules.checking.space import Column, Space
from o2c_rules.codes import ORDERED, Coder, Codes, joined, merged
from o2c_rules.expressions import Undefined
from o2c_rules.table import Fact, Reply, Response, Table
from o2c_rules.values import MISSING, Absent, Value, is_kind

from .merging import Merged, Sides, allow_otherwise, bare

Seen = list[int | None]
"""For each place of a fact the place at which a version sees it; None where it then decides nothing."""
Facts = Mapping[str, Value | Absent]
NO_VALUE: Any = object()
"""What a derived fact comes to that is divided by zero, or too large."""


class JointCoder(Coder):
    """A fact as both versions read it. Behind its values, null and missing is the place of what is none of them: not
    allowed, of another type, or without a value where it is derived."""

    def __init__(self, fact: Fact, sides: Sides, cells: Sequence[Sequence[Cell | None]], *, retyped: bool) -> None:
        """`cells`: those of the older version's rows, then of the newer one's."""
        named = [Cell("", (_exactly(fact, value),)) for side in sides if side for value in side.allowed]
        super().__init__(fact, [*chain(*cells), *(named if allow_otherwise(sides) else ())])
        self.sides = sides
        self.wrong, self.size = self.size, self.size + 1
        seen = [self._seen(side) for side in sides]
        if not self._may_be_wrong(seen, retyped=retyped):
            seen[0][self.wrong] = seen[1][self.wrong] = None
        self.gone = [at for at in range(self.null, self.size) if any(places[at] is not None for places in seen)]
        """The places of no value at which anybody decides anything."""
        older = len(cells[0])
        told = self._told(self.runs[:older], seen[0]), self._told(self.runs[older:][: len(cells[1])], seen[1])
        self.runs = [*chain(*told), *(_places_as_runs(places) for places in seen)]
        self.of_place, self.rows_of_code = merged(self.runs, self.size)
        self.codes = len(self.rows_of_code)
        self.code = lambda value: self.of_place[self.place(value)]

    def place(self, value: Value | Absent) -> int:
        """The place of anything that may be told."""
        if value is NO_VALUE or (self.fact.expression is None and _is_strange(self.fact, value)):
            return self.wrong
        return super().place(value)

    @property
    def same_deciding(self) -> bool:
        """Whether both versions decide nothing for the same values of this fact."""
        return self.runs[-1] == self.runs[-2]

    @property
    def matters(self) -> bool:
        """Whether a row asks about it, or one version alone decides nothing for some of it."""
        return not self.same_deciding or any(runs is not None for runs in self.runs[:-2])

    def _may_be_wrong(self, seen: list[Seen], *, retyped: bool) -> bool:
        """A type that nobody declares is for programs to get right, unless the versions say something else of it."""
        if self.fact.expression or self.fact.allowed or retyped:
            return True
        return None not in self.sides and seen[0][self.wrong] != seen[1][self.wrong]

    def _seen(self, fact: Fact | None) -> Seen:
        seen: Seen = list(range(self.size))
        if fact is None:
            return seen
        wrong = None if fact.expression else self._replied(fact.wrong)
        if fact.allowed and not fact.expression and allow_otherwise(self.sides):
            known = {Coder.place(self, value) for value in fact.allowed}
            seen[: self.null] = [place if place in known else wrong for place in range(self.null)]
        seen[self.null], seen[self.missing] = self._replied(fact.null), self._replied(fact.missing)
        seen[self.wrong] = wrong
        return seen

    def _replied(self, reply: Reply) -> int | None:
        if reply.response is Response.DEFAULT:
            return Coder.place(self, reply.value)
        return None if reply.response is Response.UNDECIDED else self.missing

    def _told(self, rows: Sequence[tuple[range, ...] | None], seen: Seen) -> Iterator[tuple[range, ...] | None]:
        """The rows' runs over everything that may be told, by what the version makes of it."""
        plain = seen[: self.null] == list(range(self.null))
        for runs in rows:
            if runs is None:
                yield None
                continue
            others = range(self.null if plain else 0, self.size)
            more = [p for p in others if (at := seen[p]) is not None and any(at in run for run in runs)]
            yield tuple(joined([*(runs if plain else ()), *(range(p, p + 1) for p in more)]))


class JointColumn(Column):
    """A column of both versions, and what its codes hold beside values."""

    coder: JointCoder

    def __init__(self, coder: JointCoder, rows: int) -> None:
        self.gone = coder.gone
        super().__init__(coder, rows)
        self.every = self.present | self.absent

    def of_row(self, row: int) -> tuple[int, int, int]:
        """As for one version, over what is no value too."""
        runs = self.coder.runs[row]
        if (found := self._known.get(runs)) is None:
            end = self.coder.null
            values = [range(run.start, min(run.stop, end)) for run in runs or () if run.start < end]
            gone = [self.coder.of_place[place] for place in self.gone if any(place in run for run in runs or ())]
            codes = reduce(or_, (1 << code for code in gone), reduce(or_, map(self._codes.over, values), 0))
            touched = chain(map(self._touching.over, values), (self.rows_of_code[code] for code in gone))
            covered = chain(map(self._covering.over, values), (self.rows_of_code[code] for code in gone))
            found = self._known[runs] = (codes, reduce(or_, touched, 0), reduce(and_, covered, self._every))
        return found

    def gone_in(self, codes: int) -> list[int]:
        """The places among these codes at which there is no value."""
        return [place for place in self.gone if codes >> self.coder.of_place[place] & 1]

    def _gone(self) -> Iterator[int]:
        return iter(self.gone)


class JointSpace(Space):
    """All that two versions can be asked. Behind the rows of the older and of the newer, two bits more: whether the one
    and the other decides at all."""

    def __init__(self, old: Table, new: Table) -> None:
        self._merged, self._tables = Merged(old, new), (old, new)
        self.table = self._merged.table
        self.rows = len(old.rows) + len(new.rows) + len(self._tables)
        self.all = (1 << self.rows) - 1
        coders = [self._coder(fact) for fact in self.table.facts]
        self.joint = [JointColumn(coder, self.rows) for coder in coders if coder.matters]
        self.columns = list(self.joint)
        self.present = tuple(column.present for column in self.joint)
        self.any = tuple(column.every for column in self.joint)
        self.steps = 0

    def codes(self, facts: Facts) -> Codes | None:
        """The code of each column for a fact sheet; None where neither version decides anything."""
        old, new = (Reading(table, facts) for table in self._tables)
        if old.undecided and new.undecided:
            return None
        return [column.coder.code(self._value(column, facts, old, new)) for column in self.joint]

    def _value(self, column: JointColumn, facts: Facts, old: "Reading", new: "Reading") -> Value | Absent:
        if column.fact.expression is None:
            return facts.get(bare(column.name), MISSING)
        sides = column.coder.sides
        reading = old if sides[1] is None or (sides[0] is not None and new.undecided) else new
        return reading.derived[bare(column.name)]

    def _coder(self, fact: Fact) -> JointCoder:
        name, sides = fact.name, self._merged.sides(fact.name)
        cells = [
            [row.cells.get(bare(name)) if side else None for row in table.rows]
            for side, table in zip(sides, self._tables, strict=True)
        ]
        return JointCoder(fact, sides, cells, retyped=self._merged.is_retyped(name))


class Reading:
    """What one version makes of a fact sheet before its rows are asked."""

    def __init__(self, table: Table, facts: Facts) -> None:
        self.undecided = False
        self.derived: dict[str, Value | Absent] = {}
        self._seen: dict[str, Value | Absent] = {}
        for fact in sorted(table.facts, key=lambda fact: fact.expression is not None):
            told = facts.get(fact.name, MISSING) if fact.expression is None else self._computed(fact)
            self._seen[fact.name] = self._settled(fact, told)

    def _computed(self, fact: Fact) -> Value | Absent:
        assert fact.expression is not None
        try:
            value = fact.expression.value(self._seen)
        except Undefined:
            self.undecided, self.derived[fact.name] = True, NO_VALUE
            return MISSING
        self.derived[fact.name] = value
        return value

    def _settled(self, fact: Fact, told: Value | Absent) -> Value | Absent:
        if told is MISSING:
            return self._replied(fact.missing, MISSING)
        if told is None:
            return self._replied(fact.null, None)
        if fact.expression is None and _is_strange(fact, told):
            return self._replied(fact.wrong, MISSING)
        return told

    def _replied(self, reply: Reply, absent: Value | Absent) -> Value | Absent:
        self.undecided |= reply.response is Response.UNDECIDED
        return reply.value if reply.response is Response.DEFAULT else absent


def _is_strange(fact: Fact, value: Value | Absent) -> bool:
    """Whether something was told that the fact does not allow."""
    if value is MISSING or value is None:
        return False
    return not is_kind(value, fact.kind) or value not in (fact.allowed or (value,))


def _exactly(fact: Fact, value: Value) -> Test:
    return Interval(value, True, value, True) if fact.kind in ORDERED else value  # type: ignore[arg-type, return-value]  # of its kind


def _places_as_runs(seen: Seen) -> tuple[range, ...]:
    """The places at which a version decides."""
    return tuple(joined(range(place, place + 1) for place, at in enumerate(seen) if at is not None))
