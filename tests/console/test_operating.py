"""Operators' hands: look at what is parked, mend, take up, or give up as two people."""

from dataclasses import replace

import pytest
from o2c_chassis.raw import unpack
from o2c_chassis.service import Hears, nothing
from o2c_contracts import wire
from o2c_contracts.cash import PaymentApplied
from o2c_contracts.event import Envelope, Message

from tests.chassis import toy
from tests.chassis.toy import order, record

BOOM = record("x", order("boom", purchase_order="boom"))


async def told(desk) -> list[str]:
    rows = await desk.running.database.fetch(
        "select headers from outbox where topic = 'o2c.orders.v1' order by position"
    )
    types = [dict(unpack(r["headers"]))["ce_type"].decode() for r in rows]
    return [t for t in types if t not in ("BundleActivated", "ChainAnchored")]


async def given_a_blocked_customer(desk) -> None:
    await desk.publish(toy.INTAKE, record(1, order("o1")), BOOM, record(2, order("o2")))


async def test_parked_records_are_listed_and_shown_with_their_bytes_to_operators_only(desk):
    await given_a_blocked_customer(desk)

    listed = (await desk.get("parked")).json()["items"]
    shown = await desk.get("parked/1", who="olga")
    denied = await desk.get("parked/1", who="ann")

    assert [(p["number"], p["code"], p["waits"]) for p in listed] == [(1, "HandlerFailed", False), (2, "waits", True)]
    assert [p["number"] for p in (await desk.get("parked", code="waits", customer="acme")).json()["items"]] == [2]
    assert '"order_id":"boom"' in shown.json()["value"]
    assert shown.json()["headers"]["ce_type"] == "OrderSubmitted"
    assert denied.status_code == 403
    assert (await desk.get("parked/99", who="olga")).status_code == 404


async def test_a_retry_before_the_mend_changes_nothing_and_after_it_takes_up_all(desk, monkeypatch):
    await given_a_blocked_customer(desk)

    early = await desk.post("parked/1/retry", who="olga")
    route = toy.service.routes[toy.OrderSubmitted]
    mended = replace(
        route, handler=lambda event, work: toy.on_order(event.model_copy(update={"purchase_order": None}), work)
    )
    monkeypatch.setitem(toy.service.routes, toy.OrderSubmitted, mended)
    late = await desk.post("parked/2/retry", who="olga")

    assert (early.status_code, early.json()["code"]) == (409, "still-failing")
    assert (late.status_code, late.json()["handled"]) == (200, 2)
    assert (await desk.get("parked")).json()["items"] == []
    assert (await told(desk)).count("CustomerUnblocked") == 1


async def test_discarding_takes_two_people_and_lets_the_others_through(desk):
    await given_a_blocked_customer(desk)

    first = await desk.post("parked/1/discard", who="olga")
    same = await desk.post("parked/1/discard", who="olga")
    second = await desk.post("parked/1/discard", who="otto")

    assert first.json()["done"] is False
    assert (same.status_code, same.json()["code"]) == (403, "own-request")
    assert second.json() == {"done": True, "text": "discarded by olga and otto", "handled": 1, "parked_again": None}
    assert await told(desk) == ["OrderAccepted", "CustomerBlocked", "OrderAccepted", "CustomerUnblocked"]
    letters = await desk.running.database.fetch("select value from outbox where topic = 'o2c.intake.v1.orders.dlq'")
    assert b"discarded by olga and otto" in letters[-1]["value"]


async def test_what_was_discarded_stays_so_when_it_comes_again(desk):
    await given_a_blocked_customer(desk)
    for who in ("olga", "otto"):
        await desk.post("parked/1/discard", who=who)

    await desk.publish(toy.INTAKE, BOOM)

    assert (await desk.get("parked")).json()["items"] == []
    assert (await desk.get("events", source="shop", id="x")).json()["state"] == "handled"


async def test_discarding_the_only_record_still_tells_that_the_customer_is_free(desk):
    await desk.publish(toy.INTAKE, BOOM)

    for who in ("olga", "otto"):
        await desk.post("parked/1/discard", who=who)

    assert await told(desk) == ["CustomerBlocked", "CustomerUnblocked"]
    assert (await desk.post("customers/acme/orders/boom/cancel")).status_code == 404


async def test_when_what_waits_fails_too_the_discarded_one_alone_is_gone(desk):
    await desk.publish(toy.INTAKE, BOOM, record("y", order("boom2", purchase_order="boom")), record(2, order("o2")))

    for who in ("olga", "otto"):
        answer = await desk.post("parked/1/discard", who=who)

    assert "still cannot be handled" in answer.json()["text"]
    assert [p["number"] for p in (await desk.get("parked")).json()["items"]] == [2, 3]
    for who in ("olga", "otto"):
        answer = await desk.post("parked/2/discard", who=who)
    assert answer.json()["handled"] == 1


async def test_what_could_not_be_read_is_parked_again_under_a_new_number(desk):
    await desk.publish(toy.INTAKE, replace(record(1, order("o1")), value=b"{"))

    again = (await desk.post("parked/1/retry", who="olga")).json()

    assert (again["done"], again["parked_again"]) == (False, 2)


def applied(version: int, *, broken: bool = False) -> wire.Record:
    event = PaymentApplied(
        customer_id="acme", legal_entity="DE01", currency="EUR", invoice_number=f"i{version}", amount_minor=1,
        open_minor_after=0, item_version=1, value_date=toy.NOON.date(), payment_id="p", tier="exact",
    )  # fmt: skip
    at = toy.NOON
    envelope = Envelope("cash", f"v{version}", "PaymentApplied", at, at, at.date(), stream_version=version)
    made = wire.encode(Message(envelope, event))
    return replace(made, value=b"{}") if broken else made


@pytest.fixture
def hears_cash(monkeypatch):
    heard = {}

    def on_applied(event, work):
        if event.invoice_number == "i2":
            raise ZeroDivisionError("the second one breaks")
        heard[event.invoice_number] = True
        return ()

    hears = (*toy.service.hears, Hears(PaymentApplied, nothing, on_applied))
    monkeypatch.setattr(toy, "service", replace(toy.service, hears=hears))
    return heard


async def test_a_discarded_version_counts_as_heard_and_the_next_one_follows(hears_cash, desk):
    await desk.publish("o2c.cash.v1", applied(1), applied(2), applied(3))

    early = await desk.post("parked/2/discard", who="olga")
    later = await desk.post("parked/2/discard", who="otto")
    for who in ("olga", "otto"):
        answer = await desk.post("parked/1/discard", who=who)
    await desk.publish("o2c.cash.v1", applied(4), applied(2))

    assert early.status_code == 200
    assert (later.status_code, later.json()["code"]) == (409, "not-first")
    assert answer.json()["handled"] == 1
    assert list(hears_cash) == ["i1", "i3", "i4"]
    assert (await desk.get("parked")).json()["items"] == []


async def test_an_unreadable_version_of_another_service_can_be_given_up_too(hears_cash, desk):
    await desk.publish("o2c.cash.v1", applied(1), applied(2, broken=True), applied(3))
    unreadable, gap = (await desk.get("parked")).json()["items"]

    for who in ("olga", "otto"):
        answer = await desk.post(f"parked/{unreadable['number']}/discard", who=who)

    assert (unreadable["code"], gap["code"]) == ("bad-content", "version-gap")
    assert answer.json()["handled"] == 1
    assert list(hears_cash) == ["i1", "i3"]
    assert await told(desk) == ["CustomerBlocked", "CustomerUnblocked"]


async def in_the_log(desk, customer: str) -> list[tuple[str, str]]:
    records, _ = await desk.bus.history("o2c.orders.v1", f"c:{customer}".encode())
    return [(h["ce_id"], h["ce_streamversion"]) for h in map(wire.headers_of, records)]


async def test_what_a_log_has_lost_is_sent_again_as_it_was_and_in_its_order(desk):
    await desk.publish(
        toy.INTAKE, record(1, order("o1")), record(2, order("o2")), record(3, order("o3", customer="other"))
    )
    window = {"since": "2026-01-05T00:00:00Z", "customer_id": "acme"}
    before = await in_the_log(desk, "acme")

    counted = await desk.post("outbox/republish", window | {"only_count": True}, who="olga")
    after_counting = await in_the_log(desk, "acme")
    done = await desk.post("outbox/republish", window, who="olga")
    await desk.settle()
    later = await desk.post(
        "outbox/republish", {"since": "2026-01-06T00:00:00Z", "until": "2026-01-07T00:00:00Z"}, who="olga"
    )
    denied = await desk.post("outbox/republish", window)
    backwards = await desk.post("outbox/republish", window | {"until": "2026-01-04T00:00:00Z"}, who="olga")

    assert len(before) >= 2
    assert (counted.json()["count"], after_counting) == (len(before), before)
    assert (done.json()["count"], await in_the_log(desk, "acme")) == (len(before), before * 2)
    assert len(await in_the_log(desk, "other")) * 2 == len(before)
    assert later.json()["count"] == 0
    assert (denied.status_code, backwards.status_code) == (403, 422)


async def test_who_met_the_hole_takes_up_what_came_behind_it_once_the_missing_one_is_there(hears_cash, desk):
    await desk.publish("o2c.cash.v1", applied(3), applied(5), applied(6))
    [hole, behind] = (await desk.get("parked")).json()["items"]
    await desk.publish("o2c.cash.v1", *(applied(n) for n in (3, 4, 5, 6)))

    await desk.post(f"parked/{hole['number']}/retry", who="olga")

    assert (hole["code"], behind["waits"]) == ("version-gap", True)
    assert list(hears_cash) == ["i3", "i4", "i5", "i6"]
    assert (await desk.get("parked")).json()["items"] == []


async def test_a_stopped_release_consumes_again_after_an_operators_word(desk):
    await desk.running.database.fetch(
        "insert into halts values ($1, 'too many', now())", desk.running.path.quarantine.release_name
    )
    halted = (await desk.get("status")).json()["halted"]

    denied = await desk.post("resume", who="ann")
    resumed = await desk.post("resume", who="olga")

    assert halted == "too many"
    assert denied.status_code == 403
    assert resumed.json()["done"] is True
    assert (await desk.get("status")).json()["halted"] is None
