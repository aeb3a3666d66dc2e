"""Customers, their families and limits, and what collections says of them."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.collections import AccountResumed, AccountStopped, PromiseJudged
from o2c_contracts.event import Event
from o2c_contracts.master import (
    CreditLimitSet,
    CustomerChanged,
    CustomerRegistered,
    FamilyChanged,
    Instructions,
)

from o2c_orders.domain.customers import Customer

from . import credit, holds, orders


def on_customer_registered(event: CustomerRegistered, work: WorkingSet) -> Iterator[Event]:
    """Known from now on: orders that waited for it are decided."""
    before = _customer(event.customer_id, work)
    registered = _instructed(
        replace(before, known=True, risk_class=event.risk_class, tier=event.tier), event.instructions
    )
    work.put(registered)
    yield from _move(registered, event.root_id or event.customer_id, work)


def on_customer_changed(event: CustomerChanged, work: WorkingSet) -> Iterator[Event]:
    """Another risk class or other instructions may let a held order go."""
    before = _customer(event.customer_id, work)
    changed = replace(before, risk_class=event.risk_class or before.risk_class, tier=event.tier or before.tier)
    work.put(_instructed(changed, event.instructions) if event.instructions else changed)
    yield from holds.release(event.customer_id, work)


def on_family_changed(event: FamilyChanged, work: WorkingSet) -> Iterator[Event]:
    """The family left has its room back, the one joined carries the customer's exposure with it."""
    yield from _move(_customer(event.customer_id, work), event.root_id or event.customer_id, work)


def on_credit_limit_set(event: CreditLimitSet, work: WorkingSet) -> Iterator[Event]:
    """Counts where the customer is the root of its family; a member's own limit sleeps until it leaves."""
    complete = event.state == "none" or (event.currency is not None and event.limit_minor is not None)
    sheet = {
        "request": "set-limit",
        "state": "complete" if complete else "incomplete",
        "document_id": event.customer_id,
    }
    asked = work.ask("orders/requests", sheet, subject=event.customer_id)
    if asked["then"] == "refuse":
        yield orders.refused(event.customer_id, event.customer_id, "set-limit", asked)
        return
    before = _customer(event.customer_id, work)
    after = replace(
        before,
        limit_state=event.state,
        limit_minor=event.limit_minor or 0,
        limit_currency=event.currency or "",
        limit_valid_until=event.valid_until,
    )
    work.put(after)
    if after != before:
        yield credit.changed(event.customer_id, after.root_id, work)
    yield from holds.release(event.customer_id, work)


def on_account_stopped(event: AccountStopped, work: WorkingSet) -> Iterator[Event]:
    """Orders decided from now on are held; what was accepted stays accepted."""
    work.put(replace(_customer(event.customer_id, work), stopped=True, stop_reason=event.reason))
    yield from ()


def on_account_resumed(event: AccountResumed, work: WorkingSet) -> Iterator[Event]:
    work.put(replace(_customer(event.customer_id, work), stopped=False, stop_reason=""))
    yield from holds.release(event.customer_id, work)


def on_promise_judged(event: PromiseJudged, work: WorkingSet) -> Iterator[Event]:
    """Collections counts broken promises; orders repeats the number it was told last."""
    work.put(replace(_customer(event.customer_id, work), broken_promises=event.broken_promises))
    yield from holds.release(event.customer_id, work)


def _move(customer: Customer, root_id: str, work: WorkingSet) -> Iterator[Event]:
    """Both families have been locked; a root has no parent, so a move that would make one is refused."""
    left = customer.root_id
    if root_id != left:
        sheet = {
            "request": "join-family",
            "state": "root" if root_id == customer.customer_id else _standing(customer, root_id, work),
            "document_id": root_id,
        }
        asked = work.ask("orders/requests", sheet, subject=customer.customer_id)
        if asked["then"] == "refuse":
            yield orders.refused(customer.customer_id, root_id, "join-family", asked)
        else:
            work.put(replace(customer, root_id=root_id))
            emptied = {customer.customer_id} & {left}  # Who stood alone leaves no family behind.
            for family in sorted({left, root_id} - emptied):
                yield credit.changed(customer.customer_id, family, work)
            yield from holds.release(root_id, work)
    yield from holds.release(left, work)


def _standing(customer: Customer, root_id: str, work: WorkingSet) -> str:
    """How the two stand: `has-members` cannot join, `member` cannot be joined, `root` can."""
    root = work.get(Customer, customer_id=root_id)
    if root is not None and root.root_id != root_id:
        return "member"
    if customer.root_id != customer.customer_id:
        return "root"
    followers = [c for c in work.find(Customer, root_id=customer.customer_id) if c.customer_id != customer.customer_id]
    return "has-members" if followers else "root"


def _instructed(customer: Customer, said: Instructions) -> Customer:
    return replace(
        customer,
        purchase_order_needed=said.purchase_order_needed,
        partial_delivery=said.partial_delivery,
        invoice_rhythm=said.invoice_rhythm,
    )


def _customer(customer_id: str, work: WorkingSet) -> Customer:
    return work.get(Customer, customer_id=customer_id) or Customer.unknown(customer_id)
