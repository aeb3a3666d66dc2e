"""Who works on a case, how urgent it is, and that somebody takes care."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.errors import Refused
from o2c_chassis.escalations import AcknowledgeEscalation, unacknowledged
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.master import CustomerChanged, CustomerRegistered

from o2c_disputes import facts
from o2c_disputes.commands import AssignCase, PrioritiseCase
from o2c_disputes.domain.cases import Case, Customer
from o2c_disputes.domain.clocks import Clock, Escalation
from o2c_disputes.tables.needs import UNFINISHED

from .clocks import dues, go_on, plan, retarget
from .history import actor, an_open_case, authorise, customer_of, note


def on_customer_registered(event: CustomerRegistered, work: WorkingSet) -> Iterator[Event]:
    """How a customer is served."""
    work.put(Customer(event.customer_id, event.tier, event.language))
    yield from ()


def on_customer_changed(event: CustomerChanged, work: WorkingSet) -> Iterator[Event]:
    """Another tier aims the clocks of its open cases at other targets."""
    before = customer_of(work, event.customer_id)
    after = replace(before, tier=event.tier or before.tier, language=event.language or before.language)
    work.put(after)
    if after.tier == before.tier:
        return
    for status in UNFINISHED:
        for case in work.find(Case, customer_id=event.customer_id, status=status):
            yield from _aim(work, note(work, case, "tier-changed", after.tier))


def _aim(work: WorkingSet, case: Case) -> Iterator[Event]:
    """What a case's priority and tier promise now. Refused for a priority without targets."""
    planned = plan(work, facts.of_case(case, customer_of(work, case.customer_id)), case.case_id)
    if planned is None:
        raise Refused("no-such-priority", f"priority {case.priority} has no targets", "take one of the targets' table")
    yield from retarget(work, case, planned)
    dues(work, work.find(Case, case_id=case.case_id)[0])


def on_assign_case(command: AssignCase, work: WorkingSet) -> Iterator[Event]:
    """Its next action and due time stay; who does it changes."""
    case = an_open_case(work, command)
    authorise(work, "assign", command.roles, facts.of_case(case, customer_of(work, case.customer_id)))
    after = replace(case, owner=command.owner, queue=command.queue or case.queue)
    note(work, after, "assigned", f"{command.owner} {command.note}".strip())
    yield from ()


def on_prioritise_case(command: PrioritiseCase, work: WorkingSet) -> Iterator[Event]:
    """Other targets; what has elapsed is kept."""
    case = an_open_case(work, command)
    authorise(work, "prioritise", command.roles, facts.of_case(case, customer_of(work, case.customer_id)))
    case = replace(case, priority=command.priority)
    yield from _aim(work, note(work, case, "prioritised", f"{command.priority} {command.reason}".strip()))


def on_acknowledge_escalation(command: AcknowledgeEscalation, work: WorkingSet) -> Iterator[Event]:
    """This notice and the earlier ones of its clock; what stops on acknowledgement comes no more."""
    found = unacknowledged(command, work.get(Escalation, escalation_id=command.escalation_id))
    case = work.find(Case, case_id=found.case_id)[0]
    authorise(work, "acknowledge", command.roles, facts.of_case(case, customer_of(work, case.customer_id)))
    for each in work.find(Escalation, case_id=found.case_id):
        same = (each.target, each.cycle) == (found.target, found.cycle) and each.percent <= found.percent
        if same and each.acknowledged_at is None:
            work.put(replace(each, acknowledged_at=work.at, acknowledged_by=actor(work)))
    for clock in work.find(Clock, case_id=found.case_id):
        if (clock.target, clock.cycle) == (found.target, found.cycle) and not clock.has_stopped:
            work.put(replace(clock, acknowledged_at=work.at))
    case = note(work, case, "acknowledged", command.escalation_id)
    yield from go_on(work, case)
