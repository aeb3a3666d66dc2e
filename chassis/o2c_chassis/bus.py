"""What a bus must do: Kafka, or a log in PostgreSQL for one machine. The same contract tests hold for both."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from o2c_contracts.wire import Record


@dataclass(frozen=True, slots=True)
class Span:
    """Records [first, after) of one partition of one incarnation of a topic."""

    topic: str
    topic_id: str
    """The topic's own id: one deleted and made again is another."""
    partition: int
    first: int
    after: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Raw records of one partition in order, undecoded."""

    span: Span
    records: Sequence[Record]


OnSlices = Callable[[Sequence[Slice]], Awaitable[None]]
"""Returning means: these slices are durable."""
Place = tuple[str, int]
"""Topic and partition."""
PAUSES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Seconds before a reader tries again in a broken world; after the last one it ends, and its process with it."""


class Reader(Protocol):
    """One service's share of its topics, from its positions in its own database on."""

    async def run(self) -> None:
        """Hand over slices in order until stopped; ends with the error that it cannot get over."""

    async def stop(self) -> None:
        """Let the slice under way finish, take no other."""


class Bus(Protocol):
    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        """Durable when it returns; records of one key stay in order."""

    async def ends(self, topics: Sequence[str]) -> Mapping[Place, int]:
        """Where the next record of each partition will go: lag is this less the position."""

    async def history(self, topic: str, key: bytes, first: int = 0) -> tuple[Sequence[Record], int]:
        """The records of one key in order, from an offset of its partition on; and the offset to go on from.

        For who looks back at what was told; never for a service's reading.
        """

    async def check(self) -> None:
        """Raises when the bus cannot be reached."""

    async def close(self) -> None: ...


@lru_cache(200_000)
def partition_of(key: bytes, partitions: int) -> int:
    """Where Kafka's Java client puts this key (murmur2), so that every publisher puts a customer in the same place."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """32-bit MurmurHash2 with Kafka's seed, unsigned."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    whole = len(key) & ~3
    hashed = 0x9747B28C ^ len(key)
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at : at + 4], "little") * multiplier & mask
        word = (word ^ word >> 24) * multiplier & mask
        hashed = hashed * multiplier & mask ^ word
    if tail := key[whole:]:
        hashed = (hashed ^ int.from_bytes(tail, "little")) * multiplier & mask
    hashed = (hashed ^ hashed >> 13) * multiplier & mask
    return hashed ^ hashed >> 15
