"""A topic of its own on a real Kafka for each test, and what an operator could do to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition
from o2c_chassis.kafka import Kafka, KafkaReader
from o2c_chassis.kafka.cluster import Cluster
from o2c_chassis.kafka.subscribing import Timing
from o2c_contracts.topics import PARTITIONS

from tests.chassis.shelf import Shelf, until

QUICK = Timing(poll=0.02, watch=0.3, session=6)


class KafkaStage:
    """A bus with one topic."""

    def __init__(self, servers: str) -> None:
        self.servers, self.bus = servers, Kafka(servers)
        self.topic, self.group = f"t-{uuid4()}", f"g-{uuid4()}"

    def reader(self, shelf: Shelf) -> KafkaReader:
        reader = KafkaReader(self.bus, self.group, (self.topic,), shelf.database, shelf)
        reader.timing = QUICK
        return reader

    async def make(self, stamped: str = "LogAppendTime") -> None:
        async with admin(self.servers) as client:
            await client.create_topics(
                [NewTopic(self.topic, PARTITIONS, 1, topic_configs={"message.timestamp.type": stamped})]
            )
        cluster = Cluster(self.servers)
        await until(lambda: self._known(cluster))
        await cluster.offsets([(self.topic, p) for p in range(PARTITIONS)])
        await cluster.close()

    async def make_anew(self) -> None:
        async with admin(self.servers) as client:
            await client.delete_topics([self.topic])
            await until(lambda: self._gone(client))
        await self.make()

    async def trim(self, partition: int, before: int) -> None:
        async with admin(self.servers) as client:
            await client.delete_records({TopicPartition(self.topic, partition): RecordsToDelete(before)})

    async def _gone(self, client: Any) -> bool:
        return self.topic not in await client.list_topics()

    async def _known(self, cluster: Cluster) -> bool:
        return self.topic in await cluster.topics([self.topic])


@asynccontextmanager
async def admin(servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=servers)
    await client.start()
    try:
        yield client
    finally:
        await client.close()
