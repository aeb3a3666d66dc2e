"""Asks books what recorded decisions would come out as: by the index alone, answers remembered by coded facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from o2c_rules.codes import Coding
from o2c_rules.compiled import Compiled, compile_table
from o2c_rules.decision import Decision
from o2c_rules.index import Index
from o2c_rules.policies import HitPolicy
from o2c_rules.projection import Projection, Undecidable
from o2c_rules.reading import name_of, read_table
from o2c_rules.records import plain, read_value
from o2c_rules.rulebook import table_files
from o2c_rules.unrolled import codes_of
from o2c_rules.values import Facts

REMEMBERED_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a table says to a fact sheet."""

    rows: tuple[str, ...]
    outcome: Mapping[str, Any]
    """As it stands in a record."""
    undecided: str | None = None


class Version:
    """One version of a table, asked without the engine: its answers were compared with the index's when it compiled."""

    def __init__(self, compiled: Compiled) -> None:
        table = self.table = compiled.table
        self._compiled = compiled
        self._projection, self._coding, self._policy = Projection(table), Coding(table), HitPolicy(table)
        self._codes_of = codes_of(table, self._coding)
        self._index = Index(self._coding)
        self._by_codes: dict[tuple[int, ...], Answer] = {}
        self._computed = any(getattr(outcome, "computed", False) for outcome in table.outcomes)

    def answer(self, facts: Facts, on: date) -> Answer:
        """The answer; equal codes have equal ones, but for cells that are computed from the facts themselves."""
        codes = self._codes_of(facts)
        if codes is None:
            try:
                codes = tuple(self._coding.of(self._projection.of(facts)))
            except Undecidable as why:
                return Answer((), {}, str(why))
        known = self._by_codes.get(codes)
        if known is not None:
            return known
        matched = self._index.matches(codes)
        chosen = self._policy.chosen(matched)
        conflict = self._policy.conflict(matched) if matched and not chosen else None
        rows = tuple(self.table.rows[n] for n in chosen)
        decision = Decision(self._compiled, "", on, facts, rows, conflict, None, codes)
        found = Answer(tuple(row.id for row in rows), plain(decision.outcome) if conflict is None else {}, conflict)
        if not self._computed and len(self._by_codes) < REMEMBERED_MOST:
            self._by_codes[codes] = found
        return found


class Asking:
    """Some tables of a book."""

    def __init__(self, files: Mapping[str, bytes], tables: Iterable[str], always_on: date | None = None) -> None:
        """`always_on`: the versions in force on this day answer, whatever day a decision was made on."""
        self._always_on = always_on
        self._versions: dict[str, list[Version]] = {name: [] for name in tables}
        for file in table_files(files):
            if name_of(file) in self._versions:
                self._versions[name_of(file)].append(Version(compile_table(read_table(file, files[file]))))

    def versions(self, table: str) -> list[Version]:
        """All versions of a table; none where the book lacks it."""
        return self._versions[table]

    def answer(self, table: str, facts: Mapping[str, Any], on: date | None) -> Answer:
        """The answer to facts as they stand in a record."""
        on = self._always_on or on
        if on is None:
            return Answer((), {}, "there is no date to choose the version by")
        for version in self._versions[table]:
            if version.table.effective_from <= on <= version.table.effective_to:
                return version.answer(_values(facts), on)
        return Answer((), {}, f"no version of {table} is in force on {on}")


def _values(facts: Mapping[str, Any]) -> Facts:
    return {name: read_value(value) if type(value) is dict else value for name, value in facts.items()}
