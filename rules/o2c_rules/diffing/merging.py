"""The facts of two versions of a table as one list: one column where both mean the same by it, else one for each."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_rules.table import NO_MATCH, UNDECIDED, Fact, Policy, Reply, Response, Table

BEFORE = " before"
"""Follows the name of a fact by which the older version means something else."""
Sides = tuple[Fact | None, Fact | None]
"""The fact in the older and in the newer version."""


def bare(name: str) -> str:
    """The name of a fact as its version calls it."""
    return name.removesuffix(BEFORE)


def allow_otherwise(sides: Sides) -> bool:
    """Whether the versions allow other values."""
    allowed = [set(side.allowed) for side in sides if side]
    return len({frozenset(some) for some in allowed}) > 1


class Merged:
    """The facts of both."""

    def __init__(self, old: Table, new: Table) -> None:
        self._old, self._new = ({fact.name: fact for fact in table.facts} for table in (old, new))
        both = [name for name in self._new if name in self._old]
        self._apart = {name for name in both if not self._shared(name)}
        facts = {name: fact for name in (*self._new, *self._old_names()) for fact in [self._fact(name)]}
        given = [fact for fact in facts.values() if not fact.expression]
        derived = [fact for fact in facts.values() if fact.expression]
        self.table = replace(new, policy=Policy.COLLECT, aggregation=None, facts=(*given, *derived), rows=())

    def sides(self, name: str) -> Sides:
        """What either version means by a fact of the table of both."""
        own = bare(name)
        if own in self._apart:
            return (self._old[own], None) if own != name else (None, self._new[own])
        return self._old.get(own), self._new.get(own)

    def is_retyped(self, name: str) -> bool:
        """Whether the other version reads something else out of what is told under this name."""
        return bare(name) in self._apart

    def _old_names(self) -> Iterator[str]:
        for name in self._old:
            if name in self._apart:
                yield name + BEFORE
            elif name not in self._new:
                yield name

    def _fact(self, name: str) -> Fact:
        """As either version lets it through: what one of them allows may be told, in the finer unit."""
        both = [side for side in self.sides(name) if side]
        open_ended = any(not side.allowed for side in both)
        return replace(
            both[-1],
            name=name,
            allowed=() if open_ended else tuple(dict.fromkeys(value for side in both for value in side.allowed)),
            unit=min(side.unit for side in both),
            missing=UNDECIDED if any(side.missing.response is Response.UNDECIDED for side in both) else NO_MATCH,
            null=NO_MATCH,
        )

    def _shared(self, name: str) -> bool:
        """Whether both mean the same by a fact: given of one type, or computed alike from what both read alike."""
        old, new = self._old[name], self._new[name]
        if old.kind is not new.kind or old.expression is None or new.expression is None:
            return old.kind is new.kind and old.expression is new.expression
        return old.expression.text == new.expression.text and all(self._read_alike(n) for n in new.expression.names)

    def _read_alike(self, name: str) -> bool:
        """Whether both see the same, wherever both of them decide anything."""
        if name not in self._old or name not in self._new or not self._shared(name):
            return False
        old, new = self._old[name], self._new[name]
        strict = old.wrong.response is new.wrong.response is Response.UNDECIDED
        if allow_otherwise((old, new)) and not strict:
            return False
        return _agree(old.missing, new.missing) and _agree(old.null, new.null) and _agree(old.wrong, new.wrong)


def _agree(one: Reply, two: Reply) -> bool:
    return one == two or Response.UNDECIDED in (one.response, two.response)
