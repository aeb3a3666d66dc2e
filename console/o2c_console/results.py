"""What a simulated world came to: counts and money as its services told them, and whether every identity holds."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from o2c_chassis.decisions import broken

from .world import Told, World

Totals = dict[str, int]
"""Currency -> minor units."""


async def results(world: World) -> dict[str, Any]:
    """One object for `--json`; money as currency -> minor units."""
    told = {name: await world.told(name) for name in world.services}
    counts = Counter(t.type for events in told.values() for t in events)
    return {
        "orders": counts["OrderAccepted"] + counts["OrderReleased"],
        "invoices": counts["InvoiceIssued"],
        "invoiced_minor": _sum(told["billing"], "InvoiceIssued", "total_minor"),
        "payments": world.payments,
        "received_minor": dict(world.received_minor),
        "applied_minor": _less(
            _sum(told["cash"], "PaymentApplied", "amount_minor"),
            _sum(told["cash"], "PaymentApplicationReversed", "amount_minor"),
        ),
        "unapplied_minor": _unapplied(told["cash"]),
        "cleared_invoices": counts["InvoiceCleared"],
        "disputes": counts["DisputeOpened"],
        "notices": counts["DunningNoticeSent"],
        "items_reached_level": reached(told["collections"]),
        "events": sum(len(events) for events in told.values()) + world.published,
        "parked": await _parked(world),
        "identities": await identities(world),
    }


def reached(told: Sequence[Told]) -> dict[str, int]:
    """Level -> how many items ever reached it."""
    items: dict[int, set[str]] = defaultdict(set)
    for t in told:
        if t.type == "DunningNoticeSent":
            for line in t.content["lines"]:
                if line["raised"]:
                    items[line["level"]].add(line["invoice_number"])
    return {str(level): len(found) for level, found in sorted(items.items())}


async def identities(world: World) -> dict[str, bool]:
    """Every identity of every service by name, and that all decision chains verify."""
    found: dict[str, bool] = {}
    for name, running in world.services.items():
        if running.service.verify is not None:
            async with running.database.reading() as db:
                for check in await running.service.verify(db):
                    found[f"{name}/{check.name}"] = check.holds
        async with running.database.transaction() as own:
            found[f"{name}/decision-chains"] = [b async for b in broken(own)] == []
    return found


def _sum(told: Sequence[Told], type_: str, field: str) -> Totals:
    totals: Totals = defaultdict(int)
    for t in told:
        if t.type == type_:
            totals[t.content["currency"]] += t.content[field]
    return dict(totals)


def _less(one: Totals, other: Totals) -> Totals:
    return {currency: amount - other.get(currency, 0) for currency, amount in one.items()}


def _unapplied(told: Sequence[Told]) -> Totals:
    newest: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for t in told:
        if t.type == "CustomerMoneyChanged":
            newest[t.content["customer_id"], t.content["legal_entity"], t.content["currency"]] = t.content
    totals: Totals = defaultdict(int)
    for (_, _, currency), content in newest.items():
        totals[currency] += content["unapplied_minor"] + content["on_account_minor"]
    return dict(totals)


async def _parked(world: World) -> int:
    counts = [await r.database.fetch("select count(*) as n from parked") for r in world.services.values()]
    return sum(rows[0]["n"] for rows in counts)
