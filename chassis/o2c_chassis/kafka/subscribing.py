"""How we subscribe: every option of FastStream and aiokafka said aloud, since several defaults lose records."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from o2c_contracts.wire import Record

from .security import OPEN, Security

LOG = logging.getLogger("o2c_chassis.kafka")
_FASTSTREAM = LOG.getChild("faststream")
_FASTSTREAM.setLevel(logging.ERROR)  # it warns at every start that it may not create topics
MOST_FETCHED = 2 * 1024**2
"""Bytes of one partition: the largest record fits."""
_APPENDED_BY_THE_LOG = 1


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a reader waits for what, in seconds; and how many records a slice may have."""

    slice_records: int = 500
    poll: float = 0.1
    linger: float = 0.0
    """Before asking again while slices come back to back: larger slices for less work, and that much more latency."""
    watch: float = 5.0
    """Between two looks at the topics' ids and bounds, and two hints to the broker."""
    silent: float = 60.0
    """Without any answer to a fetch, though brokers answer others: the client is stuck, the process starts anew."""
    session: float = 45.0
    revoke: float = 15.0
    """For the slice under way when partitions are taken away."""


@dataclass(frozen=True, slots=True)
class Group:
    """Who reads what, from where."""

    servers: str
    name: str
    topics: tuple[str, ...]
    security: Security = OPEN


def subscribed(group: Group, timing: Timing, listener: ConsumerRebalanceListener) -> tuple[KafkaBroker, Any]:
    """A broker that only reads, and its one subscriber, not started.

    The assignor gives one member the same partitions of all topics: a customer's records of all of them.
    """
    broker = _broker(group, timing)
    session = int(timing.session * 1000)
    subscriber = broker.subscriber(
        *group.topics,
        group_id=group.name,
        auto_offset_reset="none",
        ack_policy=AckPolicy.MANUAL,
        batch=True,
        max_records=timing.slice_records,
        isolation_level="read_committed",
        check_crcs=True,
        fetch_min_bytes=1,
        fetch_max_wait_ms=500,
        max_partition_fetch_bytes=MOST_FETCHED,
        fetch_max_bytes=50 * 1024**2,
        session_timeout_ms=session,
        heartbeat_interval_ms=session // 15,
        rebalance_timeout_ms=max(60_000, session),
        max_poll_interval_ms=24 * 3_600_000,
        partition_assignment_strategy=(RangePartitionAssignor,),
        listener=listener,
        parser=_untouched,
        decoder=_as_they_came,
        no_reply=True,
    )
    return broker, subscriber


def _broker(group: Group, timing: Timing) -> KafkaBroker:
    return KafkaBroker(
        group.servers,
        client_id=f"o2c-{group.name}",
        consumer_only=True,
        allow_auto_create_topics=False,
        graceful_timeout=timing.revoke,
        request_timeout_ms=40_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=60_000,
        security=group.security.for_faststream,
        apply_types=False,
        logger=_FASTSTREAM,
        log_level=logging.DEBUG,
    )


async def leave(broker: KafkaBroker) -> None:
    """Handing back partitions helps the others; a broker that does not answer must not hold up the end."""
    with suppress(Exception):
        await asyncio.wait_for(broker.stop(), 25)


def as_records(found: Iterable[Any]) -> list[Record]:
    """Untouched; the time is kept only where the log stamped it: a publisher's own proves nothing."""
    records, instants = [], dict[int, datetime]()
    for r in found:
        at = None
        if r.timestamp_type == _APPENDED_BY_THE_LOG:
            at = instants.get(r.timestamp)
            if at is None:
                at = instants[r.timestamp] = datetime.fromtimestamp(r.timestamp / 1000, UTC)
        records.append(Record(r.key, tuple(r.headers), r.value, r.offset, at))
    return records


async def _untouched(raw: Any, original: Any) -> KafkaAckableMessage:
    """Never raises and never decodes what others wrote: FastStream drops the whole batch when its own parser fails."""
    first = raw[0]
    return KafkaAckableMessage(
        body=list(raw),
        headers={},
        batch_headers=[{} for _ in raw],
        reply_to="",
        content_type=None,
        message_id=f"{first.topic}-{first.partition}-{first.offset}",
        correlation_id=None,
        raw_message=raw,
        path={},
        consumer=None,
    )


async def _as_they_came(message: Any) -> Sequence[Any]:
    return list(message.raw_message)
