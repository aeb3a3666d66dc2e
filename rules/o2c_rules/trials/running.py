"""Runs the golden cases of a book and says what fails, with the table's explanation, and what they cover."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from o2c_rules import calendar_cases
from o2c_rules.calendar_cases import CalendarCase
from o2c_rules.cases import Case, cases_of
from o2c_rules.decision import Decision
from o2c_rules.rulebook import RuleBook

from .asking import Version
from .coverage import Coverage, coverage_of

Heard = Callable[[str], None]
"""Told each table's name when its turn comes."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A golden case that does not hold."""

    where: str
    """`file:line`."""
    table: str
    sentence: str
    expected: tuple[str, ...]
    answered: tuple[str, ...]
    explanation: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The failure as reports print it."""
        return {
            "where": self.where,
            "table": self.table,
            "case": self.sentence,
            "expected": list(self.expected),
            "answered": list(self.answered),
            "explanation": list(self.explanation),
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of the golden cases of some tables."""

    tables: tuple[str, ...]
    cases: int
    suggested: int
    """Cases that a machine wrote and nobody has confirmed yet."""
    failures: tuple[Failure, ...]
    coverage: tuple[Coverage, ...]

    @property
    def ok(self) -> bool:
        """Every case holds."""
        return not self.failures

    def as_json(self) -> dict[str, Any]:
        """The report that is kept with a release."""
        return {
            "ok": self.ok,
            "tables": list(self.tables),
            "cases": self.cases,
            "suggested": self.suggested,
            "failures": [failure.as_json() for failure in self.failures],
            "coverage": [coverage.as_json() for coverage in self.coverage],
        }


def run(
    book: RuleBook, tables: Iterable[str] | None = None, *, coverage: bool = True, heard: Heard | None = None
) -> Trial:
    """All golden cases of these tables, of all and the calendars where none are named. BadTable where a file of
    cases is unreadable."""
    names = book.tables if tables is None else tuple(tables)
    cases: list[Case] = []
    failures: list[Failure] = []
    covered: list[Coverage] = []
    for name in names:
        if heard:
            heard(name)
        mine = cases_of(book, name)
        cases += mine
        failures += (failure for case in mine if (failure := _failure(book, case)))
        covered += map(coverage_of, versions_of(book, name, mine)) if coverage else ()
    suggested = sum(case.note == SUGGESTED for case in cases)
    timed = of_calendars(book) if set(names) == set(book.tables) else ()
    failures += (failure for case in timed if (failure := _late(book, case)))
    return Trial(names, len(cases) + len(timed), suggested, tuple(failures), tuple(covered))


def of_calendars(book: RuleBook) -> tuple[CalendarCase, ...]:
    """The golden cases of the calendars, where the book has any."""
    content = book.files.get(calendar_cases.FILE)
    return () if content is None else calendar_cases.calendar_cases(content, book.calendars)


def _late(book: RuleBook, case: CalendarCase) -> Failure | None:
    found = case.answer(book.calendar(case.calendar))
    if found == case.until:
        return None
    asked = f"{case.minutes} business minutes from {case.start.isoformat()} in {case.calendar}"
    said = (case.until.isoformat(),), (found.isoformat(),), (asked,)
    return Failure(case.where, "calendars", case.sentence, *said)


SUGGESTED = "suggested"
"""The note of a case that a person has not confirmed."""


def versions_of(book: RuleBook, table: str, cases: Iterable[Case]) -> Iterator[Version]:
    """Each version of a table with the cases of its time."""
    known = tuple(cases)
    for version in book.versions(table):
        mine = (case for case in known if version.effective_from <= case.on <= version.effective_to)
        yield Version(version, mine, partial(_decide, book))


def _decide(book: RuleBook, case: Case) -> Decision:
    return book.decide(case.table, case.facts, case.on)


def _failure(book: RuleBook, case: Case) -> Failure | None:
    decision = _decide(book, case)
    found = list(case.contradictions(decision))
    if not found:
        return None
    expected, answered = zip(*found, strict=True)
    return Failure(case.where, case.table, case.sentence, expected, answered, decision.explain().sentences())
