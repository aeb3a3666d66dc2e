"""How a service is doing, in one answer: behind or not, what waits, what is parked, which rules decide."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from .running import Running

_POSITIONS = text("select topic, partition, next from positions")
_OUTBOX = text(
    "select count(*) as unsent, min(recorded_at) as oldest, min(position) as first from outbox where sent_at is null"
)
_PARKED = text("select code, count(*) as n from parked where not waits group by code order by code")
_WAITING = text("select count(*) from parked where waits")
_BLOCKED = text("select distinct f from parked, unnest(families) f where blocks and f like 'c:%' order by f")
_DEADLINES = text(
    "select count(*) filter (where due_at <= :now) as due, min(due_at) as next from deadlines where due_at is not null"
)
_DELIVERIES = text("select status, count(*) as n from deliveries where next_at is not null group by status")
_APPROVALS = text("select count(*) from approvals where status = 'open'")
_HALTED = text("select reason from halts where release = :release")


class ServiceStatus(BaseModel):
    """Counts are of now; lag is in records, by topic."""

    service: str
    world: str
    at: datetime
    lag: dict[str, int]
    lag_by_partition: dict[str, dict[int, int]]
    positions: dict[str, dict[int, int]]
    unsent: int
    oldest_unsent_seconds: float
    """By the recorded time of its cause."""
    first_unsent: int | None
    """Its position in the outbox."""
    parked: dict[str, int]
    waiting: int
    blocked_customers: list[str]
    deadlines_due: int
    next_deadline: datetime | None
    deliveries_open: dict[str, int]
    approvals_open: int
    escalations_open: int | None
    """None where the service raises none."""
    bundle: str
    """What decides where no contract has a model of its own."""
    release: int
    """The release that brought it."""
    releases_read: int
    """The last release that this process has read and compiled, whether in force already or not."""
    next_release_at: datetime | None
    """When the next of them takes effect."""
    models: dict[str, int]
    """Bundle -> how many contracts it decides instead."""
    executor: str
    rules_problem: str | None
    rules_unread_seconds: float
    halted: str | None
    committed: int
    """Slices made durable since the process started."""


async def status_of(running: Running, reads: AsyncConnection) -> ServiceStatus:
    """One snapshot; raises what the database or the bus raises."""
    now = running.clock.now()
    positions = await _positions(reads)
    lag = await lag_of(running, positions)
    outbox = (await reads.execute(_OUTBOX)).one()
    due = (await reads.execute(_DEADLINES, {"now": now})).one()
    models = running.rules.models()
    book = models.newest
    release = {"release": running.path.quarantine.release_name}
    return ServiceStatus(
        service=running.service.name,
        world=running.world,
        at=now,
        lag={topic: sum(parts.values()) for topic, parts in lag.items()},
        lag_by_partition=lag,
        positions=positions,
        unsent=outbox.unsent,
        oldest_unsent_seconds=max(0.0, (now - outbox.oldest).total_seconds()) if outbox.oldest else 0.0,
        first_unsent=outbox.first,
        parked={r.code: r.n for r in await reads.execute(_PARKED)},
        waiting=(await reads.execute(_WAITING)).scalar_one(),
        blocked_customers=[name[2:] for name in (await reads.execute(_BLOCKED)).scalars()],
        deadlines_due=due.due,
        next_deadline=due.next,
        deliveries_open={r.status: r.n for r in await reads.execute(_DELIVERIES)},
        approvals_open=(await reads.execute(_APPROVALS)).scalar_one(),
        escalations_open=await count(reads) if (count := running.service.escalations) else None,
        bundle=book.hash,
        release=models.release.n,
        releases_read=running.rules.releases[-1].n,
        next_release_at=running.rules.next_change(now),
        models=models.of_contracts(now),
        executor=book.executor,
        rules_problem=running.rules.problem,
        rules_unread_seconds=running.rules.unread_seconds,
        halted=(await reads.execute(_HALTED, release)).scalar_one_or_none(),
        committed=running.committed,
    )


async def _positions(reads: AsyncConnection) -> dict[str, dict[int, int]]:
    """Topic -> partition -> the next record to read."""
    positions: dict[str, dict[int, int]] = {}
    for r in await reads.execute(_POSITIONS):
        positions.setdefault(r.topic, {})[r.partition] = r.next
    return positions


async def lag_of(running: Running, positions: dict[str, dict[int, int]]) -> dict[str, dict[int, int]]:
    """Topic -> partition -> records written and not yet handled by this service."""
    ends = await running.bus.ends(running.service.topics)
    lag: dict[str, dict[int, int]] = {topic: {} for topic in running.service.topics}
    for (topic, partition), end in ends.items():
        at = positions.get(topic, {}).get(partition, 0)
        lag.setdefault(topic, {})[partition] = max(0, end - at)
    return lag
