"""The rig itself: databases that only their own role enters, and servers that come back after a kill."""

import os
import signal
import time
from collections.abc import Callable

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from o2c_console import local_kafka, local_postgres
from o2c_console.local_kafka import Broker
from o2c_console.local_postgres import Cluster, PostgresNotStarted

LOG_APPEND_TIME = 1


async def test_a_service_cannot_enter_another_services_database(postgres: Cluster) -> None:
    urls = local_postgres.ensure_databases(postgres, ["orders", "billing"], prefix="walls_")

    own = await asyncpg.connect(urls["orders"])
    assert await own.fetchval("SELECT current_database()") == "walls_orders"
    await own.close()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(urls["orders"].removesuffix("walls_orders") + "walls_billing")


async def test_databases_keep_what_they_hold_unless_asked_to_be_fresh(postgres: Cluster) -> None:
    urls = local_postgres.ensure_databases(postgres, ["orders"], prefix="kept_")
    connection = await asyncpg.connect(urls["orders"])
    await connection.execute("CREATE TABLE orders (id text)")
    await connection.close()

    assert local_postgres.ensure_databases(postgres, ["orders"], prefix="kept_") == urls
    assert local_postgres.psql(postgres, "SELECT count(*) FROM orders", "kept_orders") == "0\n"

    assert local_postgres.ensure_databases(postgres, ["orders"], prefix="kept_", fresh=True) == urls
    assert local_postgres.psql(postgres, "SELECT to_regclass('orders') IS NULL", "kept_orders") == "t\n"


async def test_a_copied_database_begins_with_what_its_template_holds(database: Callable[..., str]) -> None:
    template = database()
    connection = await asyncpg.connect(template)
    await connection.execute("CREATE TABLE orders AS SELECT 'O-1' AS id")
    await connection.close()

    copy = await asyncpg.connect(database(template=template))

    assert await copy.fetchval("SELECT id FROM orders") == "O-1"
    await copy.close()


def test_a_killed_postgres_starts_again_on_its_port_with_what_it_had_committed(
    own_postgres: Callable[..., Cluster],
) -> None:
    cluster = own_postgres()
    local_postgres.psql(cluster, "CREATE TABLE kept AS SELECT 1 AS one")
    postmaster = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    _wait_for_the_end_of(postmaster)

    assert local_postgres.find(cluster.folder) is None
    again = own_postgres()

    assert again == cluster
    assert local_postgres.psql(again, "SELECT one FROM kept") == "1\n"


def test_a_running_postgres_is_reused_but_never_with_another_durability(own_postgres: Callable[..., Cluster]) -> None:
    cluster = own_postgres()

    assert own_postgres() == cluster
    with pytest.raises(PostgresNotStarted, match="already runs with durable=True"):
        own_postgres(durable=False)


@pytest.mark.slow
def test_a_killed_kafka_starts_again_on_its_port(own_kafka: Callable[..., Broker]) -> None:
    broker = own_kafka()
    os.kill(broker.pid, signal.SIGKILL)
    _wait_for_the_end_of(broker.pid)

    assert local_kafka.find(broker.folder) is None
    again = own_kafka()

    assert again.port == broker.port
    assert again.pid != broker.pid
    assert local_kafka.find(broker.folder) == again


async def test_the_local_kafka_stamps_the_time_itself_and_makes_no_topic_unasked(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic("house.declared", num_partitions=16, replication_factor=1)])

    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True) as producer:
        told = await producer.send_and_wait("house.declared", b"{}", key=b"c:C-1", timestamp_ms=1)
    async with AIOKafkaConsumer("house.declared", bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        record = await consumer.getone()
    await admin.describe_topics(["house.undeclared"])
    topics = await admin.list_topics()
    await admin.close()

    assert (record.key, record.value, record.offset) == (b"c:C-1", b"{}", told.offset)
    assert record.timestamp_type == LOG_APPEND_TIME
    assert record.timestamp > 1
    assert "house.declared" in topics
    assert "house.undeclared" not in topics


def _wait_for_the_end_of(pid: int) -> None:
    until = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.02)
