"""`o2c rules diff`: what another version of the books decides otherwise, in an analyst's words."""

from pathlib import Path
from typing import Annotated

import typer
from o2c_rules.bundles import Store, StoreProblem
from o2c_rules.candidate import Candidate, candidate
from o2c_rules.diffing import Difference, differences
from o2c_rules.rulebook import BadTable, RuleBook

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, put_json, say, stop
from o2c_console.settings import command_line

from .books import SHIPPED, Rules, base_book, meant, nearest, unreadable

_HASH_LEAST = 8


def diff(
    a: Annotated[
        str,
        typer.Argument(metavar="A", help="the older: a file, a folder, a table, the word shipped, or a bundle's hash"),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="the newer")],
    table: Annotated[str, typer.Option("--table", help="of this table only", metavar="TABLE")] = "",
    json: AsJson = False,
    rules: Rules = "",
) -> None:
    """Which facts are answered otherwise by B than by A: for each such box of facts the answer before and after.

    Exit 0 when both decide the same, 1 when they differ, 2 when something cannot be read.

    Examples:
      o2c rules diff shipped credit.xlsx
      o2c rules diff 3f9a1c04 books --table orders/credit
    """
    with say.status("comparing …"):
        try:
            old, new = _both(a, b, rules)
        except BadTable as error:
            unreadable(error, json=json)
        names = _tables((a, old), (b, new), table)
        found = differences(old.book, new.book, names)
    if json:
        put_json({"same": not found, "differences": [one.as_json() for one in found]})
    else:
        _show(found)
    if found:
        raise typer.Exit(FOUND)


def _both(a: str, b: str, rules: str) -> tuple[Candidate, Candidate]:
    """Two files are compared as they are; one takes its place among the books of the other. BadTable with all that is
    wrong in them."""
    mine = [Path(named).is_file() for named in (a, b)]
    if mine == [True, False]:
        around = _books(b, rules)
        return candidate(Path(a), around.book), around
    old = _books(a, rules)
    return old, _books(b, rules) if mine != [False, True] else candidate(Path(b), old.book)


def _books(named: str, rules: str) -> Candidate:
    path = Path(named)
    if named == SHIPPED:
        book = RuleBook.shipped()
        return Candidate(book, book.tables)
    if path.is_file():
        return candidate(path, RuleBook({}))
    if path.exists() or len(named) < _HASH_LEAST or not set(named) <= set("0123456789abcdef"):
        return meant(named, base_book(rules))
    store = Store(Path(rules) if rules and rules != SHIPPED else command_line().home / "rules")
    try:
        bundles = {release.bundle for release in store.releases() if release.bundle.startswith(named)}
        if len(bundles) != 1:
            stop(f"{len(bundles)} released bundles begin with {named}", "o2c rules releases lists them")
        book = store.book(bundles.pop())
    except StoreProblem as error:
        stop(str(error), "name the store of releases with --rules")
    return Candidate(book, book.tables)


def _tables(old: tuple[str, Candidate], new: tuple[str, Candidate], table: str) -> list[str]:
    """The tables to compare: the one asked for, else the one that a file holds, else all."""
    known = {*old[1].tables, *new[1].tables}
    if table:
        if table not in known:
            stop(
                f"neither has a table {table!r}", nearest(table, known) or f"they have {', '.join(sorted(known)[:5])} …"
            )
        return [table]
    files = [set(asked.tables) for named, asked in (old, new) if Path(named).is_file() or named in asked.tables]
    return sorted(files[0].union(*files[1:]) if files else known)


def _show(found: tuple[Difference, ...]) -> None:
    for one in found:
        count = len(one.changes)
        head = f", and {len(one.head)} in the head" if one.head else ""
        typer.echo(f"{one.table}: {count} change{'s' * (count != 1)}{head}")
        for line in one.head:
            typer.echo(f"  head: {line}")
        for text, _ in one.changes:
            typer.echo(f"  {text}")
    if not found:
        typer.echo("both decide the same")
