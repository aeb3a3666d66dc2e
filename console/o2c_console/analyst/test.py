"""`o2c rules test`: the golden cases of rule books, what they cover, and which mistakes they would let pass."""
# ruff: noqa: PT028 - the command is called test; pytest has nothing to do with it

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from o2c_rules.candidate import Candidate
from o2c_rules.cases import cases_of
from o2c_rules.source import BadTable
from o2c_rules.trials import Failure, Thresholds, Trial, run
from o2c_rules.trials.mutants import Mutation, mutants_of
from o2c_rules.trials.mutants import mutate as mutate_version
from o2c_rules.trials.running import versions_of
from rich.progress import Progress

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, advise, put_json, put_table, say

from .books import Rules, base_book, everywhere, proposed, unreadable

SHOWN_MOST = 12
Path_ = Annotated[
    str,
    typer.Argument(metavar="[PATH|TABLE]", help="a rule file, a folder of books, a table's name, or the word shipped"),
]
Percent = Annotated[int, typer.Option(min=0, max=100, help="least percentage with --coverage")]


@dataclass(frozen=True, slots=True)
class _Wanted:
    coverage: bool
    mutate: bool
    thresholds: Thresholds


def test(
    path: Path_ = "",
    coverage: Annotated[bool, typer.Option("--coverage", help="what the cases cover")] = False,
    mutate: Annotated[bool, typer.Option("--mutate", help="make one mistake at a time; name those unnoticed")] = False,
    min_row: Percent = 100,
    min_cell: Percent = 0,
    min_boundary: Percent = 0,
    json: AsJson = False,
    rules: Rules = "",
) -> None:
    """Run the golden cases of rule books: of a file or folder, else of the books that hold.

    Coverage: rows that answer in some case, cells that decide alone in some case, and boundaries with a case at the
    cut, one unit below and one above. Exit 0 when all is well, 1 when a case fails, a threshold is missed or a mistake
    goes unnoticed, 2 when files cannot be read.

    Examples:
      o2c rules test
      o2c rules test credit.xlsx --coverage
      o2c rules test shipped --coverage --min-boundary 100 --mutate
    """
    wanted = _Wanted(coverage, mutate, Thresholds(min_row, min_cell, min_boundary))
    asked = proposed(path, rules, json=json) if path else _all(rules, json=json)
    try:
        trial = _at_home(run(asked.book, asked.tables, coverage=coverage), asked)
        mutations = _mutations(asked) if mutate else ()
    except BadTable as error:
        unreadable(everywhere(error, asked), json=json)
    missed = [text for found in trial.coverage for text in wanted.thresholds.missed(found)]
    if json:
        put_json(_as_json(trial, mutations, missed, wanted))
    else:
        _show(trial, mutations, missed)
        _advise(trial, mutations, path)
    if not trial.ok or missed or any(found.unnoticed for found in mutations):
        raise typer.Exit(FOUND)


def _all(rules: str, *, json: bool) -> Candidate:
    book = base_book(rules, json=json)
    return Candidate(book, book.tables)


def _mutations(asked: Candidate) -> tuple[Mutation, ...]:
    versions = [v for table in asked.tables for v in versions_of(asked.book, table, cases_of(asked.book, table))]
    total = sum(1 for version in versions for _ in mutants_of(version))
    with _progress("mistakes tried", total) as step:
        return tuple(_found_at_home(mutate_version(version, step), asked) for version in versions)


def _at_home(trial: Trial, asked: Candidate) -> Trial:
    """The same where the person keeps the files."""
    failures = tuple(replace(f, where=asked.at_home(f.where)) for f in trial.failures)
    return replace(
        trial, failures=failures, coverage=tuple(replace(c, file=asked.at_home(c.file)) for c in trial.coverage)
    )


def _found_at_home(found: Mutation, asked: Candidate) -> Mutation:
    unnoticed = tuple(replace(one, where=asked.at_home(one.where)) for one in found.unnoticed)
    return replace(found, file=asked.at_home(found.file), unnoticed=unnoticed)


@contextmanager
def _progress(what: str, total: int) -> Iterator["_Step"]:
    with Progress(console=say, transient=True) as shown:
        yield _Step(shown, shown.add_task(what, total=total))


class _Step:
    def __init__(self, shown: Progress, task: object) -> None:
        self._shown, self._task = shown, task

    def __call__(self) -> None:
        self._shown.advance(self._task)  # type: ignore[arg-type]  # a task's id is an int with a name of its own


def _as_json(trial: Trial, mutations: tuple[Mutation, ...], missed: list[str], wanted: _Wanted) -> object:
    told = trial.as_json() | {"thresholds_missed": missed}
    if not wanted.coverage:
        del told["coverage"]
    if wanted.mutate:
        told["mutation"] = [found.as_json() for found in mutations]
    unnoticed = any(found.unnoticed for found in mutations)
    return told | {"ok": trial.ok and not missed and not unnoticed}


def _show(trial: Trial, mutations: tuple[Mutation, ...], missed: list[str]) -> None:
    for failure in trial.failures:
        _failed(failure)
    if trial.coverage:
        _covered(trial)
    for text in missed:
        typer.echo(text)
    if mutations:
        _mutated(mutations)
    failed = len({(failure.where, failure.sentence) for failure in trial.failures})
    typer.echo(f"{trial.cases - failed} of {trial.cases} golden cases of {_tables(trial)} hold")
    if trial.suggested:
        say.print(f"{trial.suggested} of them are suggested and wait for a person's word", markup=False)


def _advise(trial: Trial, mutations: tuple[Mutation, ...], path: str) -> None:
    """What to type next."""
    file = path if Path(path).is_file() else ""
    unnoticed = [one for found in mutations for one in found.unnoticed]
    if trial.failures:
        advise("mend the table, or the case where the case is what changes")
    if unnoticed:
        wanted = f"{file} --suggest --append" if file else f"{unnoticed[0].table} --suggest"
        advise(f"o2c rules cases {wanted} writes cases that do, for you to confirm")
    elif trial.tables and not trial.cases:
        advise(f"o2c rules cases {file or trial.tables[0]} --suggest writes cases at every boundary")


def _tables(trial: Trial) -> str:
    return trial.tables[0] if len(trial.tables) == 1 else f"{len(trial.tables)} tables"


def _failed(failure: Failure) -> None:
    typer.echo(f"{failure.where}: {failure.sentence}")
    for expected, answered in zip(failure.expected, failure.answered, strict=True):
        typer.echo(f"  expected {expected}")
        typer.echo(f"  answered {answered}")
    for sentence in failure.explanation:
        typer.echo(f"    {sentence}")


def _covered(trial: Trial) -> None:
    put_table(
        ("table", "cases", "rows %", "cells %", "boundaries %"),
        [(c.file, c.cases, c.row.percent, c.cell.percent, c.boundary.percent) for c in trial.coverage],
    )
    if len(trial.tables) > 1:
        return
    for found in trial.coverage:
        for what, share in (("row", found.row), ("cell", found.cell), ("boundary", found.boundary)):
            for text in share.missing[:SHOWN_MOST]:
                typer.echo(f"  no case for {what} {text}")
            if len(share.missing) > SHOWN_MOST:
                typer.echo(f"  … and {len(share.missing) - SHOWN_MOST} more (all of them with --json)")
        for text in found.unreached[:SHOWN_MOST]:
            typer.echo(f"  not counted, as no facts were found with which it decides: {text}")


def _mutated(mutations: tuple[Mutation, ...]) -> None:
    unnoticed = [one for found in mutations for one in found.unnoticed]
    for one in unnoticed:
        typer.echo(f"no case notices {one}")
    tried = sum(found.mutants for found in mutations)
    same = sum(found.equivalent for found in mutations)
    typer.echo(f"{tried} mistakes tried, {same} of them nobody could notice, {len(unnoticed)} go unnoticed")
