"""Questions to billing over HTTP; commands are routed by the chassis."""

import asyncio
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from o2c_chassis.errors import Refused
from o2c_chassis.escalations import oldest_first
from o2c_chassis.http import Page, Paging, Reads, found, page_of
from o2c_rules.entities import local_date

from .queries import documents as issued
from .queries import identities, waiting
from .queries.escalations import unanswered
from .rendering import render

router = APIRouter()
Row = dict[str, Any]


@router.get("/invoices/{invoice_number}")
async def invoice(reads: Reads, invoice_number: str) -> issued.InvoiceView:
    """One invoice with what each line was computed from, computed again."""
    view: issued.InvoiceView = found(await issued.invoice(reads, invoice_number), f"invoice {invoice_number}")
    return view


@router.get("/invoices")
async def by_reference(reads: Reads, external_ref: str) -> list[Row]:
    """Invoices under the number by which another system knows them."""
    return await issued.by_reference(reads, external_ref)


@router.get("/documents/{number}/pdf", response_class=Response)
async def pdf(reads: Reads, number: str) -> Response:
    """The invoice or credit note as it was issued."""
    document = await asyncio.to_thread(render, found(await issued.content(reads, number), f"document {number}"))
    headers = {"Content-Disposition": f'attachment; filename="{document.name}"'}
    return Response(document.content, media_type=document.media_type, headers=headers)


@router.get("/customers/{customer_id}/documents")
async def documents(reads: Reads, paging: Paging, customer_id: str) -> Page[Row]:
    """Invoices and credit notes of a customer by number."""
    rows = await issued.documents_of(reads, customer_id, paging.after, paging.most)
    return page_of(rows, paging, lambda row: [row["number"]])


@router.get("/charges/{line_id:path}")
async def charge(reads: Reads, line_id: str, customer_id: str | None = None) -> Row:
    """A charge, invoiced or not, with what it was computed from. Two customers' deliveries may have one number."""
    named = await issued.charges_named(reads, line_id, customer_id)
    if len(named) > 1:
        whose = ", ".join(str(row["customer_id"]) for row in named)
        raise Refused("several-charges", f"charge {line_id} is one of each of {whose}", "say which by customer_id")
    return dict(found(named[0] if named else None, f"charge {line_id}"))


@router.get("/drafts")
async def drafts(
    reads: Reads, paging: Paging, customer_id: str | None = None, owner: str | None = None
) -> Page[waiting.Withheld]:
    """Invoices that may not go out: why, and whose turn it is."""
    rows = await waiting.withheld(reads, customer_id, owner, paging.after, paging.most)
    return page_of(rows, paging, lambda row: [row.draft_id, row.customer_id])


@router.get("/unbilled")
async def unbilled(
    request: Request, reads: Reads, paging: Paging, customer_id: str | None = None, as_of: date | None = None
) -> Page[waiting.Unbilled]:
    """What is delivered and not invoiced, by line, with its age at `as_of` (today unless given) and its blocker."""
    running = request.app.state.running

    def today(entity: str) -> date:
        return as_of or local_date(running.rules.book(), entity, running.clock.now())

    rows = await waiting.unbilled(reads, today, customer_id, paging.after, paging.most)
    return page_of(rows, paging, lambda row: [row.line_id, row.customer_id])


@router.get("/unbilled-totals")
async def unbilled_totals(reads: Reads) -> list[Row]:
    """Unbilled revenue by company, currency and blocker."""
    return await waiting.unbilled_totals(reads)


@router.get("/escalations")
async def escalations(reads: Reads, paging: Paging, recipient: str | None = None) -> Page[Row]:
    """Who was told of a document that did not arrive or was not taken, and nobody takes care yet: the oldest first."""
    return await oldest_first(reads, unanswered(), recipient, paging)


@router.get("/numbers")
async def numbers(reads: Reads) -> list[identities.Series]:
    """Each series of document numbers, with numbers that no document bears; there should be none."""
    return await identities.numbers(reads)
