"""`o2c rules releases`: which rules hold, since when, by whom, for whom; and whether nobody changed the record."""

from datetime import datetime
from typing import Annotated, Any, NoReturn

import typer
from o2c_chassis.clock import RealClock
from o2c_rules.bundles import NothingInForce, Release
from o2c_rules.releasing import views
from o2c_rules.releasing.models import Schedule
from o2c_rules.releasing.witnesses import unrecorded

from o2c_console.asking import AsJson
from o2c_console.calling import FOUND, put_json, put_table, say, unreachable

from .counter import StoreFolder, counter


def releases(
    context: typer.Context,
    verify: Annotated[bool, typer.Option("--verify", help="check chain, tables and reports to the last byte")] = False,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """All releases, which of them are in force, and which services run them.

    Exit code 1 where the record was changed or cut off; the first bad release is named. Lines that are gone from its
    end are known from the proposals that became them, and from the services that have read them.

    Examples:
      o2c rules releases
      o2c rules releases --verify
    """
    desk = counter(context, store)
    checked = desk.verify() if verify else None
    if checked and not checked["holds"]:
        _broken(checked, json=json)
    chain, status = desk.releases(), desk.status()
    if checked:
        read = {name: s["releases_read"] for name, s in (status or {"services": {}})["services"].items()}
        for found in unrecorded(chain, read):
            _broken({"holds": False, "release": len(chain) + 1, "found": found}, json=json)
    rows = _rows(chain, status, RealClock().now())
    if json:
        put_json({"releases": rows, "verified": checked})
        return
    put_table(
        ("release", "from", "bundle", "for", "author", "approver", "ticket", "state", "run by", "remark"),
        [_line(row) for row in rows],
    )
    if checked:
        say.print(checked["found"], markup=False)
    if status:
        unreachable(status)


def _broken(checked: dict[str, Any], *, json: bool) -> NoReturn:
    put_json({"verified": checked}) if json else say.print(checked["found"], style="red", markup=False)
    raise typer.Exit(FOUND)


def _rows(chain: tuple[Release, ...], status: dict[str, Any] | None, now: datetime) -> list[dict[str, Any]]:
    schedule = Schedule(chain)
    try:
        holding = {release.n for release in schedule.holding(now)}
    except NothingInForce:
        holding = set()
    ever = schedule.ever_in_force
    services = (status or {"services": {}})["services"]
    return [
        views.of_release(r)
        | {"state": _state(r, holding, now, never=r.n not in ever), "services": _running(r, services, r.n in holding)}
        for r in chain
    ]


def _running(release: Release, services: dict[str, Any], holds: bool) -> list[str]:
    """Who says that this very bundle decides there now, in general or for its contracts."""
    if not holds:
        return []
    if release.scope.contracts:
        return [name for name, s in services.items() if release.scope.returns or release.bundle in s["models"]]
    return [name for name, s in services.items() if s["release"] == release.n]


def _state(release: Release, holding: set[int], now: datetime, *, never: bool) -> str:
    if release.n in holding:
        return "in force"
    if never:
        return "overruled"
    return "to come" if release.effective_from > now else "past"


def _line(row: dict[str, Any]) -> list[Any]:
    contracts = row.get("contracts")
    whom = f"contracts ({len(contracts)})" if contracts else "all"
    return [
        row["n"], row["effective_from"][:16], row["bundle"][:12], f"{whom}, back" if row.get("returns") else whom,
        row["author"], row["approver"], row["ticket"], row["state"], " ".join(row["services"]), _remark(row),
    ]  # fmt: skip


def _remark(row: dict[str, Any]) -> str:
    said = [f"restores {row['restores']}"] if row.get("restores") else []
    if over := row.get("override"):
        said.append(f"{over['by']} overrode: {over['reason']}")
    if row.get("message"):
        said.append(row["message"])
    return "; ".join(said)
