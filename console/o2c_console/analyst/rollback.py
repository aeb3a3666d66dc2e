"""`o2c rules rollback`: bring back the rules that held before."""

from typing import Annotated

import typer
from o2c_rules.releasing.desk import Sooner

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, stop

from .counter import Effective, StoreFolder, counter, instant
from .release import Wait, shown


def rollback(
    context: typer.Context,
    ticket: Annotated[str, typer.Option(help="the ticket that asks for it")],
    to: Annotated[int | None, typer.Option(help="this release; else what held before the last", metavar="N")] = None,
    effective_from: Effective = "",
    override: Annotated[
        str, typer.Option(help="reason for an instant that has passed; recorded with your name", metavar="REASON")
    ] = "",
    wait: Wait = 30.0,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Bring back what held before the last release, at once: a release of its own, so nothing is ever taken away.

    A release for some contracts gives each of them back what it had. What was decided stays decided; what is dated
    before (a late delivery, a tax point) keeps the rules of its day, unless --effective-from lies before it.

    Examples:
      o2c --as olga rules rollback --ticket INC-4
      o2c --as olga rules rollback --to 3 --ticket INC-4
    """
    since = instant(effective_from)
    if override and since is None:
        stop("--override is for an instant that has passed", "name it with --effective-from")
    desk = counter(context, store)
    made = desk.roll_back(ticket, to, Sooner(since, override) if since else None)
    raise typer.Exit(FOUND if shown(desk, made, wait, json=json) else 0)
