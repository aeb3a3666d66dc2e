"""Questions over HTTP; commands are routed by the chassis."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from o2c_chassis.escalations import oldest_first
from o2c_chassis.http import Page, Paging, Reads, found, page_of
from o2c_rules.calendars import Calendar
from o2c_rules.releasing.models import Models
from o2c_rules.rulebook import UnknownCalendar

from . import facts
from .domain.cases import Case, Customer
from .queries import lists
from .queries.lists import Contest, Timed, Work

router = APIRouter()
Row = dict[str, Any]


@router.get("/cases")
async def cases(
    request: Request,
    reads: Reads,
    paging: Paging,
    queue: str | None = None,
    owner: str | None = None,
    status: str | None = None,
    customer_id: str | None = None,
    query_id: str | None = None,
) -> Page[Row]:
    """The work list: open cases, the next due one first, with the share of each target that has elapsed."""
    models, now = _models_and_now(request)
    wanted = Work(queue=queue, owner=owner, status=status, customer_id=customer_id, query_id=query_id)
    rows = await lists.work_list(reads, wanted, paging.after, paging.most)
    return page_of(
        [_listed(timed, models, now) for timed in rows], paging, lambda row: [row["due_at"].isoformat(), row["case_id"]]
    )


@router.get("/cases/{case_id}")
async def case(request: Request, reads: Reads, case_id: str) -> Row:
    """A case with its whole history: who did what, what is contested, what billing was asked, who was told."""
    models, now = _models_and_now(request)
    whole: lists.Whole = found(await lists.whole_case(reads, case_id), f"case {case_id}")
    return _listed(whole.timed, models, now) | {
        "history": [asdict(entry) for entry in whole.history],
        "pauses": [asdict(pause) for pause in whole.timed.pauses],
        "disputes": [_contest(contest) for contest in whole.contests],
        "credit_requests": [asdict(request_) for request_ in whole.credit_requests],
        "escalations": [asdict(escalation) for escalation in whole.escalations],
    }


@router.get("/customers/{customer_id}/disputes")
async def customer_disputes(reads: Reads, customer_id: str) -> list[Row]:
    """What a customer contests or has contested, with what became of each amount."""
    return [_contest(contest) for contest in await lists.contests_of(reads, customer_id, None)]


@router.get("/invoices/{invoice_number}/disputes")
async def invoice_disputes(reads: Reads, invoice_number: str) -> list[Row]:
    """Who contests, or has contested, how much of an invoice."""
    return [_contest(contest) for contest in await lists.contests_of(reads, None, invoice_number)]


@router.get("/service-levels")
async def service_levels(reads: Reads, since: datetime, until: datetime) -> list[Row]:
    """How many targets were met, by legal entity and target."""
    return await lists.service_levels(reads, since, until)


@router.get("/escalations")
async def escalations(reads: Reads, paging: Paging, recipient: str | None = None) -> Page[Row]:
    """Notices that nobody has acknowledged and whose clock still runs, the oldest first."""
    return await oldest_first(reads, lists.unanswered(), recipient, paging)


def _models_and_now(request: Request) -> tuple[Models, datetime]:
    running = request.app.state.running
    return running.rules.models(), running.clock.now()


def _listed(timed: Timed, models: Models, now: datetime) -> Row:
    """A case, and per target: when it is due, how much of it has elapsed, whether it was met."""
    targets = {
        clock.target: {
            "due_at": clock.due_at,
            "stopped_at": clock.stopped_at,
            "is_met": clock.is_met,
            "elapsed_percent": _elapsed(timed, models, now, clock.target),
        }
        for clock in timed.clocks
    }
    return asdict(timed.case) | {"targets": targets}


def _elapsed(timed: Timed, models: Models, now: datetime, target: str) -> int:
    clock = next(clock for clock in timed.clocks if clock.target == target)
    minutes = clock.elapsed_minutes
    if minutes is None:
        minutes = facts.counted(_hours(timed.case, models, now, clock.calendar), clock, timed.pauses, now)
    return minutes * 100 // clock.target_minutes


def _hours(case: Case, models: Models, now: datetime, name: str) -> Calendar:
    """On which a clock counts, as the handlers find it."""
    own = models.newest if case.contract_id is None else models.of(case.contract_id, now)
    for book in (own, models.newest):
        try:
            return book.calendar(name)
        except UnknownCalendar:
            continue
    sheet = facts.of_case(case, Customer(case.customer_id))
    return own.calendar(str(own.decide("disputes/calendars", sheet, now.date())["calendar"]))


def _contest(contest: Contest) -> Row:
    return asdict(contest.dispute) | asdict(contest.amounts)
