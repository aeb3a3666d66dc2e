"""How the rows of a table are laid before durable-rules so that none of the engine's limits is ever reached.

The engine makes a tree of conditions. Reached limits end in an error, an endless loop or a segmentation fault, so the
tree is counted here first. What does not fit is cut in two, again and again: along the column that parts the rows best,
or, where none does, along the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import or_

from .codes import Coding
from .index import bits

RULES_MOST = 4_000
"""The engine takes 4,096 rules."""
ROWS_WISHED = 150
"""The engine looks at all its rules for every message: with fewer it answers sooner, so long as a cut parts them."""
SIBLINGS_MOST = 60
"""A 65th condition waiting beside others that are true fails with error 303."""
CONDITIONS_MOST = 400
"""With 512 different conditions behind one other the engine never returns."""
TWINS_MOST = 200
"""The 256th rule with the same last condition is a segmentation fault."""
PROPERTIES_MOST = 240
"""The 253rd property of a message fails with error 302."""
COPIES_MOST = 100_000
"""Rows written into all shards together, at some 12 KB each; a row on both sides of a cut stands in both."""


class TooLarge(ValueError):
    """No way was found to cut a table so that the engine can take it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One question of a row about a column: a code between two bounds, or one out of a set that is no run of codes."""

    column: int
    low: int
    high: int
    members: frozenset[int] | None = None

    @property
    def is_equality(self) -> bool:
        """Whether one code alone is accepted."""
        return self.members is None and self.low == self.high

    def accepts(self, code: int) -> bool:
        """Whether the condition is true of a code."""
        return code in self.members if self.members is not None else self.low <= code <= self.high


@dataclass(frozen=True, slots=True)
class Leaf:
    """Rows that fit into one ruleset, in order, each with its conditions in the order they are asked."""

    rows: tuple[tuple[int, tuple[Condition, ...]], ...]


@dataclass(frozen=True, slots=True)
class ByCode:
    """A cut along one column: for each of its codes the part to ask. Neighbouring codes share a part."""

    column: int
    parts: tuple["Plan", ...]


@dataclass(frozen=True, slots=True)
class InTurn:
    """A cut along the rows: every part is asked."""

    parts: tuple["Plan", ...]


Plan = Leaf | ByCode | InTurn


def plan(coding: Coding) -> Plan:
    """The shards for a table; one leaf for all but very large ones. TooLarge when they would take too much memory."""
    return _Planner(coding).plan((1 << coding.rows) - 1, tuple((1 << coder.codes) - 1 for coder in coding.coders))


class _Planner:
    """Works on masks: of rows, and by column of the codes that can still occur."""

    def __init__(self, coding: Coding) -> None:
        self._rows_of_code = [coder.rows_of_code for coder in coding.coders]
        self._accepted = [dict(coding.of_row(row)) for row in range(coding.rows)]
        self._copies = 0

    def plan(self, rows: int, occurring: tuple[int, ...]) -> Plan:
        count = rows.bit_count()
        leaf = self._leaf(rows, occurring) if count <= RULES_MOST else None
        fitting = leaf if leaf is not None and fits(leaf) else None
        if fitting is not None and count <= ROWS_WISHED:
            return self._counted(fitting)
        cut = min(
            (found for column in range(len(occurring)) for found in self._cuts(rows, occurring, column)), default=None
        )
        if fitting is not None:
            return self._by_code(cut, occurring) if cut and cut.parts(count, both=5) else self._counted(fitting)
        if cut is None or not cut.parts(count, both=1):
            ordered = list(bits(rows))
            middle = (1 << ordered[len(ordered) // 2]) - 1
            return self._in_turn(rows & middle, rows & ~middle, occurring)
        if not cut.parts(count, both=8):
            on_both_sides = cut.below & cut.above
            return self._in_turn(on_both_sides, rows & ~on_both_sides, occurring)
        return self._by_code(cut, occurring)

    def _counted(self, leaf: Leaf) -> Leaf:
        self._copies += len(leaf.rows)
        if self._copies > COPIES_MOST:
            raise TooLarge(f"more than {COPIES_MOST:,} rules for the engine; split the table")
        return leaf

    def _in_turn(self, some: int, others: int, occurring: tuple[int, ...]) -> InTurn:
        return InTurn((self.plan(some, occurring), self.plan(others, occurring)))

    def _by_code(self, cut: "_Cut", occurring: tuple[int, ...]) -> ByCode:
        column, lower = cut.column, (1 << cut.code) - 1
        below, above = (
            self.plan(rows, (*occurring[:column], occurring[column] & side, *occurring[column + 1 :]))
            for rows, side in ((cut.below, lower), (cut.above, ~lower))
        )
        return ByCode(
            column,
            tuple(_at(below if c < cut.code else above, column, c) for c in range(len(self._rows_of_code[column]))),
        )

    def _cuts(self, rows: int, occurring: tuple[int, ...], column: int) -> Iterator["_Cut"]:
        """Every way to cut the codes of a column in two, with the rows on either side; some rows may be on both."""
        codes = list(bits(occurring[column]))
        masks = [self._rows_of_code[column][code] & rows for code in codes]
        above = list(accumulate(reversed(masks), or_))[::-1]
        below = 0
        for at in range(1, len(codes)):
            below |= masks[at - 1]
            most = max(below.bit_count(), above[at].bit_count())
            yield _Cut(most, column, codes[at], below, above[at])

    def _leaf(self, rows: int, occurring: tuple[int, ...]) -> Leaf:
        """Columns asked for one code by most rows come first: the engine then leaves most rows aside at once."""
        asked = {row: dict(self._conditions(row, occurring)) for row in bits(rows)}
        equalities: dict[int, int] = {}
        for conditions in asked.values():
            for column, condition in conditions.items():
                equalities[column] = equalities.get(column, 0) + condition.is_equality
        order = sorted(equalities, key=lambda column: (-equalities[column], column))
        return Leaf(
            tuple((row, tuple(found[column] for column in order if column in found)) for row, found in asked.items())
        )

    def _conditions(self, row: int, occurring: tuple[int, ...]) -> Iterator[tuple[int, Condition]]:
        """What a row still asks: a cell that accepts all codes that can occur asks nothing."""
        for column, accepted in self._accepted[row].items():
            wanted = accepted & occurring[column]
            if wanted != occurring[column]:
                yield column, _condition(column, wanted)


def _at(part: Plan, column: int, code: int) -> Plan:
    """What remains of a part where the code of a column is known."""
    return part.parts[code] if isinstance(part, ByCode) and part.column == column else part


@dataclass(frozen=True, slots=True, order=True)
class _Cut:
    most: int
    column: int
    code: int
    below: int
    above: int

    def parts(self, count: int, both: int) -> bool:
        """Whether either side has far fewer rows than the whole, and at most one row of so many stands on both."""
        return 4 * self.most <= 3 * count and both * (self.below & self.above).bit_count() <= count


def _condition(column: int, accepted: int) -> Condition:
    """A cell that accepts nothing becomes an empty set, which is true of no code."""
    low, high = max((accepted & -accepted).bit_length() - 1, 0), accepted.bit_length() - 1
    if accepted and accepted >> low == (1 << (high - low + 1)) - 1:
        return Condition(column, low, high)
    return Condition(column, low, high, frozenset(bits(accepted)))


@dataclass(slots=True)
class _Node:
    """What the engine makes of all rows that begin alike."""

    next: dict[Condition, "_Node"] = field(default_factory=dict)
    rules: int = 0


def fits(leaf: Leaf) -> bool:
    """Whether the engine can take these rows as one ruleset with room to spare."""
    if len(leaf.rows) > RULES_MOST:
        return False
    root = _Node()
    asked: set[object] = set()
    for _, conditions in leaf.rows:
        node = root
        for condition in conditions:
            asked.add(condition if condition.members is not None else condition.column)
            node = node.next.setdefault(condition, _Node())
        node.rules += 1
    return len(asked) <= PROPERTIES_MOST and min(len(leaf.rows), _waiting(root)) <= SIBLINGS_MOST and _narrow(root)


def _narrow(node: _Node) -> bool:
    return (
        node.rules <= TWINS_MOST
        and 2 * len(node.next) <= CONDITIONS_MOST
        and all(_narrow(child) for child in node.next.values())
    )


def _waiting(node: _Node) -> int:
    """The most conditions that may wait at one time: those true together here, and the most behind any of them."""
    by_column: dict[int, list[Condition]] = {}
    for condition in node.next:
        by_column.setdefault(condition.column, []).append(condition)
    together = sum(_together(conditions) for conditions in by_column.values())
    return together + max((_waiting(child) for child in node.next.values()), default=0)


def _together(conditions: Sequence[Condition]) -> int:
    """The most conditions on one column that one code lets in. An interval is two conditions one behind the other, so
    it counts as soon as its first one is true."""
    codes = {condition.low for condition in conditions}.union(*(c.members or () for c in conditions))
    return max(sum(_begins(condition, code) for condition in conditions) for code in codes)


def _begins(condition: Condition, code: int) -> bool:
    if condition.is_equality or condition.members is not None or condition.low == 0:
        return condition.accepts(code)
    return condition.low <= code
