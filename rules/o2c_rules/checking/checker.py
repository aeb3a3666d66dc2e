"""Everything that is asked of a table before it may be released: its partition, the laws of its kind, its cases."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain, pairwise

from o2c_rules.cases import cases_of
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BadTable, Finding
from o2c_rules.table import Table

from . import approvals, case_facts, currencies, ladders, letters, lints, people, targets
from .flaws import Flaw, FlawKind, Severity, unreadable_flaws
from .people import Staff, staff_of
from .space import Tangled
from .subject import Subject

Law = Callable[[Subject], Iterator[Flaw]]
StaffLaw = Callable[[Subject, Staff], Iterator[Flaw]]
_DAY = timedelta(days=1)
FACT, OUTCOME, COLUMN, OTHER = "fact", "outcome", "fact or outcome", ""
_EVERYWHERE = {"role": COLUMN, "own": OTHER, "offered": FACT}
KINDS: Mapping[str, Mapping[str, str]] = {
    "approvals": {"amount": FACT, "currency": FACT, "steps": OUTCOME},
    "authority": {"action": FACT},
    "ladder": {"level": FACT, "next": OUTCOME, "end": OUTCOME, "channel": OUTCOME},
    "notices": {"share": OUTCOME},
    "targets": {"request": FACT, "priority": FACT, "tier": FACT, "first": OUTCOME, "last": OUTCOME},
    "letters": {
        "language": FACT, "level": FACT, "channel": FACT, "per": FACT, "written_in": OUTCOME,
        "ladder": OTHER, "channels": OTHER,
    },
    "channels": {"channel": OUTCOME},
    "people": {"person": FACT, "roles": OUTCOME, "deputises": OUTCOME},
    "absences": {"person": FACT, "day": FACT},
    "roles": {"role": FACT, "rank": OUTCOME},
    "checks": {},
    "decision": {},
}  # fmt: skip
"""The kinds of tables, each with the parts that its columns may play."""
_NEEDED = {
    "approvals": ("amount", "steps"), "authority": ("role",), "ladder": ("level", "next"), "notices": ("role",),
    "targets": ("last",), "letters": ("language",), "channels": ("channel",), "people": ("person", "roles"),
    "absences": ("person", "day"), "roles": ("role", "rank"),
}  # fmt: skip
_LAWS: Mapping[str, tuple[Law, ...]] = {
    "approvals": (people.unreadable_steps, approvals.covered),
    "authority": (people.unanswered_actions,),
    "ladder": (ladders.escalating,),
    "targets": (targets.ordered, targets.urgent_first, targets.complete),
    "letters": (letters.written,),
}
_STAFF_LAWS: Mapping[str, tuple[StaffLaw, ...]] = {
    "approvals": (approvals.monotone, people.unfilled_steps),
    "ladder": (ladders.climbing,),
    "notices": (ladders.rising,),
}
_LINTS: tuple[Law, ...] = (
    lints.dead_columns,
    currencies.unknown,
    currencies.amounts_in_others,
    lints.outside_dates,
    lints.fine_numbers,
)


def flaws_of(book: RuleBook, tables: tuple[str, ...]) -> tuple[Flaw, ...]:
    """All findings about these tables, by table and place."""
    staff = staff_of(book)
    return tuple(
        flaw
        for name in tables
        for flaws in (*(_of_version(book, table, staff) for table in book.versions(name)), _in_time(book, name))
        for flaw in flaws
    )


def _in_time(book: RuleBook, name: str) -> Iterator[Flaw]:
    """Days between two versions of a table on which none is in force."""
    for earlier, later in pairwise(book.versions(name)):
        first, last = earlier.effective_to + _DAY, later.effective_from - _DAY
        if first <= last:
            text = f"no version is in force from {first} to {last}, between {earlier.file} and {later.file}"
            hint = "let the later one begin the day after the earlier one ends, or write one for the days between"
            yield Flaw(FlawKind.GAP, Severity.ERROR, name, (), f"{later.file}:1", text, hint)


def _of_version(book: RuleBook, table: Table, staff: Staff | None) -> list[Flaw]:
    subject = Subject(book, table)
    ill = list(_kind(subject))
    found = [*subject.partition.flaws(), *ill]
    for law in _laws(subject, staff) if not ill else ():
        found += _held(subject, law)
    found += chain.from_iterable(law(subject) for law in _LINTS)
    found += _of_cases(subject, newest=table is book.versions(table.name)[-1])
    return sorted(found, key=lambda flaw: Finding(flaw.where, "").place())


def _held(subject: Subject, law: Callable[[], Iterator[Flaw]]) -> Iterator[Flaw]:
    """What a law finds; where it has to break off, that too."""
    subject.space.steps = 0
    try:
        yield from law()
    except Tangled as error:
        yield subject.partition.tangled(error)


def _laws(subject: Subject, staff: Staff | None) -> Iterator[Callable[[], Iterator[Flaw]]]:
    """The laws of a table's kind; those about people where the book knows some."""
    yield from (partial(law, subject) for law in _LAWS.get(subject.kind, ()))
    yield partial(people.unknown_roles, subject, staff)
    if staff is not None:
        yield from (partial(law, subject, staff) for law in _STAFF_LAWS.get(subject.kind, ()))


def _of_cases(subject: Subject, *, newest: bool) -> Iterator[Flaw]:
    """What the golden cases lack; cases that speak of rows there are no more do not hide the other findings."""
    try:
        cases = cases_of(subject.book, subject.table.name)
    except BadTable as error:
        for flaw in unreadable_flaws(error) if newest else ():
            yield replace(flaw, kind=FlawKind.UNTESTED, table=subject.table.name, text=f"no golden case: {flaw.text}")
        return
    yield from lints.untested(subject, cases)
    if newest:
        yield from lints.timeless_cases(subject, cases)
        yield from lints.fine_cases(subject, cases)
        yield from case_facts.undeclared(subject, cases)


def _kind(subject: Subject) -> Iterator[Flaw]:
    """What the head says of the kind names kinds and columns that there are."""
    if not subject.table.kind:
        return
    if subject.kind not in KINDS:
        text = f"{subject.kind!r} is no kind of table"
        yield subject.flaw(FlawKind.INCOMPLETE, (), text, f"one of {', '.join(KINDS)}")
        return
    known = {**KINDS[subject.kind], **_EVERYWHERE}
    for part in [part for part in subject.table.kind if part != "is" and part not in known]:
        text = f"a table of {subject.kind} has no part {part!r}"
        yield subject.flaw(FlawKind.INCOMPLETE, (), text, f"it has {', '.join(known)}")
    for part in _NEEDED.get(subject.kind, ()):
        if not subject.part(part):
            text = f"a table of {subject.kind} must say which column is its {part}"
            yield subject.flaw(FlawKind.INCOMPLETE, (), text, f"kind: {{is: {subject.kind}, {part}: <column>}}")
    for part, sort in known.items():
        names = {FACT: subject.facts, OUTCOME: subject.outcomes, COLUMN: {**subject.facts, **subject.outcomes}}
        for name in subject.parts(part) if sort else ():
            if name not in names[sort]:
                text = f"the kind says that {name!r} is its {part}, and the table has no such {sort}"
                yield subject.flaw(FlawKind.INCOMPLETE, (), text, f"one of {', '.join(names[sort])}")
