"""How a case begins: somebody asks or contests something, and the amount at stake becomes a dispute."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.disputes import CaseOpened
from o2c_contracts.event import Event
from o2c_contracts.intake import QueryReceived

from o2c_disputes import facts
from o2c_disputes.commands import OpenCase, OpenDispute
from o2c_disputes.domain.cases import Case
from o2c_disputes.domain.items import Item
from o2c_disputes.tables.needs import new_case_id

from .clocks import Plan, plan, start
from .closings import come_back, may_reopen
from .contests import contest
from .history import Told, authorise, customer_of, note, turn
from .pauses import resume


@dataclass(frozen=True, slots=True)
class Opening:
    """What somebody asks or contests, however it came in."""

    customer_id: str
    legal_entity: str
    currency: str
    origin: Literal["query", "short-payment", "person"]
    kind: str
    reason: str
    channel: str
    text: str
    query_id: str | None = None
    invoice_number: str | None = None
    external_ref: str | None = None
    amount_minor: int | None = None
    contract_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Triaged:
    """What the tables say of an opening."""

    asked: Asked
    contests: bool
    plan: Plan


def on_query_received(event: QueryReceived, work: WorkingSet) -> Iterator[Event]:
    """A new case; or, where the same query is told again, its case goes on."""
    earlier = work.find(Case, customer_id=event.customer_id, query_id=event.query_id)
    if earlier:
        latest = max(earlier, key=lambda c: (c.opened_at, c.case_id))
        if not latest.is_closed:
            yield from _wrote_again(work, latest, event.text)
            return
        if may_reopen(work, latest)["allowed"]:
            yield from come_back(work, note(work, latest, "customer-wrote", event.text), "the customer wrote again")
            return
    item = _named(work, event)
    opening = Opening(
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        origin="query",
        kind=event.kind,
        reason=event.reason,
        channel=event.channel,
        text=event.text,
        query_id=event.query_id,
        invoice_number=item.invoice_number if item else event.invoice_number,
        external_ref=event.external_ref,
        amount_minor=event.amount_minor,
        contract_id=item.contract_id if item else None,
    )
    yield from open_case(work, opening, item)


def on_open_case(command: OpenCase, work: WorkingSet) -> Iterator[Event]:
    """A person writes down what a customer asked."""
    yield from _open_for_a_person(command, work, None)


def on_open_dispute(command: OpenDispute, work: WorkingSet) -> Iterator[Event]:
    """A person writes down what a customer contests."""
    item = work.get(Item, invoice_number=command.invoice_number)
    if item and (item.customer_id, item.currency) != (command.customer_id, command.currency):
        raise Refused(
            "not-their-invoice",
            f"{command.invoice_number} is no invoice of {command.customer_id} in {command.currency}",
            "look up the customer's items",
        )
    yield from _open_for_a_person(command, work, item)


def _open_for_a_person(command: OpenCase | OpenDispute, work: WorkingSet, item: Item | None) -> Iterator[Event]:
    named = work.get(Item, invoice_number=command.invoice_number) if command.invoice_number else None
    opening = Opening(
        customer_id=command.customer_id,
        legal_entity=command.legal_entity,
        currency=command.currency,
        origin="person",
        kind=command.kind,
        reason=command.reason,
        channel="person",
        text=command.text,
        invoice_number=command.invoice_number,
        amount_minor=command.amount_minor if isinstance(command, OpenDispute) else None,
        contract_id=named.contract_id if named and named.customer_id == command.customer_id else None,
    )
    customer = customer_of(work, command.customer_id)
    authorise(work, "open", command.roles, facts.of_opening(_sheet(opening), customer, opening.amount_minor))
    yield from open_case(work, opening, item)


def _named(work: WorkingSet, event: QueryReceived) -> Item | None:
    """The customer's invoice that the query names; another customer's is none."""
    if event.invoice_number and (item := work.get(Item, invoice_number=event.invoice_number)):
        return item if item.customer_id == event.customer_id else None
    if not event.external_ref:
        return None
    found = work.find(Item, customer_id=event.customer_id, external_ref=event.external_ref)
    return found[0] if len(found) == 1 else None


def _wrote_again(work: WorkingSet, case: Case, text: str) -> Iterator[Event]:
    """Whoever waited for the customer waits no more."""
    case = note(work, case, "customer-wrote", text)
    if case.status == "paused":
        yield from resume(work, case)
    elif case.status == "open":
        turn(work, case, "customer-wrote")


def open_case(work: WorkingSet, opening: Opening, item: Item | None) -> Told:
    """Triage, targets, owner and clocks in one step: there is no moment without them."""
    sheet = _facts(work, opening, item)
    case_id = new_case_id(work)
    triaged = _triage(work, sheet, case_id)
    case = note(work, _case(work, case_id, opening, triaged), "opened", opening.text)
    yield _opened(case)
    yield from start(work, case, triaged.plan)
    if case.contests:
        return (yield from contest(work, case, item))
    return case


def _triage(work: WorkingSet, sheet: facts.Sheet, case_id: str) -> _Triaged:
    contests = work.ask("disputes/kinds", sheet, subject=case_id)["contests"] is True
    asked = work.ask("disputes/triage", sheet, subject=case_id)
    planned = plan(work, sheet | {"priority": facts.word(asked, "priority")}, case_id)
    if planned is None:
        raise ValueError(f"triage gives priority {facts.word(asked, 'priority')!r}, which has no targets")
    return _Triaged(asked, contests, planned)


def _sheet(opening: Opening) -> facts.Sheet:
    return {
        "legal_entity": opening.legal_entity,
        "currency": opening.currency,
        "contract_id": opening.contract_id,
        "origin": opening.origin,
        "kind": opening.kind,
        "reason": facts.coded(opening.reason),
        "channel": opening.channel,
        "invoice_number": opening.invoice_number,
    }


def _facts(work: WorkingSet, opening: Opening, item: Item | None) -> facts.Sheet:
    amount = opening.amount_minor
    if amount is None and item is not None:
        amount = item.open_minor
    return facts.of_opening(_sheet(opening), customer_of(work, opening.customer_id), amount)


def _case(work: WorkingSet, case_id: str, opening: Opening, triaged: _Triaged) -> Case:
    triage, planned = triaged.asked, triaged.plan
    return Case(
        case_id=case_id,
        customer_id=opening.customer_id,
        legal_entity=opening.legal_entity,
        currency=opening.currency,
        origin=opening.origin,
        query_id=opening.query_id,
        kind=opening.kind,
        reason=opening.reason,
        channel=opening.channel,
        contests=triaged.contests,
        invoice_number=opening.invoice_number,
        external_ref=opening.external_ref,
        amount_minor=opening.amount_minor,
        text=opening.text,
        status="open",
        stage="new",
        priority=facts.word(triage, "priority"),
        queue=facts.word(triage, "queue"),
        owner=facts.word(triage, "owner_role"),
        owner_role=facts.word(triage, "owner_role"),
        next_action=facts.word(triage, "next_action"),
        due_at=planned.due_at(work, "response"),
        opened_at=work.at,
        respond_by=planned.due_at(work, "response"),
        resolve_by=planned.due_at(work, "resolution"),
        answered_at=None,
        resolved_at=None,
        closed_at=None,
        outcome=None,
        root_cause="unknown",
        reopenings=0,
        pauses=0,
        paused_minutes=0,
        entries=0,
        decision_id=triage.id,
        contract_id=opening.contract_id,
    )


def _opened(case: Case) -> CaseOpened:
    return CaseOpened(
        customer_id=case.customer_id,
        legal_entity=case.legal_entity,
        currency=case.currency,
        case_id=case.case_id,
        query_id=case.query_id,
        kind=case.kind,
        reason=case.reason,
        priority=case.priority,
        queue=case.queue,
        owner=case.owner,
        next_action=case.next_action,
        respond_by=case.respond_by,
        resolve_by=case.resolve_by,
        invoice_number=case.invoice_number,
        decision_id=case.decision_id,
    )
