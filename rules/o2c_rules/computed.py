"""Outcomes that are calculated: their cells are expressions over the facts, evaluated for the rows that answer.

What is decided and recorded are the values. Where one cannot be calculated, or is of the wrong type, nobody may decide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from .expressions import Expression, Undefined
from .projection import Undecidable
from .table import Outcome, Policy, Row, Table
from .values import MISSING, Absent, Kind, Value, shown

_Env = Mapping[str, Value | Absent]


class Calculation:
    """The calculated outcomes of one table."""

    def __init__(self, table: Table) -> None:
        self._outcomes = [outcome for outcome in table.outcomes if outcome.computed]
        self._agree = table.policy is Policy.ANY
        self._default = table.default

    def rows(self, rows: Iterable[Row], matched: Iterable[Row], values: _Env) -> tuple[Row, ...]:
        """The rows that answer, with their values. Undecidable where one has none, or where the policy is ANY and not
        all that match say the same, which is only known now."""
        found = tuple(self._filled(row, values) for row in rows)
        if self._agree and found:
            for other in matched:
                if self._filled(other, values).outcome != found[0].outcome:
                    raise Undecidable(
                        f"rows with different outcomes match ({found[0].id}, {other.id}), which policy A forbids"
                    )
        return found

    def default(self, values: _Env) -> Mapping[str, Value]:
        """The outcome when no row matches."""
        if self._default is None:
            return {}
        return self._outcome(self._default.outcome, self._default.computed, values, "the default")

    def _filled(self, row: Row, values: _Env) -> Row:
        return replace(row, outcome=self._outcome(row.outcome, row.computed, values, f"row {row.id}"))

    def _outcome(
        self, written: Mapping[str, Value], cells: Mapping[str, Expression], values: _Env, whose: str
    ) -> Mapping[str, Value]:
        calculated = {o.name: _value(o, cells[o.name], values, whose) for o in self._outcomes if o.name in cells}
        return {**written, **calculated}


def _value(outcome: Outcome, cell: Expression, values: _Env, whose: str) -> Value:
    what = f"{outcome.name} of {whose}"
    try:
        found = cell.value(values)
    except Undefined as error:
        raise Undecidable(f"{what} has no value: {error}") from error
    if found is None or found is MISSING:
        if outcome.optional:
            return None
        lacking = [f"{name} is {shown(value)}" for name in cell.names if (value := values[name]) in (None, MISSING)]
        raise Undecidable(f"{what} has no value: {cell.text}, where {', '.join(lacking)}")
    if outcome.kind is Kind.MONEY and isinstance(found, Decimal):
        if found != found.to_integral_value():
            raise Undecidable(f"{what} is {shown(found)}, which is no whole number of minor units; round it")
        found = int(found)
    if outcome.allowed and found not in outcome.allowed:
        raise Undecidable(f"{what} is {shown(found)}, which is not allowed")
    return found
