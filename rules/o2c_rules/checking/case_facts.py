"""Facts that golden cases give and nothing reads: a slip of the pen, where no table of the books knows such a fact."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from o2c_rules.cases import Case
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Table

from .flaws import Flaw, FlawKind, Severity
from .subject import Subject

_CURRENCY_OF = re.compile(r"\{[^{}:]*:money:([^{}:]*)\}")


def undeclared(subject: Subject, cases: tuple[Case, ...]) -> Iterator[Flaw]:
    """Once for each name, at its first case. What another table of the books declares comes along on the same fact
    sheet, and a currency that only a sentence shows is read too."""
    name, versions = subject.table.name, subject.book.versions(subject.table.name)
    known = _declared(subject.book) | {"currency"} | {shown for table in versions for shown in _shown(table)}
    told: set[str] = set()
    for case in cases:
        for fact in case.facts.keys() - known - told:
            told.add(fact)
            near = get_close_matches(fact, {fact.name for table in versions for fact in table.facts}, 1)
            hint = f"did you mean {near[0]}?" if near else "take it out, or declare it in the head of the table"
            text = f"{case.sentence!r} gives {fact}, and no table knows such a fact"
            yield Flaw(FlawKind.INCOMPLETE, Severity.ERROR, name, (), case.where, text, hint, case.facts)


def _declared(book: RuleBook) -> frozenset[str]:
    return frozenset(fact.name for table in book.tables for version in book.versions(table) for fact in version.facts)


def _shown(table: Table) -> Iterator[str]:
    templates = [row.because for row in table.rows] + ([table.default.because] if table.default else [])
    return (found for template in templates for found in _CURRENCY_OF.findall(template))
