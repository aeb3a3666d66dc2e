"""Topics as data: what `deploy/kafka/topics.yaml` says is made where it is missing, and compared where it is there."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code
from ruamel.yaml import YAML

from .cluster import Cluster
from .security import OPEN, Security

_ALREADY_THERE = 36
_LED_WITHIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be."""

    name: str
    partitions: int
    replication: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Differs:
    """One thing about a topic that is not as it should be."""

    topic: str
    what: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done, and what a person must look at: nothing that exists is ever changed."""

    created: tuple[str, ...]
    differs: tuple[Differs, ...]
    unchanged: tuple[str, ...]


def specified(file: Path, replication: str = "single") -> tuple[TopicSpec, ...]:
    """The topics of the file, dead letters included. KeyError where it has no replication of this name."""
    said = YAML(typ="safe").load(file.read_text())
    kind = said["replication"][replication]
    configs = {n: _text(v) for n, v in said["configs"].items()} | {
        "min.insync.replicas": _text(kind["min.insync.replicas"])
    }
    names = {t["name"]: said["partitions"] for t in said["topics"]}
    letters = said["dead_letters"]
    for group in letters["groups"]:
        for topic in [t["name"] for t in said["topics"]]:
            names[letters["name"].format(topic=topic, group=group)] = letters["partitions"]
    return tuple(TopicSpec(name, partitions, kind["factor"], configs) for name, partitions in names.items())


async def apply_topics(
    servers: str, spec: Sequence[TopicSpec], *, create: bool = True, security: Security = OPEN
) -> Applied:
    """Make the missing topics; with `create=False` only look, and a missing topic is one that differs.

    Neither a number of partitions nor a setting of an existing topic is changed: the first would move keys, the second
    is an operator's decision. Raises the client's errors.
    """
    async with _admin(servers, security) as admin:
        there = set(await admin.list_topics())
        missing = [t for t in spec if t.name not in there]
        if create:
            await _create(admin, missing)
            await until_led(servers, missing, security=security)
        known = [t for t in spec if t.name in there]
        differs = [] if create else [Differs(t.name, "topic", "exists", "missing") for t in missing]
        differs += await _differences(admin, known)
    wrong = {d.topic for d in differs}
    created = tuple(t.name for t in missing) if create else ()
    return Applied(created, tuple(differs), tuple(t.name for t in known if t.name not in wrong))


async def _create(admin: Any, missing: Sequence[TopicSpec]) -> None:
    if not missing:
        return
    new: Any = NewTopic
    wanted = [new(t.name, t.partitions, t.replication, topic_configs=dict(t.configs)) for t in missing]
    answer = await admin.create_topics(wanted, timeout_ms=60_000)
    for name, error, *reason in answer.topic_errors:
        if error not in (0, _ALREADY_THERE):
            raise for_code(error)(f"{name}: {reason[0] if reason else ''}")


async def until_led(servers: str, topics: Sequence[TopicSpec], *, security: Security = OPEN) -> None:
    """The controller answers before the brokers serve, or know of, what it has made. TimeoutError after a minute."""
    cluster = Cluster(servers, security)
    places = [(t.name, partition) for t in topics for partition in range(t.partitions)]
    try:
        async with asyncio.timeout(_LED_WITHIN_SECONDS):
            while True:
                with suppress(LookupError, TimeoutError):
                    await cluster.offsets(places)
                    return
                await asyncio.sleep(0.05)
    finally:
        await cluster.close()


async def _differences(admin: Any, known: Sequence[TopicSpec]) -> list[Differs]:
    if not known:
        return []
    partitions = {t["topic"]: t["partitions"] for t in await admin.describe_topics([t.name for t in known])}
    configs = await _configs(admin, [t.name for t in known])
    found = []
    for t in known:
        have = partitions[t.name]
        if len(have) != t.partitions:
            found.append(Differs(t.name, "partitions", str(t.partitions), str(len(have))))
        replicas = {len(p["replicas"]) for p in have}
        if replicas != {t.replication}:
            found.append(Differs(t.name, "replication", str(t.replication), ", ".join(map(str, sorted(replicas)))))
        for name, wanted in t.configs.items():
            if configs[t.name].get(name) != wanted:
                found.append(Differs(t.name, name, wanted, str(configs[t.name].get(name))))
    return found


async def _configs(admin: Any, names: Iterable[str]) -> dict[str, dict[str, str]]:
    resource: Any = ConfigResource
    asked = [resource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for error, reason, _, name, entries in answer.resources:
            if error:
                raise for_code(error)(f"{name}: {reason}")
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


@asynccontextmanager
async def _admin(servers: str, security: Security) -> AsyncIterator[Any]:
    admin: Any = AIOKafkaAdminClient(
        bootstrap_servers=servers, client_id="o2c-topics", request_timeout_ms=70_000, **security.for_aiokafka
    )
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
