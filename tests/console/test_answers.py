"""What happened and why, asked over HTTP."""

from datetime import timedelta

from tests.chassis import toy
from tests.chassis.toy import limit, order, record


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


async def test_nobody_unknown_and_no_page_of_another_site_gets_an_answer(desk):
    unknown = await desk.get("status", who="mallory")
    foreign = await desk.client.get("/v1/orders/status", headers={"origin": "http://evil.example"})
    rebound = await desk.client.get("/v1/orders/status", headers={"host": "evil.example"})

    assert [a.status_code for a in (unknown, foreign, rebound)] == [401, 403, 403]
