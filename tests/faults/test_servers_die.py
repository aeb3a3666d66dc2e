"""PostgreSQL, the broker and whole instances are killed or stopped under load; a sequential model holds the end."""

import asyncio
from contextlib import AsyncExitStack

import psutil
import pytest
from o2c_chassis.database import Database
from o2c_chassis.kafka import Kafka, apply_topics, specified
from o2c_chassis.loopback import Loopback
from o2c_chassis.migrate import migrate
from o2c_console import local_kafka, local_postgres
from o2c_console.local_postgres import Cluster

from tests.chassis import toy
from tests.chassis.conftest import CREATE
from tests.chassis.shelf import until
from tests.faults.supervision import at_work, bought, findings, quiet, under_load

pytestmark = pytest.mark.slow
TOPICS = local_kafka.RECIPE / "topics.yaml"


async def prepared(cluster: Cluster) -> dict[str, str]:
    """The service's database, migrated, and an empty one for a log."""
    urls = local_postgres.ensure_databases(cluster, ("orders",), prefix="faults_")
    await migrate(toy.service, urls["orders"])
    own = await Database(urls["orders"]).open()
    for statement in filter(str.strip, CREATE.split(";")):
        await own.fetch(statement)
    await own.close()
    return urls


async def more_than(url: str, count: int) -> bool:
    return await bought(url) > count


async def test_the_database_is_killed_under_load_and_nothing_is_lost_or_done_twice(own_postgres, tmp_path):
    cluster = own_postgres()
    urls = await prepared(cluster)
    log = await Database(urls["log"]).open()
    bus = await Loopback(log, exclusive=False).open()

    async with at_work(1, {"url": urls["orders"], "log": urls["log"]}, tmp_path) as [worker]:
        async with under_load(bus, urls["orders"]) as load:
            for wave in (30, 150):
                await until(lambda wave=wave: more_than(urls["orders"], wave), 40)
                kill_postgres(cluster)
                await asyncio.to_thread(own_postgres)
        await quiet(urls["orders"], load.rounds)

    assert await findings(urls["orders"], load.rounds) == [], worker.said
    await log.close()


def kill_postgres(cluster: Cluster) -> None:
    """The whole family at once, as when the machine's memory runs out."""
    pid = int((cluster.folder / "data/postmaster.pid").read_text().split()[0])
    postmaster = psutil.Process(pid)
    for process in (postmaster, *postmaster.children()):
        process.kill()
    psutil.wait_procs([postmaster], timeout=10)


async def test_the_broker_is_killed_under_load_and_work_goes_on_within_a_minute(own_kafka, own_postgres, tmp_path):
    urls = await prepared(own_postgres(durable=False))
    broker = own_kafka()
    await apply_topics(broker.servers, specified(TOPICS))
    bus = Kafka(broker.servers)

    async with at_work(1, {"url": urls["orders"], "servers": broker.servers}, tmp_path) as [worker]:
        async with under_load(bus, urls["orders"]) as load:
            await until(lambda: more_than(urls["orders"], 60), 60)
            psutil.Process(broker.pid).kill()
            await asyncio.sleep(1)
            assert (await asyncio.to_thread(own_kafka)).servers == broker.servers
            before = await bought(urls["orders"])
            await until(lambda: more_than(urls["orders"], before + 60), 60)
        await quiet(urls["orders"], load.rounds)

    assert await findings(urls["orders"], load.rounds) == [], worker.said
    assert worker.starts == 1
    await bus.close()


async def test_an_instance_that_slept_wakes_up_overtaken_and_writes_nothing(own_kafka, own_postgres, tmp_path):
    urls = await prepared(own_postgres(durable=False))
    broker = own_kafka()
    await apply_topics(broker.servers, specified(TOPICS))
    bus = Kafka(broker.servers)
    given = {"url": urls["orders"], "servers": broker.servers, "session": 1.5}

    async with AsyncExitStack() as stack:
        asleep = given | {"failpoints": "path.move=stop@4"}
        [sleeper] = await stack.enter_async_context(at_work(1, asleep, tmp_path / "a"))
        async with under_load(bus, urls["orders"]) as load:
            await until(lambda: sleeper.process.status() == psutil.STATUS_STOPPED, 60)
            before = await bought(urls["orders"])
            [other] = await stack.enter_async_context(at_work(1, given, tmp_path / "b"))
            await until(lambda: more_than(urls["orders"], before + 60), 60)
            sleeper.process.resume()
            taken = await bought(urls["orders"])
            await until(lambda: more_than(urls["orders"], taken + 60), 60)
        await quiet(urls["orders"], load.rounds)

    assert await findings(urls["orders"], load.rounds) == [], sleeper.said + other.said
    await bus.close()


async def test_two_instances_share_the_work_and_one_takes_over_from_the_other(own_kafka, own_postgres, tmp_path):
    urls = await prepared(own_postgres(durable=False))
    broker = own_kafka()
    await apply_topics(broker.servers, specified(TOPICS))
    bus = Kafka(broker.servers)
    given = {"url": urls["orders"], "servers": broker.servers, "session": 1.5}

    async with at_work(2, given, tmp_path) as [one, other]:
        async with under_load(bus, urls["orders"]) as load:
            await until(lambda: more_than(urls["orders"], 120), 60)
            one.kill()
            before = await bought(urls["orders"])
            await until(lambda: more_than(urls["orders"], before + 120), 60)
        await quiet(urls["orders"], load.rounds)

    assert await findings(urls["orders"], load.rounds) == [], one.said + other.said
    await bus.close()
