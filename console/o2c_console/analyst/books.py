"""Which books a command speaks of: a person's file or folder, and those that hold."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from o2c_rules.bundles import Store, StoreProblem
from o2c_rules.candidate import Candidate, candidate, candidates
from o2c_rules.cases import problems_in_cases
from o2c_rules.checking import unreadable_flaws
from o2c_rules.rulebook import BOOKS, BadTable, RuleBook, bundle_hash, read_files
from o2c_rules.source import Finding

from o2c_console.calling import UNUSABLE, put_json, say, stop
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


def base_book(rules: str, *, json: bool = False) -> RuleBook:
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
        unreadable(error, json=json)
    except StoreProblem as error:
        stop(str(error), "name a folder of books with --rules, or the word shipped")


def proposed(path: str, rules: str, *, json: bool = False) -> Candidate:
    """The books that a person names: a file, a folder, a table by its name, or the word `shipped`. Ends the program,
    with everything that is wrong, where they cannot be read."""
    try:
        return meant(path, base_book(rules, json=json))
    except BadTable as error:
        unreadable(error, json=json)


def meant(path: str, base: RuleBook) -> Candidate:
    """The same among books that are known. BadTable with all that is wrong."""
    if path == SHIPPED:
        return candidate(BOOKS, base)
    if not Path(path).exists():
        if path not in base.tables:
            hint = nearest(path, base.tables) or "name a rule file, a folder of them, or a table such as orders/credit"
            raise BadTable([Finding(path, "No such file or directory, and no table of that name", hint)])
        return Candidate(base, (path,))
    return candidate(Path(path), base)


def all_meant(paths: Sequence[str], base: RuleBook) -> Candidate:
    """The same for several files, or for one of the other things. BadTable with all that is wrong."""
    if len(paths) == 1:
        return meant(paths[0], base)
    gone = [path for path in paths if not Path(path).is_file()]
    if gone:
        raise BadTable(
            [Finding(path, "no file", "several are files; a folder or a table comes alone") for path in gone]
        )
    return candidates([Path(path) for path in paths], base)


def one_of(table: str, tables: Iterable[str]) -> str:
    """A table that is there. Ends the program where it is not."""
    known = sorted(tables)
    if table not in known:
        stop(f"there is no table {table}", nearest(table, known) or f"there are {', '.join(known[:5])} …")
    return table


def table_of(asked: Candidate, path: str) -> str:
    """The one table that a file or a name stands for. Ends the program where there are several."""
    if len(asked.tables) != 1:
        stop(f"{path} holds {len(asked.tables)} tables", "name one of them, or its file")
    return asked.tables[0]


def nearest(table: str, known: Iterable[str]) -> str:
    """Which table was perhaps meant; empty where none is like it."""
    names = list(known)
    near = get_close_matches(table, names, 3) or [name for name in names if table and table in name][:3]
    return f"did you mean {' or '.join(near)}?" if near else ""


def known_bundles(rules: str) -> dict[str, Mapping[str, bytes]]:
    """Bundles of this machine that may have decided, by their hash: the shipped books, and all that a store holds."""
    bundles = (Path(rules) if rules else command_line().home / "rules") / "bundles"
    found = {folder.name: read_files(folder) for folder in bundles.iterdir()} if bundles.is_dir() else {}
    shipped = RuleBook.shipped()
    return {shipped.hash: shipped.files} | {name: files for name, files in found.items() if bundle_hash(files) == name}


def everywhere(error: BadTable, asked: Candidate) -> BadTable:
    """What is wrong with the golden cases of all tables that a person means, where the person keeps them."""
    return asked.home(BadTable(dict.fromkeys([*error.findings, *problems_in_cases(asked.book.files, asked.tables)])))


def unreadable(error: BadTable, *, json: bool = False) -> NoReturn:
    """Say all that is wrong with files that cannot be read, and end the program."""
    if json:
        put_json({"ok": False, "findings": [flaw.as_json() for flaw in unreadable_flaws(error)]})
        raise typer.Exit(UNUSABLE)
    for finding in error.findings:
        say.print(str(finding), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(UNUSABLE)
