"""Laws of service targets: each priority and tier has some, first before last, the urgent never slower."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from o2c_rules.index import bits
from o2c_rules.table import Row

from .flaws import Flaw, FlawKind
from .space import Box, Column
from .subject import Subject
from .wording import box_text, value_text


def ordered(subject: Subject) -> Iterator[Flaw]:
    """In each row the first target is not after the last."""
    first, last = subject.part("first"), subject.part("last")
    if not first:
        return
    for at, row in enumerate(subject.table.rows):
        early, late = row.outcome[first], row.outcome[last]
        if isinstance(early, int | Decimal) and isinstance(late, int | Decimal) and early > late:
            text = f"row {row.id} wants {first} {early} and {last} {late}: the first comes after the last"
            example = subject.partition.own_facts(at)
            yield subject.flaw(FlawKind.NON_MONOTONE, (row,), text, "exchange them, or mend one", example=example)


def urgent_first(subject: Subject) -> Iterator[Flaw]:
    """What is more urgent is not promised later, everything else alike; the allowed values are in order of urgency."""
    priority = subject.column("priority")
    if priority is None:
        return
    ranked = [value for value in priority.fact.allowed if value in priority.coder.words]
    codes = [priority.coder.of_place[priority.coder.words[value]] for value in ranked]  # type: ignore[index]
    names = [name for name in (subject.part("first"), subject.part("last")) if name]
    for box, rows in subject.leaves(subject.space.present, [priority]):
        for (word, code), (other, below) in pairwise(zip(ranked, codes, strict=True)):
            for name in names:
                fast, slow = (subject.answer(rows & priority.rows_of_code[c], name) for c in (code, below))
                if not isinstance(fast, int | Decimal) or not isinstance(slow, int | Decimal) or fast <= slow:
                    continue
                winners = [w for c in (code, below) for w in subject.winners(rows & priority.rows_of_code[c])]
                text = (
                    f"{word} has {name} {value_text(subject.outcomes[name], fast)}, "
                    f"{other} only {value_text(subject.outcomes[name], slow)}"
                )
                example = subject.partition.witness.facts(subject.narrowed(box, priority, 1 << code))
                hint = "what is more urgent has the shorter target"
                yield subject.flaw(FlawKind.NON_MONOTONE, tuple(winners), text, hint, example=example)


def complete(subject: Subject) -> Iterator[Flaw]:
    """Every word that a column of a kind, a priority or a tier knows has a target by a row, whatever the default."""
    sides = [column for name in ("request", "priority", "tier") if (column := subject.column(name))]
    within = subject.space.present
    for part in subject.space.uncovered(within, subject.space.all):
        known = _known(subject, part, sides)
        if known is None or (example := subject.partition.witness.facts(known)) is None:
            continue
        text = f"no target for {box_text(subject.space.columns, known)}"
        hint = "add a row, or let an existing one hold for it"
        yield subject.flaw(FlawKind.INCOMPLETE, _near(subject, known), text, hint, example=example)


def _known(subject: Subject, part: Box, sides: list[Column]) -> Box | None:
    """The part without words that the columns do not know."""
    box = list(part)
    for column in sides:
        at = subject.at(column)
        words = {column.coder.of_place[p] for w, p in column.coder.words.items() if p in column.rank}
        words |= {column.coder.of_place[column.coder.place(v)] for v in column.fact.allowed}
        box[at] &= sum(1 << code for code in words)
        if not box[at] and len(column.coder.words) > 0 and subject.part("priority") == column.name:
            return None
        box[at] = box[at] or part[at]
    return tuple(box)


def _near(subject: Subject, box: Box) -> tuple[Row, ...]:
    rows = 0
    for column in subject.space.columns:
        rows |= subject.space.touching(subject.narrowed(box, column, column.present))
    return tuple(subject.table.rows[n] for n in list(bits(rows))[:4])
