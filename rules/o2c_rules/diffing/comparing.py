"""Where two versions of a table answer differently: boxes over the cut points of both, apart from each other, as few as
can be had by joining them. Reads tables, decides nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

from o2c_rules.checking.space import Box
from o2c_rules.checking.wording import spoken
from o2c_rules.index import bits
from o2c_rules.policies import HitPolicy
from o2c_rules.table import Aggregation, Policy, Row, Table
from o2c_rules.values import Value

from .examples import JointWitness
from .joint import JointSpace

Outcome = Mapping[str, Value]
_Tails = tuple[tuple[tuple[int, ...], tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a version says: an outcome for each row that answers, none where nobody decides or nothing is said."""

    outcomes: tuple[Outcome, ...]
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Facts for which the answer is another one, with one sheet of them; none where no sheet was found."""

    box: Box
    before: Answer
    after: Answer
    example: Mapping[str, Value]


class Comparison:
    """Two versions of a table side by side."""

    def __init__(self, old: Table, new: Table) -> None:
        self.old, self.new = old, new
        self.space = JointSpace(old, new)
        self._witness = JointWitness(self.space)
        deciding = len(old.rows) + len(new.rows)
        self._sides = (_Side(old, 0, 1 << deciding), _Side(new, len(old.rows), 2 << deciding))
        self._rows = self._sides[0].mask | self._sides[1].mask
        self._deciding = self.space.all ^ self._rows
        self._canon = self._canonical()
        self._answers: dict[str, int] = {}
        self._known: list[Answer] = []

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """All changes, apart from each other. Tangled where the rows cut each other into too many parts."""
        order = self._order()
        walked = _Walk(self, order).tails(0, self._differing() | self._deciding if self.of_lists else self.space.all)
        boxes = [(_in_columns(tail, order), key) for tail, key in walked]
        found = []
        for box, (before, after) in _joined(boxes):
            example = self._witness.facts(box)
            if example is not None or not self._witness.proves:
                found.append(Change(box, self._known[before], self._known[after], example or {}))
        return tuple(sorted(found, key=lambda change: change.box))

    @property
    def of_lists(self) -> bool:
        """Whether all rows that match answer together: then a change is what is said no longer, and what is new."""
        kinds = {
            (t.policy.is_single, t.aggregation in (Aggregation.MIN, Aggregation.MAX)) for t in (self.old, self.new)
        }
        return kinds == {(False, False)} and self.old.aggregation is self.new.aggregation

    def answers(self, rows: int) -> tuple[int, int]:
        """The numbers of both answers where these rows of both match; equal where the answers are."""
        undecided = [not rows & side.decides for side in self._sides]
        if self.of_lists and any(undecided):
            before, after = (self._number(Answer((), undecided=nobody)) for nobody in undecided)
            return before, after
        if self.of_lists:
            lost, gained = (side.outcomes(rows) for side in self._sides)
            lost, gained = _without(lost, gained), _without(gained, lost)
            return self._number(Answer(tuple(lost))), self._number(Answer(tuple(gained)))
        before, after = (self._number(side.answer(rows)) for side in self._sides)
        return before, after

    def _differing(self) -> int:
        """The rows that only one side has; where all rows answer together the others change nothing."""
        counts = Counter(self._canon[row] for row in bits(self._sides[0].mask))
        counts.subtract(self._canon[row] for row in bits(self._sides[1].mask))
        rows = 0
        for side, sign in zip(self._sides, (1, -1), strict=True):
            for row in bits(side.mask):
                if counts[self._canon[row]] * sign > 0:
                    counts[self._canon[row]] -= sign
                    rows |= 1 << row
        return rows

    def relevant(self, rows: int) -> int:
        """These rows without those that nobody hears, as their version decides nothing."""
        for side in self._sides:
            if not rows & side.decides:
                rows &= ~(self._rows if self.of_lists else side.mask)
        return rows

    def alike(self, rows: int, all_the_rest: int, *, same_deciding: bool) -> bool:
        """Whether the same rows are left on both sides, so that the answers cannot differ."""
        deciding = rows & self._deciding
        if deciding != self._deciding or not same_deciding:
            return not deciding
        if self.of_lists:
            return not rows & self._rows
        if not self._same_default or self.old.policy is not self.new.policy:
            return False
        old, new = (self._left(side, rows, all_the_rest) for side in self._sides)
        return old == new

    @cached_property
    def _same_default(self) -> bool:
        empty = [side.answer(side.decides) for side in self._sides]
        return self.old.aggregation is self.new.aggregation and repr(empty[0]) == repr(empty[1])

    def _left(self, side: "_Side", rows: int, all_the_rest: int) -> list[int]:
        left = []
        for row in bits(rows & side.mask):
            left.append(self._canon[row])
            if side.table.policy is Policy.FIRST and all_the_rest >> row & 1:
                break
        return left

    def _order(self) -> list[int]:
        columns = self.space.joint
        return sorted(range(len(columns)), key=lambda at: (columns[at].coder.same_deciding, columns[at].share()))

    def _canonical(self) -> list[int]:
        """Rows that match the same and answer the same have the same number."""
        numbers: dict[object, int] = {}
        rows = [*self.old.rows, *self.new.rows]
        masks = ([column.of_row(n)[0] for column in self.space.joint] for n in range(len(rows)))
        said = (repr(sorted(spoken(row).items())) for row in rows)
        return [numbers.setdefault((*mask, text), len(numbers)) for mask, text in zip(masks, said, strict=True)]

    def _number(self, answer: Answer) -> int:
        key = repr([answer.undecided, [sorted(o.items()) for o in answer.outcomes]])
        if key not in self._answers:
            self._answers[key] = len(self._known)
            self._known.append(answer)
        return self._answers[key]


class _Side:
    """One version, whose rows begin at some bit of the masks of both."""

    def __init__(self, table: Table, first: int, decides: int) -> None:
        self.table, self._first, self._policy = table, first, HitPolicy(table)
        self.decides = decides
        """The bit that is there where it decides at all."""
        self.mask = ((1 << len(table.rows)) - 1) << first

    def answer(self, rows: int) -> Answer:
        if not rows & self.decides:
            return Answer((), undecided=True)
        matched = (rows & self.mask) >> self._first
        chosen = [self.table.rows[n] for n in self._policy.chosen(matched)]
        if matched and not chosen:
            return Answer((), undecided=True)
        if self.table.aggregation is not None:
            return self._aggregate(chosen)
        if chosen:
            return Answer(tuple(spoken(row) for row in chosen))
        default = self.table.default
        outcome = spoken(default) if default else {}
        said = any(value is not None for value in outcome.values())
        return Answer((outcome,) if said else ())

    def outcomes(self, rows: int) -> list[Outcome]:
        """What each row that matches says."""
        return [spoken(self.table.rows[n]) for n in bits((rows & self.mask) >> self._first)]

    def _aggregate(self, rows: list[Row]) -> Answer:
        (name,) = (outcome.name for outcome in self.table.outcomes)
        numbers = [row.outcome[name] for row in rows]
        default = self.table.default.outcome[name] if self.table.default else None
        value: Value
        match self.table.aggregation:
            case Aggregation.COUNT:
                value = len(rows)
            case Aggregation.SUM:
                value = sum(numbers)  # type: ignore[arg-type]
            case Aggregation.MIN:
                value = min(numbers, default=default)  # type: ignore[type-var]
            case _:
                value = max(numbers, default=default)  # type: ignore[type-var]
        return Answer(({name: value},))


class _Walk:
    """The parts of all facts in which the answers differ, the same parts found once."""

    def __init__(self, comparison: Comparison, order: list[int]) -> None:
        self._of, self._space, self._order = comparison, comparison.space, order
        self._found: dict[tuple[int, int], _Tails] = {}
        columns = [self._space.joint[at] for at in order]
        self._rest = [self._space.all] * (len(order) + 1)
        self._same = [True] * (len(order) + 1)
        for level in range(len(order) - 1, -1, -1):
            self._rest[level] = self._rest[level + 1] & columns[level].covering(columns[level].every)
            self._same[level] = self._same[level + 1] and columns[level].coder.same_deciding

    def tails(self, level: int, rows: int) -> _Tails:
        """For these rows, the sides from a level on with the answers before and after."""
        rows = self._of.relevant(rows)
        known = self._found.get((level, rows))
        if known is None:
            known = self._found[level, rows] = tuple(self._tails(level, rows))
        return known

    def _tails(self, level: int, rows: int) -> Iterator[tuple[tuple[int, ...], tuple[int, int]]]:
        if self._of.alike(rows, self._rest[level], same_deciding=self._same[level]):
            return
        if level == len(self._order):
            key = self._of.answers(rows)
            if key[0] != key[1]:
                yield (), key
            return
        at = self._order[level]
        sides: dict[_Tails, int] = {}
        for codes, left in self._space.split(at, self._space.any[at], rows):
            inner = self.tails(level + 1, left)
            if inner:
                sides[inner] = sides.get(inner, 0) | codes
        for inner, codes in sides.items():
            yield from (((codes, *tail), key) for tail, key in inner)


def _without(outcomes: list[Outcome], others: list[Outcome]) -> list[Outcome]:
    """Outcomes but for those that the others hold too, each as often as there."""
    left = list(others)
    kept = []
    for outcome in outcomes:
        if outcome in left:
            left.remove(outcome)
        else:
            kept.append(outcome)
    return kept


def _joined(boxes: Iterable[tuple[Box, tuple[int, int]]]) -> list[tuple[Box, tuple[int, int]]]:
    """Boxes of the same change that differ on one side only become one, until none are left that do."""
    found, size = dict(boxes), -1
    while len(found) != size:
        size = len(found)
        for at in range(len(next(iter(found), ()))):
            groups: dict[tuple[Box, tuple[int, int]], list[Box]] = {}
            for box, key in found.items():
                groups.setdefault(((*box[:at], *box[at + 1 :]), key), []).append(box)
            found = {
                (*rest[:at], reduce(or_, (box[at] for box in some)), *rest[at:]): key
                for (rest, key), some in groups.items()
            }
    return list(found.items())


def _in_columns(tail: tuple[int, ...], order: list[int]) -> Box:
    return tuple(side for _, side in sorted(zip(order, tail, strict=True)))
