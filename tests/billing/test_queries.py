"""What people and other systems may ask, on a real PostgreSQL; the story is played in memory and saved."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from o2c_billing.app import service
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.invoices import Invoice
from o2c_billing.queries.identities import verify
from o2c_billing.tables import metadata
from o2c_chassis import arrays
from o2c_chassis.clock import SimulatedClock
from o2c_chassis.database import Database
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.migrate import differences, migrate
from o2c_chassis.problems import speak_problems
from o2c_chassis.tables import metadata as chassis_metadata

from tests.billing.books import Billing, berlin, book, contract, credit, customer, delivery, monthly, order, order_line

OTHERS = frozenset([*chassis_metadata.tables, "o2c_chassis_version", "o2c_billing_version"])
DAMAGES = {
    "gapless-numbers": "delete from invoices where invoice_number = 'DE01-INV-2026-000001'",
    "postings-balance": "update postings set amount_minor = amount_minor + 1 where account = 'tax'",
    "receivables-equal-invoices-and-credits": "update invoices set total_minor = total_minor + 1",
    "lines-add-up-and-recompute": "update invoice_lines set net_minor = net_minor + 1",
    "invoiced-charges-stand-on-invoices": "update charges set status = 'cancelled' where line_id = 'D1/1'",
    "credits-within-their-invoice": "update credit_notes set total_minor = 9999999",
    "credits-approved": "update approvals set approvers = '[]'",
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


def story() -> Billing:
    """Two invoices, one of them credited in part; a third delivery waits for its order; a request waits for people."""
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(10000, "3")))
    billing.tell(delivery(3333, "1", name="D1", external_ref="REF-1"), delivery(3334, "1", name="D2"))
    billing.tell(delivery(500, "1", name="D3", order_id="O9"))
    billing.tell(credit(1190))
    billing.approve("max", "billing_lead")
    billing.tell(credit(100, request_id="R2", reason="quantity"))
    return billing


async def saved(db: Database, billing: Billing) -> None:
    async with db.transaction() as own:
        for keeps in service.keeps:
            values = arrays.as_arrays(
                len(keeps.table.columns), map(arrays.reader_of(keeps.table), billing.rows(keeps.kind))
            )
            await own.execute(arrays.insert(keeps.table), *values)


async def got(db: Database, billing: Billing, path: str) -> httpx.Response:
    app = FastAPI()
    assert service.api is not None
    app.include_router(service.api)
    speak_problems(app)
    app.state.cursor_secret = b"secret"
    clock = SimulatedClock(billing.rig.at.astimezone(UTC))
    app.state.running = SimpleNamespace(database=db, clock=clock, rules=SimpleNamespace(book=book))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://billing") as http:
        return await http.get(path)


async def asked(db: Database, path: str) -> Any:
    billing = story()
    await saved(db, billing)
    return (await got(db, billing, path)).json()


async def test_the_migrated_database_is_what_the_tables_say(db: Database) -> None:
    async with db.reading() as connection:
        assert await connection.run_sync(differences, metadata, OTHERS) == []


async def test_rows_come_back_as_they_were_saved(db: Database) -> None:
    billing = story()

    await saved(db, billing)

    for kind in (Charge, CreditNote):
        table = service.by_kind[kind].table
        keys = ", ".join(c.name for c in table.primary_key)
        rows = await db.fetch(f"select * from {table.name} order by {keys}")
        assert [kind(*row) for row in rows] == billing.rows(kind)


async def test_an_invoice_shows_what_each_line_was_computed_from_and_computes_it_again(db: Database) -> None:
    found = await asked(db, "/invoices/DE01-INV-2026-000001")

    (line,) = found["lines"]
    assert (line["net_minor"], line["recomputed_minor"]) == (3333, 3333)
    assert (line["derivation"]["by"], line["derivation"]["line_net_minor"]) == ("order-share", 10000)
    assert (found["total_minor"], found["creditable_minor"]) == (3966, 3966 - 1190)
    assert [n["credit_note_number"] for n in found["credit_notes"]] == ["DE01-CN-2026-000001"]
    assert [(p["account"], p["amount_minor"]) for p in found["postings"]] == [
        ("receivable", 3966),
        ("revenue", -3333),
        ("tax", -633),
    ]


async def test_an_invoice_is_found_by_the_number_that_others_know(db: Database) -> None:
    found = await asked(db, "/invoices?external_ref=REF-1")

    assert [i["invoice_number"] for i in found] == ["DE01-INV-2026-000001"]


async def test_an_unknown_invoice_is_a_problem_with_its_status(db: Database) -> None:
    response = await got(db, Billing(), "/invoices/NONE")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


async def test_the_document_comes_as_it_was_issued(db: Database) -> None:
    billing = story()
    await saved(db, billing)

    response = await got(db, billing, "/documents/DE01-CN-2026-000001/pdf")

    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")


async def test_the_documents_of_a_customer_come_in_pages(db: Database) -> None:
    billing = story()
    await saved(db, billing)

    first = (await got(db, billing, "/customers/C1/documents?limit=2")).json()
    second = (await got(db, billing, f"/customers/C1/documents?limit=2&cursor={first['next']}")).json()

    assert [(d["number"], d["kind"]) for d in first["items"] + second["items"]] == [
        ("DE01-CN-2026-000001", "credit-note"),
        ("DE01-INV-2026-000001", "invoice"),
        ("DE01-INV-2026-000002", "invoice"),
    ]
    assert first["items"][0]["invoice_number"] == "DE01-INV-2026-000001"
    assert second["next"] is None


async def test_withheld_drafts_name_reason_and_owner(db: Database) -> None:
    found = await asked(db, "/drafts?owner=billing_lead")

    (draft,) = found["items"]
    assert (draft["draft_id"], draft["owner"], draft["net_minor"]) == ("delivery/D3", "billing_lead", 500)
    assert [r["row"] for r in draft["reasons"]] == ["unknown-order"]


async def test_unbilled_revenue_has_age_and_blocker_by_line(db: Database) -> None:
    found = await asked(db, "/unbilled?as_of=2026-03-12")

    (line,) = found["items"]
    assert (line["line_id"], line["unbilled_minor"], line["age_days"], line["blocker"]) == (
        "D3/1",
        500,
        10,
        "unknown-order",
    )


async def test_unbilled_revenue_is_summed_by_blocker(db: Database) -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(31)), contract(), order(), delivery(5000, "5"))
    billing.tell(delivery(5000, "5", name="D2"))
    await saved(db, billing)

    (total,) = (await got(db, billing, "/unbilled-totals")).json()

    assert (total["blocker"], total["unbilled_minor"], total["lines"]) == ("billing-day", 10000, 2)


async def test_a_charge_tells_its_derivation_before_it_is_invoiced(db: Database) -> None:
    found = await asked(db, "/charges/D3/1")

    assert (found["derivation"]["by"], found["recomputed_minor"], found["status"]) == ("as-delivered", 500, "unbilled")


def twice() -> Billing:
    """Two customers with the same numbers, whose deliveries both wait for an order."""
    billing = Billing()
    for who in ("C1", "C2"):
        billing.tell(customer(customer_id=who), delivery(customer_id=who))
    return billing


async def test_charges_of_one_number_are_told_apart_by_their_customer(db: Database) -> None:
    billing = twice()
    await saved(db, billing)

    unclear = await got(db, billing, "/charges/D1/1")
    second = await got(db, billing, "/charges/D1/1?customer_id=C2")
    nobody = await got(db, billing, "/charges/D1/1?customer_id=C3")

    assert (unclear.status_code, unclear.json()["detail"]) == (409, "charge D1/1 is one of each of C1, C2")
    assert (second.status_code, second.json()["customer_id"]) == (200, "C2")
    assert nobody.status_code == 404


@pytest.mark.parametrize("path", ["drafts", "unbilled"])
async def test_pages_lose_nobody_whose_numbers_others_use_too(db: Database, path: str) -> None:
    billing = twice()
    await saved(db, billing)

    first = (await got(db, billing, f"/{path}?limit=1")).json()
    second = (await got(db, billing, f"/{path}?limit=1&cursor={first['next']}")).json()

    assert [row["customer_id"] for row in first["items"] + second["items"]] == ["C1", "C2"]


def lost() -> Billing:
    """Two invoices and a credit note on the first that did not arrive."""
    billing = Billing()
    billing.rig.undeliverable |= {"DE01-INV-2026-000001", "DE01-INV-2026-000002", "DE01-CN-2026-000001"}
    billing.tell(customer(), contract(), order(order_line(10000, "3")))
    billing.tell(delivery(3333, "1", name="D1"))
    billing.tell(delivery(3334, "1", name="D2"), at=billing.rig.at + timedelta(hours=1))
    billing.tell(credit(1000), at=billing.rig.at + timedelta(hours=1))
    billing.approve("max", "billing_lead")
    return billing


async def waiting(db: Database) -> int:
    assert service.escalations is not None
    async with db.reading() as connection:
        return await service.escalations(connection)


async def test_who_was_told_of_what_did_not_arrive_waits_the_oldest_first_in_pages(db: Database) -> None:
    billing = lost()
    await saved(db, billing)

    first = (await got(db, billing, "/escalations?limit=2")).json()
    second = (await got(db, billing, f"/escalations?limit=2&cursor={first['next']}")).json()
    own = (await got(db, billing, "/escalations?recipient=dispute_manager")).json()

    assert [(e["document_id"], e["kind"], e["recipient"]) for e in first["items"] + second["items"]] == [
        ("DE01-INV-2026-000001", "invoice", "billing_lead"),
        ("DE01-INV-2026-000002", "invoice", "billing_lead"),
        ("DE01-CN-2026-000001", "credit-note", "dispute_manager"),
    ]
    assert [e["document_id"] for e in own["items"]] == ["DE01-CN-2026-000001"]
    assert await waiting(db) == 3


async def test_what_a_person_takes_care_of_waits_no_more(db: Database) -> None:
    billing = lost()
    command = AcknowledgeEscalation(customer_id="C1", escalation_id="DE01-INV-2026-000002:undeliverable:1")

    billing.do(command, roles=("billing_lead",))

    await saved(db, billing)
    assert await waiting(db) == 2


async def test_an_invoice_that_is_credited_whole_need_not_arrive_any_more(db: Database) -> None:
    billing = lost()
    (first, _) = billing.rows(Invoice)

    billing.tell(credit(first.total_minor - 1000, request_id="R2"))
    billing.approve("max", "billing_lead")

    await saved(db, billing)
    left = (await got(db, billing, "/escalations?recipient=billing_lead")).json()
    assert [e["document_id"] for e in left["items"]] == ["DE01-INV-2026-000002"]


async def test_each_series_of_numbers_is_without_a_gap(db: Database) -> None:
    found = await asked(db, "/numbers")

    assert [(s["series"], s["last_number"], s["documents"], s["missing"]) for s in found] == [
        ("DE01/CN/2026", 1, 1, []),
        ("DE01/INV/2026", 2, 2, []),
    ]


async def test_every_identity_holds_of_a_story(db: Database) -> None:
    billing = story()
    billing.until(berlin("2026-03-31"))
    await saved(db, billing)

    async with db.reading() as connection:
        checks = await verify(connection)

    assert [(c.name, c.found) for c in checks if not c.holds] == []
    assert {c.name for c in checks} == set(DAMAGES)


@pytest.mark.parametrize("name", DAMAGES)
async def test_a_damaged_row_is_found(db: Database, name: str) -> None:
    await saved(db, story())
    await db.fetch(DAMAGES[name])

    async with db.reading() as connection:
        broken = {c.name for c in await verify(connection) if not c.holds}

    assert name in broken
