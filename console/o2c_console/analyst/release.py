"""`o2c rules release`: put what was approved into force, and see every service take it up."""

import time
from datetime import datetime
from typing import Annotated, Any

import typer
from o2c_chassis.clock import RealClock

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, put_json, put_table, say

from .counter import Counter, StoreFolder, counter

Wait = Annotated[float, typer.Option(help="seconds to wait for all services to have read it; 0: do not look")]


def release(
    context: typer.Context,
    proposal: Annotated[str, typer.Argument(metavar="PROPOSAL")],
    override: Annotated[
        str, typer.Option(help="release in spite of what speaks against it; recorded with your name", metavar="REASON")
    ] = "",
    wait: Wait = 30.0,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Put an approved proposal into force, and wait until every service has read and compiled it.

    Refused, with all reasons, where check, golden cases or proof found something, or where it takes effect sooner than
    all services can be ready; a person with authority over it may override. Exit code 1 where a service lags.

    Examples:
      o2c --as rick rules release P-1
      o2c --as felix rules release P-1 --override "tax law of today, TAX-3"
    """
    desk = counter(context, store)
    made = desk.release(proposal, override)
    lagging = shown(desk, [made], wait, json=json)
    raise typer.Exit(FOUND if lagging else 0)


def shown(desk: Counter, made: list[dict[str, Any]], wait: float, *, json: bool) -> list[str]:
    """Say what was released and who runs it; the services that had not read it in time."""
    if not json:
        for each in made:
            back = f", restores release {each['restores']}" if each.get("restores") else ""
            typer.echo(f"release {each['n']}: bundle {each['bundle'][:12]} from {each['effective_from']}{back}")
    services, lagging = taken_up(desk, made, wait)
    if json:
        put_json({"releases": made, "services": services, "lagging": lagging})
    elif services:
        rows = [(name, s["releases_read"], s["release"], s["bundle"][:12]) for name, s in services.items()]
        put_table(("service", "read", "in force", "bundle"), rows)
        _when(made, services)
    if lagging:
        say.print(f"not taken up yet by: {', '.join(lagging)}", style="red", markup=False)
        say.print("hint: o2c status shows why (rules problem); they go on with the rules before", markup=False)
    return lagging


def _when(made: list[dict[str, Any]], services: dict[str, Any]) -> None:
    """A release whose instant has not come is read by all and decides nothing yet."""
    coming = [each["effective_from"] for each in made if each["n"] > min(s["release"] for s in services.values())]
    if coming and not any(each.get("contracts") for each in made):
        text = f"it decides from {max(coming)[:19]} UTC on; what holds then: o2c status"
        say.print(text, markup=False, soft_wrap=True)


def taken_up(desk: Counter, made: list[dict[str, Any]], wait: float) -> tuple[dict[str, Any], list[str]]:
    """What every service runs, once all have read the releases, and decide by those whose instant has come, or the
    time is over; who does not."""
    read = max(each["n"] for each in made)
    now = RealClock().now()
    due = [each["n"] for each in made if not each.get("contracts") and _instant(each) <= now]
    until = time.monotonic() + wait
    while (found := desk.status() if wait else None) is not None:
        services = {name: _rules(s) for name, s in found["services"].items()}
        lagging = [n for n, s in services.items() if s["releases_read"] < read or s["release"] < max(due, default=0)]
        lagging += found["unreachable"]
        if not lagging or time.monotonic() >= until:
            return services, lagging
        time.sleep(0.3)
    return {}, []


def _instant(made: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(made["effective_from"])


def _rules(status: dict[str, Any]) -> dict[str, Any]:
    return {n: status[n] for n in ("releases_read", "release", "bundle", "next_release_at", "models", "rules_problem")}
