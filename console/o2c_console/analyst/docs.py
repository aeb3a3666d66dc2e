"""`o2c rules docs`: every table as a page of a procedure, in words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from o2c_rules.sop import pages, stale
from o2c_rules.source import BadTable

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, put_json, say, stop

from .books import SHIPPED, Rules, base_book, unreadable


def docs(
    to: Annotated[str, typer.Option("--to", metavar="FOLDER", help="where the pages lie")] = "docs/sop",
    check: Annotated[bool, typer.Option("--check", help="write nothing; say which pages are stale")] = False,
    json: AsJson = False,
    rules: Rules = SHIPPED,
) -> None:
    """Tables as pages that a person can read and sign: purpose, every rule as a sentence, basis, examples; calendars
    too. The pages are made from the tables, so change the tables.

    Examples:
      o2c rules docs
      o2c rules docs --check
      o2c rules docs --rules mybooks --to procedures
    """
    book, folder = base_book(rules, json=json), Path(to)
    try:
        wanted = pages(book)
        found = list(stale(wanted, folder))
        if not check:
            _write(wanted, folder)
    except BadTable as error:
        unreadable(error, json=json)
    except OSError as error:
        stop(f"{folder}: {error.strerror}", "name a folder that may be written with --to")
    if json:
        put_json({"ok": not (check and found), "folder": to, "stale": found})
    elif check:
        typer.echo("\n".join(found) or f"all pages in {folder} say what the tables say")
    else:
        say.print(f"{len(found)} of {len(wanted)} pages in {folder} were written anew", markup=False)
    if check and found:
        say.print("hint: o2c rules docs writes them anew", markup=False)
        raise typer.Exit(FOUND)


def _write(wanted: Mapping[str, str], folder: Path) -> None:
    if folder.is_dir():
        for path in folder.rglob("*.md"):
            if path.relative_to(folder).as_posix() not in wanted:
                stop(f"{path} belongs to no table", "take it away, or name another folder with --to", FOUND)
    for name, text in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
