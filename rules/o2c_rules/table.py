"""A decision table as an analyst wrote it, in one form for every file format. Never decides anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .cells import Cell
from .expressions import Expression
from .source import Place
from .values import Kind, Value


class Policy(StrEnum):
    """The hit policy, as in DMN: what it means that several rows match."""

    UNIQUE = "U"
    ANY = "A"
    PRIORITY = "P"
    FIRST = "F"
    RULE_ORDER = "R"
    OUTPUT_ORDER = "O"
    COLLECT = "C"

    @property
    def is_single(self) -> bool:
        """At most one row answers; the others give every matching row."""
        return self in (Policy.UNIQUE, Policy.ANY, Policy.PRIORITY, Policy.FIRST)


class Aggregation(StrEnum):
    """What COLLECT makes of the outcomes of all matching rows."""

    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


class VersionBy(StrEnum):
    """The date by which the version of a table is chosen."""

    RECORDED = "recorded"
    DOCUMENT = "document"
    SERVICE = "service"
    TAX_POINT = "tax_point"
    VALUE = "value"


class Response(StrEnum):
    """What a fact that is missing, null or of the wrong type leads to."""

    NO_MATCH = "no_match"
    UNDECIDED = "undecided"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Reply:
    """A response, with the value to decide by where it is a default."""

    response: Response
    value: Value = None


NO_MATCH = Reply(Response.NO_MATCH)
UNDECIDED = Reply(Response.UNDECIDED)


@dataclass(frozen=True, slots=True)
class Fact:
    """A column that is asked about: given in the fact sheet, or derived from facts declared above it."""

    name: str
    kind: Kind
    unit: int | Decimal = 1
    """The smallest step of a number (a day for dates): how far beyond an open bound its nearest value lies."""
    allowed: tuple[Value, ...] = ()
    missing: Reply = NO_MATCH
    null: Reply = NO_MATCH
    wrong: Reply = UNDECIDED
    expression: Expression | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A column that answers. The order of `allowed` is the priority of the policies P and O, highest first."""

    name: str
    kind: Kind
    allowed: tuple[Value, ...] = ()
    optional: bool = False
    note: str = ""
    computed: bool = False
    """Its cells are expressions over the facts, evaluated for the rows that answer."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table as an analyst wrote it."""

    id: str
    cells: Mapping[str, Cell]
    """By fact; a fact that is not asked about is not in it."""
    outcome: Mapping[str, Value]
    because: str = ""
    """The template of the sentence; `{fact}` is filled in."""
    basis: str = ""
    source: str = ""
    note: str = ""
    line: Place = field(default=0, compare=False)
    """Where it stands is no part of what it says."""
    computed: Mapping[str, Expression] = field(default_factory=dict)
    """By computed outcome, whose value in `outcome` is None until the row answers."""


@dataclass(frozen=True, slots=True)
class Default:
    """What holds when no row matches."""

    outcome: Mapping[str, Value]
    because: str = ""
    computed: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """One version of a table."""

    name: str
    file: str
    policy: Policy
    version_by: VersionBy
    facts: tuple[Fact, ...]
    outcomes: tuple[Outcome, ...]
    rows: tuple[Row, ...]
    title: str = ""
    aggregation: Aggregation | None = None
    effective_from: date = date.min
    effective_to: date = date.max
    """The last day on which this version holds."""
    default: Default | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    kind: Mapping[str, str] = field(default_factory=dict)
    """Which laws a check holds the table to: `is` names the kind, the rest which column plays which part."""
