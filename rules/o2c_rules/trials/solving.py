"""Given facts that give derived ones a wanted value: one operand is changed at a time, and the result is checked."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from o2c_rules.codes import Coder
from o2c_rules.table import Fact
from o2c_rules.values import Absent, Kind, Value, is_number

from .asking import Version

DIGITS = 50
_ROUND = (1_000_000, 100_000_000, 10_000_000_000)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a derived column shall come to."""

    coder: Coder
    values: tuple[Value, ...]
    """Values to try, the best first."""
    codes: int
    """The codes that will do, as a mask."""
    exact: bool
    """Whether only the first value will do."""

    def is_met(self, version: Version, facts: Mapping[str, Value]) -> bool:
        """Whether the facts give what is wanted."""
        projected = version.projected(facts)
        if projected is None:
            return False
        value = projected[self.coder.name]
        return value == self.values[0] if self.exact else bool(self.codes >> self.coder.code(value) & 1)


def solved(
    version: Version, facts: dict[str, Value], goals: Sequence[Goal], fixed: Collection[str], depth: int = 0
) -> dict[str, Value] | None:
    """The facts with the derived ones as wanted, no fact of `fixed` changed; None where changing one operand for each
    does not do it. What is linear in the operand, as most derived facts are, is met exactly.
    """
    unmet = [goal for goal in goals if not goal.is_met(version, facts)]
    if not unmet:
        return facts
    if depth == len(goals):
        return None
    first = next((goal for goal in unmet if goal.exact), unmet[0])
    for changed in _changed(version, facts, first, fixed):
        found = solved(version, changed, goals, fixed, depth + 1)
        if found is not None:
            return found
    return None


def _changed(
    version: Version, facts: dict[str, Value], goal: Goal, fixed: Collection[str]
) -> Iterator[dict[str, Value]]:
    """The facts with one operand changed so that the goal is met."""
    for wanted in goal.values:
        for operand in _operands(version, goal.coder.fact):
            if operand.name in fixed:
                continue
            for start in (facts, *_scaled(version, facts, goal.coder.fact, {operand.name, *fixed})):
                for value in _candidates(version, start, goal.coder.fact, operand, wanted):
                    changed = {**start, operand.name: value}
                    if goal.is_met(version, changed):
                        yield changed


def _scaled(
    version: Version, facts: dict[str, Value], fact: Fact, others: Collection[str]
) -> Iterator[dict[str, Value]]:
    """The facts with another operand round and large: in whole units a share is fine only of something large."""
    for operand in _operands(version, fact):
        if operand.kind in (Kind.NUMBER, Kind.MONEY) and operand.name not in others and not operand.allowed:
            yield from ({**facts, operand.name: size} for size in _ROUND)


def _operands(version: Version, fact: Fact) -> Iterator[Fact]:
    """The given facts that a derived one rests on, through others too."""
    known = {f.name: f for f in version.table.facts}
    assert fact.expression is not None, "only derived facts have operands"
    for name in fact.expression.names:
        if known[name].expression is None:
            yield known[name]
        else:
            yield from _operands(version, known[name])


def _candidates(
    version: Version, facts: Mapping[str, Value], fact: Fact, operand: Fact, wanted: Value
) -> Iterator[Value]:
    if operand.kind in (Kind.NUMBER, Kind.MONEY) and is_number(wanted):
        start = facts.get(operand.name)
        yield from _linear(version, facts, fact, operand, (Decimal(start if is_number(start) else 1), Decimal(wanted)))
    elif operand.kind is Kind.BOOLEAN:
        yield from (True, False)
    elif operand.kind is Kind.TEXT:
        yield from (value for other in _operands(version, fact) if isinstance(value := facts.get(other.name), str))
        yield from operand.allowed or ("other", "another")


def _linear(
    version: Version, facts: Mapping[str, Value], fact: Fact, operand: Fact, goal: tuple[Decimal, Decimal]
) -> Iterator[Value]:
    """Where a straight line through two points of the expression meets the goal."""
    start, wanted = goal
    unit = Decimal(operand.unit)
    for stride in (unit, unit * 1_000, -unit, unit * 1_000_000):
        low, high = (_derived(version, facts, fact, operand, x) for x in (start, start + stride))
        if low is None or high is None or low == high:
            continue
        with localcontext() as exact:
            exact.prec = DIGITS
            met = start + (wanted - low) * stride / (high - low)
            for steps in {int(met // unit), int(met // unit) + 1}:
                value = steps * unit
                yield int(value) if value == int(value) else value


def _derived(version: Version, facts: Mapping[str, Value], fact: Fact, operand: Fact, value: Decimal) -> Decimal | None:
    given = int(value) if value == int(value) else value
    values = version.projected({**facts, operand.name: given})
    found: Value | Absent = values[fact.name] if values else None
    return Decimal(found) if is_number(found) else None
