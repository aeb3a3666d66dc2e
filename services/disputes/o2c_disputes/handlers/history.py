"""Who did what to a case, and whose turn it is now."""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_rules.calendars import Calendar, add_business_minutes
from o2c_rules.rulebook import UnknownCalendar

from o2c_disputes import facts
from o2c_disputes.commands import CaseCommand
from o2c_disputes.domain.cases import SYSTEM, Case, Customer, Entry
from o2c_disputes.domain.clocks import TARGETS, Clock, Target

Told = Generator[Event, None, Case]
"""Tells events, and returns the case as it is then."""


def actor(work: WorkingSet) -> str:
    """The person behind this, or the system."""
    return work.cause.envelope.actor or SYSTEM


def customer_of(work: WorkingSet, customer_id: str) -> Customer:
    """As master data knows it; as anybody until it does."""
    return work.get(Customer, customer_id=customer_id) or Customer(customer_id)


def clocks_of(work: WorkingSet, case: Case) -> dict[Target, Clock]:
    """The clocks of the case's latest cycle."""
    found = sorted(work.find(Clock, case_id=case.case_id), key=lambda clock: clock.cycle)
    return {target: clock for target in TARGETS for clock in found if clock.target == target}


def calendar_of(work: WorkingSet, case: Case, name: str) -> Calendar:
    """On which a clock began; where no rules in force know it any more, the one that they give the case."""
    try:
        return work.calendar(name, case.contract_id)
    except UnknownCalendar:
        sheet = facts.of_case(case, customer_of(work, case.customer_id))
        asked = work.ask("disputes/calendars", sheet, subject=case.case_id)
        return work.calendar(facts.word(asked, "calendar"), case.contract_id)


def note(work: WorkingSet, case: Case, what: str, text: str = "") -> Case:
    """Write a line of its history, and the case."""
    after = replace(case, entries=case.entries + 1)
    work.put(Entry(case.case_id, after.entries, case.customer_id, work.at, what, actor(work), text))
    work.put(after)
    return after


def turn(work: WorkingSet, case: Case, stage: str, until: datetime | None = None) -> Case:
    """The next action and its due time at this stage, by the table; `until`: where the stage itself has an end."""
    sheet = facts.of_case(replace(case, stage=stage), customer_of(work, case.customer_id))
    asked = work.ask("disputes/next-actions", sheet, subject=case.case_id)
    due_by = facts.word(asked, "due_by")
    due_at = {"response": case.respond_by, "resolution": case.resolve_by, "end": until or case.resolve_by}.get(due_by)
    if due_at is None:
        calendar = calendar_of(work, case, clocks_of(work, case)["resolution"].calendar)
        due_at = add_business_minutes(calendar, work.at, facts.number(asked, "within_minutes"))
    after = case.turn(stage, facts.word(asked, "next_action"), due_at)
    work.put(after)
    return after


def the_case(work: WorkingSet, command: CaseCommand) -> Case:
    """The case that a person means. Refused where this customer has none of that name."""
    case = work.get(Case, case_id=command.case_id)
    if case is None or case.customer_id != command.customer_id:
        raise Refused(
            "no-such-case", f"{command.customer_id} has no case {command.case_id}", "look it up in the work list", 404
        )
    return case


def an_open_case(work: WorkingSet, command: CaseCommand) -> Case:
    """The same, and refused where it is closed."""
    case = the_case(work, command)
    if case.is_closed:
        raise Refused("case-closed", f"case {case.case_id} is closed: {case.outcome}", "reopen it first")
    return case


def authorise(work: WorkingSet, action: str, roles: tuple[str, ...], sheet: facts.Sheet) -> None:
    """Refused unless one of the person's roles may do this, by the table."""
    subject = str(sheet.get("case_id") or work.cause.event.subject)
    asked = work.ask("disputes/authority", {**sheet, "action": action}, subject=subject)
    allowed = facts.words(asked, "roles")
    if not set(allowed) & set(roles):
        raise Refused(
            "no-authority",
            f"{actor(work)} may not {action} this: {'; '.join(asked.because) or 'no row allows it'}",
            f"ask one of: {', '.join(allowed) or 'nobody'}",
            403,
        )
