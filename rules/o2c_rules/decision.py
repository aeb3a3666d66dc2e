"""An answer of a table: cheap to make, explained only when somebody asks, recorded so that it reads back exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from .explain import Explanation
from .records import Record
from .table import Row
from .values import Absent, Facts, Value


class Explains(Protocol):
    """What a decision asks of the table that made it."""

    @property
    def name(self) -> str:
        """The table's name."""

    def outcome_of(self, decision: "Decision") -> Mapping[str, Value]:
        """Every declared outcome of the table, None where nothing is said."""

    def because_of(self, decision: "Decision") -> tuple[str, ...]:
        """A sentence per winning row."""

    def explanation_of(self, decision: "Decision") -> Explanation:
        """Winners, matches and nearest misses."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a table answers to a fact sheet on a date."""

    by: Explains
    bundle: str
    """The hash of the bundle."""
    on: date | None
    """The date by which the table's version was chosen."""
    facts: Facts
    """The whole fact sheet as given, not only what today's columns ask about."""
    rows: tuple[Row, ...]
    """At most one for the policies U, A, P and F; all that match, in order, for R, O and C."""
    undecided: str | None = None
    """Why nobody may decide this automatically; None when it is decided, if only by the default."""
    values: Mapping[str, Value | Absent] | None = None
    """The declared facts as they were decided upon, derived ones included; None where they were not kept, since the
    facts give them again."""
    codes: tuple[int, ...] = ()
    """The codes of the columns that any row asks about."""

    @property
    def table(self) -> str:
        """The table's name."""
        return self.by.name

    @property
    def outcome(self) -> Mapping[str, Value]:
        """The winner's outcome, the aggregate, or the table's default. Every declared name is in it; None where nothing
        is said, and for all of them while undecided."""
        return self.by.outcome_of(self)

    def __getitem__(self, name: str) -> Value:
        """One value of the outcome. KeyError only for a name the table does not declare."""
        return self.outcome[name]

    @property
    def because(self) -> tuple[str, ...]:
        """One sentence per winning row, or the default's; rows without a sentence give none."""
        return self.by.because_of(self)

    def explain(self) -> Explanation:
        """The winner, all matching rows, and at most three nearest misses that would have won."""
        return self.by.explanation_of(self)

    def record(self) -> bytes:
        """The decision as canonical JSON whose facts read back exactly; `read_record` is its inverse."""
        return Record(
            table=self.table,
            bundle=self.bundle,
            on=self.on,
            facts=self.facts,
            codes=self.codes,
            rows=tuple(row.id for row in self.rows),
            outcome=self.outcome,
            undecided=self.undecided,
        ).as_bytes()
