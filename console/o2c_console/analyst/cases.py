"""`o2c rules cases`: the golden cases of a table, and those that are missing, for a person to confirm."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from o2c_rules.candidate import Candidate
from o2c_rules.cases import Case, cases_of, default_day
from o2c_rules.rulebook import CASES
from o2c_rules.source import BadTable
from o2c_rules.trials.asking import Version
from o2c_rules.trials.running import SUGGESTED, versions_of
from o2c_rules.trials.suggesting import suggested
from o2c_rules.trials.writing import CONFIRM, as_yaml

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, put_json, put_table, say, stop

from .books import SHIPPED, Rules, base_book, proposed, unreadable


def cases(
    table: Annotated[str, typer.Argument(metavar="TABLE|PATH", help="a table's name, or a rule file")],
    suggest: Annotated[bool, typer.Option("--suggest", help="write the cases that are missing")] = False,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="where to; default: the terminal")] = "",
    append: Annotated[bool, typer.Option("--append", help="add them to the cases beside the rule file")] = False,
    json: AsJson = False,
    rules: Rules = "",
) -> None:
    """The golden cases of a table; with --suggest those that are missing at its boundaries.

    What a suggested case expects is what the table answers today. A person reads each one, mends what is wrong, and
    takes its `note: suggested` away.

    Examples:
      o2c rules cases orders/credit
      o2c rules cases credit.yaml --suggest --out missing.yaml
      o2c rules cases credit.yaml --suggest --append
    """
    asked = _asked(table, rules)
    try:
        found = [case for name in asked.tables for case in cases_of(asked.book, name)]
        if suggest:
            found = [c for name in asked.tables for v in _versions(asked, name) for c in suggested(v)]
    except BadTable as error:
        unreadable(error)
    if json:
        put_json([_as_json(case) for case in found])
    elif not suggest:
        put_table(("where", "case", "note"), [(case.where, case.sentence, case.note) for case in found])
    elif append:
        _append(Path(table), found, asked)
    else:
        _write(out, found, asked)


def _asked(table: str, rules: str) -> Candidate:
    if table == SHIPPED or Path(table).is_dir():
        stop("one table at a time", "name a table or a rule file, such as orders/credit or credit.xlsx")
    if Path(table).exists():
        return proposed(table, rules)
    book = base_book(rules)
    if table not in book.tables:
        near = get_close_matches(table, book.tables, 3) or [t for t in book.tables if table in t][:3]
        stop(f"there is no file and no table {table}", f"did you mean {' or '.join(near)}?" if near else "", 2)
    return Candidate(book, (table,))


def _versions(asked: Candidate, name: str) -> Iterator[Version]:
    return versions_of(asked.book, name, cases_of(asked.book, name))


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
        say.print(f"{len(found)} cases in {out}: read each one, then take its note away", markup=False)


def _append(path: Path, found: list[Case], asked: Candidate) -> None:
    if not path.is_file():
        stop(f"{path} is a table, not a file of yours", "name the rule file whose cases shall grow")
    beside = path.with_name(path.stem + CASES)
    before = beside.read_text(encoding="utf-8") if beside.is_file() else ""
    if found:
        gap = "" if not before or before.endswith("\n") else "\n"
        beside.write_text(f"{before}{gap}{CONFIRM}\n{_yaml(found, asked)}", encoding="utf-8")
    say.print(f"{len(found)} cases added to {beside}, each with note: {SUGGESTED}", markup=False)


def _yaml(found: list[Case], asked: Candidate) -> str:
    return as_yaml(found, default_day(asked.book.versions(asked.tables[0])))


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
