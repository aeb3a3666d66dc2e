"""How the rows of a table are laid before durable-rules so that none of the engine's limits is ever reached.

The engine makes a tree of conditions. Reached limits end in an error, an endless loop or a segmentation fault, so the
tree is counted here first; what does not fit is cut by the codes of a column, or, where no column helps, in half.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .codes import Coding

RULES_MOST = 4_000
"""The engine takes 4,096 rules."""
SIBLINGS_MOST = 60
"""A 65th condition waiting beside others that are true fails with error 303."""
CONDITIONS_MOST = 400
"""With 512 different conditions behind one other the engine never returns."""
TWINS_MOST = 200
"""The 256th rule with the same last condition is a segmentation fault."""
PROPERTIES_MOST = 240
"""The 253rd property of a message fails with error 302."""
COPIES_MOST = 200_000
"""Rows written into all shards together; a row that does not ask about the column of a cut stands in each part."""

Cells = Mapping[int, frozenset[int]]
"""By column, the codes a row accepts."""


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
    """A cut along one column: for each of its codes the part to ask."""

    column: int
    parts: tuple["Plan", ...]


@dataclass(frozen=True, slots=True)
class InTurn:
    """A cut along the rows: every part is asked, the earlier rows first."""

    parts: tuple["Plan", ...]


Plan = Leaf | ByCode | InTurn


def plan(coding: Coding) -> Plan:
    """The shards for a table; one leaf for all but very large ones. TooLarge when they would not end."""
    rows = {row: dict(coding.of_row(row)) for row in range(coding.rows)}
    return _Planner([coder.codes for coder in coding.coders]).plan(rows)


class _Planner:
    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._copies = 0

    def plan(self, rows: Mapping[int, Cells]) -> Plan:
        leaf = Leaf(tuple(self._conditions(rows)))
        if fits(leaf):
            return self._counted(leaf)
        if (column := self._best_cut(rows)) is not None:
            return self._by_code(rows, column)
        ordered = list(rows)
        half = len(ordered) // 2
        return InTurn(tuple(self.plan({row: rows[row] for row in part}) for part in (ordered[:half], ordered[half:])))

    def _counted(self, leaf: Leaf) -> Leaf:
        self._copies += len(leaf.rows)
        if self._copies > COPIES_MOST:
            raise TooLarge(f"more than {COPIES_MOST:,} rules for the engine; split the table")
        return leaf

    def _by_code(self, rows: Mapping[int, Cells], column: int) -> ByCode:
        plans: dict[tuple[int, ...], Plan] = {}
        parts = []
        for code in range(self._sizes[column]):
            chosen = tuple(_matching(rows, column, code))
            if chosen not in plans:
                plans[chosen] = self.plan({r: {c: s for c, s in rows[r].items() if c != column} for r in chosen})
            parts.append(plans[chosen])
        return ByCode(column, tuple(parts))

    def _best_cut(self, rows: Mapping[int, Cells]) -> int | None:
        """The column whose largest part is smallest; none where that would hardly help."""
        best, smallest = None, len(rows) * 9 // 10
        for column in sorted({column for cells in rows.values() for column in cells}):
            largest = max(sum(1 for _ in _matching(rows, column, code)) for code in range(self._sizes[column]))
            if largest < smallest:
                best, smallest = column, largest
        return best

    def _conditions(self, rows: Mapping[int, Cells]) -> Iterator[tuple[int, tuple[Condition, ...]]]:
        """Columns asked for one code by most rows come first: the engine then leaves most rows aside at once."""
        found = {row: {c: _condition(c, accepted) for c, accepted in cells.items()} for row, cells in rows.items()}
        equalities: dict[int, int] = {}
        for conditions in found.values():
            for column, condition in conditions.items():
                equalities[column] = equalities.get(column, 0) + condition.is_equality
        order = sorted(equalities, key=lambda column: (-equalities[column], column))
        for row, conditions in found.items():
            yield row, tuple(conditions[column] for column in order if column in conditions)


def _matching(rows: Mapping[int, Cells], column: int, code: int) -> Iterator[int]:
    return (row for row, cells in rows.items() if column not in cells or code in cells[column])


def _condition(column: int, accepted: frozenset[int]) -> Condition:
    """A cell that accepts nothing becomes an empty set, which is true of no code."""
    low, high = min(accepted, default=0), max(accepted, default=-1)
    if accepted and high - low + 1 == len(accepted):
        return Condition(column, low, high)
    return Condition(column, low, high, accepted)


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
