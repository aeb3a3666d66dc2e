"""A candidate over recorded decisions: what would have come out otherwise. Decides nothing, undoes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from o2c_rules.reading import name_of
from o2c_rules.rulebook import RuleBook, table_files
from o2c_rules.table import Table
from o2c_rules.values import Kind

from .asking import Asking
from .changes import Changes
from .lines import body_of, table_in
from .looking import EVER, Done, Window, blocks_within, over
from .recorded import AMOUNTS, Recorded

Books = Mapping[str, Mapping[str, bytes]]
"""Bundle -> its files."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each recorded decision."""

    files: Mapping[str, bytes]
    """Of the candidate: the files of the tables that are asked, and no others."""
    tables: tuple[str, ...]
    window: Window = EVER
    always_on: date | None = None
    """The versions in force on this day answer, whatever day a decision was made on."""
    same: frozenset[tuple[str, str]] = frozenset()
    """Bundle and table whose files are the candidate's own: what they decided cannot differ."""
    untried: Mapping[str, str] = field(default_factory=dict)
    """Tables whose decisions cannot be asked of the candidate, and why."""
    new_facts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the candidate's tables ask about and those that hold do not."""


def question(
    candidate: RuleBook, tables: Iterable[str], base: RuleBook, window: Window = EVER, on: date | None = None
) -> Question:
    """Everything of the candidate's tables. `base`: the books that hold, which say what history's dates mean."""
    wanted = tuple(tables)
    files = {f: candidate.files[f] for f in table_files(candidate.files) if name_of(f) in wanted}
    untried = {name: "the candidate has no such table" for name in wanted if name not in candidate.tables}
    for name in candidate.tables if on is None else ():
        if name in wanted and name in base.tables and base.version_by(name) != candidate.version_by(name):
            held, wants = base.version_by(name), candidate.version_by(name)
            untried[name] = f"history holds its {held} date, the candidate chooses its version by the {wants} date"
    new = {name: _given(candidate, name) - _given(base, name) for name in wanted}
    return Question(files, wanted, window, on, untried=untried, new_facts=new)


def unlike(asked: Question, books: Books) -> Question:
    """The same question, but what was decided by one of these bundles is asked only where its table is another one."""
    if asked.always_on is not None:
        return asked
    own = _digests(asked.files)
    same = {(b, t) for b, files in books.items() for t, digest in _digests(files).items() if own.get(t) == digest}
    return replace(asked, same=frozenset(same))


def backtest(asked: Question, root: Path, *, processes: int = 1, done: Done = lambda n: None) -> Changes:
    """Over all files of a folder of history. BadHistory where it cannot be read."""
    found = Changes()
    blocks = blocks_within(root, asked.window, asked.tables)
    for changes in over(blocks, Looking, asked, processes=processes, done=done):
        found.add(changes)
    return found


class Looking:
    """Asks a question of recorded decisions, one after the other."""

    def __init__(self, asked: Question) -> None:
        self._asked = asked
        self._asking = Asking(asked.files, asked.tables, asked.always_on)
        self._named = {name.encode() for name in asked.tables}
        self._money = {name: money_of(v.table for v in self._asking.versions(name)) for name in asked.tables}

    def __call__(self, lines: list[bytes]) -> Changes:
        """What changes in the decisions of some lines."""
        found, named = Changes(), self._named
        for line in lines:
            if table_in(line) in named:
                self.look_at(Recorded.read(body_of(line)), found)
        return found

    def look_at(self, recorded: Recorded, found: Changes) -> bool:
        """Count one decision, where it is one of those that are asked; whether it comes out otherwise."""
        asked, table = self._asked, recorded.table
        if table not in self._money or not (asked.window.is_open or asked.window.holds(recorded.at)):
            return False
        if table in asked.untried:
            found.of(table).untried += 1
            found.of(table).reasons[asked.untried[table]] += 1
            return False
        if (recorded.bundle, table) in asked.same:
            found.unasked(recorded)
            return False
        answer = self._asking.answer(table, recorded.facts, recorded.on)
        return found.compare(recorded, answer, self._money[table]) is not None


def money_of(versions: Iterable[Table]) -> str | None:
    """The amount a table is about: the one its head's `kind` names, else one of the usual names, else its first fact of
    type money; None where it has none."""
    tables = list(versions)
    money = [fact.name for table in tables for fact in table.facts if fact.kind is Kind.MONEY]
    named = [table.kind["amount"] for table in tables if table.kind.get("amount") in money]
    return next(iter([*named, *(name for name in AMOUNTS if name in money), *money]), None)


def _given(book: RuleBook, table: str) -> frozenset[str]:
    """The facts that any version of a table takes from the fact sheet."""
    versions = book.versions(table) if table in book.tables else ()
    return frozenset(fact.name for version in versions for fact in version.facts if fact.expression is None)


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Table -> what its versions' files amount to."""
    found: dict[str, str] = {}
    for file in sorted(table_files(files)):
        content = sha256(files[file]).hexdigest()
        found[name_of(file)] = f"{found.get(name_of(file), '')}/{file}:{content}"
    return found
