"""`make bench`: orders' events per second beside a raw ceiling and a naive peer, in one run on real servers.

Read the ratios, not the rates: these machines are noisy. Exits 1 where the house falls below its bars.
"""

import argparse
import asyncio
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from o2c_chassis.database import Database
from o2c_chassis.kafka import TopicSpec, apply_topics
from o2c_console import local_postgres

from tests.bench import ceiling, house, naive
from tests.bench.ground import INTAKE, MASTER, Ground, Reading, ground, load, master, orders, record

CEILING_SHARE_MIN, NAIVE_TIMES_MIN = 0.30, 25.0


async def main(count: int, customers: int, repeats: int) -> int:
    print(f"{count:,} OrderSubmitted of {customers:,} customers; {repeats} repeats, variants in turn", flush=True)
    readings: dict[str, list[Reading]] = {"ceiling": [], "house": [], "naive": []}
    for _ in range(repeats):
        async with ground() as g:
            url = await _prepare(g, count, customers)
            await _in_turn(g, url, count, readings)
            print("   ".join(f"{name} {found[-1].rate:,.0f}/s" for name, found in readings.items()), flush=True)
    async with ground() as g:
        url = await _prepare(g, count, customers)
        steps = await _where_time_goes(g, url, count)
    return _report(readings, steps, count)


async def _prepare(g: Ground, count: int, customers: int) -> str:
    """Customers are known, orders wait on the topic, nobody has read them."""
    url = local_postgres.ensure_databases(g.cluster, ["orders"], prefix="bench_")["orders"]
    await load(g.servers, MASTER, [record(-n, event) for n, event in enumerate(master(customers), 1)])
    running = await house.start(g, url, g.cluster.folder.parent / "rules")
    task = asyncio.create_task(running.run())
    await house.until_told(running, "ContractActivated", customers)
    await running.stop()
    await task
    await running.database.close()
    await load(g.servers, INTAKE, [record(n, event) for n, event in enumerate(orders(count, customers))])
    return url


async def _in_turn(g: Ground, url: str, count: int, readings: dict[str, list[Reading]]) -> None:
    running = await house.start(g, url, g.cluster.folder.parent / "rules")
    readings["house"].append(await house.run(running, g, count))
    await _nothing_lost(running.database, count)
    await running.database.close()
    await apply_topics(g.servers, [TopicSpec(name, 16, 1, {}) for name in ("bench.ceiling", "bench.naive")])
    written = await ceiling.written_by_the_house(url)
    readings["ceiling"].append(await ceiling.run(g, url, written, count, "bench.ceiling"))
    few = min(count, 1_500)
    readings["naive"].append(await naive.run(g, url, few, "bench.naive"))


async def _nothing_lost(database: Database, count: int) -> None:
    """A figure of a run that lost or doubled something would be worth nothing."""
    [[accepted, told]] = [
        tuple(r)
        for r in await database.fetch(
            "select (select count(*) from inbox where source = 'bench' and id not like '-%'), "
            "(select count(distinct key) from outbox where topic = 'o2c.orders.v1')"
        )
    ]
    assert accepted == count, f"{accepted} of {count} orders were handled"
    assert told, "nothing was told"


async def _where_time_goes(g: Ground, url: str, count: int) -> dict[str, float]:
    running = await house.start(g, url, g.cluster.folder.parent / "rules")
    with house.Steps(running) as steps:
        await house.run(running, g, count)
    await running.database.close()
    return {label: seconds / count * 1e6 for label, seconds in steps.seconds.items()}


def _report(readings: dict[str, list[Reading]], steps: dict[str, float], count: int) -> int:
    print(
        f"\n{'':<10}{'events/s':>10}{'of ceiling':>12}{'x naive':>10}{'Python us':>11}{'PostgreSQL us':>15}   medians"
    )
    top, low = _median(readings["ceiling"]), _median(readings["naive"])
    for name, found in readings.items():
        rate = _median(found)
        python = statistics.median(r.python_cpu / r.events * 1e6 for r in found)
        postgres = statistics.median(r.postgres_cpu / r.events * 1e6 for r in found)
        print(f"{name:<10}{rate:>10,.0f}{rate / top:>11.0%} {rate / low:>9.1f}{python:>11.0f}{postgres:>15.0f}")
    print("\nwall us per event and step, in a run of its own (steps of relay and path overlap)")
    print("   ".join(f"{label} {us:.0f}" for label, us in sorted(steps.items(), key=lambda pair: -pair[1])))
    share, times = _median(readings["house"]) / top, _median(readings["house"]) / low
    held = share >= CEILING_SHARE_MIN and times >= NAIVE_TIMES_MIN
    verdict = "holds" if held else "FALLS SHORT"
    print(f"\nbars: at least {CEILING_SHARE_MIN:.0%} of the ceiling and {NAIVE_TIMES_MIN:.0f} x naive: {verdict}")
    return 0 if held else 1


def _median(found: list[Reading]) -> float:
    return statistics.median(r.rate for r in found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.events, given.customers, given.repeats)))
