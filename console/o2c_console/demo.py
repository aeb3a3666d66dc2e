"""`o2c demo`: the sample company's fifteen months in simulated time, and three customers' stories."""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import orjson
import typer
from o2c_chassis.clock import RealClock
from o2c_contracts.money import as_text
from o2c_contracts.topics import SERVICES
from o2c_rules.bundles import Store
from o2c_rules.rulebook import read_record
from rich.console import Console
from rich.progress import Progress

from . import local_postgres
from .calling import called
from .company import DISPUTER, HELD, PROMISER, buyers
from .keeping_worlds import keep_world
from .results import results
from .settings import DEMO
from .story import ZONE, Story
from .timeline import lines
from .world import Archive, Told, World, loopback_world, reopened

_FOLDER = DEMO
_NAME = "demo"
_TITLES = {
    HELD: "held by its credit limit and released by its own payment",
    PROMISER: "reminded, promised, did not keep it",
    DISPUTER: "contested a price and got a credit note",
}
_POINTS = {
    HELD: ("OrderHeld", "OrderReleased"),
    PROMISER: ("DunningNoticeSent", "PromiseRecorded", "PromiseBroken", "AccountEscalated", "InvoiceCleared"),
    DISPUTER: ("DisputeOpened", "CreditRequested", "ApprovalGranted", "CreditNoteIssued", "DisputeResolved"),
}


def demo(
    *,
    seed: Annotated[int, typer.Option(help="another company")] = 2026,
    months: Annotated[int, typer.Option(min=1, max=60, help="how long, ending yesterday")] = 15,
    customer: Annotated[
        str | None, typer.Option(help="show one customer of the last demo from its first day on", metavar="ID")
    ] = None,
    explain: Annotated[
        str | None, typer.Option(help="say why a decision of the last demo was made", metavar="DECISION_ID")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout, no story")] = False,
) -> None:
    """Play a sample company through the five services and tell what happened.

    Examples:
      o2c demo
      o2c demo --customer C01
      o2c demo --explain DECISION_ID
    """
    out = Console(highlight=False, soft_wrap=True)
    if customer or explain:
        raise typer.Exit(asyncio.run(_look_back(customer, explain, out)))
    say = Console(stderr=True)
    with Progress(console=say, transient=True) as progress:
        task = progress.add_task(f"{months} months of the sample company", total=None)
        found, told = asyncio.run(
            _play(seed, months, lambda n, of: progress.update(task, completed=n, total=of)),
        )
    if json:
        out.print_json(orjson.dumps(found).decode())
    else:
        _print(found, told, seed, out)
    raise typer.Exit(0 if all(found["identities"].values()) and not found["parked"] else 1)


async def _play(seed: int, months: int, done: Callable[[int, int], None]) -> tuple[dict[str, Any], list[Told]]:
    begun = time.perf_counter()
    last = RealClock().now().astimezone(ZONE).date() - timedelta(days=1)
    first = _months_before(last, months)
    days = (last - first).days
    async with _fresh(datetime(first.year, first.month, first.day, 4, tzinfo=ZONE)) as world:
        story = Story(world, first, seed)
        await story.begin()
        for n in range(1, days + 1):
            await story.day(first + timedelta(days=n))
            done(n, days)
        await story.end(last)
        found = await results(world)
        for name, running in world.services.items():
            await keep_world(running, _FOLDER / "history" / name, RealClock().now())
        told = [t for name in world.services for t in await world.told(name)]
    found |= {"from": first, "to": last, "refusals": story.refusals}
    found |= {"seconds": round(time.perf_counter() - begun, 1)}
    return found, told


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


@asynccontextmanager
async def _fresh(start: datetime) -> AsyncIterator[World]:
    """Its PostgreSQL stays on disk, so that decisions can be explained afterwards."""
    _clear()
    cluster = local_postgres.start(_FOLDER / "postgres", durable=False)
    try:
        urls = local_postgres.ensure_databases(cluster, SERVICES, prefix=f"{_NAME}_", fresh=True)
        async with loopback_world(_NAME, start, urls, _FOLDER / "rules") as world:
            yield world
    finally:
        local_postgres.stop(_FOLDER / "postgres")


def _clear() -> None:
    if (_FOLDER / "postgres").exists():
        local_postgres.stop(_FOLDER / "postgres", mode="immediate")
    shutil.rmtree(_FOLDER, ignore_errors=True)


async def _look_back(customer: str | None, explain: str | None, out: Console) -> int:
    """Into the databases of the last demo."""
    if not (_FOLDER / "postgres").exists():
        out.print("there is no demo to look back at; play one first: o2c demo")
        return 2
    cluster = local_postgres.start(_FOLDER / "postgres", durable=False)
    try:
        urls = local_postgres.ensure_databases(cluster, SERVICES, prefix=f"{_NAME}_")
        async with reopened(_NAME, urls) as world:
            if explain:
                return await _explain(world, explain, out)
            told = [t for name in SERVICES for t in await world.told(name)]
            mine = [t for t in told if t.customer_id == customer]
            _timeline(mine, out)
            return 0 if mine else 1
    finally:
        local_postgres.stop(_FOLDER / "postgres")


async def _explain(world: Archive, decision_id: str, out: Console) -> int:
    for name, database in world.databases.items():
        rows = await database.fetch("select body from decisions where decision_id = $1", decision_id)
        if rows:
            body = orjson.loads(rows[0]["body"])
            record = read_record(orjson.dumps(body["decision"]))
            decision = Store(_FOLDER / "rules").book(record.bundle).recall(record)
            out.print(f"{name} asked {record.table} on {record.on} about {body['subject']}")
            out.print(f"because of {body['because_of'][2]} {body['because_of'][1]} of {body['because_of'][0]}")
            for sentence in decision.because or (decision.undecided or "no row matched",):
                out.print(f"  {sentence}")
            for miss in decision.explain().misses:
                out.print(f"  {miss.sentence()}")
            return 0
    out.print(f"no service has a decision {decision_id}")
    return 1


def _print(found: dict[str, Any], told: list[Told], seed: int, out: Console) -> None:
    out.print(f"\n[bold]{found['from']} to {found['to']}[/bold], played in {found['seconds']} s\n")
    _counts(found, told, out)
    for b in buyers(seed):
        if b.role:
            mine = [t for t in told if t.customer_id == b.customer_id]
            out.print(f"\n[bold]{b.customer_id}  {b.name}[/bold]: {_TITLES[b.role]}")
            _timeline(_around(mine, _POINTS[b.role]), out)
            out.print(f"  all of it: {called()} demo --customer {b.customer_id}")


def _counts(found: dict[str, Any], told: list[Told], out: Console) -> None:
    counts = Counter(t.type for t in told)
    held = f"{counts['OrderHeld']} held on the way, {counts['OrderReleased']} released"
    levels = ", ".join(f"{n} items to level {level}" for level, n in found["items_reached_level"].items())
    broken = [name for name, holds in found["identities"].items() if not holds]
    whole = len(found["identities"])
    for what, how_many, more in (
        ("orders accepted", found["orders"], held),
        ("invoices", found["invoices"], _money(found["invoiced_minor"])),
        ("payments", found["payments"], _money(found["received_minor"])),
        ("applied", "", _money(found["applied_minor"])),
        ("left unapplied", counts["PaymentLeftUnapplied"], _money(found["unapplied_minor"])),
        ("invoices cleared", found["cleared_invoices"], ""),
        ("letters", found["notices"], levels),
        ("disputes", found["disputes"], f"{counts['CreditNoteIssued']} credit notes"),
        ("identities", f"{whole - len(broken)}/{whole}", "hold" if not broken else f"broken: {', '.join(broken)}"),
        ("events", found["events"], f"{found['parked']} parked"),
    ):
        out.print(f"  {what:<18}{how_many:>8}  {more}")


def _money(totals: dict[str, int]) -> str:
    return "  ".join(as_text(minor, currency) for currency, minor in sorted(totals.items())) or "-"


def _around(told: list[Told], types: tuple[str, ...]) -> list[Told]:
    """The first of each of these, and what was told in the same instants."""
    firsts: dict[str, Told] = {}
    for t in sorted(told, key=lambda t: t.at):
        if t.type in types and t.type not in firsts:
            firsts[t.type] = t
    instants = {t.at for t in firsts.values()}
    return [t for t in told if t.at in instants]


def _timeline(told: list[Told], out: Console) -> None:
    for at, type_, sentence, decision in lines(told):
        out.print(f"  {at.astimezone(ZONE):%Y-%m-%d %H:%M}  {type_:<24} {sentence}")
        if decision:
            out.print(f"                      why: {called()} demo --explain {decision}", style="dim")
