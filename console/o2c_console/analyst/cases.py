"""`o2c rules cases`: the golden cases of a table, and those that are missing, for a person to confirm."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from o2c_rules.candidate import Candidate
from o2c_rules.cases import Case, cases_of, default_day
from o2c_rules.formats import Document, load, save
from o2c_rules.formats.converting import of_file
from o2c_rules.formats.documents import cases_in
from o2c_rules.rulebook import CASES
from o2c_rules.source import BadTable, Findings, Listing
from o2c_rules.trials.running import SUGGESTED, versions_of
from o2c_rules.trials.suggesting import suggested
from o2c_rules.trials.writing import CONFIRM, as_yaml

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, put_json, put_table, say, stop

from .books import Rules, everywhere, proposed, unreadable


def cases(
    table: Annotated[str, typer.Argument(metavar="TABLE|PATH", help="a table's name, a rule file or a folder of them")],
    suggest: Annotated[bool, typer.Option("--suggest", help="write the cases that are missing")] = False,
    out: Annotated[str, typer.Option("--to", "--out", metavar="FILE", help="where to; default: the terminal")] = "",
    append: Annotated[bool, typer.Option("--append", help="add them to the cases beside the rule file")] = False,
    json: AsJson = False,
    rules: Rules = "",
) -> None:
    """The golden cases of a table; with --suggest those that are missing at its boundaries.

    What a suggested case expects is what the table answers today. A person reads each one, mends what is wrong, and
    takes its `note: suggested` away.

    Examples:
      o2c rules cases orders/credit
      o2c rules cases credit.yaml --suggest --to missing.yaml
      o2c rules cases credit.yaml --suggest --append
    """
    if (out or append) and not suggest:
        stop("--to and --append are for the cases that are missing", "add --suggest, or leave them out")
    asked = proposed(table, rules, json=json)
    if append and not Path(table).exists():
        stop(f"{table} is a table, not a file of yours", "name the rule file whose cases shall grow")
    try:
        found = {name: _found(asked, name, suggest) for name in asked.tables}
    except BadTable as error:
        unreadable(everywhere(error, asked), json=json)
    every = [replace(case, where=asked.at_home(case.where)) for cases_ in found.values() for case in cases_]
    if json:
        put_json([_as_json(case) for case in every])
    elif not suggest:
        put_table(("where", "case", "note"), [(case.where, case.sentence, case.note) for case in every])
    elif append:
        _append(Path(table), found, asked)
    elif len(found) > 1:
        stop("cases of several tables do not go into one file", "take one table, or --append to each table's cases")
    else:
        _write(out, every, asked)


def _found(asked: Candidate, name: str, suggest: bool) -> list[Case]:
    known = cases_of(asked.book, name)
    if not suggest:
        return list(known)
    return [case for version in versions_of(asked.book, name, known) for case in suggested(version)]


def _write(out: str, found: list[Case], asked: Candidate) -> None:
    text = f"{CONFIRM}\n{_yaml(found, asked)}" if found else ""
    if not found:
        say.print("no boundary case is missing")
    elif not out:
        typer.echo(text, nl=False)
    elif Path(out).exists():
        stop(f"{out} is there already", "name another file; --append adds to the cases beside a rule file", FOUND)
    else:
        Path(out).write_text(text, encoding="utf-8")
        say.print(f"{_counted(found)} in {out}: read each one, then take its note away", markup=False)


def _counted(found: list[Case]) -> str:
    return f"{len(found)} case{'s' * (len(found) != 1)}"


def _append(path: Path, found: Mapping[str, list[Case]], asked: Candidate) -> None:
    for name, cases_ in found.items():
        file = path / asked.book.versions(name)[-1].file if path.is_dir() else path
        if not cases_:
            continue
        grown = _into_workbook(file, name, cases_, asked) if file.suffix == ".xlsx" else _beside(file, cases_, asked)
        say.print(f"{_counted(cases_)} added to {grown}, each with note: {SUGGESTED}", markup=False)
    if not any(found.values()):
        say.print("no boundary case is missing")


def _beside(file: Path, cases_: list[Case], asked: Candidate) -> Path:
    beside = file.with_name(file.stem + CASES)
    before = beside.read_text(encoding="utf-8") if beside.is_file() else ""
    gap = "" if not before or before.endswith("\n") else "\n"
    beside.write_text(f"{before}{gap}{CONFIRM}\n{_yaml(cases_, asked)}", encoding="utf-8")
    return beside


def _into_workbook(file: Path, name: str, cases_: list[Case], asked: Candidate) -> Path:
    """A workbook holds its cases itself; it is written anew with all that it says of the table, and not at all where
    something else would be lost."""
    if any(file.with_name(lock).exists() for lock in (f".~lock.{file.name}#", f"~${file.name}")):
        stop(
            f"{file} is open in a spreadsheet program", "close it there: what it saves would take the cases away", FOUND
        )
    if left := of_file(file).left_behind():
        stop(
            f"{file} holds {', '.join(left)} too, which would be lost",
            "move it out; or --to names another file",
            FOUND,
        )
    written = load(f"{name}.xlsx", file.read_bytes())
    new = cases_in(_yaml(cases_, asked).encode(), Findings(file.name))
    assert new is not None, "what was written can be read"
    known = written.cases.items if written.cases else ()
    draft = file.with_name(f".{file.name}.writing")
    draft.write_bytes(save(Document(written.table, Listing((*known, *new.items), new.line)), f"{name}.xlsx"))
    return draft.replace(file)


def _yaml(found: list[Case], asked: Candidate) -> str:
    return as_yaml(found, default_day(asked.book.versions(found[0].table)))


def _as_json(case: Case) -> dict[str, object]:
    return {
        "where": case.where,
        "table": case.table,
        "case": case.sentence,
        "on": case.on,
        "facts": {name: _plain(value) for name, value in case.facts.items()},
        "rows": None if case.rows is None else list(case.rows),
        "outcome": {name: _plain(value) for name, value in (case.outcome or {}).items()},
        "undecided": case.undecided,
        "note": case.note,
    }


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | str) else str(value)
