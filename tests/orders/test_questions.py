"""Questions and commands over HTTP, on a real PostgreSQL that the real path has filled."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from o2c_chassis.auth import AS, LocalPeople, People, Person
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.http import service_app
from o2c_chassis.loopback import Loopback
from o2c_chassis.migrate import differences, migrate
from o2c_chassis.ports import Nowhere
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_chassis.tables import metadata as chassis_metadata
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.topics import WRITER, topics_of
from o2c_contracts.wire import encode
from o2c_orders.app import service
from o2c_orders.queries.identities import verify
from o2c_orders.tables import metadata
from o2c_rules.rulebook import RuleBook

from tests.orders.cast import (
    MONDAY,
    cents,
    contracted,
    delivery,
    invoice,
    item_changed,
    known,
    limited,
    line,
    money,
    order,
    registered,
)

STAFF = People(
    default="ada",
    people={
        "ada": Person(roles=("credit_analyst",)),
        "cora": Person(roles=("controller",)),
        "sam": Person(roles=("sales_director",)),
        "carl": Person(roles=("collector",)),
    },
)


async def _unchanged() -> None:
    """One book for the whole test."""


class Desk:
    """Orders at work behind its address, on a loopback bus."""

    def __init__(self, running: Running, bus: Loopback, client: httpx.AsyncClient) -> None:
        self.running, self._bus, self._client = running, bus, client
        self._count = 0
        self._versions: dict[tuple[str, str], int] = {}

    async def hear(self, *events: Event) -> None:
        for event in events:
            self._count += 1
            name = topics_of(type(event))[0]
            writer = WRITER.get(name)
            version = None
            if writer:
                version = self._versions[writer, event.key] = self._versions.get((writer, event.key), 0) + 1
            envelope = Envelope(
                source=writer or "shop",
                id=f"e-{self._count}",
                type=type(event).__name__,
                time=MONDAY,
                recorded_at=MONDAY,
                business_date=MONDAY.date(),
                stream_version=version,
            )
            await self._bus.publish(name, [encode(Message(envelope, event))])
        await self.settle()
        assert [tuple(row) for row in await self.running.database.fetch("select code, reason from parked")] == []

    async def settle(self) -> None:
        while await self.running.step():
            pass

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self._client.get(f"/v1/orders/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def status(self, path: str) -> int:
        return (await self._client.get(f"/v1/orders/{path}")).status_code

    async def do(self, path: str, person: str, **body: Any) -> Any:
        self._count += 1
        headers = {"idempotency-key": f"k-{self._count}", AS: person}
        answer = await self._client.post(f"/v1/orders/customers/anna/{path}", json=body, headers=headers)
        await self.settle()
        return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def template(module_database: Callable[..., str]) -> str:
    url = module_database()
    asyncio.run(migrate(service, url))
    return url


@pytest.fixture
async def desk(database: Callable[..., str], template: str) -> AsyncIterator[Desk]:
    db = await Database(database(template=template)).open()
    log = await Database(database(), most=3).open()
    clock = SimulatedClock(MONDAY)
    bus = await Loopback(log, clock).open()
    rules = cast(RulesInForce, SimpleNamespace(book=RuleBook.shipped, models=RuleBook.shipped, refresh=_unchanged))
    running = Running(service, Surroundings(db, bus, rules, clock, Nowhere()))
    transport = httpx.ASGITransport(service_app(running, LocalPeople(STAFF)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Desk(running, bus, client)
    await running.relay.close()
    await db.close()
    await bus.close()


async def test_the_migrated_database_is_what_the_tables_say(desk: Desk) -> None:
    others = frozenset(chassis_metadata.tables) | {"o2c_orders_version", "o2c_chassis_version"}

    async with desk.running.database.reading() as connection:
        found = await connection.run_sync(differences, metadata, others)

    assert found == []


async def test_credit_shows_the_family_by_bucket_and_adds_up_anew_to_the_same(desk: Desk) -> None:
    await desk.hear(*known("anna", 1000), *known("ben", None, root_id="anna"))
    await desk.hear(
        order("o1", lines=(line(600, quantity=6),)), delivery("o1", 200, quantity="2"), order("o2", 90, "ben")
    )
    await desk.hear(delivery("o2", 90, "ben"), invoice("o2", 90, "ben"), money(unapplied=30))

    credit = await desk.get("customers/ben/credit")
    again = await desk.get("customers/anna/credit/recount")

    assert (credit["root_id"], credit["members"]) == ("anna", ["anna", "ben"])
    assert (credit["limit_minor"], credit["limit_currency"]) == (cents(1000), "EUR")
    assert credit["exposure_minor"] == cents(400 + 200 + 90 - 30)
    names = ("ordered_minor", "delivered_minor", "receivable_minor", "unapplied_minor", "total_minor")
    assert [[b["customer_id"], *(b[n] // 100 for n in names)] for b in credit["buckets"]] == [
        ["anna", 400, 200, 0, 30, 570],
        ["ben", 0, 0, 90, 0, 90],
    ]
    assert again["agrees"] is True
    assert again["counted"] == again["kept"] != []


async def test_a_recount_notices_what_was_changed_behind_the_services_back(desk: Desk) -> None:
    await desk.hear(*known(), order("o1", 100))

    async with desk.running.database.transaction() as c:
        await c.execute("update exposures set ordered_minor = ordered_minor + 1")

    assert (await desk.get("customers/anna/credit/recount"))["agrees"] is False


DAMAGES = {
    "exposure-equals-documents": "update exposures set ordered_minor = ordered_minor + 1",
    "open-orders-have-holds": "update holds set open = false",
    "left-is-not-delivered": "update orders set open_minor = open_minor - 1 where order_id = 'o2'",
}


@pytest.mark.parametrize("name", DAMAGES)
async def test_each_identity_holds_and_notices_what_breaks_it(desk: Desk, name: str) -> None:
    await desk.hear(*known("anna", 1000), order("o1", 100), order("o2", 5000), delivery("o1", 100))

    async with desk.running.database.reading() as connection:
        before = await verify(connection)
    async with desk.running.database.transaction() as c:
        await c.execute(DAMAGES[name])
    async with desk.running.database.reading() as connection:
        after = await verify(connection)

    assert [check.found for check in before if not check.holds] == []
    assert [check.name for check in after if not check.holds] == [name]


async def test_held_orders_come_oldest_first_in_pages_with_reasons_and_owner(desk: Desk) -> None:
    await desk.hear(*known("anna", 100), *known("ben", 100), order("o1", 900, "anna"), order("o2", 900, "ben"))

    first = await desk.get("held-orders", limit=1)
    second = await desk.get("held-orders", limit=1, cursor=first["next"])
    of_nobody = await desk.get("held-orders", owner="operator")

    assert [row["order_id"] for row in first["items"] + second["items"]] == ["o1", "o2"]
    assert second["next"] is None
    held = first["items"][0]
    assert (held["owner"], held["overtake"], held["target_hours"]) == ("credit_analyst", "never", 4)
    assert [reason["row"] for reason in held["reasons"]] == ["over-limit"]
    assert of_nobody["items"] == []


async def test_an_orders_timeline_names_what_happened_and_the_decisions_behind_it(desk: Desk) -> None:
    await desk.hear(*known("anna", 100), order("o1", 900))
    await desk.hear(limited("anna", 1000))
    await desk.hear(delivery("o1", 900))

    timeline = await desk.get("customers/anna/orders/o1")

    assert timeline["order"]["status"] == "accepted"
    assert [step["what"] for step in timeline["steps"]] == ["submitted", "held", "hold ended", "accepted", "delivered"]
    assert {table for _, table in timeline["decisions"]} >= {"orders/credit", "orders/tolerance", "orders/request-sla"}
    assert await desk.status("customers/anna/orders/none") == 404


async def test_a_customers_orders_and_contracts_come_in_pages(desk: Desk) -> None:
    await desk.hear(*known(), contracted(contract_id="K-2"), order("o1", 10), order("o2", 5000), order("o3", 10))

    first = await desk.get("customers/anna/orders", limit=2)
    second = await desk.get("customers/anna/orders", limit=2, cursor=first["next"])
    held = await desk.get("customers/anna/orders", status="held")
    contracts = await desk.get("customers/anna/contracts", limit=1)
    more = await desk.get("customers/anna/contracts", limit=1, cursor=contracts["next"])
    versions = await desk.get("customers/anna/contracts/K-anna/versions")

    assert [o["order_id"] for o in first["items"] + second["items"]] == ["o1", "o2", "o3"]
    assert [o["order_id"] for o in held["items"]] == ["o2", "o3"]
    assert [c["contract_id"] for c in contracts["items"] + more["items"]] == ["K-2", "K-anna"]
    assert [(v["version"], v["terms_days"]) for v in versions] == [(1, 30)]
    assert await desk.status("customers/anna/contracts/none/versions") == 404


async def test_a_release_over_http_asks_for_approval_shows_it_and_takes_effect_with_the_last_agreement(
    desk: Desk,
) -> None:
    await desk.hear(*known("anna", 100_000), order("o1", 160_000))

    refused, why = await desk.do("orders/o1/release", "carl")
    asked, _ = await desk.do("orders/o1/release", "ada", reason="big customer")
    waiting = await desk.get("approvals")
    [approval] = waiting["items"]
    path = f"approvals/{approval['approval_id']}/approve"
    own, own_why = await desk.do(path, "ada")
    await desk.do(path, "cora")
    halfway = (await desk.get("approvals"))["items"][0]
    done, reply = await desk.do(path, "sam")

    assert (refused, why["code"]) == (403, "no-authority")
    assert asked == 200
    assert approval["missing"] == {"controller": 1, "sales_director": 1}
    assert (own, own_why["code"]) == (403, "own-request")
    assert (halfway["approvers"], halfway["missing"]) == (["cora"], {"sales_director": 1})
    assert done == 200
    assert [told["type"] for told in reply["told"]] == ["ApprovalGranted", "OrderReleased"]
    assert (await desk.get("approvals"))["items"] == []
    assert (await desk.get("approvals", status="granted"))["items"][0]["document_id"] == "o1"


async def test_a_whole_slice_of_a_familys_events_gives_the_rows_that_one_after_the_other_gives(desk: Desk) -> None:
    await desk.hear(
        registered("anna"),
        limited("anna", 300),
        contracted("anna"),
        *(order(f"o{n}", 100) for n in range(6)),
        *(delivery(f"o{n}", 100) for n in range(3)),
        *(invoice(f"o{n}", 100) for n in range(3)),
        *(item_changed(number=f"I-o{n}-1") for n in range(3)),
    )

    credit = await desk.get("customers/anna/credit")
    orders = await desk.get("customers/anna/orders")

    assert {o["status"] for o in orders["items"]} == {"accepted"}
    assert credit["exposure_minor"] == cents(300)
    assert (await desk.get("customers/anna/credit/recount"))["agrees"] is True
