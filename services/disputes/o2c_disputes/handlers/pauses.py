"""A case waits for somebody outside: why it may, how often and how long is a table; the clocks stand still."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.errors import Refused
from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_rules.calendars import add_business_minutes, business_minutes

from o2c_disputes import facts
from o2c_disputes.commands import PauseCase, ResumeCase
from o2c_disputes.domain.cases import Case
from o2c_disputes.domain.clocks import Pause

from .clocks import PAUSE, dues, go_on, hold
from .history import Told, actor, an_open_case, authorise, calendar_of, clocks_of, customer_of, note, turn


def on_pause_case(command: PauseCase, work: WorkingSet) -> Iterator[Event]:
    """The clocks stand still until it is resumed, at the latest until the table's longest time is over."""
    case = an_open_case(work, command)
    sheet = facts.of_case(case, customer_of(work, case.customer_id))
    authorise(work, "pause", command.roles, sheet)
    if case.status != "open":
        raise Refused("not-working", f"case {case.case_id} is {case.status}", "only a case that is worked on is paused")
    asked = work.ask("disputes/pauses", {**sheet, "pause_reason": command.reason}, subject=case.case_id)
    minutes = min(facts.number(asked, "longest_minutes"), facts.number(asked, "total_minutes") - case.paused_minutes)
    if asked["allowed"] is not True or minutes <= 0:
        raise Refused("no-pause", "; ".join(asked.because), "work on it, or have it assigned to who can")
    until = add_business_minutes(
        calendar_of(work, case, clocks_of(work, case)["resolution"].calendar), work.at, minutes
    )
    number = 1 + len(work.find(Pause, case_id=case.case_id))
    hold(work, case)
    work.put(
        Pause(
            case_id=case.case_id,
            number=number,
            customer_id=case.customer_id,
            reason=command.reason,
            from_at=work.at,
            until_at=until,
            ended_at=None,
            stage_before=case.stage,
            next_action_before=case.next_action,
            paused_by=actor(work),
        )
    )
    work.arm(PAUSE, case.case_id, until, customer_id=case.customer_id)
    case = turn(work, replace(case, status="paused", pauses=case.pauses + 1), "paused", until)
    note(work, case, "paused", command.reason)
    yield from ()


def on_resume_case(command: ResumeCase, work: WorkingSet) -> Iterator[Event]:
    case = an_open_case(work, command)
    authorise(work, "resume", command.roles, facts.of_case(case, customer_of(work, case.customer_id)))
    if case.status != "paused":
        raise Refused("not-paused", f"case {case.case_id} is {case.status}")
    yield from resume(work, case)


def on_pause_over(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Nobody resumed it: it goes on by itself."""
    case = next(iter(work.find(Case, case_id=event.subject_id)), None)
    if case and case.status == "paused":
        yield from resume(work, case)


def resume(work: WorkingSet, case: Case) -> Told:
    """Deadlines are computed forward again; the same is to be done as before the pause."""
    pause = next(p for p in work.find(Pause, case_id=case.case_id) if p.ended_at is None)
    case = note(work, end_pause(work, case), "resumed")
    yield from go_on(work, case)
    case = turn(work, dues(work, work.find(Case, case_id=case.case_id)[0]), pause.stage_before)
    case = replace(case, next_action=pause.next_action_before)
    work.put(case)
    return case


def end_pause(work: WorkingSet, case: Case) -> Case:
    """Nothing where it is not paused. Counts the pause's business time."""
    if case.status != "paused":
        return case
    calendar = calendar_of(work, case, clocks_of(work, case)["resolution"].calendar)
    minutes = 0
    for pause in work.find(Pause, case_id=case.case_id):
        if pause.ended_at is None:
            minutes += business_minutes(calendar, pause.from_at, work.at)
            work.put(replace(pause, ended_at=work.at))
    work.disarm(PAUSE, case.case_id)
    after = replace(case, status="open", paused_minutes=case.paused_minutes + minutes)
    work.put(after)
    return after
