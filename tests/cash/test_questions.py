"""What may be asked about money, over HTTP on a real PostgreSQL; the story is played in memory first."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from o2c_cash import queries
from o2c_cash.app import service
from o2c_cash.domain.notices import Escalation
from o2c_cash.tables import metadata
from o2c_chassis import arrays
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.migrate import differences, migrate
from o2c_chassis.problems import speak_problems
from o2c_chassis.tables import metadata as chassis_metadata
from o2c_chassis.testing import Rig
from o2c_contracts.documents import content_of, namesake
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.cash.scenes import NOON, advised, contested, credited, invoice, paid, registered, rig, sent_back
from tests.cash.troubles import acknowledge, allocate, kept, refund, troubled

OTHERS = frozenset([*chassis_metadata.tables, "o2c_chassis_version", "o2c_cash_version"])
DAMAGES = {
    "receipts": "update payments set amount_minor = amount_minor + 1, taken_minor = 1 where payment_id = 'P-1'",
    "journals-balance": "update postings set amount_minor = amount_minor + 1 where account = 'invoiced'",
    "open-items-equal-receivables": "update open_items set customer_id = 'bob' where invoice_number = 'I-2'",
    "payments-add-up": "update payments set on_account_minor = on_account_minor + 1 where payment_id = 'P-1'",
    "items-equal-their-steps": "update open_items set open_minor = open_minor - 1 where invoice_number = 'I-2'",
}


@pytest.fixture(scope="module")
def template(module_database: Callable[..., str]) -> str:
    url = module_database()
    asyncio.run(migrate(service, url))
    return url


@pytest.fixture
async def db(database: Callable[..., str], template: str) -> AsyncIterator[Database]:
    opened = await Database(database(template=template)).open()
    yield opened
    await opened.close()


@pytest.fixture
def world() -> Rig:
    """Ada pays by advice, once too much, once in a way that has two explanations; somebody pays from nowhere."""
    world = rig()
    world.tell(registered("ada", "DE11"), invoice("I-1", 10_000, external_ref="4711"), invoice("I-2", 20_000))
    world.tell(invoice("I-3", 5_000), invoice("I-4", 5_000), contested("C-1", "I-2", 9_000))
    world.tell(advised("R-1", {"I-1": 10_000}, payment_id="P-1"))
    world.tell(paid("P-1", 10_000), paid("P-2", 5_000), paid("P-3", 7_000, None, account="DE99"))
    world.tell(paid("P-4", 2_000, reference="I-9"), at=NOON + timedelta(days=1))
    world.tell(credited("N-1", "I-1", 1_500), sent_back("B-1", "P-4", 500))
    return world


async def saved(db: Database, world: Rig) -> None:
    async with db.transaction() as c:
        for keeps in service.keeps:
            if rows := world.rows("cash", keeps.kind):
                columns = arrays.as_arrays(len(keeps.table.columns), map(arrays.reader_of(keeps.table), rows))
                await c.execute(arrays.upsert(keeps.table), *columns)


async def asked(db: Database, world: Rig, path: str) -> Any:
    """The answer to a question after the rows of a world were saved."""
    await saved(db, world)
    app = FastAPI()
    speak_problems(app)
    app.state.running = SimpleNamespace(database=db, clock=SimulatedClock(NOON + timedelta(days=10)))
    app.state.cursor_secret = b"secret"
    app.include_router(service.api)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cash") as client:
        pages: list[Any] = []
        answer = await client.get(path)
        while answer.status_code == 200 and isinstance(answer.json(), dict) and "next" in answer.json():
            pages += answer.json()["items"]
            if not (cursor := answer.json()["next"]):
                return pages
            answer = await client.get(path, params=httpx.QueryParams(path.partition("?")[2]).set("cursor", cursor))
        return answer.json()


async def test_the_migrated_database_is_what_the_tables_say(db: Database):
    async with db.reading() as connection:
        assert await connection.run_sync(differences, metadata, OTHERS) == []


async def test_open_items_come_oldest_first_with_what_is_contested(db: Database, world: Rig):
    found = await asked(db, world, "/customers/ada/items?limit=2")

    assert [(i["invoice_number"], i["open_minor"], i["disputed_minor"]) for i in found] == [
        ("I-2", 20_000, 9_000),
        ("I-3", 5_000, 0),
        ("I-4", 5_000, 0),
    ]


async def test_an_item_is_found_by_the_customers_number_with_every_step(db: Database, world: Rig):
    found = await asked(db, world, "/items/4711")

    assert (found["invoice_number"], found["open_minor"]) == ("I-1", 0)
    assert [(s["kind"], s["amount_minor"], s["payment_id"]) for s in found["steps"]] == [("payment", 10_000, "P-1")]


async def test_a_payment_tells_how_it_was_applied_and_why(db: Database, world: Rig):
    found = await asked(db, world, "/payments/P-1")

    assert found["status"] == "applied"
    assert "adds up to the payment" in found["steps"][0]["because"]
    assert found["steps"][0]["decision_id"] == found["decision_id"]
    assert [(a["remittance_id"], a["lines"][0]["invoice_number"]) for a in found["advices"]] == [("R-1", "I-1")]


async def test_an_unknown_payment_is_not_found(db: Database, world: Rig):
    assert (await asked(db, world, "/payments/P-9"))["code"] == "not-found"


async def test_the_work_list_holds_what_waits_with_age_and_candidates(db: Database, world: Rig):
    found = await asked(db, world, "/waiting?limit=1")

    assert [(p["payment_id"], p["status"], p["age_days"]) for p in found] == [
        ("P-2", "unapplied", 10),
        ("P-3", "unidentified", 10),
        ("P-4", "waiting", 9),
    ]
    assert found[0]["candidates"] == [
        {"invoices": ["I-3"], "total_minor": 5_000},
        {"invoices": ["I-4"], "total_minor": 5_000},
    ]
    assert found[1]["unidentified_minor"] == 7_000


async def test_the_work_list_is_asked_by_status_and_customer(db: Database, world: Rig):
    assert [p["payment_id"] for p in await asked(db, world, "/waiting?status=unidentified")] == ["P-3"]
    assert "P-3" not in [p["payment_id"] for p in await asked(db, world, "/waiting?customer_id=ada")]


async def test_a_customers_money_shows_credit_notes_that_are_left(db: Database, world: Rig):
    found = await asked(db, world, "/customers/ada/money")

    assert [(m["unapplied_minor"], m["on_account_minor"]) for m in found["money"]] == [(6_500, 1_500)]
    assert [(n["credit_note_number"], n["on_account_minor"]) for n in found["credit_notes"]] == [("N-1", 1_500)]


async def test_allocations_pair_payments_with_items_by_both_numbers(db: Database, world: Rig):
    found = await asked(db, world, "/allocations")

    pairs = [(a["payment_id"], a["invoice_number"], a["external_ref"], a["amount_minor"]) for a in found]
    assert pairs == [("P-1", "I-1", "4711", 10_000)]
    assert await asked(db, world, "/allocations?since=2026-02-01T00:00:00Z") == []


async def test_receipts_are_where_the_identity_says_on_each_day(db: Database, world: Rig):
    found = await asked(db, world, "/identity?legal_entity=DE01&currency=EUR")

    assert [(d["day"], d["holds"]) for d in found] == [("2026-01-05", True), ("2026-01-06", True)]
    assert found[0]["moved"]["receipts"] == 22_000
    last = found[1]["standing"]
    assert (last["receipts"], last["applied"], last["unidentified"], last["unapplied"], last["reversed"]) == (
        24_000,
        10_000,
        7_000,
        6_500,
        500,
    )


async def test_what_others_keep_too_adds_up_for_them_to_compare(db: Database, world: Rig):
    await saved(db, world)

    async with db.reading() as connection:
        found = await queries.totals(connection)

    assert found == {
        "open": {"DE01 EUR": 30_000},
        "invoiced": {"DE01 EUR": 40_000},
        "credited": {"DE01 EUR": 1_500},
        "unapplied": {"DE01 EUR": 6_500},
        "on account": {"DE01 EUR": 1_500},
    }


async def levels(db: AsyncConnection) -> set[str]:
    return {row["level"] for row in (await db.execute(queries.unanswered())).mappings()}


async def count(db: Database) -> int:
    assert service.escalations is not None
    async with db.reading() as connection:
        return await service.escalations(connection)


async def test_who_was_told_waits_the_oldest_first_until_it_is_answered(db: Database):
    found = await asked(db, troubled(), "/escalations?limit=2")

    assert len(found) == await count(db) == 6
    assert [e["level"] for e in found][-2:] == ["unidentified-overdue", "reference-overdue"]
    assert [e["raised_at"] for e in found] == sorted(e["raised_at"] for e in found)


async def test_what_waits_is_asked_by_who_was_told(db: Database):
    found = await asked(db, troubled(), "/escalations?recipient=ar_manager")

    assert {e["level"] for e in found} == {"receipt-differs", "return-exceeds", "refund-failed"}


ANSWERS: dict[str, list[Callable[[Rig], Any]]] = {
    "unidentified-overdue": [
        lambda w: w.tell(registered("zoe", "DE99")),
        lambda w: w.tell(sent_back("R-nobody", "P-nobody", 7_000, None)),
    ],
    "reference-overdue": [
        lambda w: w.tell(invoice("B-9", 10_000, "bob")),
        lambda w: allocate(w, "P-late", "bob", B_1=10_000),
        lambda w: w.tell(sent_back("R-late", "P-late", 10_000, "bob")),
    ],
    "remittance-disagrees": [
        lambda w: allocate(w, "P-unlike", "eve", E_2=10_000),
        lambda w: w.tell(sent_back("R-unlike", "P-unlike", 10_000, "eve")),
    ],
    "refund-failed": [refund, lambda w: w.tell(sent_back("R-refund", "P-refund", 50_000))],
    "receipt-differs": [],
    "return-exceeds": [],
}
"""Level -> each thing that answers it by itself; the others wait for a person."""


@pytest.mark.parametrize(
    ("level", "answer"), [(level, answer) for level, answers in ANSWERS.items() for answer in answers]
)
async def test_what_answers_it_takes_it_and_nothing_else_from_the_list(
    db: Database, level: str, answer: Callable[[Rig], Any]
):
    world = troubled()
    world.at += timedelta(hours=1)

    answer(world)

    await saved(db, world)
    async with db.reading() as connection:
        assert await levels(connection) == set(ANSWERS) - {level}


@pytest.mark.parametrize("level", sorted(set(ANSWERS) - {"unidentified-overdue"}))
async def test_what_a_person_takes_care_of_waits_no_more(db: Database, level: str):
    world = troubled()

    acknowledge(world, kept(world, level))

    await saved(db, world)
    assert await count(db) == 5
    async with db.reading() as connection:
        assert await levels(connection) == set(ANSWERS) - {level}


async def test_a_refund_that_fails_again_is_told_of_once_more_and_waits_once(db: Database):
    world = troubled()
    world.at += timedelta(hours=1)

    refund(world, fails=True)

    await saved(db, world)
    assert len(world.rows("cash", Escalation, level="refund-failed")) == 2
    assert await count(db) == 6


async def test_an_advice_against_what_a_person_allocated_waits_all_the_same(db: Database):
    world = rig()
    world.tell(invoice("E-1", 10_000, "eve"), invoice("E-2", 11_000, "eve"), paid("P-unlike", 10_000, "eve"))
    allocate(world, "P-unlike", "eve", E_2=10_000)

    world.tell(advised("A-unlike", {"E-1": 10_000}, "eve", payment_id="P-unlike"), at=NOON + timedelta(hours=1))

    await saved(db, world)
    assert await count(db) == 1


async def test_a_payment_names_the_others_of_its_number(db: Database):
    world = rig()
    first, second = paid("1001", 10_000), paid("1001", 10_000, "bob")
    world.tell(first, source="bank-a")
    world.tell(second, source="bank-b")
    world.tell(sent_back("R-1", "1001", 4_000, "bob"), source="bank-b")
    name = namesake("1001", "bank-b", content_of(second))

    found, other = await asked(db, world, "/payments/1001"), await asked(db, world, f"/payments/{name}")

    assert (found["namesakes"], other["namesakes"]) == ([name], ["1001"])
    assert (found["returns"], [r["return_id"] for r in other["returns"]]) == ([], ["R-1"])


async def test_what_went_back_of_a_payment_that_nobody_knows_waits_until_it_has_its_payment(db: Database):
    world = rig()
    world.tell(sent_back("R-1", "1001", 10_000, None), source="bank-b")
    world.until(NOON + timedelta(days=2))

    await saved(db, world)
    assert await count(db) == 1

    world.tell(paid("1001", 10_000, "bob"), source="bank-b")
    await saved(db, world)
    assert await count(db) == 0


async def test_everything_that_must_hold_holds(db: Database, world: Rig):
    await saved(db, world)

    async with db.reading() as connection:
        found = await queries.verify(connection)

    assert [check.name for check in found if not check.holds] == []
    assert {check.name for check in found} == set(DAMAGES)


@pytest.mark.parametrize("name", DAMAGES)
async def test_damage_is_found_by_the_identity_that_it_breaks(db: Database, world: Rig, name: str):
    await saved(db, world)

    async with db.transaction() as c:
        await c.execute(DAMAGES[name])
    async with db.reading() as connection:
        broken = [check.name for check in await queries.verify(connection) if not check.holds]

    assert name in broken
