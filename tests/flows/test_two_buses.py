"""The same weeks of receivables on the embedded bus and on a real Kafka: the same rows, decisions and notices."""

import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from o2c_console import local_postgres
from o2c_console.kafka_world import Rules, world_on
from o2c_console.receivables import Receivable, beginning, read
from o2c_console.replay import play
from o2c_console.results import identities
from o2c_console.world import World, loopback_world
from o2c_contracts.topics import SERVICES

DAYS = int(os.environ.get("O2C_RECEIVABLES_DAYS", "21"))
SHARED = Path(
    os.environ.get(
        "O2C_RECEIVABLES", Path(__file__).parents[3] / "shared" / "data" / "receivables" / "accounts-receivable.csv"
    )
)
"""Lies beside the project where it is there at all; another one by O2C_RECEIVABLES."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DECISIONS = "select table_name, subject, key, body from decisions"
TOLD = "select topic, key, headers, value from outbox where convert_from(key, 'utf8') not like 's:%'"
"""What concerns a service itself tells one run from another: heads of its chains, the hash of its rules."""
BESIDE = {
    "decisions": DECISIONS,
    "told": TOLD,
    "deadlines": "select kind, subject, owner_key, armed, due_at from deadlines",
    "deliveries": "select kind, subject, owner_key, content, status from deliveries",
    "streams": "select * from streams",
    "parked": "select topic, key, value, code from parked",
}


def weeks() -> list[Receivable]:
    """The beginning of the real file; on a machine without it, some made-up customers who pay early and late."""
    if SHARED.exists():
        rows = read(SHARED)
        until = min(r.issued_on for r in rows) + timedelta(days=DAYS)
        return [r for r in rows if r.issued_on < until]
    first = date(2012, 3, 1)
    return [
        Receivable(
            customer_id=f"c{n % 11}",
            invoice=f"x{n}",
            issued_on=first + timedelta(days=n // 4),
            due_on=first + timedelta(days=n // 4 + 30),
            amount_minor=1000 + 37 * n,
            disputed=n % 5 == 0,
            settled_on=first + timedelta(days=n // 4 + 7 * (n % 7) + 3),
        )
        for n in range(60)
    ]


@asynccontextmanager
async def played(world: Any, rows: Sequence[Receivable]) -> AsyncIterator[World]:
    async with world as opened:
        await play(opened, rows)
        yield opened


async def ended(world: World) -> dict[str, Counter[str]]:
    """Every table of every service, without what only tells one run from another."""
    issued = [t.content for t in await world.told("billing") if t.type == "InvoiceIssued"]
    numbers = {i["invoice_number"]: i["external_ref"] for i in issued}
    found = {}
    for name, running in world.services.items():
        queries = {k.table.name: f"select * from {k.table.name}" for k in running.service.keeps} | BESIDE
        for table, query in queries.items():
            rows = await running.database.fetch(query)
            found[f"{name}.{table}"] = Counter(plain(tuple(r), numbers) for r in rows)
    return found


def plain(row: tuple[Any, ...], numbers: dict[str, str]) -> str:
    """Numbers that a common counter gave stand for the file's own; ids that hash them stand for any."""
    text = " | ".join(c.decode(errors="replace") if isinstance(c, bytes) else str(c) for c in row)
    return re.sub("|".join(map(re.escape, sorted(numbers))), lambda m: numbers[m[0]], ID.sub("id", text))


@pytest.mark.slow
@pytest.mark.kafka
async def test_a_replay_ends_the_same_on_both_buses(own_kafka, own_postgres, tmp_path):
    rows = weeks()
    start = beginning(rows).at
    cluster = own_postgres(durable=False)
    urls = {bus: local_postgres.ensure_databases(cluster, SERVICES, prefix=f"{bus}_") for bus in ("loopback", "kafka")}

    async with played(loopback_world("replay", start, urls["loopback"], tmp_path / "loopback"), rows) as world:
        expected, told = await ended(world), await world.told("collections")
    servers = own_kafka().servers
    async with played(world_on(servers, "replay", start, urls["kafka"], Rules(tmp_path / "kafka")), rows) as world:
        found, holds = await ended(world), await identities(world)

    assert any(t.type == "DunningNoticeSent" for t in told)
    assert {n: (found[n] - expected[n], expected[n] - found[n]) for n in expected if found[n] != expected[n]} == {}
    assert all(holds.values())
