"""People's commands over HTTP: once, by their key, strictly."""

from urllib.parse import unquote

import pytest
from o2c_chassis.raw import unpack

from tests.chassis import toy
from tests.chassis.toy import order, record

CANCEL = "customers/acme/orders/o1/cancel"


async def given_an_order(desk) -> None:
    await desk.publish(toy.INTAKE, record(1, order("o1")))


async def test_a_command_is_done_once_and_the_same_key_is_answered_the_same(desk):
    await given_an_order(desk)

    first = await desk.post(CANCEL)
    again = await desk.post(CANCEL)

    assert first.status_code == 200, first.text
    assert first.json() == again.json()
    assert [t["type"] for t in first.json()["told"]] == ["OrderCancelled"]
    rows = await desk.running.database.fetch("select headers from outbox")
    told = [dict(unpack(r["headers"]))["ce_type"] for r in rows]
    assert told.count(b"OrderCancelled") == 1


async def test_the_same_key_with_another_body_or_for_another_document_is_refused(desk):
    await given_an_order(desk)
    await desk.post(CANCEL)

    spaced = await desk.post(CANCEL, b"{ }")
    other = await desk.post("customers/acme/orders/o2/cancel")

    assert (spaced.status_code, spaced.json()["code"]) == (409, "key-reused")
    assert (other.status_code, other.json()["code"]) == (409, "key-reused")


@pytest.mark.parametrize(("one", "other"), [("a%3F1", "a%3F2"), ("a%23", "a"), ("b%2Forders%2Fc", "b%2Forders%252Fc")])
async def test_a_key_stands_for_one_path_whatever_its_ids_are_made_of(desk, one, other):
    await desk.publish(toy.INTAKE, record(1, order(unquote(one))), record(2, order(unquote(other))))

    first = await desk.post(f"customers/acme/orders/{one}/cancel")
    again = await desk.post(f"customers/acme/orders/{other}/cancel")

    assert (first.status_code, first.json()["told"][0]["subject"]) == (200, unquote(one))
    assert (again.status_code, again.json()["code"]) == (409, "key-reused")


async def test_two_people_may_use_the_same_key(desk):
    await given_an_order(desk)

    assert (await desk.post(CANCEL, who="ann")).status_code == 200
    assert (await desk.post(CANCEL, who="olga")).status_code == 200


async def test_what_the_service_refuses_has_its_status_and_claims_nothing(desk):
    refused = await desk.post(CANCEL)
    await given_an_order(desk)
    later = await desk.post(CANCEL)

    assert refused.status_code == 404
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "unknown-order"
    assert later.status_code == 200


async def test_a_command_for_a_blocked_customer_says_which_parked_record_to_look_at(desk):
    await desk.publish(toy.INTAKE, record(1, order("o1", purchase_order="boom")))

    refused = await desk.post(CANCEL)

    assert (refused.status_code, refused.json()["code"]) == (409, "customer-blocked")
    assert "o2c parked show orders 1" in refused.json()["hint"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "not-json"),
        (b"[]", 422, "bad-content"),
        (b'{"a": 1, "a": 2}', 400, "duplicate-key"),
        (b'{"a": NaN}', 400, "not-a-number"),
        (b"\xff", 400, "invalid-utf8"),
        (b"[" * 40 + b"]" * 40, 400, "too-deep"),
        (b'"' + b"x" * 1_000_001 + b'"', 413, "too-large"),
        (b'{"roles": ["cfo"]}', 422, "bad-content"),
        (b'{"order_id": "o2"}', 422, "bad-content"),
    ],
)
async def test_a_bad_body_is_refused_before_anything_happens(desk, body, status, code):
    await given_an_order(desk)

    answer = await desk.post(CANCEL, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await desk.post(CANCEL)).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "é"])
async def test_a_key_is_1_to_200_printable_characters(desk, key):
    answer = await desk.client.post(
        f"/v1/orders/{CANCEL}", headers={"x-o2c-as": "ann", "idempotency-key": key.encode("latin-1")}
    )

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_command_without_a_key_and_an_unknown_path_and_method_are_problems(desk):
    bare = await desk.client.post(f"/v1/orders/{CANCEL}")
    nowhere = await desk.get("nowhere")
    method = await desk.client.put(f"/v1/orders/{CANCEL}")
    control = await desk.get("parked/%00")

    assert [a.status_code for a in (bare, nowhere, method, control)] == [400, 404, 405, 400]
    assert {a.headers["content-type"] for a in (bare, nowhere, method, control)} == {"application/problem+json"}
    assert "Idempotency-Key" in bare.text or "idempotency" in bare.text


async def test_commands_stand_in_the_openapi_document_with_path_and_body(desk):
    document = (await desk.client.get("/openapi.json")).json()

    described = document["paths"]["/v1/orders/customers/{customer_id}/orders/{order_id}/cancel"]["post"]
    assert {p["name"] for p in described["parameters"]} >= {"customer_id", "order_id", "idempotency-key"}
    assert described["requestBody"]["content"]["application/json"]["schema"]["properties"] == {}
