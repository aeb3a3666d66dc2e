"""Asks books what recorded decisions would come out as: by the index alone, answers remembered by coded facts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from o2c_rules.compiled import Compiled, compile_table
from o2c_rules.decision import Decision
from o2c_rules.index import Index
from o2c_rules.policies import HitPolicy
from o2c_rules.projection import Undecidable
from o2c_rules.reading import name_of, read_table
from o2c_rules.records import plain, read_value
from o2c_rules.rulebook import table_files
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
        self.table, self._compiled = compiled.table, compiled
        self._policy, self._index = HitPolicy(self.table), Index(compiled.coding)
        self._by_codes: dict[tuple[int, ...], Answer] = {}
        self._is_computed = any(outcome.computed for outcome in self.table.outcomes)

    def answer(self, facts: Facts, on: date) -> Answer:
        """The answer; equal codes have equal ones, but for outcomes that are computed from the facts themselves."""
        if self._is_computed:
            return _answer_of(self._compiled.decide(facts, on, ""))
        codes = self._compiled.codes_of(facts)
        if codes is None:
            try:
                codes = tuple(self._compiled.coding.of(self._compiled.projection.of(facts)))
            except Undecidable as why:
                return Answer((), {}, str(why))
        found = self._by_codes.get(codes)
        if found is None:
            found = self._by_index(codes, facts, on)
            if len(self._by_codes) < REMEMBERED_MOST:
                self._by_codes[codes] = found
        return found

    def _by_index(self, codes: tuple[int, ...], facts: Facts, on: date) -> Answer:
        matched = self._index.matches(codes)
        chosen = self._policy.chosen(matched)
        conflict = self._policy.conflict(matched) if matched and not chosen else None
        rows = tuple(self.table.rows[n] for n in chosen)
        return _answer_of(Decision(self._compiled, "", on, facts, rows, conflict, None, codes))


def _answer_of(decision: Decision) -> Answer:
    rows = tuple(row.id for row in decision.rows)
    return Answer(rows, {} if decision.undecided else plain(decision.outcome), decision.undecided)


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
