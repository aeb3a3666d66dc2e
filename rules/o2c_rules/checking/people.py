"""Do the people exist whom a table sends things to, enough of them, on every day and whoever asks?

People, their roles, their deputies and their absences are tables of the book; the laws read the rows of those tables.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from o2c_rules.cells import Interval
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Row, Table

from .flaws import Flaw, FlawKind
from .subject import Subject, of_kind

_STEP = re.compile(r"([a-z_]+)(?::([1-9][0-9]*))?")
Steps = tuple[tuple[str, int], ...]
"""Roles and how many people of each."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who has which role, who stands in, who outranks whom, and who is away when."""

    roles: Mapping[str, frozenset[str]]
    deputies: Mapping[str, frozenset[str]]
    ranks: Mapping[str, int]
    away: Sequence[tuple[str, date, date]]

    def holders(self, role: str) -> frozenset[str]:
        """The people of a role and those who stand in for them."""
        everyone = self.roles.keys() | self.deputies.keys()
        return frozenset(p for p in everyone if role in self.roles.get(p, ()) or role in self.deputies.get(p, ()))

    def has(self, role: str) -> bool:
        """Whether anybody has a role of their own."""
        return any(role in roles for roles in self.roles.values())

    def days(self, since: date, until: date) -> list[tuple[date, frozenset[str]]]:
        """The first day of each stretch of a window in which the same people are away, with those people."""
        turns = {since}
        for _, first, last in self.away:
            turns |= {first} | ({last + timedelta(days=1)} if last < date.max else set())
        return [
            (day, frozenset(who for who, first, last in self.away if first <= day <= last))
            for day in sorted(day for day in turns if since <= day <= until)
        ]


def staff_of(book: RuleBook) -> Staff | None:
    """The people of a book; None where it has no table of them."""
    people = of_kind(book, "people")
    if not people:
        return None
    roles: dict[str, frozenset[str]] = {}
    deputies: dict[str, frozenset[str]] = {}
    for table in people:
        for row in table.rows:
            for who in _named(row, table.kind.get("person", "")):
                roles[who] = frozenset(_list(row, table.kind.get("roles", "")))
                deputies[who] = frozenset(_list(row, table.kind.get("deputises", "")))
    return Staff(roles, deputies, _ranks(book), tuple(_absences(book)))


def steps_of(text: object, own: Sequence[str] = ()) -> Steps:
    """`controller:1 cfo:1` as roles with their numbers; a role alone is one person of it, a word of its own nobody.
    What cannot be read is left out."""
    if not isinstance(text, str):
        return ()
    parts = [found for word in text.split() if word not in own and (found := _STEP.fullmatch(word))]
    return tuple((found[1], int(found[2] or 1)) for found in parts if found[1] not in own)


def unreadable_steps(subject: Subject) -> Iterator[Flaw]:
    """Steps that no service could read, or that ask for nobody without saying so by a word of their own."""
    own = subject.parts("own")
    for name in subject.parts("steps"):
        for row, answer in subject.answers():
            text = answer.get(name)
            if not isinstance(text, str):
                continue
            bad = [word for word in text.split() if word not in own and not _STEP.fullmatch(word)]
            if bad or not text.split():
                what = f"{bad[0]!r} is no role with a number of people" if bad else "they are empty"
                whose = f"row {row.id}" if row else "the default"
                said = f"{whose} asks for {name} {text!r} that nobody can read: {what}"
                hint = "write roles with their numbers and blanks between, such as controller:1 cfo:2"
                yield subject.flaw(FlawKind.INCOMPLETE, (row,) if row else (), said, hint)


def unknown_roles(subject: Subject, staff: Staff | None) -> Iterator[Flaw]:
    """Roles that a table names and nobody has."""
    own = subject.parts("own")
    found: dict[str, list[Row]] = {}
    for name in subject.parts("role") + subject.parts("steps"):
        for row, words in _naming(subject, name):
            for word in words:
                found.setdefault(word, []).extend([row] if row else [])
    named = [(role, rows) for role, rows in found.items() if role not in own]
    if named and staff is None:
        text = f"nobody can tell whether {', '.join(role for role, _ in named[:3])} exist: the books name no people"
        hint = "add a table of the kind people, such as reference/people"
        yield subject.warning(FlawKind.MISSING_PERSON, (), text, hint)
        return
    for role, rows in named:
        if staff is not None and not staff.has(role):
            text = f"nobody has the role {role}"
            yield subject.flaw(
                FlawKind.MISSING_PERSON, tuple(rows), text, "give somebody the role, or name another one"
            )


def _naming(subject: Subject, name: str) -> Iterator[tuple[Row | None, list[str]]]:
    """The roles that each row, and None for the default, names in a column."""
    if name not in subject.outcomes:
        for asking in subject.table.rows:
            cell = asking.cells.get(name)
            yield asking, [test for test in cell.tests if isinstance(test, str)] if cell else []
    elif name in subject.parts("steps"):
        yield from ((row, [role for role, _ in steps_of(answer[name])]) for row, answer in subject.answers())
    else:
        for row, answer in subject.answers():
            value = answer[name]
            yield row, value.split() if isinstance(value, str) else []


def unfilled_steps(subject: Subject, staff: Staff) -> Iterator[Flaw]:
    """Steps that cannot be taken by people apart from each other and from the requester, on some day of the window."""
    (name,) = subject.parts("steps") or [""]
    told: set[Steps] = set()
    for at, (row, answer) in enumerate(subject.answers()):
        steps = steps_of(answer.get(name), subject.parts("own"))
        if steps in told or not all(staff.has(role) for role, _ in steps):
            continue
        why = _unfilled(steps, staff, subject.table)
        if why:
            told.add(steps)
            example = subject.partition.own_facts(at) if row else subject.unanswered()
            whose = f"row {row.id}" if row else "the default"
            text = f"{whose} asks for {answer[name]}, but {why}"
            hint = "name a deputy in the table of people, or ask for people of another role"
            yield subject.flaw(FlawKind.MISSING_PERSON, (row,) if row else (), text, hint, example=example)


def unanswered_actions(subject: Subject) -> Iterator[Flaw]:
    """Actions that the head allows and no row speaks of."""
    column = subject.column("action")
    for word in column.fact.allowed if column else ():
        assert column is not None
        code = column.coder.of_place[column.coder.place(word)]
        if not column.rows_of_code[code]:
            box = subject.narrowed(subject.space.present, column, 1 << code)
            example = subject.partition.witness.facts(box, {column.name: word})
            text = f"no row says who may {word}"
            yield subject.flaw(FlawKind.UNCOVERED, (), text, "add a row for it, or take it out", example=example)


def _unfilled(steps: Steps, staff: Staff, table: Table) -> str:
    slots = [staff.holders(role) for role, count in steps for _ in range(count)]
    for day, away in staff.days(table.effective_from, table.effective_to):
        when = f" from {day} on, while {', '.join(sorted(away))} are away" if away else ""
        for requester in (None, *sorted(frozenset().union(*slots))):
            if not _filled(slots, away | {requester}):
                who = (
                    "there are not enough different people"
                    if requester is None
                    else (f"where {requester} asks there are not enough other people")
                )
                return who + when
    return ""


def _filled(slots: Sequence[frozenset[str]], taken: frozenset[str | None]) -> bool:
    """Whether each slot can have a person of its own."""
    if not slots:
        return True
    first = min(slots, key=lambda slot: len(slot - taken))
    rest = list(slots)
    rest.remove(first)
    return any(_filled(rest, taken | {person}) for person in first - taken)


def _ranks(book: RuleBook) -> dict[str, int]:
    found: dict[str, int] = {}
    for table in of_kind(book, "roles"):
        for row in table.rows:
            rank = row.outcome.get(table.kind.get("rank", ""))
            if isinstance(rank, int):
                found |= dict.fromkeys(_named(row, table.kind.get("role", "")), rank)
    return found


def _absences(book: RuleBook) -> Iterator[tuple[str, date, date]]:
    for table in of_kind(book, "absences"):
        for row in table.rows:
            cell = row.cells.get(table.kind.get("day", ""))
            for test in cell.tests if cell else (Interval(None, False, None, False),):
                if isinstance(test, Interval):
                    first, last = _days(test)
                    yield from ((who, first, last) for who in _named(row, table.kind.get("person", "")))


def _days(test: Interval) -> tuple[date, date]:
    """The first and last day inside."""
    low, high = test.low, test.high
    first = low + timedelta(days=not test.low_closed) if isinstance(low, date) else date.min
    last = high - timedelta(days=not test.high_closed) if isinstance(high, date) else date.max
    return first, last


def _named(row: Row, column: str) -> Iterable[str]:
    cell = row.cells.get(column)
    return [test for test in cell.tests if isinstance(test, str)] if cell and not cell.negated else []


def _list(row: Row, column: str) -> list[str]:
    value = row.outcome.get(column)
    return value.replace(",", " ").split() if isinstance(value, str) else []
