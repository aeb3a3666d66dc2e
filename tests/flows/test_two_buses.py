"""The same weeks of receivables on the embedded bus and on a real Kafka: the same rows, decisions and notices."""

import os
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

from tests.flows.ends import different, ended

DAYS = int(os.environ.get("O2C_RECEIVABLES_DAYS", "21"))
SHARED = Path(
    os.environ.get(
        "O2C_RECEIVABLES", Path(__file__).parents[3] / "shared" / "data" / "receivables" / "accounts-receivable.csv"
    )
)
"""Lies beside the project where it is there at all; another one by O2C_RECEIVABLES."""


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


@pytest.mark.slow
@pytest.mark.kafka
async def test_a_replay_ends_the_same_on_both_buses(own_kafka, own_postgres, tmp_path):
    rows = weeks()
    start = beginning(rows).at
    cluster = own_postgres(durable=False)
    urls = {bus: local_postgres.ensure_databases(cluster, SERVICES, prefix=f"{bus}_") for bus in ("loopback", "kafka")}

    async with played(loopback_world("replay", start, urls["loopback"], tmp_path / "loopback"), rows) as world:
        expected, told = await ended(world.services), await world.told("collections")
    servers = own_kafka().servers
    async with played(world_on(servers, "replay", start, urls["kafka"], Rules(tmp_path / "kafka")), rows) as world:
        found, holds = await ended(world.services), await identities(world)

    assert any(t.type == "DunningNoticeSent" for t in told)
    assert different(found, expected) == {}
    assert all(holds.values())
