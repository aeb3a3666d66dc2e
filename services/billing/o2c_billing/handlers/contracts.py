"""Contracts: months charged as they begin, and made good when an amendment or an end reaches back into them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from o2c_chassis.service import DeadlineReached
from o2c_chassis.subjects import number_in, of_customer
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.orders import ContractActivated, ContractAmended, ContractEnded

from o2c_billing.domain.charges import Charge, monthly
from o2c_billing.domain.contracts import Contract, Schedule, terms_of
from o2c_billing.domain.names import joined
from o2c_billing.domain.periods import DAY

from .corrections import corrected
from .invoicing import RECURRING, rechecked, run_at, when_due
from .unbilled import accrued


def on_contract_activated(event: ContractActivated, work: WorkingSet) -> Iterator[Event]:
    """Months that have begun are charged now. Drafts that waited for the contract are checked again."""
    contract = _known(event, work) or _new(event, work)
    unbilled = _unbilled_on(contract, work)
    yield from _charged(contract.with_terms(terms_of(event)), [], work)
    yield from rechecked(unbilled, work)


def on_contract_amended(event: ContractAmended, work: WorkingSet) -> Iterator[Event]:
    """Months charged already, from its date on, are computed again; the difference is charged or credited.

    So are those between the end that the contract had and the one that it has now.
    """
    before = _known(event, work) or _new(event, work)
    after = before.with_terms(terms_of(event))
    ends = {Schedule(before).last_day, Schedule(after).last_day}
    since = event.effective_on if len(ends) == 1 else min(event.effective_on, min(ends) + DAY)
    yield from _amended(after, since, work)


def on_contract_ended(event: ContractEnded, work: WorkingSet) -> Iterator[Event]:
    """Days after the end are not charged; where they were, the difference is credited through the matrix."""
    if contract := _known(event, work):
        since = min(contract.ended_on or event.ends_on, event.ends_on) + DAY
        yield from _amended(replace(contract, ended_on=event.ends_on), since, work)


def on_month_begun(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """The hour at which a new month of a contract is charged."""
    customer_id = str(event.customer_id)
    if contract := work.get(Contract, customer_id=customer_id, contract_id=number_in(event.subject_id, customer_id)):
        yield from _charged(contract, [], work)


def _known(event: ContractActivated | ContractEnded, work: WorkingSet) -> Contract | None:
    return work.get(Contract, customer_id=event.customer_id, contract_id=event.contract_id)


def _new(event: ContractActivated, work: WorkingSet) -> Contract:
    sheet = {
        "contract_id": event.contract_id,
        "contract_kind": event.kind,
        "legal_entity": event.legal_entity,
        "currency": event.currency,
    }
    alignment = work.ask("billing/recurring", sheet, subject=event.contract_id)["alignment"]
    return Contract(
        event.contract_id,
        event.customer_id,
        event.legal_entity,
        event.currency,
        event.kind,
        str(alignment),
        None,
        "[]",
    )


def _amended(contract: Contract, since: date, work: WorkingSet) -> Iterator[Event]:
    more: list[Charge] = []
    unbilled = _unbilled_on(contract, work)
    schedule = Schedule(contract)
    for line_id, month in schedule.months_charged():
        if month.last >= since:
            yield from corrected(schedule, line_id, month, more, work)
    yield from _charged(contract, more, work)
    yield from rechecked(unbilled, work)


def _charged(contract: Contract, more: list[Charge], work: WorkingSet) -> Iterator[Event]:
    """Charge each month that has begun, with what else came up, and wake up when the next one begins."""
    charges, charged = list(more), {}
    schedule = Schedule(contract)
    for line_id, with_this, month in schedule.due_months(work.today(contract.legal_entity)):
        charged[line_id] = with_this
        for stretch in schedule.stretches(line_id, month):
            name = joined(contract.contract_id, line_id, stretch.first)
            charges.append(monthly(contract, month, stretch, name))
    contract = contract.with_months(charged)
    work.put(contract)
    subject = of_customer(contract.customer_id, contract.contract_id)
    if day := Schedule(contract).next_month():
        due_at = run_at(RECURRING, contract.legal_entity, day, work)
        work.arm(RECURRING, subject, due_at, customer_id=contract.customer_id)
    else:
        work.disarm(RECURRING, subject)
    yield from accrued(charges)
    yield from when_due(charges, RECURRING, work)


def _unbilled_on(contract: Contract, work: WorkingSet) -> list[Charge]:
    whose = {"customer_id": contract.customer_id, "contract_id": contract.contract_id}
    return work.find(Charge, **whose, status="unbilled")
