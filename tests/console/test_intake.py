"""Events over HTTP: accepted onto their topics, or refused with a reason that can be counted."""

import json

import httpx
import pytest
from o2c_chassis.auth import LocalPeople
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.http import service_app
from o2c_console.desk import client_of, desk_app
from o2c_console.intake import Intake

from tests.chassis import toy
from tests.console.conftest import PEOPLE

ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def event(n: object = 1, **other) -> dict:
    data = {
        "customer_id": "acme",
        "legal_entity": "DE01",
        "currency": "EUR",
        "order_id": f"o{n}",
        "contract_id": "k",
        "total_minor": 4000,
        "lines": [{"line_id": "1", "product": "paper", "quantity": "1", "unit_price": "40.00", "net_minor": 4000}],
    }
    whole = {
        "specversion": "1.0",
        "id": f"e{n}",
        "source": "shop",
        "type": "OrderSubmitted",
        "time": "2026-01-05T11:00:00Z",
    }
    return whole | {"data": data} | other


def with_data(**changed) -> dict:
    made = event()
    return made | {"data": made["data"] | changed}


@pytest.fixture
async def console(desk):
    """The one address in front of the toy."""
    identify = LocalPeople(PEOPLE)
    intake = Intake(desk.bus, desk.running.clock, "live")
    app = desk_app(intake, identify, {"orders": client_of(service_app(desk.running, identify))})
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


class Kept:
    """A bus that keeps what it is given."""

    def __init__(self) -> None:
        self.records = []

    async def publish(self, topic, records) -> None:
        self.records += records


@pytest.fixture
async def door():
    """The console alone, in front of no service."""
    bus = Kept()
    app = desk_app(Intake(bus, SimulatedClock(toy.NOON), "live"), LocalPeople(PEOPLE), {})
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        client.bus = bus
        yield client


async def publish(console, body: object, media_type: str = ONE, who: str = "olga", **headers) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await console.post(
        "/v1/events", content=content, headers={"content-type": media_type, "x-o2c-as": who} | headers
    )


async def test_an_event_goes_to_its_topic_stamped_by_the_console_and_can_be_followed(desk, console):
    answer = await publish(console, event())
    await desk.settle()
    fate = (await console.get("/v1/events", params={"source": "shop", "id": "e1"})).json()

    assert answer.status_code == 202
    assert answer.json()["events"][0] | {"topic": toy.INTAKE, "disposition": "accepted"} == answer.json()["events"][0]
    assert fate["services"]["orders"]["state"] == "handled"
    assert [(t["service"], t["type"], t["subject"]) for t in fate["told"]] == [("orders", "OrderAccepted", "o1")]
    assert fate["told"][0]["at"] == "2026-01-05T12:00:00Z"


async def test_binary_mode_and_other_spacing_are_the_same_event(desk, console):
    headers = {f"ce-{n}": v for n, v in event().items() if n != "data"}
    shuffled = json.dumps(dict(reversed(event()["data"].items())), indent=2).encode()

    first = await publish(console, event())
    binary = await publish(console, shuffled, "application/json", **headers)
    await desk.settle()

    assert (first.status_code, binary.status_code) == (202, 202)
    assert (await desk.get("parked")).json()["items"] == []
    assert len((await desk.get("timeline", customer="acme")).json()["items"]) == 1


async def test_a_batch_gets_a_disposition_each_and_the_good_ones_go_through(desk, console):
    batch = [event(1), event(2, type="OrderEaten"), event(3, specversion="0.3"), event(4)]

    answer = await publish(console, batch, BATCH)
    await desk.settle()

    assert answer.status_code == 202
    assert [(d["index"], d["disposition"], d["code"]) for d in answer.json()["events"]] == [
        (0, "accepted", ""), (1, "refused", "unknown-type"), (2, "refused", "ce-specversion"), (3, "accepted", ""),
    ]  # fmt: skip
    assert [h["subject"] for h in (await desk.get("timeline", customer="acme")).json()["items"]] == ["o1", "o4"]


BAD = {
    "ce-id": lambda: {n: v for n, v in event().items() if n != "id"},
    "ce-source": lambda: event(source=""),
    "ce-type": lambda: event(type=""),
    "ce-time": lambda: event(time="yesterday"),
    "ce-specversion": lambda: event(specversion="2.0"),
    "ce-attribute": lambda: event(Color="red"),
    "ce-color": lambda: event(color={"red": 1}),
    "ce-structured": lambda: [1],
    "time-range": lambda: event(time="9999-12-31T00:00:00Z"),
    "businessdate": lambda: event(businessdate="0000-00-00"),
    "no-data": lambda: event(data=None),
    "datacontenttype": lambda: event(datacontenttype="application/xml"),
    "unknown-type": lambda: event(type="com.example.Thing"),
    "not-yours": lambda: event(type="OrderAccepted"),
    "unknown-schema": lambda: event(dataschema="urn:o2c:OrderSubmitted:2"),
    "forged-source": lambda: event(source="cash"),
    "source-not-allowed": lambda: event(source="warehouse/north"),
    "reserved-attribute": lambda: event(recordedat="2020-01-01T00:00:00Z"),
    "wrong-world": lambda: event(world="demo"),
    "key-mismatch": lambda: event(partitionkey="c:bolt"),
}
BAD_CONTENT = {
    "an exponent": {"total_minor": 4e3},
    "a fraction": {"total_minor": 4000.5},
    "true": {"total_minor": True},
    "text": {"total_minor": "4000"},
    "too large": {"total_minor": 2**63},
    "unknown currency": {"currency": "ABC"},
    "negative quantity": {"lines": [event()["data"]["lines"][0] | {"quantity": "-1"}]},
    "many decimals": {"lines": [event()["data"]["lines"][0] | {"unit_price": "0.1234567890123"}]},
    "not a number": {"lines": [event()["data"]["lines"][0] | {"quantity": "NaN"}]},
    "a control character": {"order_id": "a\u0000b"},
    "a lone surrogate": {"order_id": "\ud800"},
    "sums that differ": {"total_minor": 3999},
    "no customer": {"customer_id": ""},
}


@pytest.mark.parametrize("code", BAD)
async def test_what_is_no_event_of_ours_is_refused_with_its_reason_and_a_text(door, code):
    answer = await publish(door, BAD[code]())

    assert answer.status_code == (400 if code.startswith("ce-") else 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["detail"]
    assert door.bus.records == []


@pytest.mark.parametrize("case", BAD_CONTENT)
async def test_content_that_does_not_fit_is_refused_and_says_where(door, case):
    answer = await publish(door, with_data(**BAD_CONTENT[case]))

    assert (answer.status_code, answer.json()["code"]) == (422, "bad-content")
    assert door.bus.records == []


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b"{", ONE, 400, "not-json"),
        (b'{"id": "a", "id": "b"}', ONE, 400, "duplicate-key"),
        (b'{"data": NaN}', ONE, 400, "not-a-number"),
        (b"\xff\xfe", ONE, 400, "invalid-utf8"),
        (b"[" * 100_000, ONE, 400, "too-deep"),
        (b" " * 2_000_000, ONE, 413, "too-large"),
        (b"[]", BATCH, 400, "bad-batch"),
        (b"{}", BATCH, 400, "bad-batch"),
        (b"{}", "text/plain", 415, "media-type"),
        (b"{}", "application/json", 415, "media-type"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_whole(door, body, media_type, status, code):
    answer = await publish(door, body, media_type)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_publishing_takes_a_publisher(door):
    answer = await publish(door, event(), who="ann")

    assert (answer.status_code, answer.json()["code"]) == (403, "no-authority")


async def test_a_bus_that_takes_nothing_is_503_and_the_same_events_may_come_again(desk, console):
    class Broken(Exception):
        pass

    async def refuse(topic, records):
        raise Broken("no broker")

    works, desk.bus.publish = desk.bus.publish, refuse
    answer = await publish(console, event())
    desk.bus.publish = works
    again = await publish(console, event())

    assert (answer.status_code, answer.json()["code"]) == (503, "bus-unavailable")
    assert again.status_code == 202


async def test_everything_below_a_service_is_forwarded_as_it_came(desk, console):
    await publish(console, event())
    await desk.settle()
    headers = {"x-o2c-as": "ann", "idempotency-key": "k"}

    done = await console.post("/v1/orders/customers/acme/orders/o1/cancel", headers=headers)
    paged = await console.get("/v1/orders/timeline", params={"customer": "acme", "limit": 1})
    nowhere = await console.get("/v1/nowhere/status")
    refused = await console.post(
        "/v1/orders/customers/acme/orders/o9/cancel", headers=headers | {"idempotency-key": "l"}
    )

    assert [t["type"] for t in done.json()["told"]] == ["OrderCancelled"]
    assert paged.json()["next"]
    assert nowhere.json()["code"] == "not-found"
    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")


async def test_the_views_merge_what_every_service_says(desk, console):
    await publish(console, [event(1), event(2)], BATCH)
    await desk.settle()

    customer = (await console.get("/v1/customers/acme")).json()
    status = (await console.get("/v1/status")).json()
    approvals = (await console.get("/v1/approvals")).json()
    verified = (await console.get("/v1/verify")).json()

    assert [h["subject"] for h in customer["items"]] == ["o1", "o2"]
    assert status["services"]["orders"]["lag"][toy.INTAKE] == 0
    assert approvals == {"items": [], "unreachable": []}
    checks = {c["name"]: c["holds"] for c in verified["services"]["orders"]["checks"]}
    assert checks == {"decision-chains": True, "decision-chains-as-told": True}
    assert (await console.get("/v1/status", headers={"x-o2c-as": "mallory"})).status_code == 401


async def test_a_service_that_is_gone_is_named_and_the_others_still_answer(desk):
    identify = LocalPeople(PEOPLE)
    clients = {"orders": client_of(service_app(desk.running, identify)), "cash": client_of("http://127.0.0.1:9")}
    app = desk_app(Intake(desk.bus, desk.running.clock, "live"), identify, clients)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        status = (await client.get("/v1/status")).json()
        forwarded = await client.get("/v1/cash/status")

    assert list(status["services"]) == ["orders"]
    assert status["unreachable"] == ["cash"]
    assert (forwarded.status_code, forwarded.json()["code"]) == (503, "unreachable")


async def test_one_openapi_document_covers_the_console_and_its_services(console):
    document = (await console.get("/openapi.json")).json()

    assert {"/v1/events", "/v1/status", "/v1/orders/customers/{customer_id}/orders/{order_id}/cancel"} <= document[
        "paths"
    ].keys()
    text = json.dumps(document)
    for ref in {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}:
        assert ref in document["components"]["schemas"]
