"""The clocks of a case: started, paused, stopped, aimed at another target; their notices, each raised once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.shared import EscalationRaised
from o2c_rules.calendars import Calendar, add_business_minutes, due

from o2c_disputes import facts
from o2c_disputes.domain.cases import Case
from o2c_disputes.domain.clocks import TARGETS, Clock, Escalation, Pause, Rung, Target

from .history import calendar_of, clocks_of, customer_of, note

SLA = "sla"
PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a case's priority and tier promise: minutes of business time to each target, on which calendar."""

    calendar: str
    hours: Calendar
    minutes: dict[Target, int]

    def due_at(self, work: WorkingSet, target: Target) -> datetime:
        return add_business_minutes(self.hours, work.at, self.minutes[target])


def plan(work: WorkingSet, sheet: facts.Sheet, subject: str) -> Plan | None:
    """The targets for a priority and tier; None for a priority that the table does not know."""
    asked = work.ask("disputes/targets", sheet, subject=subject)
    calendar = facts.word(work.ask("disputes/calendars", sheet, subject=subject), "calendar")
    minutes: dict[Target, int] = {target: facts.number(asked, f"{target}_minutes") for target in TARGETS}
    if not all(minutes.values()):
        return None
    contract = sheet.get("contract_id")
    return Plan(calendar, work.book_of(contract if isinstance(contract, str) else None).calendar(calendar), minutes)


def start(work: WorkingSet, case: Case, planned: Plan) -> Iterator[Event]:
    """Both clocks run from now; a reopened case has new ones."""
    for target in TARGETS:
        clock = Clock(
            case_id=case.case_id,
            target=target,
            cycle=case.reopenings,
            customer_id=case.customer_id,
            legal_entity=case.legal_entity,
            calendar=planned.calendar,
            target_minutes=planned.minutes[target],
            kept_minutes=0,
            started_at=work.at,
            due_at=planned.due_at(work, target),
            stopped_at=None,
            elapsed_minutes=None,
            is_met=None,
            notified_percent=0,
            repeats=0,
            next_percent=None,
            next_at=None,
            acknowledged_at=None,
        )
        yield from run(work, case, clock)


def run(work: WorkingSet, case: Case, clock: Clock) -> Iterator[Event]:
    """It runs from now on: what is due by now is told, what comes next is armed."""
    rungs, hours = ladder(work, case, clock), calendar_of(work, case, clock.calendar)
    clock = scheduled(work, clock, rungs, hours)
    while clock.next_at is not None and clock.next_percent is not None and clock.next_at <= work.at:
        percent, clock = clock.next_percent, clock.told(clock.next_percent)
        yield from _tell(work, case, clock, [r for r in rungs if r.percent == percent])
        clock = scheduled(work, clock, rungs, hours)
    work.put(clock)
    if clock.next_at is None:
        work.disarm(SLA, clock.subject)
    else:
        work.arm(SLA, clock.subject, clock.next_at, customer_id=case.customer_id)


def ladder(work: WorkingSet, case: Case, clock: Clock) -> list[Rung]:
    """All steps of the escalation table that concern this clock."""
    sheet = facts.of_clock(case, customer_of(work, case.customer_id), clock)
    asked = work.ask("disputes/escalations", sheet, subject=clock.subject)
    return [_rung(asked, n) for n in range(len(asked.rows))]


def _rung(asked: Asked, n: int) -> Rung:
    said = asked.rows[n].outcome
    return Rung(
        percent=said["share_percent"],
        recipient=said["recipient"],
        repeat_minutes=said["repeat_minutes"],
        repeats_most=said["repeats_most"],
        stops_on_acknowledgement=said["stops_on_acknowledgement"],
        because=asked.because[n],
        decision_id=asked.id,
    )


def scheduled(work: WorkingSet, clock: Clock, rungs: list[Rung], hours: Calendar) -> Clock:
    """The clock with the instants of its target and of its next notice, computed forward in business time."""
    coming = [(minutes, -r.percent) for r in rungs if (minutes := r.comes_at(clock)) is not None]
    due_at = _instant(work, clock, clock.target_minutes, hours)
    if not coming:
        return clock.run(due_at, None, None)
    minutes, percent = min(coming)
    return clock.run(due_at, -percent, _instant(work, clock, minutes, hours))


def _instant(work: WorkingSet, clock: Clock, minutes: int, hours: Calendar) -> datetime:
    """When so many minutes will stand on a clock that runs; when its count last began, where they stand already."""
    left = minutes - clock.kept_minutes
    if left <= 0:
        return clock.started_at
    found = due(hours, clock.started_at, left, _pauses(work, clock))
    if found is None:
        raise ValueError(f"{clock.subject} stands still: it comes due at no time")
    return found


def _pauses(work: WorkingSet, clock: Clock) -> list[tuple[datetime, datetime | None]]:
    return [(p.from_at, p.ended_at) for p in work.find(Pause, case_id=clock.case_id)]


def _tell(work: WorkingSet, case: Case, clock: Clock, rungs: list[Rung]) -> Iterator[Event]:
    """One notice per recipient; `n` of its id is the cycle and the repetition, so that none can exist twice."""
    raised = {e.escalation_id for e in work.find(Escalation, case_id=case.case_id)}
    for rung in rungs:
        if (rung.stops_on_acknowledgement and clock.acknowledged_at is not None) or rung.repeats_most < clock.repeats:
            continue
        recipient = case.owner if rung.recipient == "owner" else rung.recipient
        level = f"{clock.target}-{rung.percent}"
        id_ = f"{case.case_id}:{level}-{rung.recipient}:{clock.cycle}.{clock.repeats}"
        if id_ in raised:
            continue
        work.put(
            Escalation(
                escalation_id=id_,
                case_id=case.case_id,
                customer_id=case.customer_id,
                legal_entity=case.legal_entity,
                currency=case.currency,
                target=clock.target,
                cycle=clock.cycle,
                percent=rung.percent,
                number=clock.repeats,
                recipient=recipient,
                raised_at=work.at,
                acknowledged_at=None,
                acknowledged_by=None,
            )
        )
        yield EscalationRaised(
            customer_id=case.customer_id,
            legal_entity=case.legal_entity,
            currency=case.currency,
            escalation_id=id_,
            document_id=case.case_id,
            level=level,
            to=recipient,
            text=rung.because,
            decision_id=rung.decision_id,
        )


def counted(work: WorkingSet, case: Case, clock: Clock) -> int:
    """Minutes of business time that stand on the clock now."""
    hours = calendar_of(work, case, clock.calendar)
    return facts.counted(hours, clock, work.find(Pause, case_id=clock.case_id), work.at)


def stop(work: WorkingSet, case: Case, target: Target) -> None:
    """Answered, or solved: the clock's end; nothing where it has ended before."""
    clock = clocks_of(work, case).get(target)
    if clock is None or clock.has_stopped:
        return
    since = [p.from_at for p in work.find(Pause, case_id=case.case_id) if p.ended_at is None]
    work.put(clock.stop(work.at, counted(work, case, clock), min([work.at, *since])))
    work.disarm(SLA, clock.subject)


def hold(work: WorkingSet, case: Case) -> None:
    """The case is paused: what still runs stands still."""
    for clock in clocks_of(work, case).values():
        if not clock.has_stopped:
            work.put(clock.hold())
            work.disarm(SLA, clock.subject)


def go_on(work: WorkingSet, case: Case) -> Iterator[Event]:
    """The pause is over, or somebody acknowledged: deadlines are computed forward again. Nothing while paused."""
    if case.status == "paused":
        return
    for clock in clocks_of(work, case).values():
        if not clock.has_stopped:
            yield from run(work, case, clock)


def retarget(work: WorkingSet, case: Case, planned: Plan) -> Iterator[Event]:
    """Another priority or tier: other targets, what has elapsed is kept."""
    for target, clock in clocks_of(work, case).items():
        if not clock.has_stopped:
            aimed = clock.retarget(planned.calendar, planned.minutes[target], counted(work, case, clock), work.at)
            work.put(aimed)
    yield from go_on(work, case)


def dues(work: WorkingSet, case: Case) -> Case:
    """The case with the due times that its clocks say, and its own due time moved with them."""
    clocks = clocks_of(work, case)
    before = {case.respond_by: clocks["response"].due_at, case.resolve_by: clocks["resolution"].due_at}
    after = replace(
        case,
        respond_by=clocks["response"].due_at,
        resolve_by=clocks["resolution"].due_at,
        due_at=before.get(case.due_at, case.due_at),
    )
    work.put(after)
    return after


def on_sla_due(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """A share of a target has elapsed."""
    case_id, _, target = event.subject_id.rpartition("/")
    case = next(iter(work.find(Case, case_id=case_id)), None)
    clock = next((c for c in clocks_of(work, case).values() if c.target == target), None) if case else None
    if case is None or clock is None or clock.has_stopped or case.status == "paused":
        return
    for event_told in run(work, case, clock):
        if isinstance(event_told, EscalationRaised):
            case = note(work, case, "escalated", f"{event_told.to}: {event_told.text}")
        yield event_told
