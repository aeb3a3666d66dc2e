"""What happened and why, asked over HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from o2c_chassis.auth import LocalPeople, People, Person
from o2c_chassis.deliverer import Deliverer
from o2c_chassis.deliveries import Undeliverable
from o2c_chassis.http import service_app
from o2c_chassis.service import Document
from o2c_console.world import World, installed, loopback_world

from tests.cast import FIRST, PROMPT, arrives, at, delivered, orders
from tests.chassis import toy
from tests.chassis.toy import limit, order, record


class Closed:
    """A way out by which nothing can go."""

    renders = True

    async def send(self, document: Document, content: Mapping[str, Any], delivery_id: str) -> tuple[str, str]:
        raise Undeliverable("mailbox unknown")


@pytest.fixture
async def unheard(database: Callable[..., str], tmp_path: Path) -> AsyncIterator[World]:
    """Orders and billing, whose documents reach nobody."""
    services = [installed()[name] for name in ("orders", "billing")]
    urls = {name: database() for name in ("orders", "billing", "log")}
    async with loopback_world("live", at(FIRST, 6), urls, tmp_path / "rules", services) as world:
        billing = world.services["billing"]
        billing.deliverer = Deliverer(billing.path, Closed(), world.clock)
        yield world


def billing_of(world: World) -> httpx.AsyncClient:
    """What `o2c` asks for somebody who sends invoices."""
    people = LocalPeople(People(default="bea", people={"bea": Person(roles=("billing_lead",))}))
    transport = httpx.ASGITransport(service_app(world.services["billing"], people), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/v1/billing/")


async def test_a_decision_is_explained_by_its_id_with_its_whole_fact_sheet(desk):
    await desk.publish(toy.INTAKE, record(1, order("o1")))
    [told] = (await desk.get("timeline", customer="acme")).json()["items"]

    answer = (await desk.get(f"decisions/{told['decisions'][0]}")).json()

    assert answer["record"]["decision"]["facts"] == {"legal_entity": "DE01"}
    assert answer["record"]["because_of"] == ["shop", "1", "OrderSubmitted"]
    assert answer["explained"]["winners"] == answer["record"]["decision"]["rows"]
    assert answer["explained"]["sentences"]
    assert (await desk.get("decisions/unknown")).status_code == 404


async def test_decisions_of_a_document_are_listed_in_pages(desk):
    await desk.publish(toy.INTAKE, *(record(n, order(f"o{n}")) for n in range(5)))

    seen, cursor = [], ""
    while cursor is not None:
        page = (await desk.get("decisions", customer="acme", limit=2, cursor=cursor)).json()
        seen += [d["subject"] for d in page["items"]]
        cursor = page["next"]

    assert seen == [f"o{n}" for n in range(5)]
    one = (await desk.get("decisions", subject="o3")).json()["items"]
    assert [(d["subject"], d["table"]) for d in one] == [("o3", "reference/legal-entities")]


async def test_what_became_of_an_event_says_what_followed(desk):
    await desk.publish(
        toy.INTAKE, record(1, order("o1")), record(2, order("o2", purchase_order="boom")), record(3, order("o3"))
    )

    handled, parked, waits, unseen = [(await desk.get("events", source="shop", id=str(n))).json() for n in (1, 2, 3, 4)]

    assert [t["type"] for t in handled["told"]] == ["OrderAccepted"]
    assert handled["told"][0]["direct"]
    assert handled["decisions"] == handled["told"][0]["decisions"]
    assert [f["state"] for f in (handled, parked, waits, unseen)] == ["handled", "parked", "waits", "unseen"]
    assert parked["parked"] == [1]
    assert unseen["behind"] == 0


async def test_a_timeline_is_one_customers_in_order_and_in_pages(desk):
    await desk.publish(toy.MASTER, record("l", limit(50_00)))
    await desk.publish(toy.INTAKE, record(1, order("a")), record(2, order("b")), record(3, order("z", "bolt")))

    first = (await desk.get("timeline", customer="acme", limit=1)).json()
    rest = (await desk.get("timeline", customer="acme", limit=1, cursor=first["next"])).json()

    told = [(h["type"], h["subject"], h["caused_by"]) for h in first["items"] + rest["items"]]
    assert told == [("OrderAccepted", "a", "shop/1"), ("OrderHeld", "b", "shop/2")]
    assert rest["next"] is None


async def test_a_changed_cursor_and_one_of_another_question_are_refused(desk):
    await desk.publish(toy.INTAKE, record(1, order("a")), record(2, order("b")))
    cursor = (await desk.get("timeline", customer="acme", limit=1)).json()["next"]

    changed = await desk.get("timeline", customer="acme", cursor=cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB"))
    other = await desk.get("timeline", customer="bolt", cursor=cursor)
    greedy = await desk.get("timeline", customer="acme", limit=1_000_000)

    assert [(a.status_code, a.json()["code"]) for a in (changed, other)] == [(400, "bad-cursor")] * 2
    assert greedy.status_code == 400


async def test_status_counts_what_waits_and_says_which_rules_decide(desk):
    await desk.publish(
        toy.INTAKE, record(1, order("o1")), record(2, order("o2", purchase_order="boom")), record(3, order("o3"))
    )
    await desk.bus.publish(toy.INTAKE, [record(4, order("o4", "bolt"))])
    desk.running.clock.move(toy.NOON + timedelta(days=2))

    status = (await desk.get("status")).json()

    assert status["lag"][toy.INTAKE] == 1
    assert status["parked"] == {"HandlerFailed": 1}
    assert status["waiting"] == 1
    assert status["blocked_customers"] == ["acme"]
    assert status["deadlines_due"] == 1
    assert status["bundle"] == desk.running.rules.book().hash
    assert status["unsent"] == 0
    assert status["executor"]


async def test_status_counts_what_billing_told_until_somebody_takes_care(unheard: World):
    await unheard.publish("shop", *arrives(PROMPT))
    await unheard.settle()
    await unheard.publish("shop", orders(PROMPT, "o-1"))
    await unheard.settle()

    async with billing_of(unheard) as billing:
        before = (await billing.get("status")).json()["escalations_open"]
        await unheard.publish("shop", delivered(PROMPT, "o-1"))
        await unheard.settle()
        raised = (await billing.get("status")).json()["escalations_open"]
        [waits] = (await billing.get("escalations")).json()["items"]
        way = f"customers/{PROMPT}/escalations/{waits['escalation_id']}/acknowledge"
        done = await billing.post(way, json={}, headers={"idempotency-key": "k-1"})
        after = (await billing.get("status")).json()["escalations_open"]

    assert (waits["document_id"], waits["recipient"]) == ("DE01-INV-2026-000001", "billing_lead")
    assert done.status_code == 200
    assert (before, raised, after) == (0, 1, 0)


async def test_nobody_unknown_and_no_page_of_another_site_gets_an_answer(desk):
    unknown = await desk.get("status", who="mallory")
    foreign = await desk.client.get("/v1/orders/status", headers={"origin": "http://evil.example"})
    rebound = await desk.client.get("/v1/orders/status", headers={"host": "evil.example"})

    assert [a.status_code for a in (unknown, foreign, rebound)] == [401, 403, 403]
