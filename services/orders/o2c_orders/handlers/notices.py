"""By when an order that waits must be decided, and who hears of it when it is not: the SLA of an order request."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from o2c_chassis.service import DeadlineReached
from o2c_chassis.subjects import number_in, of_customer
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.orders import Reason
from o2c_contracts.shared import EscalationRaised
from o2c_rules.calendars import add_business_minutes
from o2c_rules.rulebook import Facts

from o2c_orders.domain.customers import Customer
from o2c_orders.domain.orders import Hold, Order

from . import credit

NOTICE = "order-sla"
OWNER = "owner"
"""How the table names whoever owns the hold when a notice goes out."""
_LATER = timedelta(minutes=1)


def begin(hold: Hold, order: Order, work: WorkingSet) -> Hold:
    """Start the clock of a request that waits."""
    customer = work.get(Customer, customer_id=order.customer_id) or Customer.unknown(order.customer_id)
    sheet: Facts = {
        "legal_entity": order.legal_entity if credit.today_of(order.legal_entity, work) else None,
        "entity": order.legal_entity,
        "currency": order.currency,
        "request": hold.request,
        "contract_id": order.contract_id,
        "tier": customer.tier,
        "risk_class": customer.risk_class,
        "total_minor": order.total_minor,
    }
    target = work.ask("orders/request-sla", sheet, subject=order.order_id)
    if not target.rows:
        return hold
    timed = replace(hold, target_hours=int(str(target["target_hours"])), calendar=str(target["calendar"]))
    return _next_step(timed, 0, order, work)


def on_notice_due(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """A share of the target has passed and the order still waits: whose turn it is hears of it, each step once."""
    customer_id = str(event.customer_id)
    hold = work.get(Hold, customer_id=customer_id, order_id=number_in(event.subject_id, customer_id))
    if hold is None or not hold.step:
        return
    order = work.get(Order, customer_id=customer_id, order_id=hold.order_id)
    work.put(replace(_next_step(hold, hold.step, order, work), noticed=hold.step))
    waiting = ", ".join(hold.rows)
    yield EscalationRaised(
        customer_id=customer_id,
        legal_entity=hold.legal_entity,
        currency=hold.currency,
        escalation_id=f"{subject_of(hold)}:{hold.step}:{hold.round}",
        document_id=hold.order_id,
        level=str(hold.step),
        to=hold.owner if hold.step_to == OWNER else hold.step_to,
        text=f"{hold.step} % of {hold.target_hours} business hours have passed; the order waits: {waiting}"[:500],
    )


def ask_waiting(order: Order, verdict: credit.Verdict, work: WorkingSet) -> Asked:
    """How long an order waits for a customer or a contract that nobody knows yet."""
    sheet: Facts = {
        "legal_entity": verdict.sheet["legal_entity"],
        "currency": order.currency,
        "contract_id": order.contract_id,
        "customer_known": verdict.sheet["customer_known"] is True and verdict.sheet["root_known"] is True,
        "contract_known": verdict.sheet["contract_state"] != "unknown",
        "total_minor": order.total_minor,
    }
    return work.ask("orders/waiting", sheet, subject=order.order_id)


def reasons_of(asked: Asked) -> tuple[Reason, ...]:
    """The rows of a decision as reasons, with its sentences."""
    return tuple(
        Reason(row=row.id, text=text, field=row.outcome.get("field"), decision_id=asked.id)
        for row, text in zip(asked.rows, asked.because, strict=True)
    )


def _next_step(hold: Hold, share: int, order: Order | None, work: WorkingSet) -> Hold:
    """Arm the notice that follows the one at `share` percent; none where the table ends."""
    sheet: Facts = {
        "share": share,
        "request": hold.request,
        "contract_id": order.contract_id if order else None,
        "currency": hold.currency,
        "owner": hold.owner or None,
    }
    asked = work.ask("orders/request-escalation", sheet, subject=hold.order_id)
    following = asked["next_share"]
    if not asked.rows or not isinstance(following, int):
        return replace(hold, step=0, step_to="")
    due_at = max(_due(hold, following, order, work), work.at + _LATER)
    work.arm(NOTICE, subject_of(hold), due_at, customer_id=hold.customer_id)
    return replace(hold, step=following, step_to=str(asked["to"]))


def _due(hold: Hold, share: int, order: Order | None, work: WorkingSet) -> datetime:
    minutes = hold.target_hours * 60 * share // 100
    calendar = work.calendar(hold.calendar, order.contract_id if order else None)
    return add_business_minutes(calendar, hold.since, minutes)


def subject_of(hold: Hold) -> str:
    """Its name among deadlines: another customer may use the same order number."""
    return of_customer(hold.customer_id, hold.order_id)
