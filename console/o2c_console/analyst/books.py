"""Which books a command speaks of: a person's file or folder, and those that hold."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from o2c_rules.bundles import Store, StoreProblem
from o2c_rules.candidate import Candidate, candidate
from o2c_rules.rulebook import BOOKS, BadTable, RuleBook

from o2c_console.calling import UNUSABLE, say, stop
from o2c_console.settings import command_line

Rules = Annotated[
    str,
    typer.Option(
        "--rules",
        help="the books around it: a folder of books or a store of releases; "
        "default: what this machine's platform released last, else the shipped books",
        metavar="PATH",
    ),
]
SHIPPED = "shipped"
"""Stands for the books that come with this package, wherever a path to books is asked for."""


def base_book(rules: str) -> RuleBook:
    """The books that hold. Ends the program with a hint where they cannot be read."""
    try:
        if rules == SHIPPED:
            return RuleBook.shipped()
        folder = Path(rules) if rules else command_line().home / "rules"
        if (folder / "releases.jsonl").is_file():
            store = Store(folder)
            return store.book([r for r in store.releases() if r.is_general][-1].bundle)
        return RuleBook.of(folder) if rules else RuleBook.shipped()
    except BadTable as error:
        unreadable(error)
    except StoreProblem as error:
        stop(str(error), "name a folder of books with --rules, or the word shipped")


def proposed(path: str, rules: str) -> Candidate:
    """The books that a person names, by a file or a folder, or the word `shipped`. Ends the program, with everything
    that is wrong, where they cannot be read."""
    base = base_book(rules)
    if path == SHIPPED:
        return candidate(BOOKS, base)
    try:
        return candidate(Path(path), base)
    except BadTable as error:
        unreadable(error)


def unreadable(error: BadTable) -> NoReturn:
    """Say all that is wrong with files that cannot be read, and end the program."""
    for finding in error.findings:
        say.print(str(finding), style="red", markup=False)
    raise typer.Exit(UNUSABLE)
