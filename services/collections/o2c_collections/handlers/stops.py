"""Accounts stopped and resumed, by a person or by the table of stops; orders hears of it."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.collections import AccountResumed, AccountStopped
from o2c_contracts.event import Event

from o2c_collections import facts
from o2c_collections.commands import ResumeAccount, StopAccount
from o2c_collections.domain.accounts import Customer
from o2c_collections.domain.items import Item
from o2c_collections.domain.promises import Promise

from .diary import demand, note

TABLE = "collections/stops"


def on_stop_account(command: StopAccount, work: WorkingSet) -> Iterator[Event]:
    person = demand(work, command, "stop-account")
    customer = work.get(Customer, customer_id=command.customer_id) or Customer(command.customer_id)
    if customer.stopped and not customer.stopped_by_rule:
        text = f"{customer.stopped_by} stopped the account: {customer.stop_reason}"
        raise Refused("already-stopped", text, "resume it first, to stop it for another reason")
    yield from _stop(work, replace(customer, stopped_by_rule=False), person, command.reason)


def on_resume_account(command: ResumeAccount, work: WorkingSet) -> Iterator[Event]:
    person = demand(work, command, "resume-account")
    customer = work.get(Customer, customer_id=command.customer_id)
    if customer is None or not customer.stopped:
        raise Refused("not-stopped", "the account is not stopped", "only a stopped account is resumed")
    yield from _resume(work, customer, person, command.reason)


def review(work: WorkingSet, customer: Customer) -> Iterator[Event]:
    """Ask the table after something that could stop or resume the account; what a person stopped, a person resumes.

    Needs the customer's promises and open items.
    """
    customer = work.get(Customer, customer_id=customer.customer_id) or customer
    if customer.stopped and not customer.stopped_by_rule:
        return
    late = [
        (item, days)
        for item in work.find(Item, customer_id=customer.customer_id, open=True)
        if item.dunnable and (days := item.days_past_due(work.today(item.legal_entity))) > 0
    ]
    promises = work.find(Promise, customer_id=customer.customer_id)
    asked = work.ask(TABLE, facts.stop(customer, promises, late), subject=customer.customer_id)
    reason = " ".join(asked.because)
    if asked["stop"] is True and not customer.stopped:
        row = f"{TABLE}/{asked.rows[0].id}" if asked.rows else TABLE
        yield from _stop(work, replace(customer, stopped_by_rule=True), row, reason)
    elif asked["stop"] is False and customer.stopped:
        yield from _resume(work, customer, TABLE, reason)


def _stop(work: WorkingSet, customer: Customer, by: str, reason: str) -> Iterator[Event]:
    work.put(replace(customer, stopped_by=by, stop_reason=reason))
    note(work, customer.customer_id, "account-stopped", customer.customer_id, f"{by}: {reason}")
    yield AccountStopped(customer_id=customer.customer_id, reason=reason, stopped_by=by)


def _resume(work: WorkingSet, customer: Customer, by: str, reason: str) -> Iterator[Event]:
    work.put(replace(customer, stopped_by=None, stopped_by_rule=False, stop_reason=""))
    note(work, customer.customer_id, "account-resumed", customer.customer_id, f"{by}: {reason}")
    yield AccountResumed(customer_id=customer.customer_id, reason=reason, resumed_by=by)
