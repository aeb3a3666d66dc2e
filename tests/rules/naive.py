"""A third opinion: tables interpreted row by row, test by test, with nothing compiled."""

from collections.abc import Mapping
from typing import Any

from o2c_rules.cells import Cell, Interval
from o2c_rules.table import Aggregation, Policy, Row, Table
from o2c_rules.values import MISSING


def matches(cell: Cell | None, value: Any) -> bool:
    if cell is None or cell.is_any:
        return True
    if value is MISSING or value is None:
        return False
    return any(_holds(test, value) for test in cell.tests) is not cell.negated


def matching(table: Table, facts: Mapping[str, Any]) -> list[Row]:
    names = [fact.name for fact in table.facts]
    return [row for row in table.rows if all(matches(row.cells.get(n), facts.get(n, MISSING)) for n in names)]


def answers(table: Table, facts: Mapping[str, Any]) -> list[str] | None:
    """The ids of the rows that answer; None where the policy forbids what matches."""
    found = matching(table, facts)
    match table.policy:
        case Policy.UNIQUE:
            return None if len(found) > 1 else _ids(found)
        case Policy.ANY:
            return None if any(row.outcome != found[0].outcome for row in found) else _ids(found[:1])
        case Policy.FIRST:
            return _ids(found[:1])
        case Policy.PRIORITY:
            return _ids(_by_priority(table, found)[:1])
        case Policy.OUTPUT_ORDER:
            return _ids(_by_priority(table, found))
        case Policy.RULE_ORDER | Policy.COLLECT:
            return _ids(found)


def aggregate(table: Table, facts: Mapping[str, Any]) -> Any:
    (outcome,) = table.outcomes
    values: list[Any] = [row.outcome[outcome.name] for row in matching(table, facts)]
    match table.aggregation:
        case Aggregation.COUNT:
            return len(values)
        case Aggregation.SUM:
            return sum(values)
        case Aggregation.MIN:
            return min(values, default=None)
    return max(values, default=None)


def _holds(test: Any, value: Any) -> bool:
    if not isinstance(test, Interval):
        return bool(test == value)
    above = test.low is None or test.low < value or (test.low_closed and test.low == value)
    below = test.high is None or value < test.high or (test.high_closed and test.high == value)
    return above and below


def _by_priority(table: Table, rows: list[Row]) -> list[Row]:
    ranked = [outcome for outcome in table.outcomes if outcome.allowed]
    return sorted(rows, key=lambda row: [outcome.allowed.index(row.outcome[outcome.name]) for outcome in ranked])


def _ids(rows: list[Row]) -> list[str]:
    return [row.id for row in rows]
