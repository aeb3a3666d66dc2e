"""Facts that two versions answer differently, in values a person would write down."""

from collections.abc import Mapping
from itertools import islice

from o2c_rules.checking.space import Box
from o2c_rules.checking.specimens import specimens, stranger
from o2c_rules.checking.witness import Witness
from o2c_rules.table import Fact
from o2c_rules.values import MISSING, Absent, Kind, Value

from .joint import JointSpace
from .merging import BEFORE, bare

_POOL_MOST = 40


class JointWitness(Witness):
    """Finds fact sheets for the boxes of two versions."""

    def __init__(self, space: JointSpace) -> None:
        super().__init__(space)
        self._joint = space

    @property
    def proves(self) -> bool:
        """Not where the versions read one fact in two ways: how these hang together is not walked through."""
        return super().proves and not any(name.endswith(BEFORE) for name in self._facts)

    def _names(self) -> list[str]:
        return list(dict.fromkeys(bare(name) for name in super()._names()))

    def _pool(self, name: str, box: Box) -> list[Value | Absent]:
        columns = [
            (column, side)
            for column, side in zip(self._joint.joint, box, strict=True)
            if bare(column.name) == name and column.fact.expression is None
        ]
        found: list[Value | Absent] = []
        for column, side in columns:
            found += [v for place in islice(column.places_in(side), _POOL_MOST) for v in specimens(column.coder, place)]
        if name in self._inputs or not columns:
            found += islice(self._usual(self._facts[name]), _POOL_MOST)
        found += (None, MISSING)
        if name not in self._inputs:
            found += [_strange(column.fact) for column, _ in columns]
        kept = {(type(v), v): v for v in found if all(side >> column.coder.code(v) & 1 for column, side in columns)}
        return list(kept.values())[:_POOL_MOST]

    def _is_in(self, sheet: Mapping[str, Value | Absent], box: Box) -> bool:
        codes = self._joint.codes(sheet)
        return codes is not None and all(side >> code & 1 for side, code in zip(box, codes, strict=True))


def _strange(fact: Fact) -> Value:
    """What a fact does not allow: a word that is not among the allowed ones, else something of another type."""
    if fact.kind is not Kind.TEXT:
        return "?"
    return stranger(fact.name, set(map(str, fact.allowed))) if fact.allowed else 0
