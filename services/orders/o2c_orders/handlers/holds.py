"""What becomes of an order once the tables have spoken, and the release of held ones by the event that frees room."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from o2c_chassis.approvals import Approval, end
from o2c_chassis.service import DeadlineReached
from o2c_chassis.subjects import number_in
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.intake import Ordered
from o2c_contracts.orders import OrderAccepted, OrderAmended, OrderHeld, OrderRejected, OrderReleased, Reason
from o2c_contracts.shared import ApprovalVoided

from o2c_orders.domain.customers import Customer
from o2c_orders.domain.exposure import Rate
from o2c_orders.domain.orders import ACCEPTED, HELD, WAITING, Hold, Order

from . import credit, ledger, notices

UNKNOWN_PARTY, RATE_LOOK = "unknown-party", "rate-look"
_RATE_LOOK_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Asking:
    """An order that wants a decision, and how it stood before."""

    before: Order | None
    order: Order
    hold: Hold | None = None
    request: str = "order"
    """`order`, `amendment` or `reopening`."""
    document: Ordered | None = None
    """The order as it was sent in, where it was sent in just now."""
    amendment_id: str = ""

    @property
    def content(self) -> dict[str, object]:
        """The fields of the order, for what is told about it."""
        return (self.document or Ordered.model_validate_json(self.order.document)).__dict__

    @property
    def waited(self) -> Hold | None:
        """The hold it comes out of."""
        return self.hold if self.hold and self.hold.open else None


def release(customer_id: str, work: WorkingSet) -> Iterator[Event]:
    """Decide the family's orders that wait again, oldest first. Behind the first that credit holds and nobody may
    overtake, only those that do not know yet that they stand behind it.
    """
    root_id = (work.get(Customer, customer_id=customer_id) or Customer.unknown(customer_id)).root_id
    waiting = [h for m in credit.members_of(root_id, work) for h in work.find(Hold, customer_id=m, open=True)]
    blocked = False
    for hold in sorted(waiting, key=lambda h: h.place):
        order = work.get(Order, customer_id=hold.customer_id, order_id=hold.order_id)
        if order is None or (blocked and hold.overtake == "never"):
            continue
        verdict = credit.judge(order, order, work)
        yield from settle(Asking(order, order, hold, hold.request), verdict, work)
        blocked = blocked or (verdict.status == HELD and verdict.overtake == "never")


def settle(asking: Asking, verdict: credit.Verdict, work: WorkingSet) -> Iterator[Event]:
    """Write what was decided and tell it. A held order leaves exposure, an accepted one enters it."""
    order = replace(asking.order, status=verdict.status, decision_id=verdict.decision_id, decided_at=work.at)
    ledger.record(asking.before, order, work)
    if verdict.status in (HELD, WAITING):
        told = list(_keep_waiting(asking, verdict, work))
        yield from told
        if told and verdict.overtake:
            yield _credit_of(order, work)
        return
    if asking.waited:
        yield from close(asking.waited, work, f"the order was {verdict.status}")
    if verdict.status == ACCEPTED:
        yield _accepted(asking, verdict)
        if asking.waited and asking.waited.overtake:
            yield _credit_of(order, work)
    else:
        yield rejected(order, verdict.reasons)


def _credit_of(order: Order, work: WorkingSet) -> Event:
    root_id = (work.get(Customer, customer_id=order.customer_id) or Customer.unknown(order.customer_id)).root_id
    return credit.changed(order.customer_id, root_id, work)


def rejected(order: Order, reasons: tuple[Reason, ...]) -> OrderRejected:
    return OrderRejected(
        customer_id=order.customer_id,
        legal_entity=order.legal_entity,
        currency=order.currency,
        order_id=order.order_id,
        total_minor=order.total_minor,
        reasons=reasons,
    )


def close(hold: Hold, work: WorkingSet, why: str) -> Iterator[Event]:
    """It waits no longer: no more notices, and who agreed to its release agreed to nothing."""
    yield from void(hold.approval_id, work, why)
    work.put(replace(hold, open=False, approval_id="", step=0, step_to="", ended_at=work.at))
    for kind in (notices.NOTICE, UNKNOWN_PARTY):
        work.disarm(kind, notices.subject_of(hold))
    if hold.rate_pair:
        work.disarm(RATE_LOOK, notices.subject_of(hold))


def void(approval_id: str, work: WorkingSet, why: str) -> Iterator[Event]:
    """End a request that waits for agreement, if there is one open."""
    approval = work.get(Approval, approval_id=approval_id) if approval_id else None
    if approval is None or approval.status != "open":
        return
    work.put(end(approval, "voided"))
    work.disarm("approval", approval.approval_id)
    yield ApprovalVoided(**approval.told, reason=why)


def on_unknown_party_due(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Its customer or contract did not turn up in time: rejected, with the row that set the time."""
    customer_id = str(event.customer_id)
    order_id = number_in(event.subject_id, customer_id)
    order = work.get(Order, customer_id=customer_id, order_id=order_id)
    hold = work.get(Hold, customer_id=customer_id, order_id=order_id)
    if order is None or hold is None or order.status != WAITING:
        return
    verdict = credit.judge(order, order, work)
    if verdict.status != WAITING:
        yield from settle(Asking(order, order, hold, hold.request), verdict, work)
        return
    asked = notices.ask_waiting(order, verdict, work)
    reasons = (*verdict.reasons, *notices.reasons_of(asked))
    yield from close(hold, work, "the order was rejected")
    work.put(replace(order, status="rejected", decision_id=asked.id, decided_at=work.at))
    yield rejected(order, reasons)


def on_rate_look(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Look again for a rate: one published while the order was being held, or one that begins to hold today."""
    yield from release(str(event.customer_id), work)


def _accepted(asking: Asking, verdict: credit.Verdict) -> Event:
    was = asking.before.status if asking.before else WAITING
    content = asking.content
    if was == ACCEPTED and asking.amendment_id:
        return OrderAmended(**content | {"amendment_id": asking.amendment_id})  # type: ignore[arg-type]
    told = OrderReleased if was == HELD else OrderAccepted
    return told(**content, because=verdict.because, decision_id=verdict.decision_id)  # type: ignore[arg-type]


def _keep_waiting(asking: Asking, verdict: credit.Verdict, work: WorkingSet) -> Iterator[Event]:
    waited = asking.waited
    if waited and (changed := _changed(asking, waited, verdict)):
        yield from void(waited.approval_id, work, changed)
        waited = replace(waited, approval_id="")
    hold = replace(
        waited or _begun(asking, work),
        contract_id=asking.order.contract_id,
        overtake=verdict.overtake if verdict.status == HELD else "",
        rate_pair=verdict.rate_missing,
        reasons=verdict.as_json,
        owner=verdict.objections[0].owner,
    )
    if waited is None:
        hold = notices.begin(hold, asking.order, work)
    work.put(hold)
    if hold.rate_pair and (look_at := _next_look(hold, waited, work)):
        work.arm(RATE_LOOK, notices.subject_of(hold), look_at, customer_id=hold.customer_id)
    yield from _tell(asking, hold, verdict, work)


def _tell(asking: Asking, hold: Hold, verdict: credit.Verdict, work: WorkingSet) -> Iterator[Event]:
    """Waiting for a party is no decision yet; a hold is told again only when its reasons or the order changed."""
    was = asking.before.status if asking.before else ""
    if verdict.status == WAITING:
        if was != WAITING:
            hours = notices.ask_waiting(asking.order, verdict, work)["wait_hours"]
            due_at = work.at + timedelta(hours=int(str(hours)))
            work.arm(UNKNOWN_PARTY, notices.subject_of(hold), due_at, customer_id=hold.customer_id)
        return
    if was == WAITING:
        work.disarm(UNKNOWN_PARTY, notices.subject_of(hold))
    if was != HELD or asking.waited is None or _changed(asking, asking.waited, verdict):
        yield OrderHeld(**asking.content, reasons=verdict.reasons)  # type: ignore[arg-type]


def _changed(asking: Asking, waited: Hold, verdict: credit.Verdict) -> str:
    """What is otherwise since people were told of the hold and asked to agree; empty: nothing."""
    if asking.amendment_id:
        return "the order was amended"
    return "" if waited.rows == verdict.rows else "the reasons against the order changed"


def _next_look(hold: Hold, waited: Hold | None, work: WorkingSet) -> datetime | None:
    """First a minute later, for a rate that came at the same moment; then when the next rate begins that was told."""
    if waited is None or waited.rate_pair != hold.rate_pair:
        return work.at + _RATE_LOOK_AFTER
    today = credit.today_of(hold.legal_entity, work) or work.at.date()
    ahead = [r.valid_on for r in work.find(Rate, pair=hold.rate_pair, counts=True) if r.valid_on > today]
    return credit.begins(min(ahead), hold.legal_entity, work) if ahead else None


def _begun(asking: Asking, work: WorkingSet) -> Hold:
    order = asking.order
    return Hold(
        customer_id=order.customer_id,
        order_id=order.order_id,
        contract_id=order.contract_id,
        legal_entity=order.legal_entity,
        currency=order.currency,
        open=True,
        submitted_at=order.submitted_at,
        since=work.at,
        request=asking.request,
        round=asking.hold.round + 1 if asking.hold else 1,
    )
