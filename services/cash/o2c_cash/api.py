"""Questions about money over HTTP; people's commands are routed by the chassis."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from o2c_chassis.escalations import oldest_first
from o2c_chassis.http import Page, Paging, Reads, found, page_of

from . import queries
from .domain.ledger import running
from .domain.payments import Payment
from .queries import Wanted

router = APIRouter()
Row = dict[str, Any]


@router.get("/customers/{customer_id}/items")
async def items(reads: Reads, paging: Paging, customer_id: str, settled: bool = False) -> Page[Row]:
    """What a customer owes, the oldest due first; with `settled` also what it owes no more."""
    rows = await queries.items_of(reads, customer_id, still_open=not settled, after=paging.after, most=paging.most)
    listed = [asdict(row.item) | {"disputed_minor": row.disputed_minor} for row in rows]
    return page_of(listed, paging, lambda row: [row["due_on"].isoformat(), row["invoice_number"]])


@router.get("/items/{invoice_number}")
async def item(reads: Reads, invoice_number: str) -> Row:
    """An item by our number or the customer's, with every step of its way and the decision behind it."""
    row, steps = found(await queries.item_story(reads, invoice_number), f"item {invoice_number}")
    return asdict(row) | {"steps": [asdict(step) for step in steps]}


@router.get("/customers/{customer_id}/money")
async def money(reads: Reads, customer_id: str) -> Row:
    """A customer's unapplied money and credit, by legal entity and currency."""
    rows, notes = await queries.money_of(reads, customer_id)
    return {"money": [asdict(row) for row in rows], "credit_notes": [asdict(note) for note in notes]}


@router.get("/payments/{payment_id}")
async def payment(request: Request, reads: Reads, payment_id: str) -> Row:
    """How a payment was applied and why; what was said about it; what of it went back or was refunded; what else has
    its number."""
    story: queries.Story = found(await queries.payment_story(reads, payment_id), f"payment {payment_id}")
    return _listed(story.payment, _today(request)) | {
        "steps": [asdict(step) for step in story.steps],
        "advices": [asdict(advice) | {"lines": [asdict(e) for e in advice.entries]} for advice in story.advices],
        "returns": [asdict(back) for back in story.returns],
        "refunds": [asdict(refund) for refund in story.refunds],
        "namesakes": story.namesakes,
    }


@router.get("/waiting")
async def waiting(
    request: Request,
    reads: Reads,
    paging: Paging,
    status: str | None = None,
    customer_id: str | None = None,
    legal_entity: str | None = None,
) -> Page[Row]:
    """The work list of unidentified, waiting and unapplied money, the oldest first, with age and candidates."""
    rows = await queries.waiting(reads, Wanted(status, customer_id, legal_entity), paging.after, paging.most)
    listed = [_listed(row, _today(request)) for row in rows]
    return page_of(listed, paging, lambda row: [row["received_on"].isoformat(), row["payment_id"]])


@router.get("/escalations")
async def escalations(reads: Reads, paging: Paging, recipient: str | None = None) -> Page[Row]:
    """Who was told of a payment that a person must look at, where nobody has taken care yet: the oldest first."""
    return await oldest_first(reads, queries.unanswered(), recipient, paging)


@router.get("/allocations")
async def allocations(reads: Reads, paging: Paging, since: datetime | None = None) -> Page[Row]:
    """What payments pay of which items now; `since`: only where something happened since then."""
    rows = [asdict(row) for row in await queries.paid_since(reads, since, paging.after, paging.most)]
    return page_of(rows, paging, lambda row: [row["payment_id"], row["invoice_number"]])


@router.get("/identity")
async def identity(reads: Reads, legal_entity: str | None = None, currency: str | None = None) -> list[Row]:
    """Receipts and where they are, for each day on which something moved and as it stood at its end."""
    days = await queries.identity_by_day(reads, legal_entity, currency)
    standing = running(days)
    return [
        {
            "legal_entity": day[0],
            "currency": day[1],
            "day": day[2],
            "holds": moved.holds and standing[day].holds,
            "moved": asdict(moved),
            "standing": asdict(standing[day]),
        }
        for day, moved in days.items()
    ]


def _listed(row: Payment, today: date) -> Row:
    """A payment with its age in days since it was received, and its explanations as a list."""
    candidates = [{"invoices": numbers, "total_minor": total} for numbers, total in row.candidate_list]
    age = {"age_days": (today - row.received_on).days, "unidentified_minor": row.unidentified_minor}
    return asdict(row) | age | {"candidates": candidates}


def _today(request: Request) -> date:
    now: datetime = request.app.state.running.clock.now()
    return now.date()
