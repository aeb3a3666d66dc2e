"""One thing that a check found in a table that reads well: what it is, where, and a fact sheet that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from o2c_rules.source import BadTable
from o2c_rules.values import Value


class FlawKind(StrEnum):
    """What may be wrong."""

    GAP = "gap"
    OVERLAP = "overlap"
    CONFLICT = "conflict"
    MASKED = "masked"
    UNREACHABLE = "unreachable"
    NON_MONOTONE = "non_monotone"
    UNCOVERED = "uncovered"
    MISSING_PERSON = "missing_person"
    NOT_ESCALATING = "not_escalating"
    SKIPPED_LEVEL = "skipped_level"
    NO_END = "no_end"
    INCOMPLETE = "incomplete"
    MISSING_LETTER = "missing_letter"
    UNTESTED = "untested"
    UNREADABLE = "unreadable"


class Severity(StrEnum):
    """An error blocks a release; a warning is for a person to look at."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One finding about a table."""

    kind: FlawKind
    severity: Severity
    table: str
    rows: tuple[str, ...]
    """The ids of the rows concerned, in the order of the table."""
    where: str
    """`file:line` or `file:sheet!cell`."""
    text: str
    hint: str = ""
    counter_example: Mapping[str, Value] = field(default_factory=dict)
    """Facts that show it; empty where the finding is not about facts."""

    def as_json(self) -> dict[str, Any]:
        """The finding as `o2c rules check --json` prints it; dates and decimals as text."""
        return {
            "kind": str(self.kind),
            "severity": str(self.severity),
            "table": self.table,
            "rows": list(self.rows),
            "where": self.where,
            "text": self.text,
            "hint": self.hint,
            "counter_example": {name: _plain(value) for name, value in self.counter_example.items()},
        }


def unreadable_flaws(error: BadTable) -> tuple[Flaw, ...]:
    """What made files unreadable, in the form of findings."""
    return tuple(
        Flaw(FlawKind.UNREADABLE, Severity.ERROR, "", (), found.where, found.text, found.hint)
        for found in error.findings
    )


def _plain(value: Value) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)
