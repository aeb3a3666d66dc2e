"""Laws of ladders and notices: each level leads to the next one, up to an end that is written down."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from o2c_rules.table import Row
from o2c_rules.values import Value

from .flaws import Flaw, FlawKind
from .people import Staff
from .space import Column
from .subject import Subject

Level = int
Answer = Mapping[str, Value]
"""What a row says, or the default."""


def escalating(subject: Subject) -> Iterator[Flaw]:
    """Each row leads one level up, or ends the ladder; every level can be reached, and the last one has an end."""
    column, next_ = subject.column("level"), subject.part("next")
    if column is None:
        return
    levels = _levels(subject, column)
    for at, row in enumerate(subject.table.rows):
        if not _ends(subject, row.outcome):
            yield from _climbs(subject, at, row, levels, column)
    reached = {answer[next_] for _, answer in subject.answers() if not _ends(subject, answer)}
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
        rows = sorted(subject.rows_of(matched), key=lambda row: _number(row.outcome, share))
        for one, two in pairwise(rows):
            ids, earlier, later = (one.id, two.id), one.outcome, two.outcome
            rises = _number(earlier, share) < _number(later, share)
            if rises and _lower(later, earlier, role, staff) and ids not in told:
                told.add(ids)
                text = f"at {_number(later, share)} % {later[role]} hears, who ranks below {earlier[role]}"
                hint = "let a later notice go to somebody higher"
                example = subject.partition.witness.facts(box)
                yield subject.flaw(FlawKind.NOT_ESCALATING, (one, two), text, hint, example=example)
        last = _number(rows[-1].outcome, share) if rows else _BREACH
        if last < _BREACH and ("end", rows[-1].id) not in told:
            told.add(("end", rows[-1].id))
            text = f"after {last} % nobody hears any more, not even of the breach"
            example = subject.partition.witness.facts(box)
            yield subject.flaw(FlawKind.NO_END, tuple(rows), text, "add a notice at 100 % or later", example=example)


def climbing(subject: Subject, staff: Staff) -> Iterator[Flaw]:
    """Where the steps of a ladder name people, each step names somebody higher than the step before it."""
    column, next_, role = subject.column("level"), subject.part("next"), subject.part("role")
    if column is None or not role:
        return
    steps = [(row, answer) for row, answer in subject.answers() if row or answer.get(role) is not None]
    for (row, one), (other, two) in pairwise(sorted(steps, key=lambda step: _number(step[1], next_))):
        if _number(one, next_) < _number(two, next_) and not _lower(one, two, role, staff):
            text = f"at {_number(two, next_)} {two[role]} hears, who does not outrank {one[role]}"
            rows = tuple(found for found in (row, other) if found)
            yield subject.flaw(FlawKind.NOT_ESCALATING, rows, text, "let each step go to somebody higher")


_BREACH = 100


def _number(answer: Answer, name: str) -> int:
    value = answer.get(name)
    return int(value) if isinstance(value, int) else 0


def _lower(answer: Answer, other: Answer, role: str, staff: Staff) -> bool:
    own, others = (staff.ranks.get(str(a.get(role)), 0) for a in (answer, other))
    return own < others


def _levels(subject: Subject, column: Column) -> list[Level]:
    """All levels that rows start from or lead to, the lowest first."""
    next_ = subject.part("next")
    told = {value for row in subject.table.rows if isinstance(value := row.outcome[next_], int)}
    asked = {cut for cut in column.coder.cuts if isinstance(cut, int)}
    allowed = {value for value in subject.outcomes[next_].allowed if isinstance(value, int)}
    return sorted(told | asked | allowed)


def _ends(subject: Subject, answer: Answer) -> bool:
    end = subject.part("end")
    return bool(end) and answer.get(end) is not None


def _accepts(subject: Subject, column: Column, at: int, level: Level) -> bool:
    return bool(column.of_row(at)[0] >> column.coder.of_place[column.coder.place(level)] & 1)


def _climbs(subject: Subject, at: int, row: Row, levels: list[Level], column: Column) -> Iterator[Flaw]:
    next_ = subject.part("next")
    reached = _number(row.outcome, next_)
    for level in levels:
        if not _accepts(subject, column, at, level):
            continue
        box = subject.narrowed(subject.space.box_of(at), column, 1 << column.coder.of_place[column.coder.place(level)])
        example = subject.partition.witness.facts(box, {column.name: level})
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
    default = subject.table.default
    ends = any(_ends(subject, answer) for row, answer in subject.answers() if row is None or row in rows)
    if end and not ends:
        text = f"nothing says what follows level {last}, the last of the ladder"
        hint = f"add a row from level {last} on that says {end}"
    elif not end and not rows and default is None:
        text = f"nothing says what follows {last}, the last of the ladder"
        hint = "say in the head what holds by default"
    else:
        return
    box = subject.narrowed(subject.space.present, column, 1 << code)
    example = subject.partition.witness.facts(box, {column.name: last})
    yield subject.flaw(FlawKind.NO_END, rows, text, hint, example=example)
