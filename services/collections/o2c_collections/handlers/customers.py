"""Customers: what master data says of them, whether cash can say what they owe, and calls with them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.collections import CallLogged
from o2c_contracts.event import CustomerEvent, Event
from o2c_contracts.master import CustomerChanged, CustomerRegistered
from o2c_contracts.shared import CustomerBlocked, CustomerUnblocked

from o2c_collections.commands import LogCall
from o2c_collections.domain.accounts import Account, Customer
from o2c_collections.domain.items import Item
from o2c_collections.domain.promises import Promise, State

from . import stops
from .diary import demand, note
from .promises import rejudge
from .schedule import arm, open_items, settle

CALLS = "collections/calls"
_TAKEN = ("name", "country", "language", "segment", "risk_class", "tier")


def on_customer_registered(event: CustomerRegistered, work: WorkingSet) -> Iterator[Event]:
    said: dict[str, Any] = {name: getattr(event, name) for name in _TAKEN}
    yield from _described(event, replace(_customer(event, work), known=True, **said, **_reached(event)), work)


def on_customer_changed(event: CustomerChanged, work: WorkingSet) -> Iterator[Event]:
    """Only what is given changes; another segment may climb another ladder."""
    said: dict[str, Any] = {name: value for name in _TAKEN if (value := getattr(event, name)) is not None}
    yield from _described(event, replace(_customer(event, work), **said, **_reached(event)), work)


def on_customer_blocked(event: CustomerBlocked, work: WorkingSet) -> Iterator[Event]:
    """Cash cannot say what the customer owes: no letter goes out and no promise is judged until it can."""
    customer = replace(_customer(event, work), blocked=True)
    work.put(customer)
    note(work, event.customer_id, "cash-blocked", event.parked_id, event.reason)
    for account in work.find(Account, customer_id=event.customer_id):
        arm(work, customer, account)
    yield from ()


def on_customer_unblocked(event: CustomerUnblocked, work: WorkingSet) -> Iterator[Event]:
    """What waited is taken up: promises whose time passed are judged, letters go out at their next hour."""
    customer = replace(_customer(event, work), blocked=False)
    work.put(customer)
    note(work, event.customer_id, "cash-unblocked", event.customer_id, "cash knows again what is open")
    promises = [p for p in work.find(Promise, customer_id=event.customer_id) if p.state == State.OPEN]
    broken_now = False
    for number in {p.invoice_number: None for p in promises}:
        if item := work.get(Item, invoice_number=number):
            judged, told = rejudge(work, customer, item)
            work.put(judged)
            yield from told
            broken_now = broken_now or bool(told)
    _plan(work, customer)
    if broken_now:
        yield from stops.review(work, customer)


def on_log_call(command: LogCall, work: WorkingSet) -> Iterator[Event]:
    """The outcome is a code of the table, which says what comes next."""
    demand(work, command, "log-call")
    asked = work.ask(CALLS, {"outcome": command.outcome}, subject=command.customer_id)
    if not asked.rows:
        raise Refused("unknown-outcome", f"{command.outcome} is no outcome of a call", "see the table of calls", 422)
    call_id = work.new_id("call", command.customer_id)
    text = f"{command.outcome}, {asked['meaning']}. Next: {asked['next_step']}. {command.note}".strip()
    note(work, command.customer_id, "call", call_id, text)
    yield CallLogged(
        customer_id=command.customer_id,
        call_id=call_id,
        outcome=command.outcome,
        direction=command.direction,
        note=command.note,
    )


def _described(event: CustomerEvent, customer: Customer, work: WorkingSet) -> Iterator[Event]:
    work.put(customer)
    _plan(work, customer)
    yield from ()


def _reached(event: CustomerRegistered | CustomerChanged) -> dict[str, Any]:
    """E-mail and postal address, as far as they are given; a registration without one has none."""
    whole = isinstance(event, CustomerRegistered)
    email = {"email": event.email or ""} if whole or event.email is not None else {}
    return email | ({"address": json.dumps(event.address)} if event.address is not None else {})


def _plan(work: WorkingSet, customer: Customer) -> None:
    for account in work.find(Account, customer_id=customer.customer_id):
        settle(work, customer, account, open_items(work, account.customer_id, account.legal_entity))


def _customer(event: CustomerEvent, work: WorkingSet) -> Customer:
    return work.get(Customer, customer_id=event.customer_id) or Customer(event.customer_id)
