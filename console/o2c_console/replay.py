"""`o2c replay FILE.csv`: a file of real receivables through the five services, in simulated time."""

import asyncio
import csv
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from o2c_chassis.clock import RealClock
from o2c_chassis.commands import Command
from o2c_contracts.money import as_text
from o2c_contracts.topics import SERVICES
from rich.console import Console
from rich.progress import Progress

from . import local_postgres
from .calling import say, stop
from .keeping_worlds import HISTORY, keep_world, ways_back
from .local_kafka import KafkaNotStarted, demand_programs
from .receivables import COLUMNS, BadFile, Moment, Receivable, beginning, calendar, ending, read
from .results import results
from .world import World, loopback_world

Done = Callable[[int, int], None]
"""Called with how many moments are done, and of how many."""
_AGENT = "replay-agent"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asked for beside the file."""

    allocations: Path | None
    remittance: bool
    bus: str
    keep: bool


def replay(
    file: Annotated[Path, typer.Argument(help="CSV with the columns of the receivables sample", metavar="FILE.csv")],
    *,
    json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    allocations: Annotated[
        Path | None, typer.Option(help="write payment_id,invoice_number,amount_minor here", metavar="OUT.csv")
    ] = None,
    without_remittance: Annotated[
        bool, typer.Option("--without-remittance", help="payments carry no reference at all")
    ] = False,
    bus: Annotated[str, typer.Option(help="loopback, or kafka: a broker of its own for this run")] = "loopback",
    keep: Annotated[bool, typer.Option("--keep", help="keep this world and say how to look back at it")] = False,
) -> None:
    """Replay a file of receivables: orders, deliveries, invoices, payments and disputes, day by day.

    Examples:
      o2c replay receivables.csv
      o2c replay receivables.csv --json --allocations pairs.csv
      o2c replay receivables.csv --without-remittance --bus kafka
      o2c replay receivables.csv --keep
    """
    rows, wish = _readable(file, bus), Wish(allocations, not without_remittance, bus, keep)
    if allocations is not None:
        _demand_writable(allocations)
    with Progress(console=say, transient=True) as progress:
        task = progress.add_task(f"replaying {len(rows)} receivables", total=None)
        try:
            found = asyncio.run(_run(rows, wish, lambda n, of: progress.update(task, completed=n, total=of)))
        except KafkaNotStarted as failure:
            stop(str(failure), "without --bus kafka the embedded bus is used")
        except local_postgres.PostgresNotStarted as failure:
            stop(str(failure))
    if json:
        sys.stdout.buffer.write(orjson.dumps(found) + b"\n")
    else:
        _print(found)
    raise typer.Exit(0 if all(found["identities"].values()) and not found["parked"] else 1)


def _readable(file: Path, bus: str) -> list[Receivable]:
    if bus not in ("loopback", "kafka"):
        stop(f"there is no bus {bus}", "--bus loopback or --bus kafka")
    try:
        return read(file)
    except BadFile as error:
        stop(str(error), f"the columns are {', '.join(COLUMNS)}")


def _demand_writable(out: Path) -> None:
    """Before a long run, not behind it."""
    try:
        out.open("a").close()
    except OSError as error:
        stop(f"{out}: {error.strerror}", "name a file that can be written with --allocations")


async def _run(rows: Sequence[Receivable], wish: Wish, done: Done) -> dict[str, Any]:
    begun = time.perf_counter()
    async with fresh_world("replay", rows, bus=wish.bus, keep=wish.keep) as world:
        await play(world, rows, remittance=wish.remittance, done=done)
        found = await results(world) | {"seconds": round(time.perf_counter() - begun, 1)}
        if wish.allocations is not None:
            _write(await pairs(world), wish.allocations)
    return found


async def play(
    world: World, rows: Sequence[Receivable], *, remittance: bool = True, done: Done = lambda n, of: None
) -> None:
    """Every moment of the calendar at its instant, a barrier behind each."""
    first, moments = beginning(rows), list(calendar(rows, remittance=remittance))
    await _happen(world, first)
    disputes = _OpenDisputes(world)
    for n, moment in enumerate(moments, 1):
        await world.advance(moment.at)
        await _happen(world, moment)
        if moment.resolve:
            await disputes.resolve(moment.resolve)
            await world.settle()
        done(n, len(moments))
    await world.advance(ending(rows))


async def _happen(world: World, moment: Moment) -> None:
    if moment.events:
        await world.publish("replay", *moment.events)
        await world.settle()


class _OpenDisputes:
    """Which dispute is open about which of the file's invoices, as billing and disputes told it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read: dict[str, int] = {"billing": 0, "disputes": 0}
        self._numbers: dict[str, str] = {}
        self._open: dict[str, Mapping[str, Any]] = {}
        self._resolve = _command(world, "disputes", "ResolveDispute")

    async def resolve(self, refs: Sequence[str]) -> None:
        """As invalid, those still open."""
        await self._catch_up()
        for ref in refs:
            dispute = self._open.get(self._numbers.get(ref, ""))
            if dispute is not None:
                command = self._resolve(
                    customer_id=dispute["customer_id"],
                    case_id=dispute["case_id"],
                    resolution="invalid",
                    answer="the amount is owed as invoiced",
                    root_cause="customer",
                    roles=("dispute_agent", "dispute_manager"),
                )
                await self._world.command("disputes", command, _AGENT, f"resolve-{ref}")

    async def _catch_up(self) -> None:
        for service in self._read:
            for t in await self._world.told(service, self._read[service]):
                self._read[service] = t.position
                if t.type == "InvoiceIssued" and t.content.get("external_ref"):
                    self._numbers[t.content["external_ref"]] = t.content["invoice_number"]
                elif t.type == "DisputeOpened":
                    self._open[t.content["invoice_number"]] = t.content
                elif t.type == "DisputeResolved":
                    self._open.pop(t.content["invoice_number"], None)


def _command(world: World, service: str, name: str) -> type[Command]:
    return next(c for c in world.services[service].service.commands if c.__name__ == name)


async def pairs(world: World) -> list[tuple[str, str, int]]:
    """Which payment paid which invoice, by the file's own number, and how much of it in the end."""
    refs = {
        t.content["invoice_number"]: t.content.get("external_ref") or t.content["invoice_number"]
        for t in await world.told("billing")
        if t.type == "InvoiceIssued"
    }
    amounts: Counter[tuple[str, str]] = Counter()
    for t in await world.told("cash"):
        if t.type in ("PaymentApplied", "PaymentApplicationReversed"):
            sign = 1 if t.type == "PaymentApplied" else -1
            amounts[t.content["payment_id"], refs[t.content["invoice_number"]]] += sign * t.content["amount_minor"]
    return [(*pair, amount) for pair, amount in sorted(amounts.items()) if amount]


def _write(found: Sequence[tuple[str, str, int]], out: Path) -> None:
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("payment_id", "invoice_number", "amount_minor"))
        writer.writerows(found)


@asynccontextmanager
async def fresh_world(
    name: str, rows: Sequence[Receivable], *, bus: str = "loopback", keep: bool = False
) -> AsyncIterator[World]:
    """A PostgreSQL of its own in a temporary folder, gone afterwards unless it is to be kept.

    Raises KafkaNotStarted and PostgresNotStarted.
    """
    if bus == "kafka":
        demand_programs()
    folder, begun = local_postgres.temporary_folder(name, in_memory=not keep), False
    try:
        cluster = local_postgres.start(folder / "postgres", durable=False, settings=local_postgres.HASTY)
        urls = local_postgres.ensure_databases(cluster, SERVICES, prefix=f"{name}_")
        start = beginning(rows).at
        opened = loopback_world(name, start, urls, folder / "rules")
        if bus == "kafka":
            from .kafka_world import kafka_world  # noqa: PLC0415 - an embedded run needs no Kafka client

            opened = kafka_world(name, start, urls, folder)
        async with opened as world:
            begun = True
            yield world
            if keep:
                for service, running in world.services.items():
                    await keep_world(running, folder / HISTORY / service, RealClock().now())
    finally:
        if keep and begun:
            say.print(f"kept in {folder}", markup=False, soft_wrap=True)
            for what, command in ways_back(folder, name):
                say.print(f"  {what + ':':<24} {command}", markup=False, soft_wrap=True)
        else:
            local_postgres.stop(folder / "postgres", mode="immediate")
            shutil.rmtree(folder, ignore_errors=True)


def _print(found: Mapping[str, Any]) -> None:
    out = Console(highlight=False)
    for name, value in found.items():
        if name == "identities":
            broken = [identity for identity, holds in value.items() if not holds]
            out.print(f"{'identities':<22} {len(value) - len(broken)} of {len(value)} hold {', '.join(broken)}")
        elif name.endswith("_minor"):
            money = ", ".join(as_text(minor, currency) for currency, minor in value.items())
            out.print(f"{name.removesuffix('_minor'):<22} {money or '-'}")
        elif name == "items_reached_level":
            levels = ", ".join(f"{n} level {level}" for level, n in value.items())
            out.print(f"{'items reached':<22} {levels or '-'}")
        else:
            out.print(f"{name.replace('_', ' '):<22} {value}")
