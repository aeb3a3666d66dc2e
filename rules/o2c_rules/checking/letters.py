"""Law of letters: there are words in each language, for each level and way that other tables name."""

from collections.abc import Iterable, Iterator
from itertools import product

from o2c_rules.rulebook import RuleBook, UnknownTable
from o2c_rules.table import Table
from o2c_rules.values import Value

from .flaws import Flaw, FlawKind
from .space import Box, Column
from .subject import Subject


def written(subject: Subject) -> Iterator[Flaw]:
    """For each language, level, way and whatever else is named there are words, and in that language."""
    language = subject.column("language")
    if language is None:
        return
    names = subject.part("written_in")
    known = subject.outcomes[names].allowed if names in subject.outcomes else ()
    words: list[Value] = list(known or dict.fromkeys(language.coder.words))
    asked = [(language, words), *_others(subject)]
    for values in product(*(choices for _, choices in asked)):
        box: Box = subject.space.present
        for (column, _), value in zip(asked, values, strict=True):
            box = subject.narrowed(box, column, 1 << column.coder.of_place[column.coder.place(value)])
        yield from _lacking(subject, box, [(c.name, v) for (c, _), v in zip(asked, values, strict=True)])


def _others(subject: Subject) -> Iterator[tuple[Column, list[Value]]]:
    level, channel = subject.column("level"), subject.column("channel")
    if level is not None:
        yield level, _told(subject.book, subject.parts("ladder"), "next") or list(level.coder.cuts)
    if channel is not None:
        ways = _told(subject.book, subject.parts("ladder") + subject.parts("channels"), "channel")
        yield channel, ways or list(channel.coder.words)
    for per in subject.space.columns:
        if per.name in subject.parts("per"):
            yield per, list(per.coder.words)


def _told(book: RuleBook, tables: Iterable[str], part: str) -> list[Value]:
    """What the rows of other tables say in the column that plays a part there, and what they may say."""
    found: dict[Value, None] = {}
    for name in tables:
        try:
            version: Table = book.versions(name)[-1]
        except UnknownTable:
            continue
        column = version.kind.get(part, "")
        found |= dict.fromkeys(v for o in version.outcomes if o.name == column for v in o.allowed)
        found |= dict.fromkeys(v for row in version.rows if (v := row.outcome.get(column)) is not None)
    return list(found)


def _lacking(subject: Subject, box: Box, asked: list[tuple[str, Value]]) -> Iterator[Flaw]:
    names, wanted = subject.part("written_in"), asked[0][1]
    for part, matched in subject.leaves(box):
        rows = subject.winners(matched)
        if rows and (not names or any(row.outcome[names] == wanted for row in rows)):
            continue
        example = subject.partition.witness.facts(part, dict(asked))
        if example is None:
            continue
        instead = f", only {rows[0].id} in {rows[0].outcome[names]}" if rows else ""
        text = f"there are no words for {', '.join(f'{name} {value}' for name, value in asked)}{instead}"
        hint = "add a row for it; the row for everybody else stands last"
        yield subject.flaw(FlawKind.MISSING_LETTER, tuple(rows[:1]), text, hint, example=example)
        return
