"""A fact sheet to exactly the facts a table declares: types checked, derived facts computed.

Missing, null and of the wrong type are three things; the head says for each fact what each of them leads to.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from .expressions import Undefined
from .table import Fact, Reply, Response, Table
from .values import MISSING, Absent, Facts, Kind, Value, is_kind

Projected = dict[str, Value | Absent]
TYPES: dict[Kind, frozenset[type]] = {
    Kind.NUMBER: frozenset({int, Decimal}),
    Kind.MONEY: frozenset({int}),
    Kind.TEXT: frozenset({str}),
    Kind.BOOLEAN: frozenset({bool}),
    Kind.DATE: frozenset({date}),
}
_BARE: dict[Kind, Callable[..., Value]] = {Kind.NUMBER: int, Kind.MONEY: int, Kind.TEXT: str.__str__}
"""Enumerations are texts or whole numbers with a name; a decision is made and recorded on the bare value."""
SHOWN_MOST = 40


class Undecidable(Exception):
    """Nobody may decide this automatically; the text says why."""


class Projection:
    """One table's view of a fact sheet."""

    def __init__(self, table: Table) -> None:
        self._given = [
            (fact.name, TYPES[fact.kind], frozenset(fact.allowed) if fact.allowed else None, fact)
            for fact in table.facts
            if fact.expression is None
        ]
        self._derived = [(fact.name, fact.expression, fact) for fact in table.facts if fact.expression is not None]

    def of(self, facts: Facts) -> Projected:
        """The declared facts by name; Undecidable with all its reasons."""
        projected: Projected = {}
        reasons: list[str] = []
        get = facts.get
        for name, types, allowed, fact in self._given:
            value: Value | Absent = get(name, MISSING)
            if (
                type(value) not in types
                or (type(value) is Decimal and not value.is_finite())
                or (allowed is not None and value not in allowed)
            ):
                value = _settled(fact, value, reasons)
            projected[name] = value
        for name, expression, fact in self._derived:
            try:
                value = expression.value(projected)
            except Undefined as error:
                reasons.append(f"{name} has no value: {error}")
                value = MISSING
            else:
                if value is MISSING or value is None:
                    value = _settled(fact, value, reasons)
            projected[name] = value
        if reasons:
            raise Undecidable("; ".join(dict.fromkeys(reasons)))
        return projected


def _settled(fact: Fact, value: object, reasons: list[str]) -> Value | Absent:
    """The value to decide by instead; the reason, where there is one why nobody may decide, joins the others."""
    if value is MISSING:
        return _replied(fact.missing, MISSING, f"{fact.name} is missing", reasons)
    if value is None:
        return _replied(fact.null, None, f"{fact.name} is null", reasons)
    if is_kind(value, fact.kind):
        bare: Value = _BARE[fact.kind](value) if fact.kind in _BARE and not isinstance(value, Decimal) else value  # type: ignore[assignment]
        if not fact.allowed or bare in fact.allowed:
            return bare
    return _replied(fact.wrong, MISSING, f"{fact.name} is {_shown(value)}, which is {_wanted(fact)}", reasons)


def _replied(reply: Reply, absent: Value | Absent, reason: str, reasons: list[str]) -> Value | Absent:
    if reply.response is Response.DEFAULT:
        return reply.value
    if reply.response is Response.UNDECIDED:
        reasons.append(reason)
    return absent


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_MOST else text[:SHOWN_MOST] + "…"


def _wanted(fact: Fact) -> str:
    return f"none of {', '.join(map(str, fact.allowed))}" if fact.allowed else f"no {fact.kind}"
