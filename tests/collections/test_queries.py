"""What people and other systems may ask, over HTTP and on a real PostgreSQL; the story is played in memory first."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from o2c_chassis import arrays
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.migrate import differences, migrate
from o2c_chassis.problems import speak_problems
from o2c_chassis.tables import metadata as chassis_metadata
from o2c_collections.app import service
from o2c_collections.commands import LogCall
from o2c_collections.queries.identities import verify
from o2c_collections.tables import metadata
from o2c_contracts.cash import CustomerMoneyChanged

from tests.collections.late_payer import DUE, World, on

DAMAGES = {
    "open-as-cash-said-last": "update items set open_minor = open_minor + 1 where invoice_number = 'R1'",
    "levels-told-in-letters": "update items set level = level + 1 where invoice_number = 'R2'",
    "one-letter-a-day": """
        insert into notices select notice_id || 'x', customer_id, legal_entity, level, language, channel, sent_on,
        '[]', credits, recorded_at, status, problem from notices limit 1
    """,
    "one-open-promise-per-item": """
        insert into promises select 'V2', customer_id, legal_entity, currency, invoice_number, amount_minor,
        promised_on, counts_until, judge_at, made_at, state, paid_minor, judged, reason, null from promises
    """,
}
SECOND_DEBTOR = (
    """
    insert into customers select 'C2', known, 'Bussard', 'FR', language, email, address, segment, 'D', tier,
    stopped_by, stopped_by_rule, stop_reason, blocked from customers
    """,
    """
    insert into items select 'S1', 'C2', legal_entity, currency, known, external_ref, issued_on, due_on, total_minor,
    open_minor, item_version, open, 0, 0, false, false, 2, level_on, null, next_at, next_step
    from items where invoice_number = 'R1'
    """,
)
TABLES = frozenset([*chassis_metadata.tables, "o2c_chassis_version", "o2c_collections_version"])


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


async def asked(db: Database, world: World, *paths: str) -> list:
    """The answers to some questions after the rows of a world were saved."""
    await saved(db, world)
    return await answers(db, world, *paths)


async def answers(db: Database, world: World, *paths: str) -> list:
    app = FastAPI()
    app.include_router(service.api)
    speak_problems(app)
    app.state.cursor_secret = b"secret"
    app.state.running = SimpleNamespace(
        database=db, clock=SimulatedClock(world.rig.at), rules=SimpleNamespace(book=lambda: world.rig.book)
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://collections") as http:
        return [(await http.get(path)).json() for path in paths]


async def saved(db: Database, world: World) -> None:
    async with db.transaction() as c:
        for keeps in service.keeps:
            rows = world.rig.rows("collections", keeps.kind)
            values = arrays.as_arrays(len(keeps.table.columns), map(arrays.reader_of(keeps.table), rows))
            await c.execute(arrays.insert(keeps.table), *values)


def story(world: World) -> None:
    """Two late items, one contested in part, one promised; one not due; money that pays nothing yet."""
    world.invoice("R1", 100_000)
    world.invoice("R2", 50_000, DUE + timedelta(days=20))
    world.invoice("R3", 30_000, DUE + timedelta(days=50))
    world.rig.until(on(2))
    world.disputed("R1", 40_000, on(2))
    world.rig.until(on(22))
    world.promised("R2", 50_000, DUE + timedelta(days=40), on(22))
    money = {"customer_id": "C1", "legal_entity": "DE01", "currency": "EUR"}
    world.rig.tell(CustomerMoneyChanged(**money, unapplied_minor=3_000, on_account_minor=2_000, version=1))
    world.rig.until(on(35))


async def test_the_migrated_database_is_what_the_tables_say(db: Database):
    async with db.reading() as c:
        found = await c.run_sync(differences, metadata, TABLES)

    assert found == []


async def test_aging_shows_the_disputed_part_and_keeps_unapplied_money_apart(db: Database, world: World):
    story(world)

    (aged,), nothing = await asked(db, world, "/aging", "/aging?customer_id=C7")

    assert aged["as_of"] == str(DUE + timedelta(days=35))
    assert aged["buckets_minor"] == {
        "current": 30_000, "1-30": 50_000, "31-60": 100_000, "61-90": 0, "91-120": 0, ">120": 0,
    }  # fmt: skip
    assert aged["of_which_disputed_minor"]["31-60"] == 40_000
    assert (aged["unapplied_minor"], aged["on_account_minor"]) == (3_000, 2_000)
    assert aged["balance_minor"] == 180_000 - 5_000
    assert nothing == []


async def test_every_day_has_its_bucket_and_due_today_is_current(db: Database, world: World):
    world.invoice("R1", 100_000)
    ages = (-1, 0, 1, 30, 31, 60, 61, 90, 91, 120, 121)

    reports = await asked(db, world, *(f"/aging?as_of={DUE + timedelta(days=age)}&legal_entity=DE01" for age in ages))

    found = [[name for name, minor in aged["buckets_minor"].items() if minor] for (aged,) in reports]
    assert found == [["current"]] * 2 + [["1-30"]] * 2 + [["31-60"]] * 2 + [["61-90"]] * 2 + [["91-120"]] * 2 + [
        [">120"]
    ]


async def test_an_item_says_its_level_and_what_happens_next_and_when(db: Database, world: World):
    story(world)

    page, item, unknown = await asked(db, world, "/items?customer_id=C1&open=true", "/items/R1", "/items/R7")

    said = [(i["invoice_number"], i["level"], i["claimed_minor"], i["next_step"]) for i in page["items"]]
    assert said == [("R1", 3, 60_000, ""), ("R2", 1, 0, ""), ("R3", 0, 30_000, "level 1")]
    assert page["items"][2]["next_at"].startswith(str(DUE + timedelta(days=51)))
    assert [d["case_id"] for d in item["disputes"]] == ["K1"]
    assert unknown["code"] == "not-found"


async def test_a_long_list_comes_in_pages(db: Database, world: World):
    for n in range(5):
        world.invoice(f"R{n}", 1_000)
    await saved(db, world)

    pages, cursor = [], ""
    for _ in range(3):
        (page,) = await answers(db, world, f"/items?limit=2{cursor}")
        pages.append([i["invoice_number"] for i in page["items"]])
        cursor = f"&cursor={page['next']}"

    assert pages == [["R0", "R1"], ["R2", "R3"], ["R4"]]


async def test_second_level_has_what_was_handed_over_and_loses_what_is_paid(db: Database, world: World):
    world.invoice("R1")
    world.invoice("R2")
    world.rig.until(on(31))
    world.paid("R2", 100_000, on(32))

    queue, levels = await asked(db, world, "/second-level", "/levels")

    assert [i["invoice_number"] for i in queue["items"]] == ["R1"]
    assert levels == {"1": 2, "2": 2, "3": 2}


async def test_levels_count_every_item_that_ever_reached_them(db: Database, world: World):
    story(world)

    (levels,) = await asked(db, world, "/levels")

    assert levels == {"1": 2, "2": 1, "3": 1}


async def test_letters_promises_and_the_record_are_listed_newest_first(db: Database, world: World):
    story(world)
    world.rig.command("collections", LogCall(customer_id="C1", outcome="VMAIL", roles=("collector",)), "clara")

    notices, promises, record, customer = await asked(
        db,
        world,
        "/notices?customer_id=C1",
        "/promises?state=open",
        "/customers/C1/activities?limit=2",
        "/customers/C1",
    )

    assert [n["level"] for n in notices["items"]] == [3, 3, 2, 1]
    assert notices["items"][3]["lines"][0]["invoice_number"] == "R1"
    assert [p["invoice_number"] for p in promises["items"]] == ["R2"]
    assert [a["kind"] for a in record["items"]] == ["call", "handed-over"]
    assert (customer["broken_promises"], customer["open_promises"], customer["stopped_by"]) == (0, 1, None)


async def test_what_waits_for_a_person_is_listed_by_role(db: Database, world: World):
    world.invoice()
    world.promised("R1", 1_000, DUE.replace(year=2027), on(0))

    mine, others = await asked(db, world, "/escalations?to_role=collector", "/escalations?to_role=cfo")

    assert [e["level"] for e in mine["items"]] == ["promise-refused"]
    assert others["items"] == []


async def test_every_identity_holds_after_the_story(db: Database, world: World):
    story(world)
    world.paid("R1", 30_000, on(36))
    await saved(db, world)

    async with db.reading() as c:
        checks = await verify(c)

    assert [(check.name, check.holds, check.found) for check in checks] == [
        ("open-as-cash-said-last", True, ""),
        ("levels-told-in-letters", True, ""),
        ("one-letter-a-day", True, ""),
        ("one-open-promise-per-item", True, ""),
    ]


@pytest.mark.parametrize(("damage", "broken"), [(sql, name) for name, sql in DAMAGES.items()])
async def test_an_identity_that_is_broken_says_so(db: Database, world: World, damage: str, broken: str):
    story(world)
    await saved(db, world)
    async with db.transaction() as c:
        await c.execute(damage)

    async with db.reading() as c:
        checks = await verify(c)

    assert [check.name for check in checks if not check.holds] == [broken]
    assert all(check.found for check in checks if not check.holds)


async def test_the_work_list_orders_lines_by_their_score_and_says_why(db: Database, world: World):
    world.invoice("R4", 20_000, DUE + timedelta(days=25))
    story(world)
    await saved(db, world)
    async with db.transaction() as c:
        for statement in SECOND_DEBTOR:
            await c.execute(statement)

    (page, first, elsewhere) = await answers(db, world, "/worklist", "/worklist?limit=1", "/worklist?legal_entity=FR01")
    (second,) = await answers(db, world, f"/worklist?limit=1&cursor={first['next']}")

    worse, late = page["items"]
    assert (worse["customer_id"], late["customer_id"]) == ("C2", "C1")
    assert worse["score"] > late["score"]
    assert "risk class D" in worse["because"]
    assert (late["late_minor"], late["balance_minor"], late["days_past_due"]) == (20_000, 200_000, 10)
    assert late["because"] == ["the oldest item is 10 days late"]
    assert [first["items"], second["items"]] == [[worse], [late]]
    assert elsewhere["items"] == []


async def test_the_work_list_says_whether_the_hour_is_right_to_call(db: Database, world: World):
    world.customer_is(country="DE")
    world.invoice("R1", 100_000)
    world.rig.until(on(9))
    (noon,) = await asked(db, world, "/worklist")
    world.rig.until(on(9, 19))

    (evening,) = await answers(db, world, "/worklist")

    assert noon["items"][0]["may_call"] is True
    assert noon["items"][0]["call_because"] == ["Germany is called from 8:00 to 18:00 on working days"]
    assert evening["items"][0]["may_call"] is False


async def test_who_was_called_or_has_the_money_already_is_not_at_the_top_of_the_work_list(db: Database, world: World):
    world.customer_is(country="DE")
    world.invoice("R1", 100_000)
    world.rig.until(on(9))
    world.rig.command("collections", LogCall(customer_id="C1", outcome="NOANS", roles=("collector",)), "clara")
    (called,) = await asked(db, world, "/worklist")
    async with db.transaction() as c:
        await c.execute("insert into credits values ('C1', 'DE01', 'EUR', 100000, 0, 1)")

    (covered,) = await answers(db, world, "/worklist")

    assert "somebody called 0 days ago" in called["items"][0]["because"]
    assert covered["items"] == []
