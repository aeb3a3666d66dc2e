"""Where a reader may read on: by the positions of its own database, checked against what the log really holds."""

from collections.abc import Iterable, Mapping, Sequence

from o2c_chassis.bus import Place
from o2c_chassis.database import Database
from o2c_chassis.errors import Lost
from o2c_chassis.inbox import begin_positions, positions_of

from .producer import Kafka

Positions = Mapping[Place, tuple[str, int]]
"""Place -> (the topic's own id, the next offset)."""


async def known(bus: Kafka, database: Database, places: Sequence[Place]) -> Positions:
    """A first start begins where the log begins. Raises Lost where anything would be skipped.

    The ends are asked after the positions: another holder may still be moving on.
    """
    if not places:
        return {}
    names = sorted({topic for topic, _ in places})
    topics, before = await bus.topics(names), await bus.bounds(places)
    async with database.transaction() as db:
        found = await positions_of(db, names)
        if first := {p: (topics[p[0]].id, before[p][0]) for p in places if p not in found}:
            await begin_positions(db, first)
            found = await positions_of(db, names)
    mine = {place: found[place] for place in places}
    _demand(mine, {name: t.id for name, t in topics.items()}, await bus.bounds(places))
    return mine


async def check(bus: Kafka, seen: Mapping[str, str], positions: Positions) -> None:
    """Raises Lost when a topic was trimmed, deleted or made anew under its reader. `seen`: topic -> its own id."""
    topics = await bus.topics(seen)
    for name, was in seen.items():
        found = topics[name].id if name in topics else "gone"
        if found != was:
            raise Lost(f"{name}: it was topic {was}, now it is {found}")
    try:
        bounds = await bus.bounds(positions)
    except LookupError as error:
        raise Lost(str(error)) from error
    _demand(positions, seen, bounds)


def missing(wanted: Iterable[str], there: Iterable[str]) -> str:
    return ", ".join(sorted(set(wanted) - set(there)))


def _demand(positions: Positions, ids: Mapping[str, str], bounds: Mapping[Place, tuple[int, int]]) -> None:
    """begin <= position <= end, and the same topic as before."""
    for (topic, partition), (was, at) in positions.items():
        begin, end = bounds[topic, partition]
        if ids.get(topic) != was or not begin <= at <= end:
            raise Lost(
                f"{topic}/{partition}: position {at} of topic {was}, the log is {ids.get(topic)} from {begin} to {end}"
            )
