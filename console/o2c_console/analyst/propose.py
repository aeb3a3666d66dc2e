"""`o2c rules propose`: hand over changed rules for a second person to look at."""

from pathlib import Path
from typing import Annotated, Any

import typer
from o2c_rules.releasing.authority import Refusal
from o2c_rules.releasing.desk import Wish, uploaded

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, put_json, say, stop

from .counter import Effective, StoreFolder, counter, instant


def propose(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="rule files, or a folder of all books")],
    ticket: Annotated[str, typer.Option(help="the ticket that asks for this change")],
    message: Annotated[str, typer.Option(help="what changes and why, in a line")] = "",
    effective_from: Effective = "",
    contract: Annotated[list[str] | None, typer.Option(help="only for this contract; may be given again")] = None,
    contracts: Annotated[
        Path | None, typer.Option(help="only for the contracts of this file, one a line", metavar="FILE")
    ] = None,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Hand over changed rules: they are checked, tried on their golden cases and proved, and wait for a second person.

    With contracts the change becomes their own model from an instant on; everything else stays on the general rules.
    Exit code 1 where something speaks against a release.

    Examples:
      o2c --as rick rules propose credit.xlsx --ticket RULE-17 --message "higher limit for class A"
      o2c --as rick rules propose books/ --ticket FMO-1 --contract C-1 --effective-from 2026-07-01T00:00:00+02:00
    """
    wish = Wish(ticket, message, instant(effective_from), (*(contract or ()), *_listed(contracts)))
    try:
        upload = uploaded(*paths)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}", "name rule files, or one folder of them")
    except Refusal as error:
        stop(str(error), error.hint)
    with say.status("check, golden cases and proof are running"):
        made = counter(context, store).propose(upload, wish, paths[0] if paths[0].is_dir() else paths[0].parent)
    if json:
        put_json(made)
    else:
        _said(made)
    raise typer.Exit(FOUND if made["against"] else 0)


def _said(made: dict[str, Any]) -> None:
    typer.echo(f"{made['id']}: {', '.join(made['tables'])}, bundle {made['bundle'][:12]}")
    for against in made["against"]:
        say.print(f"speaks against it: {against}", style="red", markup=False, soft_wrap=True)
    say.print(f"next, somebody else: o2c --as SOMEBODY rules review {made['id']}", markup=False, soft_wrap=True)


def _listed(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        stop(f"{file}: {error}", "a text file with one contract a line")
    named = [line for line in lines if line and not line.startswith("#")]
    return named or stop(f"{file} names no contract", "one contract a line")
