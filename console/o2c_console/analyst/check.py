"""`o2c rules check`: what is wrong with rule files before anybody decides by them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from typing import Annotated

import typer
from o2c_rules.candidate import Candidate
from o2c_rules.checking import check as check_tables
from o2c_rules.checking import unreadable_flaws
from o2c_rules.checking.flaws import Flaw, FlawKind
from o2c_rules.checking.wording import example_text
from o2c_rules.rulebook import BadTable

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, UNUSABLE, put_json, say

from .books import Rules, all_meant, base_book


def check(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH|TABLE", help="rule files, a folder of books, a table's name, or the word shipped"),
    ],
    json: AsJson = False,
    rules: Rules = "",
) -> None:
    """Look for gaps, rows that clash or never answer, broken laws of each kind of table, and rows no case tries.

    Each finding comes with facts that show it. Exit 0 when there is none, 1 when there are some, 2 when files cannot
    be read.

    Examples:
      o2c rules check shipped
      o2c rules check credit.xlsx
      o2c rules check terms.xlsx terms@2027.xlsx
      o2c rules check books --json
    """
    base = base_book(rules, json=json)
    try:
        with _waiting("checking"):
            asked = all_meant(paths, base)
            found = tuple(_at_home(flaw, asked) for flaw in check_tables(asked.book, asked.tables))
    except BadTable as error:
        _tell(unreadable_flaws(error), (), json=json)
        raise typer.Exit(UNUSABLE) from None
    _tell(found, asked.tables, json=json)
    if found:
        raise typer.Exit(FOUND)


def _at_home(flaw: Flaw, asked: Candidate) -> Flaw:
    """A finding, and the cure of it, at the place where the person keeps the file."""
    where, hint = asked.at_home(flaw.where), flaw.hint
    if where != flaw.where and flaw.kind is FlawKind.UNTESTED and hint.startswith("add a case"):
        file = where.rpartition(":")[0]
        hint = f"add a case; this writes one to confirm: o2c rules cases {file} --suggest --append"
    return replace(flaw, where=where, hint=hint)


def _tell(flaws: Sequence[Flaw], tables: Sequence[str], *, json: bool) -> None:
    if json:
        put_json({"ok": not flaws, "findings": [flaw.as_json() for flaw in flaws]})
        return
    for table, some in groupby(flaws, key=lambda flaw: flaw.table):
        own = list(some)
        typer.echo(f"{table or 'files'}: {len(own)} finding{'s' * (len(own) > 1)}")
        for flaw in own:
            typer.echo("\n".join(_lines(flaw)))
    if not flaws:
        typer.echo(f"clean: {len(tables)} table{'s' * (len(tables) != 1)}")


def _lines(flaw: Flaw) -> Iterator[str]:
    yield f"  {flaw.where}: {flaw.kind}{' (look at it)' * (flaw.severity == 'warning')}"
    yield f"    {flaw.text}"
    if flaw.counter_example:
        yield f"    for example: {example_text(flaw.counter_example)}"
    if flaw.hint:
        yield f"    hint: {flaw.hint}"


@contextmanager
def _waiting(what: str) -> Iterator[None]:
    with say.status(f"{what} …"):
        yield
