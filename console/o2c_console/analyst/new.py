"""`o2c rules new`: a table to start from, of each kind, with examples."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer
from o2c_rules.rulebook import CASES
from o2c_rules.source import BadTable
from o2c_rules.starters import KINDS, start

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, put_json, put_table, say, stop

from .books import unreadable


def new(
    kind: Annotated[
        str, typer.Argument(metavar="[KIND]", help="the kind of table; without it all kinds are listed")
    ] = "",
    table: Annotated[str, typer.Option("--table", metavar="NAME", help="its name; default: drafts/KIND")] = "",
    to: Annotated[str, typer.Option("--to", metavar="FILE", help="its file; the ending is its format")] = "",
    json: AsJson = False,
) -> None:
    """Start a table of a kind: a few rows to change, and golden cases that hold.

    Examples:
      o2c rules new
      o2c rules new credit-hold --table orders/credit-small --to credit-small.xlsx
      o2c rules new dunning-ladder
    """
    if not kind:
        put_json(dict(KINDS)) if json else put_table(("kind", "what it decides"), list(KINDS.items()))
        return
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, 2)
        stop(
            f"{kind} is no kind of table", f"did you mean {' or '.join(near)}?" if near else "o2c rules new lists them"
        )
    file = Path(to or f"{(table or kind).rpartition('/')[2]}.yaml")
    try:
        made = start(kind, table or f"drafts/{kind}", file.suffix)
    except BadTable as error:
        unreadable(error, json=json)
    files = {file: made.table} | ({file.with_name(file.stem + CASES): made.cases} if made.cases is not None else {})
    _write(files)
    if json:
        put_json([str(path) for path in files])
    else:
        typer.echo(f"{' and '.join(map(str, files))} written; change the rows, then: o2c rules test {file}")


def _write(files: dict[Path, bytes]) -> None:
    for path in files:
        if path.exists():
            stop(f"{path} is there already", "name another file with --to", FOUND)
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            stop(f"{path}: {error.strerror}", "name a file that may be written with --to")
    say.print("nobody decides by it until it is released", markup=False)
