"""`o2c rules convert`: a table in another format, for a spreadsheet program, a DMN modeller or a text editor."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from o2c_rules.candidate import Candidate, candidate
from o2c_rules.cases import version_on
from o2c_rules.checking import check
from o2c_rules.checking.flaws import Flaw
from o2c_rules.formats import load
from o2c_rules.formats.converting import Converted, Source, converted, of_book, of_file
from o2c_rules.rulebook import CASES, BadTable, RuleBook, UnknownTable

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, advise, put_json, say, stop

from .books import Rules, base_book, nearest, one_of, unreadable

OnDay = Annotated[str, typer.Option("--on", help="the version of this day; default: the newest", metavar="DATE")]


def convert(
    source: Annotated[str, typer.Argument(metavar="A", help="a rule file, or a table by name, such as orders/credit")],
    target: Annotated[Path, typer.Argument(metavar="B", help="the file to write; .yaml, .csv, .xlsx or .dmn")],
    checked: Annotated[
        bool, typer.Option("--check", help="check the table too; a workbook gets the findings as comments")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="overwrite what is there")] = False,
    on: OnDay = "",
    json: AsJson = False,
    rules: Rules = "",
) -> None:
    """Write a table in another format, by the ending of the file: YAML, CSV, XLSX or DMN.

    A table loses nothing on the way; comments of a YAML file and sheets of your own are no part of it, and are named.
    Golden cases go into a sheet of the workbook; beside the other formats they are written as B.cases.yaml.
    Of a table with several versions the newest is written, or the one of a day; the others are named.
    Exit 1 where --check finds something, or B is there already.

    Examples:
      o2c rules convert orders/credit credit.xlsx
      o2c rules convert credit.xlsx credit.yaml --force
      o2c rules convert credit.xlsx checked.xlsx --check
    """
    base = base_book(rules, json=json)
    try:
        found = _of_day(source, on, base) if on else _source(source, base)
        flaws = _flaws(source, found, base) if checked else ()
        made = converted(found.document, target, flaws)
    except BadTable as error:
        unreadable(error, json=json)
    _write(made, force=force)
    others = _others(found, base)
    _tell(found, made, flaws, others, json=json)
    if flaws or made.lost:
        raise typer.Exit(FOUND)


def _source(source: str, base: RuleBook) -> Source:
    path = Path(source)
    if path.exists() or path.suffix:
        return of_file(path)
    try:
        return of_book(source, base)
    except UnknownTable:
        stop(f"{source} is neither a file nor a table", nearest(source, base.tables))


def _of_day(table: str, on: str, base: RuleBook) -> Source:
    try:
        day = date.fromisoformat(on)
    except ValueError:
        stop(f"--on {on} is no day", "write it like 2027-01-01")
    file = version_on(base.versions(one_of(table, base.tables)), day).file
    cases = base.files.get(file.rpartition(".")[0] + CASES)
    return Source(load(file, base.files[file], cases), file, base.files[file])


def _flaws(source: str, found: Source, base: RuleBook) -> tuple[Flaw, ...]:
    path, name = Path(source), found.document.table.name
    asked = candidate(path, base) if path.exists() else Candidate(base, (name,))
    with say.status("checking …"):
        flaws = [flaw for flaw in check(asked.book, [name]) if flaw.table == name]
    return tuple(replace(flaw, where=asked.at_home(flaw.where)) for flaw in flaws)


def _write(made: Converted, *, force: bool) -> None:
    there = [str(path) for path in made.files if path.exists()]
    if there and not force:
        stop(f"{' and '.join(there)} exists already", "choose another name, or overwrite it with --force", FOUND)
    for path, content in made.files.items():
        draft = path.with_name(f".{path.name}.writing")
        try:
            draft.write_bytes(content)
            draft.replace(path)
        except OSError as error:
            stop(f"{path} cannot be written: {error.strerror}", "name a folder that is there and yours")


def _others(found: Source, base: RuleBook) -> tuple[date, ...]:
    """A day of each other version of a table that was named."""
    name = found.document.table.name
    if found.file not in base.files or name not in base.tables:
        return ()
    others = [version for version in base.versions(name) if version.file != found.file]
    return tuple(v.effective_to if v.effective_from == date.min else v.effective_from for v in others)


def _tell(found: Source, made: Converted, flaws: tuple[Flaw, ...], others: tuple[date, ...], *, json: bool) -> None:
    left, written = found.left_behind(), [str(path) for path in made.files]
    if json:
        told = {"ok": not (flaws or made.lost), "table": found.document.table.name, "written": written}
        told["other_versions"] = [str(day) for day in others]
        put_json({**told, "lost": list(made.lost), "left_behind": list(left), "findings": [f.as_json() for f in flaws]})
        return
    for path in written:
        typer.echo(f"wrote {path}")
    if others:
        days = ", ".join(f"--on {day}" for day in others)
        typer.echo(f"{found.document.table.name} has other versions, which are not written: {days}")
    for what in left:
        typer.echo(f"not carried, as it is no part of the table: {what}")
    for what in made.lost:
        say.print(f"LOST in this format: {what}", style="red", markup=False)
    if flaws:
        typer.echo(f"{len(flaws)} finding{'s' * (len(flaws) > 1)}, as comments where the format has them")
    elif written[0].endswith(".xlsx"):
        advise(f"change it in a spreadsheet program, save it, then: o2c rules check {written[0]}")
