"""How a case ends and comes back: the customer hears, then nothing is left to do. None ends without an answer."""

from collections.abc import Iterator

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.disputes import CaseAnswered, CaseClosed, CaseReopened
from o2c_contracts.event import Event

from o2c_disputes import facts
from o2c_disputes.commands import AnswerCase, CloseCase, ReopenCase
from o2c_disputes.domain.amounts import Dispute
from o2c_disputes.domain.cases import Case
from o2c_disputes.domain.items import Item

from .clocks import dues, go_on, plan, start, stop
from .contests import amounts_on, contest, open_dispute
from .history import Told, actor, an_open_case, authorise, customer_of, note, the_case, turn
from .pauses import end_pause


def on_answer_case(command: AnswerCase, work: WorkingSet) -> Iterator[Event]:
    """The customer heard from us; a case whose contest is over closes with that."""
    case = an_open_case(work, command)
    authorise(work, "answer", command.roles, facts.of_case(case, customer_of(work, case.customer_id)))
    case = yield from answer(work, case, command.answer, actor(work))
    if case.status == "resolved":
        yield from close_if_done(work, case)
    elif case.status == "open":
        turn(work, case, "answered")


def on_close_case(command: CloseCase, work: WorkingSet) -> Iterator[Event]:
    """Refused without an answer, and while money is contested or billing is asked."""
    case = an_open_case(work, command)
    authorise(work, "close", command.roles, facts.of_case(case, customer_of(work, case.customer_id)))
    asked = may_close(work, case)
    if asked["allowed"] is not True:
        raise Refused(facts.word(asked, "code"), "; ".join(asked.because), facts.word(asked, "hint"))
    yield from close(work, note(work, case, "closing", command.comment), case.outcome or "answered")


def on_reopen_case(command: ReopenCase, work: WorkingSet) -> Iterator[Event]:
    """The customer came back within the window."""
    case = the_case(work, command)
    authorise(work, "reopen", command.roles, facts.of_case(case, customer_of(work, case.customer_id)))
    if not case.is_closed:
        raise Refused("not-closed", f"case {case.case_id} is {case.status}")
    asked = may_reopen(work, case)
    if asked["allowed"] is not True:
        raise Refused("window-over", "; ".join(asked.because), "open a new case")
    yield from come_back(work, case, command.reason)


def answer(work: WorkingSet, case: Case, text: str, by: str) -> Told:
    """The customer heard this; the first answer stops the clock of the response."""
    stop(work, case, "response")
    case = note(work, case.answer(work.at), "answered", text)
    yield CaseAnswered(
        customer_id=case.customer_id,
        legal_entity=case.legal_entity,
        currency=case.currency,
        case_id=case.case_id,
        answer=text,
        answered_by=by,
    )
    return case


def may_close(work: WorkingSet, case: Case) -> Asked:
    """What the closing table says of the case as it stands."""
    dispute = open_dispute(work, case)
    sheet = facts.of_case(case, customer_of(work, case.customer_id)) | {"disputed": dispute is not None}
    return work.ask("disputes/closing", sheet, subject=case.case_id)


def close_if_done(work: WorkingSet, case: Case) -> Told:
    """A resolved case closes itself once the customer has heard; until then somebody must tell the customer."""
    if may_close(work, case)["allowed"] is True:
        return (yield from close(work, case, case.outcome or "answered"))
    return turn(work, case, "unanswered")


def close(work: WorkingSet, case: Case, outcome: str) -> Told:
    """Nothing is left to do: no clock runs, nothing is due."""
    for target in ("response", "resolution"):
        stop(work, case, target)
    case = note(work, end_pause(work, case).close(outcome, work.at), "closed", outcome)
    yield CaseClosed(
        customer_id=case.customer_id,
        legal_entity=case.legal_entity,
        currency=case.currency,
        case_id=case.case_id,
        outcome=outcome,
    )
    return case


def may_reopen(work: WorkingSet, case: Case) -> Asked:
    """What the reopening table says, by the days since it was closed."""
    closed_at = case.closed_at or work.at
    sheet = facts.of_case(case, customer_of(work, case.customer_id))
    return work.ask("disputes/reopening", {**sheet, "days": (work.at - closed_at).days}, subject=case.case_id)


def come_back(work: WorkingSet, case: Case, reason: str) -> Told:
    """Reopened: all clocks run anew, and what was given up is contested again."""
    case = yield from rearm(work, case, reason, "reopened")
    if not case.contests or case.invoice_number is None:
        return case
    item = work.get(Item, invoice_number=case.invoice_number)
    if item is None or (given_up := _given_up(work, case)) <= 0:
        return case
    return (yield from contest(work, case, item, given_up))


def _given_up(work: WorkingSet, case: Case) -> int:
    """Minor units that were contested and are owed without contest since the last round ended."""
    rounds = [d for d in work.find(Dispute, case_id=case.case_id) if d.is_frozen]
    if not rounds or case.invoice_number is None:
        return 0
    last = max(rounds, key=lambda d: d.round)
    return amounts_on(work, case.invoice_number)[last.key].undisputed_minor


def rearm(work: WorkingSet, case: Case, reason: str, stage: str) -> Told:
    """The case is open again, with new clocks, a next action and a due time."""
    case = note(work, end_pause(work, case).reopen(work.at), "reopened", reason)
    yield CaseReopened(
        customer_id=case.customer_id,
        legal_entity=case.legal_entity,
        currency=case.currency,
        case_id=case.case_id,
        reason=reason,
    )
    sheet = facts.of_case(case, customer_of(work, case.customer_id))
    planned = plan(work, sheet, case.case_id)
    if planned is None:
        raise ValueError(f"case {case.case_id} has priority {case.priority!r}, which has no targets")
    yield from start(work, case, planned)
    case = dues(work, work.find(Case, case_id=case.case_id)[0])
    return turn(work, case, stage)


def ended(work: WorkingSet, case: Case, outcome: str, root_cause: str) -> Told:
    """Nothing of the money is contested any more: the clock of the solution stops, and the case closes when it may."""
    stop(work, case, "resolution")
    case = note(work, end_pause(work, case).resolve(outcome, root_cause, work.at), "resolved", outcome)
    yield from go_on(work, case)
    return (yield from close_if_done(work, work.find(Case, case_id=case.case_id)[0]))
