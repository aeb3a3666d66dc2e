"""Orders as they are submitted, amended, reopened and cancelled."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.intake import (
    OrderAmendRequested,
    OrderCancelRequested,
    Ordered,
    OrderReopenRequested,
    OrderSubmitted,
)
from o2c_contracts.orders import OrderCancelled, RequestRefused
from o2c_rules.rulebook import Facts

from o2c_orders.domain.orders import (
    CANCELLED,
    REJECTED,
    WAITING,
    Delivery,
    Hold,
    Order,
    line_difference,
    ordered_lines,
    remaining,
    taken_back,
)

from . import credit, holds, ledger, notices


def on_order_submitted(event: OrderSubmitted, work: WorkingSet) -> Iterator[Event]:
    """Decide it; everything that speaks against it comes back at once."""
    before = work.get(Order, customer_id=event.customer_id, order_id=event.order_id)
    if before is not None:
        yield from _submitted_again(event, before, work)
        return
    order = _as_sent(event, work)
    verdict = credit.judge(order, None, work)
    yield from holds.settle(holds.Asking(None, order, document=event), verdict, work)


def on_order_amend_requested(event: OrderAmendRequested, work: WorkingSet) -> Iterator[Event]:
    """The order as it should be is decided like a new one; what its contract forbids leaves the order as it was."""
    before, hold = _found(event.customer_id, event.order_id, work)
    amended = replace(
        before or _as_sent(event, work),
        contract_id=event.contract_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        total_minor=event.total_minor,
        document=event.model_dump_json(),
        open_minor=_left(event, work),
        ordered_on=work.on,
        dated_days_ago=credit.dated_days_ago(event.legal_entity, work),
        line_difference_minor=line_difference(event.lines, event.currency),
    )
    asked = ask_request("amend-order", before, work, (event.order_id, amended))
    if before is None or asked["then"] == "refuse":
        yield refused(event.customer_id, event.order_id, "amend-order", asked)
        return
    verdict = credit.judge(amended, before, work)
    if verdict.status == REJECTED:
        yield RequestRefused(
            customer_id=event.customer_id, document_id=event.order_id, request="amend-order", reasons=verdict.reasons
        )
        return
    asking = holds.Asking(before, amended, hold, "amendment", event, event.amendment_id)
    yield from holds.settle(asking, verdict, work)
    yield from holds.release(event.customer_id, work)


def on_order_reopen_requested(event: OrderReopenRequested, work: WorkingSet) -> Iterator[Event]:
    """Wanted after all: decided anew, at the end of the queue; nothing that a person released before still holds."""
    before, hold = _found(event.customer_id, event.order_id, work)
    asked = ask_request("reopen-order", before, work, (event.order_id, None))
    if before is None or asked["then"] == "refuse":
        yield refused(event.customer_id, event.order_id, "reopen-order", asked)
        return
    again = replace(
        before,
        status=WAITING,
        submitted_at=work.at,
        ordered_on=work.on,
        dated_days_ago=credit.dated_days_ago(before.legal_entity, work),
        released_by="",
        released_minor=0,
        released_rows="",
    )
    verdict = credit.judge(again, before, work)
    yield from holds.settle(holds.Asking(before, again, hold, "reopening"), verdict, work)


def on_order_cancel_requested(event: OrderCancelRequested, work: WorkingSet) -> Iterator[Event]:
    """What has not been delivered leaves exposure, which may make room for others."""
    before, hold = _found(event.customer_id, event.order_id, work)
    asked = ask_request("cancel-order", before, work, (event.order_id, None))
    if before is None or asked["then"] == "refuse":
        yield refused(event.customer_id, event.order_id, "cancel-order", asked)
        return
    if hold and hold.open:
        yield from holds.close(hold, work, "the order was cancelled")
    ledger.record(before, replace(before, status=CANCELLED, decided_at=work.at), work)
    yield OrderCancelled(
        customer_id=before.customer_id,
        legal_entity=before.legal_entity,
        currency=before.currency,
        order_id=before.order_id,
        reason=event.reason,
    )
    yield from holds.release(event.customer_id, work)


def ask_request(request: str, before: Order | None, work: WorkingSet, about: tuple[str, Order | None]) -> Asked:
    """Whether something may be asked of an order in its state at all. `about`: its number, and what it would become."""
    order_id, wanted = about
    lines = ordered_lines(before.document) if before else []
    gone = work.find(Delivery, customer_id=before.customer_id, order_id=order_id) if before else []
    delivered_minor = sum(net for delivery in gone for _, net in delivery.of_lines.values())
    below = taken_back(before.document, wanted.document, gone) if before and wanted else []
    sheet: Facts = {
        "request": request,
        "state": before.status if before else "unknown",
        "document_id": order_id,
        "contract_id": before.contract_id if before else None,
        "currency": before.currency if before else None,
        "ordered_minor": sum(net for _, _, net in lines),
        "delivered_minor": delivered_minor,
        "left_minor": before.open_minor if before else 0,
        "below_delivered": bool(below),
        "lines_below": ", ".join(below) or None,
        "same_content": False,
    }
    return work.ask("orders/requests", sheet, subject=order_id)


def refused(customer_id: str, document_id: str, request: str, asked: Asked) -> RequestRefused:
    return RequestRefused(
        customer_id=customer_id, document_id=document_id, request=request, reasons=notices.reasons_of(asked)
    )


def _submitted_again(event: OrderSubmitted, before: Order, work: WorkingSet) -> Iterator[Event]:
    """The same number with the same content is a repeat and says nothing; with another content it is refused."""
    sheet: Facts = {
        "request": "submit-order",
        "state": before.status,
        "document_id": event.order_id,
        "contract_id": before.contract_id,
        "currency": before.currency,
        "same_content": _same(event, before),
    }
    asked = work.ask("orders/requests", sheet, subject=event.order_id)
    if asked["then"] == "refuse":
        yield refused(event.customer_id, event.order_id, "submit-order", asked)


def _same(event: OrderSubmitted, before: Order) -> bool:
    return Ordered.model_validate_json(before.document) == Ordered.model_validate_json(event.model_dump_json())


def _found(customer_id: str, order_id: str, work: WorkingSet) -> tuple[Order | None, Hold | None]:
    return (
        work.get(Order, customer_id=customer_id, order_id=order_id),
        work.get(Hold, customer_id=customer_id, order_id=order_id),
    )


def _as_sent(event: Ordered, work: WorkingSet) -> Order:
    return Order(
        event.customer_id,
        event.order_id,
        event.contract_id,
        event.legal_entity,
        event.currency,
        event.total_minor,
        _left(event, work),
        WAITING,
        work.at,
        work.on,
        event.model_dump_json(),
        credit.dated_days_ago(event.legal_entity, work),
        line_difference_minor=line_difference(event.lines, event.currency),
    )


def _left(event: Ordered, work: WorkingSet) -> int:
    """What is still to be delivered of an order as it is sent in; usually nothing has left yet."""
    gone = work.find(Delivery, customer_id=event.customer_id, order_id=event.order_id)
    if not gone:
        return event.total_minor
    return remaining(((line.line_id, line.quantity, line.net_minor) for line in event.lines), gone)
