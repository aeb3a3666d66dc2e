"""What the brokers say about topics: their own ids, their leaders, where each partition begins and ends.

aiokafka asks in versions of the protocol that carry no topic id yet: version 12 of the same request is spelled out.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    KafkaError,
    LeaderNotAvailableError,
    NotLeaderForPartitionError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from o2c_chassis.bus import Place

from .security import OPEN, Security

ANSWER_SECONDS = 10.0
_EARLIEST, _LATEST = -2, -1
_ONLY_COMMITTED = 1
_UNKNOWN_TOPIC = 3
_WITH_REPLICA = 11  # from this version of a fetch's answer on, the preferred replica stands before the records
_ELECTING = (LeaderNotAvailableError, NotLeaderForPartitionError, UnknownTopicOrPartitionError)


@dataclass(frozen=True, slots=True)
class Topic:
    """One incarnation of a topic: deleted and made again it has another id."""

    id: str
    leaders: Mapping[int, int]
    """Partition -> the broker that leads it."""


class Cluster:
    """Asks one question at a time; a connection that failed once is not used again."""

    def __init__(self, servers: str, security: Security = OPEN) -> None:
        self._servers, self._security = servers, security
        self._client: Any = None
        self._turn = asyncio.Lock()

    async def topics(self, names: Iterable[str]) -> dict[str, Topic]:
        """Those of the names that exist. Raises what the client raises, TimeoutError after ten seconds."""
        async with self._asking() as client:
            return await _topics(client, names)

    async def offsets(self, places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
        """Place -> (the first offset there still is, where the next record goes). LookupError where there is none.

        A leader that was just elected may not know it yet: asked again until the time is over.
        """
        wanted = list(places)
        async with self._asking() as client:
            while True:
                try:
                    return await _bounds(client, wanted)
                except _ELECTING:
                    await asyncio.sleep(0.05)

    async def fetch(self, place: Place, first: int, most_bytes: int) -> bytes:
        """The batches as they lie in the log, from the one on that holds the offset `first`.

        Raises where some of them were aborted by a transaction: which, only the client could tell.
        """
        topic, partition = place
        async with self._asking() as client:
            leader = (await _topics(client, [topic]))[topic].leaders[partition]
            wanted = [(topic, [(partition, first, most_bytes)])]
            answer = await client.send(leader, FetchRequest(0, 1, most_bytes, _ONLY_COMMITTED, wanted))
        [(_, [(_, error, _, *parts)])] = answer.topics
        if error:
            raise for_code(error)(f"{topic}/{partition}")
        aborted = parts[2] if answer.API_VERSION >= _WITH_REPLICA else parts[-2]
        if aborted:
            raise KafkaError(f"{topic}/{partition}: aborted records around {first} cannot be told from others")
        return bytes(parts[-1] or b"")

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                await asyncio.wait_for(client.close(), 5)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Any]:
        async with self._turn:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    if self._client is None:
                        self._client = AIOKafkaClient(  # type: ignore[no-untyped-call]
                            bootstrap_servers=self._servers,
                            client_id="o2c-cluster",
                            request_timeout_ms=int(ANSWER_SECONDS * 1000),
                            metadata_max_age_ms=60_000,
                            **self._security.for_aiokafka,
                        )
                        await self._client.bootstrap()
                    yield self._client
            except BaseException:
                await self.close()
                raise


class _Uuid(AbstractType[UUID]):
    @classmethod
    def encode(cls, value: UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> UUID:
        return UUID(bytes=data.read(16))


class _TopicsResponse(Response):
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _TopicsRequestStruct(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = _TopicsResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("topic", CompactString("utf-8")), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _TopicsRequest(Request[_TopicsRequestStruct]):
    API_KEY = 3

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def build(self, request_struct_class: type[_TopicsRequestStruct]) -> _TopicsRequestStruct:
        by_name: list[Any] = [(UUID(int=0), name, {}) for name in self._names]
        return request_struct_class(by_name, False, False, {})


async def _topics(client: Any, names: Iterable[str]) -> dict[str, Topic]:
    answer = await client.send(client.get_random_node(), _TopicsRequest(sorted(names)))
    found = {}
    for error, name, topic_id, _, partitions, *_ in answer.topics:
        if error == _UNKNOWN_TOPIC:
            continue
        if error:
            raise for_code(error)(name)
        leaders = {partition: leader for _, partition, leader, *_ in partitions}
        found[name] = Topic(str(topic_id), dict(sorted(leaders.items())))
    return found


async def _bounds(client: Any, places: Sequence[Place]) -> dict[Place, tuple[int, int]]:
    topics = await _topics(client, {topic for topic, _ in places})
    by_leader: dict[int, list[Place]] = defaultdict(list)
    for topic, partition in places:
        if topic not in topics or partition not in topics[topic].leaders:
            raise LookupError(f"there is no {topic}/{partition}")
        by_leader[topics[topic].leaders[partition]].append((topic, partition))
    if -1 in by_leader:
        raise LeaderNotAvailableError(str(by_leader[-1]))
    found: dict[Place, tuple[int, int]] = {}
    for leader, led in by_leader.items():
        begins = await _list_offsets(client, leader, led, _EARLIEST)
        ends = await _list_offsets(client, leader, led, _LATEST)
        found |= {place: (begins[place], ends[place]) for place in led}
    return found


async def _list_offsets(client: Any, leader: int, places: Sequence[Place], at: int) -> dict[Place, int]:
    by_topic: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for topic, partition in places:
        by_topic[topic].append((partition, at))
    answer = await client.send(leader, OffsetRequest(-1, _ONLY_COMMITTED, list(by_topic.items())))
    found = {}
    for topic, parts in answer.topics:
        for partition, error, _, offset, *_ in parts:
            if error:
                raise for_code(error)(f"{topic}/{partition}")
            found[topic, partition] = offset
    return found
