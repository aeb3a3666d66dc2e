"""Questions over HTTP; commands are routed by the chassis."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from o2c_chassis.http import Page, Paging, Reads, found, page_of
from o2c_rules.entities import local_date

from .queries import aging as ages
from .queries import lists
from .queries import worklist as work

router = APIRouter()
Row = dict[str, Any]


@router.get("/aging")
async def aging(
    request: Request,
    reads: Reads,
    as_of: date | None = None,
    customer_id: str | None = None,
    legal_entity: str | None = None,
) -> list[ages.Aged]:
    """What is open now, by age at `as_of` (today where the legal entity is, unless given)."""
    running = request.app.state.running

    def today(entity: str) -> date:
        return as_of or local_date(running.rules.book(), entity, running.clock.now())

    return await ages.aging(reads, today, customer_id, legal_entity)


@router.get("/items")
async def items(
    reads: Reads, paging: Paging, customer_id: str | None = None, open: bool | None = None, level: int | None = None
) -> Page[Row]:
    """Items with level, what may be claimed, and what happens next and when."""
    where = {"customer_id": customer_id, "open": open, "level": level}
    return page_of(
        await lists.items_of(reads, paging.after, paging.most, where), paging, lambda row: [row["invoice_number"]]
    )


@router.get("/items/{invoice_number}")
async def item(reads: Reads, invoice_number: str) -> Row:
    return dict(found(await lists.item(reads, invoice_number), f"item {invoice_number}"))


@router.get("/second-level")
async def second_level(reads: Reads, paging: Paging) -> Page[Row]:
    """The queue of second-level collection."""
    rows = await lists.second_level(reads, paging.after, paging.most)
    return page_of(rows, paging, lambda row: [row["invoice_number"]])


@router.get("/worklist")
async def worklist(
    request: Request, reads: Reads, paging: Paging, legal_entity: str | None = None
) -> Page[work.Listed]:
    """Whom to call first, why, and whether the hour is right."""
    running = request.app.state.running
    found = await work.worklist(reads, running.rules.book(), running.clock.now(), legal_entity)
    return page_of(work.behind(found, paging.after)[: paging.most], paging, lambda listed: listed.place)


@router.get("/levels")
async def levels(reads: Reads) -> dict[int, int]:
    """Level -> number of items that ever reached it."""
    return await lists.items_reached_level(reads)


@router.get("/notices")
async def notices(reads: Reads, paging: Paging, customer_id: str | None = None, status: str | None = None) -> Page[Row]:
    where = {"customer_id": customer_id, "status": status}
    rows = await lists.notices_of(reads, paging.after, paging.most, where)
    return page_of(rows, paging, lambda row: [row["recorded_at"].isoformat(), row["notice_id"]])


@router.get("/notices/{notice_id}")
async def notice(reads: Reads, notice_id: str) -> Row:
    return dict(found(await lists.notice(reads, notice_id), f"notice {notice_id}"))


@router.get("/promises")
async def promises(reads: Reads, paging: Paging, customer_id: str | None = None, state: str | None = None) -> Page[Row]:
    where = {"customer_id": customer_id, "state": state}
    rows = await lists.promises_of(reads, paging.after, paging.most, where)
    return page_of(rows, paging, lambda row: [row["made_at"].isoformat(), row["promise_id"]])


@router.get("/escalations")
async def escalations(reads: Reads, paging: Paging, to_role: str | None = None) -> Page[Row]:
    """What waits for a person; closed ones are in the customer's record."""
    rows = await lists.open_escalations(reads, paging.after, paging.most, to_role)
    return page_of(rows, paging, lambda row: [row["raised_at"].isoformat(), row["escalation_id"]])


@router.get("/customers/{customer_id}")
async def customer(reads: Reads, customer_id: str) -> Row:
    return dict(found(await lists.customer(reads, customer_id), f"customer {customer_id}"))


@router.get("/customers/{customer_id}/activities")
async def activities(reads: Reads, paging: Paging, customer_id: str) -> Page[Row]:
    """Everything that was done or heard, the newest first."""
    rows = await lists.activities_of(reads, paging.after, paging.most, customer_id)
    return page_of(rows, paging, lambda row: [row["at"].isoformat(), row["activity_id"]])
