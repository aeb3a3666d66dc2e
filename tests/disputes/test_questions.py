"""The questions over HTTP, asked of a real database that the real path has filled."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any, cast

import httpx
import pytest
from o2c_chassis.auth import LocalPeople, People, Person
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.http import service_app
from o2c_chassis.loopback import Loopback
from o2c_chassis.migrate import differences, migrate
from o2c_chassis.ports import Nowhere
from o2c_chassis.rules_in_force import RulesInForce
from o2c_chassis.running import Running, Surroundings
from o2c_chassis.tables import metadata as chassis_metadata
from o2c_contracts.cash import PaymentApplied
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.topics import WRITER, topics_of
from o2c_contracts.wire import encode
from o2c_disputes.app import service
from o2c_disputes.tables import metadata
from o2c_rules.releasing.chain import Release
from o2c_rules.releasing.models import Models
from o2c_rules.rulebook import RuleBook

from tests.disputes.desk import BOOK, MONDAY, Desk
from tests.models import alone

PEOPLE = People(default="ann", people={"ann": Person(roles=("dispute_agent",))})
QUESTION = {"kind": "question", "reason": "copy"}


class OneBook:
    """The rules of this test, in force for ever."""

    problem = None
    unread_seconds = 0.0

    def book(self) -> RuleBook:
        return BOOK

    def models(self) -> Models:
        return alone(BOOK)

    @property
    def releases(self) -> tuple[Release, ...]:
        return (self.models().release,)

    def next_change(self, now: datetime) -> datetime | None:
        """Never."""

    async def refresh(self) -> None:
        """There is no other."""


class Office:
    """Disputes at work behind its address, on a loopback bus."""

    def __init__(self, running: Running, bus: Loopback, clock: SimulatedClock, client: httpx.AsyncClient) -> None:
        self.running, self.bus, self.clock, self.client = running, bus, clock, client
        self.told = 0
        self.versions: dict[str | None, int] = {}

    async def hear(self, *events: Event) -> None:
        """Each on its topic, by the one who may write there."""
        for event in events:
            self.told += 1
            name, now = topics_of(type(event))[0], self.clock.now()
            writer = WRITER.get(name)
            version = self.versions[writer] = self.versions.get(writer, 0) + 1
            envelope = Envelope(
                source=writer or "mailbox",
                id=f"e-{self.told}",
                type=type(event).__name__,
                time=now,
                recorded_at=now,
                business_date=now.date(),
                stream_version=version if writer else None,
            )
            await self.bus.publish(name, [encode(Message(envelope, event))])
            await self.settle()
        assert not await self.running.database.fetch("select reason from parked")

    async def settle(self) -> None:
        while await self.running.step():
            pass

    async def until(self, instant: datetime) -> None:
        self.clock.move(instant)
        while await self.running.timer.step():
            await self.settle()

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(f"/v1/disputes/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **body: Any) -> httpx.Response:
        self.told += 1
        headers = {"idempotency-key": f"k-{self.told}"}
        answer = await self.client.post(f"/v1/disputes/customers/acme/{path}", json=body, headers=headers)
        await self.settle()
        return answer


@pytest.fixture(scope="module")
def template(module_database: Callable[..., str]) -> str:
    url = module_database()
    asyncio.run(migrate(service, url))
    return url


@pytest.fixture
async def office(database: Callable[..., str], template: str) -> AsyncIterator[Office]:
    db, log = await Database(database(template=template)).open(), await Database(database(), most=3).open()
    clock = SimulatedClock(MONDAY)
    bus = await Loopback(log, clock).open()
    running = Running(service, Surroundings(db, bus, cast(RulesInForce, OneBook()), clock, Nowhere()))
    transport = httpx.ASGITransport(service_app(running, LocalPeople(PEOPLE)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield Office(running, bus, clock, client)
    await running.relay.close()
    await db.close()
    await bus.close()


@pytest.fixture
def say(desk: Desk) -> Desk:
    """Only its phrases are used here."""
    return desk


async def test_the_migrated_database_is_what_the_tables_say(office: Office) -> None:
    async with office.running.database.reading() as connection:
        others = frozenset(chassis_metadata.tables) | {"o2c_disputes_version", "o2c_chassis_version"}

        found = await connection.run_sync(differences, metadata, others)

    assert found == []


async def test_the_work_list_shows_what_is_due_next_and_how_much_of_the_target_has_elapsed(
    office: Office, say: Desk
) -> None:
    await office.hear(say.issued(), say.asked(None, id="q-1", **QUESTION), say.asked("INV-1", id="q-2"))
    await office.until(say.at(12, 12))

    first = await office.get("cases", limit=1)
    second = await office.get("cases", limit=1, cursor=first["next"])
    pricing = await office.get("cases", queue="pricing")
    named = await office.get("cases", query_id="q-1")

    assert {row["query_id"] for row in first["items"] + second["items"]} == {"q-1", "q-2"}
    assert second["next"] is None
    assert [row["kind"] for row in named["items"]] == ["question"]
    (row,) = pricing["items"]
    assert (row["query_id"], row["targets"]["response"]["elapsed_percent"]) == ("q-2", 50)
    assert row["targets"]["resolution"]["elapsed_percent"] == 10


async def test_a_case_is_shown_with_its_whole_history(office: Office, say: Desk) -> None:
    await office.hear(say.issued(), say.asked("INV-1", amount_minor=300_00))
    (row,) = (await office.get("cases"))["items"]
    await office.until(say.at(12, 12))
    await office.post(f"cases/{row['case_id']}/answer", answer="We look into it.")

    case = await office.get(f"cases/{row['case_id']}")

    assert [entry["what"] for entry in case["history"]] == ["opened", "contested", "escalated", "answered"]
    assert [e["recipient"] for e in case["escalations"]] == ["dispute_agent"]
    (dispute,) = case["disputes"]
    assert (dispute["original_minor"], dispute["disputed_minor"]) == (300_00, 300_00)
    assert case["targets"]["response"]["is_met"] is True


async def test_disputes_of_a_customer_and_of_an_invoice_carry_their_amounts(office: Office, say: Desk) -> None:
    await office.hear(say.issued(), say.asked("INV-1"))
    await office.hear(say.move(PaymentApplied, "INV-1", 400_00, 1, payment_id="p"))

    (by_customer,) = await office.get("customers/acme/disputes")
    (by_invoice,) = await office.get("invoices/INV-1/disputes")

    assert by_customer == by_invoice
    assert (by_customer["disputed_minor"], by_customer["paid_minor"]) == (600_00, 400_00)


async def test_service_levels_count_what_was_met_missed_and_runs_late(office: Office, say: Desk) -> None:
    await office.hear(*(say.asked(None, id=f"q-{n}", **QUESTION) for n in range(3)))
    ids = [row["case_id"] for row in (await office.get("cases"))["items"]]
    await office.post(f"cases/{ids[0]}/answer", answer="Here it is.")
    await office.until(say.at(13, 9))
    await office.post(f"cases/{ids[1]}/answer", answer="Here it is.")

    found = await office.get("service-levels", since=MONDAY.isoformat(), until=say.at(13, 10).isoformat())

    resolution, response = found
    assert (response["met"], response["missed"], response["running_late"], response["met_ratio"]) == (1, 1, 1, "0.3333")
    assert (resolution["target"], resolution["met_ratio"]) == ("resolution", None)


async def test_open_escalations_leave_the_list_when_acknowledged(office: Office, say: Desk) -> None:
    await office.hear(say.asked(None, **QUESTION))
    await office.until(say.at(12, 15))
    await office.until(say.at(12, 16))
    (eighty, hundred) = (await office.get("escalations"))["items"]

    await office.post(f"escalations/{eighty['escalation_id']}/acknowledge")
    (left,) = (await office.get("escalations", recipient="dispute_manager"))["items"]
    await office.post(f"escalations/{hundred['escalation_id']}/acknowledge")

    assert left["escalation_id"] == hundred["escalation_id"]
    assert (await office.get("escalations"))["items"] == []


async def test_a_refused_command_says_why_and_what_to_do(office: Office, say: Desk) -> None:
    await office.hear(say.asked(None, **QUESTION))
    (row,) = (await office.get("cases"))["items"]

    answer = await office.post(f"cases/{row['case_id']}/close")

    assert answer.status_code == 409
    assert answer.json()["hint"] == "answer the customer first"


DAMAGES = {
    "amounts-add-up": "update disputes set original_minor = 0",
    "contested-is-owed": "update items set open_minor = 100",
    "movements-lead-to-what-is-owed": "update movements set amount_minor = amount_minor + 1 where item_version = 2",
    "one-open-dispute-per-case-and-item": (
        "insert into disputes select case_id, round + 1, customer_id, legal_entity, currency, invoice_number, 100, "
        "opened_version, releases, status, resolution, resolved_version from disputes"
    ),
    "open-cases-cared-for": "update cases set next_action = '' where status = 'open'",
    "closed-cases-answered": "update cases set answered_at = null where status = 'closed'",
}
"""What each identity must notice."""


async def given_a_contest_and_an_answered_question(office: Office, say: Desk) -> None:
    await office.hear(say.issued(), say.asked("INV-1", amount_minor=300_00), say.asked(None, id="q-2", **QUESTION))
    for amount in (100_00, 200_00):
        await office.hear(say.move(PaymentApplied, "INV-1", amount, 1, payment_id="p"))
    (row,) = (await office.get("cases", query_id="q-2"))["items"]
    await office.post(f"cases/{row['case_id']}/answer", answer="Here it is.")
    closed = await office.post(f"cases/{row['case_id']}/close")
    assert closed.status_code == 200, closed.text


@pytest.mark.parametrize("name", DAMAGES)
async def test_each_identity_holds_and_notices_what_breaks_it(office: Office, say: Desk, name: str) -> None:
    await given_a_contest_and_an_answered_question(office, say)
    assert service.verify is not None

    async with office.running.database.reading() as connection:
        before = await service.verify(connection)
    async with office.running.database.transaction() as c:
        await c.execute(DAMAGES[name])
    async with office.running.database.reading() as connection:
        after = await service.verify(connection)

    assert [check.found for check in before if not check.holds] == []
    assert {check.name for check in before} == set(DAMAGES)
    assert name in [check.name for check in after if not check.holds]


async def test_unacknowledged_notices_are_counted_for_the_operators(office: Office, say: Desk) -> None:
    await office.hear(say.asked(None, **QUESTION))
    await office.until(say.at(12, 15))
    await office.until(say.at(12, 16))

    before = (await office.get("status"))["escalations_open"]
    (first, *_) = (await office.get("escalations"))["items"]
    await office.post(f"escalations/{first['escalation_id']}/acknowledge")
    after = (await office.get("status"))["escalations_open"]

    assert (before, after) == (2, 1)
