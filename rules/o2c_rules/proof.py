"""Proof before a release: both executors hold against each other on every boundary fact and on random facts.

Loading a book repeats the boundaries only; this says more, and its result is kept with the bundle.
"""

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from .compiled import Compiled, Disagreement
from .durable import NAME, EngineFailed
from .probes import Probe, Probes, shown
from .projection import Undecidable
from .rulebook import RuleBook

DIFFERENCES_MOST = 20
"""So many are named per table; the others would say the same."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact sheet on which this program does not agree with itself."""

    table: str
    file: str
    facts: str
    text: str


@dataclass(frozen=True, slots=True)
class Proved:
    """What one version of a table was tried on."""

    table: str
    file: str
    boundary: int
    random: int
    undecided: int
    """Of these, facts by which nobody may decide: no executor was asked."""
    coded: int
    """Different codes the executors were asked about; facts with equal codes are one question."""
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """The result for a bundle, with everything it depends on; the same for the same seed."""

    bundle: str
    engine: str
    python: str
    seed: int
    tables: tuple[Proved, ...]

    @property
    def ok(self) -> bool:
        """No difference was found."""
        return not self.differences

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Those of all tables."""
        return tuple(difference for proved in self.tables for difference in proved.differences)

    @property
    def facts(self) -> int:
        """How many fact sheets were compared."""
        return sum(proved.boundary + proved.random for proved in self.tables)

    def as_json(self) -> dict[str, Any]:
        """For the bundle's store."""
        return {
            "ok": self.ok,
            "bundle": self.bundle,
            "engine": self.engine,
            "python": self.python,
            "seed": self.seed,
            "facts": self.facts,
            "tables": [
                {
                    "table": proved.table,
                    "file": proved.file,
                    "boundary": proved.boundary,
                    "random": proved.random,
                    "undecided": proved.undecided,
                    "coded": proved.coded,
                    "differences": len(proved.differences),
                }
                for proved in self.tables
            ],
            "differences": [{"table": d.table, "facts": d.facts, "text": d.text} for d in self.differences],
        }


def engine() -> str:
    """The engine that decides here, with its version."""
    return f"{NAME} {version('durable_rules')}"


def prove(book: RuleBook, *, tables: Iterable[str] | None = None, facts: int = 10_000, seed: int = 1) -> Proof:
    """Compare the executors, and the short way from facts to codes with the long one. UnknownTable for a table that is
    not in the book; a difference is in the result, never raised."""
    names = book.tables if tables is None else tuple(dict.fromkeys(tables))
    found = [_proved(compiled, facts, seed) for name in names for compiled in book.compiled(name)]
    return Proof(book.hash, engine(), platform.python_version(), seed, tuple(found))


def _proved(compiled: Compiled, facts: int, seed: int) -> Proved:
    table = compiled.table
    probes = Probes(table, compiled.coding)
    trial = _Trial(compiled)
    differences: list[Difference] = []
    boundary = random = 0
    for probe in probes.boundaries():
        boundary += 1
        differences += trial.differences(probe)
    for probe in probes.at_random(facts, f"{seed} {table.file}"):
        random += 1
        differences += trial.differences(probe)
    kept = tuple(differences[:DIFFERENCES_MOST])
    return Proved(table.name, table.file, boundary, random, trial.undecided, len(trial.asked), kept)


class _Trial:
    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self.asked: set[tuple[int, ...]] = set()
        self.undecided = 0

    def differences(self, probe: Probe) -> Iterator[Difference]:
        compiled = self._compiled
        short = compiled.codes_of(probe.facts)
        try:
            values = compiled.projection.of(probe.facts)
        except Undecidable:
            self.undecided += 1
            if short is not None:
                yield self._difference(probe, f"codes {short} for facts by which nobody may decide")
            return
        codes = tuple(compiled.coding.of(values))
        if short is not None and short != codes:
            yield self._difference(probe, f"codes {short} by the short way and {codes} by the long one")
        yield from self._compared(probe, codes)
        if probe.derived:
            yield from self._compared(probe, tuple(compiled.coding.of({**values, **probe.derived})))

    def _compared(self, probe: Probe, codes: tuple[int, ...]) -> Iterator[Difference]:
        if codes in self.asked:
            return
        self.asked.add(codes)
        try:
            self._compiled.compare(codes)
        except (Disagreement, EngineFailed) as why:
            yield self._difference(probe, str(why))

    def _difference(self, probe: Probe, text: str) -> Difference:
        table = self._compiled.table
        return Difference(table.name, table.file, shown({**probe.facts, **probe.derived}), text)
