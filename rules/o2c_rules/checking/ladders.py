"""Laws of ladders and notices: each level leads to the next one, up to an end that is written down."""

from collections.abc import Iterator
from itertools import pairwise

from o2c_rules.table import Row
from o2c_rules.values import Value

from .flaws import Flaw, FlawKind
from .people import Staff
from .space import Column
from .subject import Subject

Level = int


def escalating(subject: Subject) -> Iterator[Flaw]:
    """Each row leads one level up, or ends the ladder; every level can be reached, and the last one has an end."""
    column, next_ = subject.column("level"), subject.part("next")
    if column is None:
        return
    levels = _levels(subject, column)
    for at, row in enumerate(subject.table.rows):
        if not _ends(subject, row):
            yield from _climbs(subject, at, row, levels, column)
    reached = {row.outcome[next_] for row in subject.table.rows if not _ends(subject, row)}
    for level in levels[1:]:
        if level not in reached:
            rows = tuple(row for at, row in enumerate(subject.table.rows) if _accepts(subject, column, at, level))
            text = f"no row leads to level {level}, so that the ladder breaks off before it"
            hint = f"add a row whose {next_} is {level}, or take the level out"
            yield subject.flaw(FlawKind.SKIPPED_LEVEL, rows, text, hint)
    yield from _end(subject, column, levels)


def rising(subject: Subject, staff: Staff) -> Iterator[Flaw]:
    """A notice at a later share goes to nobody lower than the one before it, and somebody hears of the breach."""
    share, role = subject.part("share"), subject.part("role")
    if not share:
        return
    told: set[tuple[str, ...]] = set()
    for box, matched in subject.leaves(subject.space.present):
        rows = sorted(subject.rows_of(matched), key=lambda row: _number(row, share))
        for one, two in pairwise(rows):
            ids = (one.id, two.id)
            if _number(one, share) < _number(two, share) and _lower(two, one, role, staff) and ids not in told:
                told.add(ids)
                text = f"at {_number(two, share)} % {two.outcome[role]} hears, who ranks below {one.outcome[role]}"
                hint = "let a later notice go to somebody higher"
                example = subject.partition.witness.facts(box)
                yield subject.flaw(FlawKind.NOT_ESCALATING, (one, two), text, hint, example=example)
        if rows and _number(rows[-1], share) < _BREACH and ("end", rows[-1].id) not in told:
            told.add(("end", rows[-1].id))
            text = f"after {_number(rows[-1], share)} % nobody hears any more, not even of the breach"
            example = subject.partition.witness.facts(box)
            yield subject.flaw(FlawKind.NO_END, tuple(rows), text, "add a notice at 100 % or later", example=example)


def climbing(subject: Subject, staff: Staff) -> Iterator[Flaw]:
    """Where the steps of a ladder name people, each step names somebody higher than the step before it."""
    column, next_, role = subject.column("level"), subject.part("next"), subject.part("role")
    if column is None or not role:
        return
    rows = sorted(subject.table.rows, key=lambda row: _number(row, next_))
    for one, two in pairwise(rows):
        if _number(one, next_) < _number(two, next_) and not _lower(one, two, role, staff):
            text = f"at {_number(two, next_)} {two.outcome[role]} hears, who does not outrank {one.outcome[role]}"
            yield subject.flaw(FlawKind.NOT_ESCALATING, (one, two), text, "let each step go to somebody higher")


_BREACH = 100


def _number(row: Row, name: str) -> int:
    value = row.outcome.get(name)
    return int(value) if isinstance(value, int) else 0


def _lower(row: Row, other: Row, role: str, staff: Staff) -> bool:
    own, others = (staff.ranks.get(str(r.outcome.get(role)), 0) for r in (row, other))
    return own < others


def _levels(subject: Subject, column: Column) -> list[Level]:
    """All levels that rows start from or lead to, the lowest first."""
    told = {value for row in subject.table.rows if isinstance(value := row.outcome[subject.part("next")], int)}
    asked = {cut for cut in column.coder.cuts if isinstance(cut, int)}
    allowed = {value for value in subject.outcomes[subject.part("next")].allowed if isinstance(value, int)}
    return sorted(told | asked | allowed)


def _ends(subject: Subject, row: Row) -> bool:
    end = subject.part("end")
    return bool(end) and row.outcome.get(end) is not None


def _accepts(subject: Subject, column: Column, at: int, level: Level) -> bool:
    return bool(column.of_row(at)[0] >> column.coder.of_place[column.coder.place(level)] & 1)


def _climbs(subject: Subject, at: int, row: Row, levels: list[Level], column: Column) -> Iterator[Flaw]:
    next_ = subject.part("next")
    reached = _number(row, next_)
    for level in levels:
        if not _accepts(subject, column, at, level):
            continue
        box = subject.narrowed(subject.space.box_of(at), column, 1 << column.coder.of_place[column.coder.place(level)])
        example = subject.partition.witness.facts(box)
        if reached <= level:
            text = f"row {row.id} leads from level {level} to level {reached}, which is no step up"
            hint = "lead to the next level, or say how the ladder ends"
            yield subject.flaw(FlawKind.NOT_ESCALATING, (row,), text, hint, example=example)
        elif skipped := [other for other in levels if level < other < reached]:
            text = f"row {row.id} leads from level {level} to level {reached} and leaves out {skipped[0]}"
            yield subject.flaw(FlawKind.SKIPPED_LEVEL, (row,), text, "lead to the next level only", example=example)


def _end(subject: Subject, column: Column, levels: list[Level]) -> Iterator[Flaw]:
    last = levels[-1]
    end = subject.part("end")
    code = column.coder.of_place[column.coder.place(last)]
    rows = subject.rows_of(column.rows_of_code[code])
    if end and not any(_ends(subject, row) for row in rows):
        text = f"nothing says what follows level {last}, the last of the ladder"
        hint = f"add a row from level {last} on that says {end}"
        yield subject.flaw(FlawKind.NO_END, rows, text, hint, example=_at(subject, column, code))
    elif not end and not rows and subject.table.default is None:
        text = f"nothing says what follows {last}, the last of the ladder"
        hint = "say in the head what holds by default"
        yield subject.flaw(FlawKind.NO_END, (), text, hint, example=_at(subject, column, code))


def _at(subject: Subject, column: Column, code: int) -> dict[str, Value] | None:
    return subject.partition.witness.facts(subject.narrowed(subject.space.present, column, 1 << code))
