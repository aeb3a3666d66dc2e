"""The path on a real PostgreSQL: once, in order, whatever the slices."""

import asyncio
from dataclasses import replace
from hashlib import sha256

import pytest
from o2c_chassis import consumer, deadlines, deliveries
from o2c_chassis.bus import Slice, Span, partition_of
from o2c_chassis.decisions import broken
from o2c_chassis.errors import Overtaken, Refused
from o2c_chassis.people import hash_of_body, on_command
from o2c_chassis.raw import unpack
from o2c_contracts.topics import PARTITIONS
from o2c_contracts.wire import Record

from tests.chassis import toy
from tests.chassis.toy import limit, message, order, record

STATE = "select order_id, total_minor, held, letter from bought order by 1"
TOLD = "select key, value from outbox order by key, position"


def story(customer="acme"):
    return [record(f"{customer}-{n}", order(f"{customer}-o{n}", customer)) for n in range(4)]


async def test_any_slicing_and_duplication_gives_the_same_rows(hands):
    await hands.give(record("l", limit(100_00)), topic=toy.MASTER)
    both = [r for pair in zip(story("acme"), story("bolt"), strict=True) for r in pair]
    twice = [r for r in both for _ in range(2)]

    await hands.give(*twice, sizes=(1, 2, 3))
    once = await hands.rows(STATE), await hands.rows(TOLD)
    await hands.give(*both, sizes=(5, 1))

    assert (await hands.rows(STATE), await hands.rows(TOLD)) == once
    assert sum(held for _, _, held, _ in once[0]) == 2
    assert len(once[1]) == 8


async def test_numbers_are_gapless_in_order_of_commit(hands):
    await hands.give(*story("acme"), *story("bolt"), sizes=(3,))

    assert [n for (n,) in await hands.rows("select number from bought order by 1")] == list(range(1, 9))
    assert await hands.one("select next_number from counters where series = 'orders'") == 9


async def test_what_is_told_carries_gap_free_versions_of_its_key(hands):
    await hands.give(*story("acme"), *story("bolt"), sizes=(2, 1))

    versions = {}
    for key, headers in await hands.rows("select key, headers from outbox order by position"):
        versions.setdefault(key, []).append(int(dict(unpack(headers))["ce_streamversion"]))
    assert versions == {b"c:acme": [1, 2, 3, 4], b"c:bolt": [1, 2, 3, 4]}


@pytest.mark.parametrize("count", [1, 2, 120], ids=["alone", "among others", "by COPY"])
async def test_an_identity_that_came_by_another_road_meanwhile_is_not_handled_again(hands, monkeypatch, count):
    records = [record(f"r{n}", order(f"o{n}")) for n in range(count)]
    look, taken = consumer.Path._heads, sha256(records[0].value).digest()

    async def meanwhile(self, *given):
        monkeypatch.setattr(consumer.Path, "_heads", look)
        await hands.database.fetch("insert into inbox values ('shop', 'r0', $1)", taken)
        return await look(self, *given)

    monkeypatch.setattr(consumer.Path, "_heads", meanwhile)
    await hands.give(*records)

    assert await hands.one("select count(*) from bought") == count - 1
    assert await hands.one("select count(*) from bought where order_id = 'o0'") == 0
    assert await hands.one("select count(*) from parked") == 0


async def test_two_systems_may_use_the_same_number(hands):
    await hands.give(record(1001, order("a"), "shop"), record(1001, order("b"), "edi"))

    assert await hands.one("select count(*) from bought") == 2


async def test_the_same_id_with_another_body_is_put_aside_and_blocks_nobody(hands):
    await hands.give(record(1, order("a")), record(1, order("b")), record(1, order("a")), record(2, order("c")))
    await hands.give(record(1, order("b")))

    assert [r[0] for r in await hands.rows(STATE)] == ["a", "c"]
    assert await hands.rows("select code, blocks from parked") == [("id-reused", False)] * 2


async def test_a_reader_that_slept_too_long_cannot_write(hands):
    await hands.give(*story())
    partition = partition_of(b"c:acme", PARTITIONS)
    old = [Record(r.key, r.headers, r.value, n, toy.NOON) for n, r in enumerate(story())]

    with pytest.raises(Overtaken):
        await hands.path.on_slices([Slice(Span(toy.INTAKE, "topic-1", partition, 0, 4), old)])


async def test_a_position_of_another_incarnation_of_the_topic_is_refused(hands):
    partition = partition_of(b"c:acme", PARTITIONS)
    [first, *_] = story()

    with pytest.raises(Overtaken):
        await hands.path.on_slices([Slice(Span(toy.INTAKE, "topic-2", partition, 0, 1), [first])])


async def test_two_first_events_of_one_customer_on_two_topics_both_count(hands):
    await asyncio.gather(
        hands.give(record("o", order("o1", total=90_00))), hands.give(record("l", limit(50_00)), topic=toy.MASTER)
    )

    rows = await hands.rows("select limit_minor from accounts")
    assert rows == [(5000,)]
    assert await hands.one("select count(*) from bought") == 1


NEIGHBOUR = next(
    key
    for key in (f"c:bolt-{n}".encode() for n in range(1_000))
    if partition_of(key, PARTITIONS) == partition_of(b"c:acme", PARTITIONS)
)
"""Another customer's key that belongs on the same partition."""
BAD = {
    "not-json": lambda r: replace(r, value=b"\xff{"),
    "no-value": lambda r: replace(r, value=None),
    "no-key": lambda r: replace(r, key=None),
    "bad-content": lambda r: replace(r, value=r.value.replace(b"4000", b"4e3")),
    "ce-id": lambda r: replace(r, headers=tuple(h for h in r.headers if h[0] != "ce_id")),
    "ce-time": lambda r: replace(r, headers=_with(r, "ce_time", b"0000-01-01T00:00:00Z")),
    "time-range": lambda r: replace(r, headers=_with(r, "ce_time", b"9999-12-31T00:00:00Z")),
    "unknown-type": lambda r: replace(r, headers=_with(r, "ce_type", b"OrderEaten")),
    "wrong-topic": lambda r: replace(r, headers=_with(r, "ce_type", b"OrderAccepted")),
    "forged-source": lambda r: replace(r, headers=_with(r, "ce_source", b"cash")),
    "source-not-allowed": lambda r: replace(r, headers=_with(r, "ce_source", b"warehouse/north")),
    "key-mismatch": lambda r: replace(r, key=NEIGHBOUR),
    "wrong-world": lambda r: replace(r, headers=_with(r, "ce_world", b"demo")),
    "unknown-schema": lambda r: replace(r, headers=_with(r, "ce_dataschema", b"urn:o2c:OrderSubmitted:2")),
    "too-large": lambda r: replace(r, value=r.value + b" " * 1_000_001),
    "ce-source": lambda r: replace(r, headers=_with(r, "ce_source", b"\xff\xfe")),
}


def _with(r, name, value):
    return tuple((n, value if n == name else v) for n, v in r.headers)


@pytest.mark.parametrize("code", BAD)
async def test_what_can_never_be_read_is_passed_by_as_it_came_and_blocks_nobody(hands, code):
    bad = BAD[code](story()[0])
    partition = partition_of(b"c:acme", PARTITIONS)

    await hands.give_partition(toy.INTAKE, partition, [bad, *story()[1:]])

    assert await hands.one("select count(*) from bought") == 3
    [(found, key, headers, value, blocks)] = await hands.rows("select code, key, headers, value, blocks from parked")
    assert (found, key, unpack(headers), value, blocks) == (code, bad.key, bad.headers, bad.value, False)
    assert await hands.one("select topic from outbox where topic like '%dlq'") == "o2c.intake.v1.orders.dlq"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'"net_minor":4000', b'"net_minor":NaN'),
        (b'"net_minor":4000', b'"net_minor":true'),
        (b'"net_minor":4000', b'"net_minor":40.5'),
        (b'"net_minor":4000', b'"net_minor":"4000"'),
        (b'"net_minor":4000', b'"net_minor":99999999999999999999'),
        (b'"unit_price":"1"', b'"unit_price":"1e3"'),
        (b'"unit_price":"1"', b'"unit_price":"1.0000000000001"'),
        (b'"quantity":"1"', b'"quantity":"-1"'),
        (b'"quantity":"1"', b'"quantity":1'),
        (b'"currency":"EUR"', b'"currency":"XQX"'),
        (b'"currency":"EUR"', b'"currency":null'),
        (b'"product":"paper"', b'"product":"pa\\u0000per"'),
        (b'"product":"paper"', b'"product":' + b"[" * 5_000 + b"]" * 5_000),
        (b'"total_minor":4000', b'"total_minor":4001'),
    ],
    ids=lambda value: value[:40].decode(),
)
async def test_content_that_does_not_fit_is_put_aside_and_its_customers_next_order_is_taken(hands, was, becomes):
    [first, second, *_] = story()
    assert was in first.value

    await hands.give(replace(first, value=first.value.replace(was, becomes)), second)

    [(code, blocks)] = await hands.rows("select code, blocks from parked")
    assert (code in ("bad-content", "not-json"), blocks) == (True, False)
    assert await hands.rows("select order_id from bought") == [("acme-o1",)]


async def test_a_key_on_a_partition_that_is_not_its_own_is_parked(hands):
    partition = (partition_of(b"c:acme", PARTITIONS) + 1) % PARTITIONS

    await hands.give_partition(toy.INTAKE, partition, story()[:1])

    assert await hands.rows("select code, blocks from parked") == [("wrong-partition", False)]


async def test_a_broken_event_stops_its_customer_until_it_is_mended_and_nobody_else(hands, monkeypatch):
    boom = record("x", order("boom", purchase_order="boom"))

    await hands.give(*story("acme")[:2], boom, *story("acme")[2:], *story("bolt"))

    assert [r[0] for r in await hands.rows(STATE)] == ["acme-o0", "acme-o1", *(f"bolt-o{n}" for n in range(4))]
    assert await hands.rows("select blocks, waits from parked order by id") == [
        (True, False),
        (True, True),
        (True, True),
    ]
    told = [
        dict(unpack(h))["ce_type"]
        for (h,) in await hands.rows("select headers from outbox where topic not like '%dlq'")
    ]
    assert told.count(b"CustomerBlocked") == 1

    route = toy.service.routes[toy.OrderSubmitted]
    mended = replace(
        route, handler=lambda event, work: toy.on_order(event.model_copy(update={"purchase_order": None}), work)
    )
    monkeypatch.setitem(toy.service.routes, toy.OrderSubmitted, mended)
    assert await hands.path.take_up("c:acme") == 3
    assert await hands.one("select count(*) from parked") == 0
    assert await hands.one("select count(*) from bought") == 9
    in_order = await hands.rows("select order_id from bought where customer_id = 'acme' order by number")
    assert [name for (name,) in in_order] == ["acme-o0", "acme-o1", "boom", "acme-o2", "acme-o3"]


async def test_a_command_is_done_once_and_answered_the_same_again(hands):
    await hands.give(*story())
    cancel = replace(
        message("key-1", toy.CancelOrder(customer_id="acme", order_id="acme-o1"), "orders/ann/cancel"),
        body_hash=hash_of_body(b"{}"),
    )

    first = await on_command(hands.path, cancel)
    again = await on_command(hands.path, cancel)

    assert first == again
    assert [t["type"] for t in first["told"]] == ["OrderCancelled"]
    with pytest.raises(Refused, match="another body"):
        await on_command(hands.path, replace(cancel, body_hash=b"other"))


async def test_a_command_for_a_blocked_customer_is_refused_with_the_parked_number(hands):
    await hands.give(record("x", order("boom", purchase_order="boom")))
    cancel = message("key-1", toy.CancelOrder(customer_id="acme", order_id="boom"), "orders/ann/cancel")

    with pytest.raises(Refused, match="number 1"):
        await on_command(hands.path, cancel)


async def due(hands):
    async with hands.database.connection() as db:
        picked, _ = await deadlines.pick(db, hands.clock.now(), [], 100)
    return [deadlines.message(toy.service, p, hands.clock.now()) for p in picked]


async def test_a_deadline_fires_once_and_may_be_armed_again_later(hands):
    await hands.give(*story()[:1])
    hands.clock.move(toy.NOON.replace(day=6))

    messages = await due(hands)
    await hands.path.on_own(messages, deadlines)
    await hands.path.on_own(messages, deadlines)

    assert await hands.one("select reminded from bought") == 1
    assert await hands.rows("select armed, due_at from deadlines") == [(2, toy.NOON.replace(day=7))]


async def test_a_deadline_of_a_blocked_customer_waits(hands):
    await hands.give(*story()[:1], record("x", order("boom", purchase_order="boom")))
    hands.clock.move(toy.NOON.replace(day=6))

    waits = await hands.path.on_own(await due(hands), deadlines)

    assert waits == {"c:acme"}
    assert await hands.one("select reminded from bought") == 0


async def test_a_delivery_ends_once(hands):
    await hands.give(*story()[:2])
    async with hands.database.connection() as db:
        rows = await deliveries.open_ones(db, hands.clock.now())
        for row in rows:
            await deliveries.tried(db, row, hands.clock.now(), deliveries.Attempt(("folder", "x")))
        rows = await deliveries.open_ones(db, hands.clock.now())
    messages = [deliveries.message(toy.service, row, hands.clock.now()) for row in rows]

    await hands.path.on_own(messages, deliveries)
    await hands.path.on_own(messages, deliveries)

    assert {r[3] for r in await hands.rows(STATE)} == {"delivered"}
    assert await hands.rows("select status, next_at from deliveries") == [("delivered", None)] * 2


async def test_a_flipped_byte_in_the_decision_log_is_found(hands):
    await hands.give(*story())
    async with hands.database.transaction() as db:
        assert [found async for found in broken(db)] == []
        await db.execute(
            "update decisions set body = replace(convert_from(body, 'UTF8'), 'DE01', 'DE02')::bytea where seq = 2"
        )
        assert [found async for found in broken(db)] != []


async def test_what_is_told_at_one_time_lies_together(hands):
    await hands.give(*story())

    ids = [dict(unpack(h))["ce_id"].decode() for (h,) in await hands.rows("select headers from outbox")]
    assert {int(i.replace("-", "")[:12], 16) for i in ids} == {int(toy.NOON.timestamp() * 1000)}
    assert len(set(ids)) == len(ids)
