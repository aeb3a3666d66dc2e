"""Charges that were not invoiced yet are taken back, through the approval matrix like any other credit."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import BillingItemCancelled
from o2c_contracts.event import Event

from o2c_billing.commands import CancelCharge
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.credits import CANCEL_CHARGE, Request

from .invoicing import rechecked, waiting
from .matrix import actor, must_be_authorised, opened, voided
from .unbilled import kept

CANCELLATION = "cancellation-requested"


def on_cancel_charge(event: CancelCharge, work: WorkingSet) -> Iterator[Event]:
    """While people decide, the charge is not invoiced."""
    charge = work.get(Charge, customer_id=event.customer_id, line_id=event.line_id)
    if charge is None:
        raise Refused("unknown-charge", f"{event.line_id} is not known", status=404)
    if not charge.is_open:
        raise Refused("not-unbilled", f"{event.line_id} is {charge.status}", "an invoiced charge is credited")
    if charge.cancel_requested:
        raise Refused("already-requested", f"the cancellation of {event.line_id} is being decided")
    must_be_authorised("cancel-charge", event.roles, work)
    request = Request(
        work.new_id("cancellation", event.line_id),
        charge.customer_id,
        charge.legal_entity,
        charge.currency,
        CANCEL_CHARGE,
        charge.line_id,
        charge.net_minor,
        event.reason,
        actor(work),
        work.at,
    )
    approval, told = opened(request, work)
    yield told
    if approval.status == "granted":
        yield from cancelled(request.ask(approval.approval_id), work)
        return
    yield from kept(replace(charge, cancel_requested=True), work, CANCELLATION)
    yield from rechecked([charge], work)


def cancelled(request: Request, work: WorkingSet) -> Iterator[Event]:
    """The charge is gone. Whoever calls this holds a granted approval of exactly this request."""
    charge = work.get(Charge, customer_id=request.customer_id, line_id=request.document_id)
    if charge is None or not charge.is_open:
        raise Refused("not-unbilled", f"{request.document_id} cannot be cancelled any more")
    work.put(request.grant())
    yield BillingItemCancelled(
        customer_id=charge.customer_id,
        legal_entity=charge.legal_entity,
        currency=charge.currency,
        line_id=charge.line_id,
        net_minor=charge.net_minor,
        reason=request.reason,
        order_id=charge.order_id,
        order_line_id=charge.order_line_id,
        delivery_id=charge.delivery_id,
        quantity=charge.quantity,
    )
    yield from kept(replace(charge, status="cancelled", cancel_requested=False), work)
    yield from rechecked([charge], work)


def not_cancelled(request: Request, status: str, work: WorkingSet) -> Iterator[Event]:
    """It is owed after all: back to where it waited."""
    work.put(request.end(status))
    charge = work.get(Charge, customer_id=request.customer_id, line_id=request.document_id)
    if charge is None or not charge.is_open:
        return
    yield from _back(replace(charge, cancel_requested=False), work)


def priced_again(before: Charge, after: Charge, work: WorkingSet) -> Iterator[Event]:
    """A charge by its order as it stands now; people who were asked to cancel it were asked about another amount."""
    if not after.cancel_requested or after.net_minor == before.net_minor:
        if after != before:
            yield from kept(after, work, before.blocker)
        return
    for request in work.find(Request, customer_id=before.customer_id, document_id=before.line_id):
        if request.is_open:
            yield from voided(request, f"{before.line_id} comes to another amount now", work)
            work.put(request.end("voided"))
    yield from _back(replace(after, cancel_requested=False), work)


def _back(charge: Charge, work: WorkingSet) -> Iterator[Event]:
    """To where it waited before somebody wanted it cancelled."""
    if charge.draft_id is None:
        yield from waiting([charge], work)
    else:
        yield from kept(charge, work, charge.blocker)
        yield from rechecked([charge], work)
