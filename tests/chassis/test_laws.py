"""The house's laws on the toy service and a real PostgreSQL: slices, repeats and interleaving change no row."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from o2c_chassis.bus import Place, Slice, Span, partition_of
from o2c_chassis.database import Database
from o2c_chassis.decisions import broken
from o2c_chassis.inbox import begin_positions
from o2c_contracts.topics import PARTITIONS, TOPICS
from o2c_contracts.wire import Record

from tests.chassis import toy
from tests.chassis.conftest import Hands
from tests.chassis.lives import without_counts

CUSTOMERS = ("acme", "bolt", "cork", "dust")
STREAMS = {
    c: [toy.record(f"{c}-{n}", toy.order(f"{c}-o{n}", c, total=1000 * (n + 1))) for n in range(4)]
    for c in CUSTOMERS[:3]
} | {
    "dust": [
        toy.record("d-0", toy.order("dust-o0", "dust")),
        toy.record("d-1", toy.order("dust-o1", "dust", purchase_order="boom")),
        toy.record("d-2", toy.order("dust-o2", "dust")),
    ]
}
LIMITS = [toy.record(f"l-{c}", toy.limit(30_00, c)) for c in CUSTOMERS]
STATE = {
    "accounts": "select * from accounts order by 1",
    "bought": "select order_id, customer_id, total_minor, held from bought order by 1",
    "told": "select key, headers, value, topic from outbox where topic not like '%dlq' order by key, position",
    "decisions": "select decision_id, subject, key, body from decisions order by 1",
    "deadlines": "select kind, subject, armed, due_at from deadlines order by 1, 2",
    "deliveries": "select delivery_id, status from deliveries order by 1",
    "inbox": "select source, id from inbox order by 1, 2",
    "parked": "select event_id, code from parked order by id",
}
FEW = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def interleaved(draw: st.DrawFn) -> list[Record]:
    """All streams, each in its own order, customers in any."""
    turns = draw(st.permutations([c for c, records in STREAMS.items() for _ in records]))
    left = {c: iter(records) for c, records in STREAMS.items()}
    return [next(left[c]) for c in turns]


@st.composite
def repeated(draw: st.DrawFn, records: Sequence[Record]) -> list[Record]:
    """Any of them again at any later time."""
    found = list(records)
    for _ in range(draw(st.integers(0, 6))):
        n = draw(st.integers(0, len(found) - 1))
        found.insert(draw(st.integers(n + 1, len(found))), found[n])
    return found


SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=20)


class Bench:
    """Runs the same path over one fresh database after another."""

    def __init__(self, database: Any, template: str) -> None:
        self._database, self._template = database, template
        self.waited: list[int] = []
        self.expected = self.end([LIMITS, *[[r] for records in STREAMS.values() for r in records]])

    def end(self, calls: Sequence[Sequence[Record]]) -> dict[str, Any]:
        """The state after these records came in these calls."""
        return asyncio.run(self._end(calls))

    async def _end(self, calls: Sequence[Sequence[Record]]) -> dict[str, Any]:
        database = await Database(self._database(template=self._template), most=2).open()
        async with database.transaction() as db:
            await begin_positions(db, {(t, p): ("topic-1", 0) for t in TOPICS for p in range(PARTITIONS)})
        hands, nexts = Hands(database), defaultdict[Place, int](int)
        for n, records in enumerate(calls):
            await hands.path.on_slices(slices_of(toy.INTAKE if n else toy.MASTER, records, nexts))
        waited = await hands.one("select count(*) from parked where blocks")
        with mended():
            assert await hands.path.take_up("c:dust") == waited
        found: dict[str, Any] = {name: await hands.rows(query) for name, query in STATE.items()}
        found["told"] = [without_counts(*row) for row in found["told"]]
        self.waited.append(waited)
        numbers = [n for (n,) in await hands.rows("select number from bought order by 1")]
        assert numbers == list(range(1, len(numbers) + 1))
        async with database.transaction() as db:
            assert [b async for b in broken(db)] == []
        await database.close()
        return found


@contextmanager
def mended() -> Iterator[None]:
    """The order that breaks its handler breaks it no more: what waits is taken up, repeats among it too."""
    routes = toy.service.routes
    right = routes[toy.OrderSubmitted]

    def on_order(event: Any, work: Any) -> Any:
        return toy.on_order(event.model_copy(update={"purchase_order": None}), work)

    routes[toy.OrderSubmitted] = replace(right, handler=on_order)
    yield
    routes[toy.OrderSubmitted] = right


def slices_of(topic: str, records: Sequence[Record], nexts: dict[Place, int]) -> list[Slice]:
    parts: dict[int, list[Record]] = defaultdict(list)
    for r in records:
        partition = partition_of(r.key or b"", PARTITIONS)
        parts[partition].append(
            Record(r.key, r.headers, r.value, nexts[topic, partition] + len(parts[partition]), toy.NOON)
        )
    slices = []
    for partition, part in parts.items():
        first = nexts[topic, partition]
        nexts[topic, partition] = first + len(part)
        slices.append(Slice(Span(topic, "topic-1", partition, first, first + len(part)), part))
    return slices


def cut(records: Sequence[Record], sizes: Sequence[int]) -> list[Sequence[Record]]:
    """In slices of these sizes, over and over."""
    calls, at, n = [], 0, 0
    while at < len(records):
        calls.append(records[at : at + sizes[n % len(sizes)]])
        at, n = at + sizes[n % len(sizes)], n + 1
    return calls


@pytest.fixture(scope="module")
def bench(module_database: Any, template: str) -> Bench:
    return Bench(module_database, template)


def test_the_streams_use_what_the_laws_are_about(bench):
    assert {held for *_, held in bench.expected["bought"]} == {True, False}
    assert (bench.waited[0], bench.expected["parked"]) == (2, [])
    assert json.loads(bench.expected["decisions"][0][3])["decision"]


@FEW
@given(st.data())
def test_any_slicing_and_any_repeat_of_the_same_streams_gives_the_same_rows(bench, data):
    one_after_the_other = [r for records in STREAMS.values() for r in records]
    records = data.draw(repeated(one_after_the_other))

    end = bench.end([LIMITS, *cut(records, data.draw(SIZES))])

    assert end == bench.expected


@FEW
@given(records=interleaved(), sizes=SIZES)
def test_any_interleaving_of_different_families_gives_the_same_rows(bench, records, sizes):
    assert bench.end([LIMITS, *cut(records, sizes)]) == bench.expected
