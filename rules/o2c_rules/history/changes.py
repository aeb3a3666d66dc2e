"""Where a candidate would have decided otherwise: counted per table, row and customer, added up from many blocks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from o2c_rules.records import read_value

from .asking import Answer
from .recorded import Recorded

EXAMPLES = 3
KINDS_MOST = 2_000
"""So many ways from row to row are told apart by their values; what comes after them by rows alone."""
SHOWN_MOST = 40
DEFAULT, UNDECIDED = "default", "undecided"


class Way(NamedTuple):
    """From which rows to which, and what that does to the outcome."""

    table: str
    before: str
    after: str
    effect: str


class About(NamedTuple):
    """Whose decision, about what, in which money."""

    customer: str
    subject: str
    currency: str


@dataclass(slots=True)
class Moved:
    """Decisions that went one way."""

    decisions: int = 0
    documents: dict[About, int] = field(default_factory=dict)
    """What they were about -> the largest amount in minor units that was asked about; 0 where none was."""
    examples: list[str] = field(default_factory=list)

    def add(self, other: "Moved") -> None:
        self.decisions += other.decisions
        for about, amount in other.documents.items():
            self.documents[about] = max(amount, self.documents.get(about, amount))
        self.examples = (self.examples + other.examples)[:EXAMPLES]


@dataclass(slots=True)
class Tally:
    """One table: every decision of the window is in exactly one of the first six counts."""

    same: int = 0
    """Same rows, same outcome; also what could not differ, as the table is the same."""
    other_row: int = 0
    """Another row gives the same outcome: nobody would have noticed."""
    changed: int = 0
    newly_undecided: int = 0
    newly_decided: int = 0
    untried: int = 0
    """Cannot be asked of the candidate: `reasons` says why."""
    not_asked: int = 0
    """Of `same`: those that were not asked, as the table is the same in both."""
    reasons: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    """Decisions that change, by month."""
    asked_months: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    """The facts that some sheet held."""

    @property
    def decisions(self) -> int:
        return self.same + self.other_row + self.differing + self.untried

    @property
    def differing(self) -> int:
        """Decisions that come out otherwise."""
        return self.changed + self.newly_undecided + self.newly_decided

    def add(self, other: "Tally") -> None:
        for name in ("same", "other_row", "changed", "newly_undecided", "newly_decided", "untried", "not_asked"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.reasons += other.reasons
        self.months += other.months
        self.asked_months += other.asked_months
        self.seen |= other.seen


@dataclass(slots=True)
class Changes:
    """What was found in some decisions; two of them add up."""

    tables: dict[str, Tally] = field(default_factory=dict)
    ways: dict[Way, Moved] = field(default_factory=dict)

    def of(self, table: str) -> Tally:
        """The counts of a table."""
        found = self.tables.get(table)
        if found is None:
            found = self.tables[table] = Tally()
        return found

    def add(self, other: "Changes") -> None:
        for table, tally in other.tables.items():
            self.of(table).add(tally)
        for way, moved in other.ways.items():
            self._way(way).add(moved)

    def unasked(self, recorded: Recorded) -> None:
        """Count one decision of a table that is the same in both."""
        tally = self.of(recorded.table)
        tally.same += 1
        tally.not_asked += 1
        tally.asked_months[str(recorded.body["recorded_at"])[:7]] += 1

    def compare(self, recorded: Recorded, answer: Answer, money: str | None) -> Way | None:
        """Count one decision by what the candidate says to it; the way it went, where it comes out otherwise."""
        tally = self.of(recorded.table)
        month = str(recorded.body["recorded_at"])[:7]
        tally.asked_months[month] += 1
        tally.seen |= recorded.facts.keys()
        was, now = recorded.is_undecided, answer.undecided is not None
        same_outcome = (was and now) or (was == now and _same(recorded.outcome, answer.outcome))
        if same_outcome and (was or recorded.rows == answer.rows):
            tally.same += 1
            return None
        if same_outcome:
            tally.other_row += 1
            return None
        if was != now:
            tally.newly_undecided += now
            tally.newly_decided += was
        else:
            tally.changed += 1
        tally.months[month] += 1
        way = self._kind(recorded, answer)
        moved = self._way(way)
        moved.decisions += 1
        about = About(recorded.customer, recorded.subject, recorded.currency or "")
        amount = recorded.amount_minor(money) or 0
        moved.documents[about] = max(amount, moved.documents.get(about, amount))
        if len(moved.examples) < EXAMPLES:
            moved.examples.append(recorded.id)
        return way

    def _kind(self, recorded: Recorded, answer: Answer) -> Way:
        before, after = _rows(recorded, answer)
        if len(self.ways) < KINDS_MOST:
            return Way(recorded.table, before, after, _effect(recorded, answer))
        names = [name for name in answer.outcome if recorded.outcome.get(name) != answer.outcome[name]]
        return Way(recorded.table, before, after, ", ".join(names))

    def _way(self, way: Way) -> Moved:
        found = self.ways.get(way)
        if found is None:
            found = self.ways[way] = Moved()
        return found


def _rows(recorded: Recorded, answer: Answer) -> tuple[str, str]:
    """What stands for the rows before and after; of many, only those that went and came."""
    was, now = recorded.rows, answer.rows
    if len(was) > 1 or len(now) > 1:
        gone, come = [row for row in was if row not in now], [row for row in now if row not in was]
        if gone or come:
            return "+".join(gone) or "-", "+".join(come) or "-"
    before = UNDECIDED if recorded.is_undecided else "+".join(was) or DEFAULT
    return before, UNDECIDED if answer.undecided is not None else "+".join(now) or DEFAULT


def _effect(recorded: Recorded, answer: Answer) -> str:
    """`then: hold → accept, role: …`; nothing where there is no outcome to compare with."""
    if recorded.is_undecided or answer.undecided is not None:
        return answer.undecided or ", ".join(f"{n}: {_shown(v)}" for n, v in answer.outcome.items() if v is not None)
    names = [*answer.outcome, *(name for name in recorded.outcome if name not in answer.outcome)]
    pairs = ((name, recorded.outcome.get(name), answer.outcome.get(name)) for name in names)
    return ", ".join(f"{name}: {_shown(was)} → {_shown(now)}" for name, was, now in pairs if was != now)


def _same(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Equal as values: 1.0 is 1.00, but true is not 1. An outcome that only one of them has is nothing in the other."""
    if was == now:
        return True
    return all(_equal(was.get(name), now.get(name)) for name in was.keys() | now.keys())


def _equal(was: Any, now: Any) -> bool:
    one, other = read_value(was), read_value(now)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        (value,) = value.values()
    text = {None: "nothing", True: "yes", False: "no"}.get(value) if value is None or isinstance(value, bool) else None
    text = str(value) if text is None else text
    return text if len(text) <= SHOWN_MOST else text[:SHOWN_MOST] + "…"
