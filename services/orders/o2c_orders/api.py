"""HTTP: what people and other systems may ask of orders. Read only; commands are routed by the chassis."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from o2c_chassis.errors import Refused
from o2c_chassis.http import Page, Paging, Reads, page_of
from pydantic import BaseModel

from .domain.contracts import Contract, ContractVersion
from .domain.customers import Customer
from .domain.exposure import CustomerMoney, Exposure, NoRate, converted, pair_of
from .domain.orders import Delivery, Hold, Order
from .queries import identities
from .queries import lists as queries

router = APIRouter()


class Bucket(BaseModel):
    """One member's exposure with one company in one currency, in minor units."""

    customer_id: str
    legal_entity: str
    currency: str
    ordered_minor: int
    delivered_minor: int
    receivable_minor: int
    unapplied_minor: int
    on_account_minor: int
    total_minor: int


class CreditStanding(BaseModel):
    """Exposure = ordered + delivered, not invoiced + open items - unapplied - on account, over the whole family."""

    customer_id: str
    root_id: str
    members: list[str]
    limit_state: str
    limit_minor: int
    limit_currency: str
    limit_valid_until: date | None
    exposure_minor: int | None
    """In the limit's currency at the last rates; none without a limit or a rate."""
    rate_missing: str | None
    stopped: bool
    broken_promises: int
    buckets: list[Bucket]


class Recount(BaseModel):
    """Exposure added up anew from every document, beside what is kept."""

    agrees: bool
    kept: list[dict[str, Any]]
    counted: list[dict[str, Any]]


class HeldOrder(BaseModel):
    customer_id: str
    order_id: str
    legal_entity: str
    currency: str
    since: datetime
    owner: str
    reasons: list[dict[str, Any]]
    overtake: str
    approval_id: str
    target_hours: int
    next_notice_percent: int


class OrderState(BaseModel):
    customer_id: str
    order_id: str
    contract_id: str
    legal_entity: str
    currency: str
    total_minor: int
    open_minor: int
    status: str
    submitted_at: datetime
    ordered_on: date
    decision_id: str
    released_by: str


class Step(BaseModel):
    """Something that happened to an order, with what explains it."""

    at: datetime | None = None
    on: date | None = None
    what: str
    text: str = ""


class Timeline(BaseModel):
    order: OrderState
    steps: list[Step]
    decisions: list[tuple[str, str]]


class ContractState(BaseModel):
    customer_id: str
    contract_id: str
    legal_entity: str
    currency: str
    kind: str
    status: str
    starts_on: date
    ends_on: date | None
    version: int


class Terms(BaseModel):
    version: int
    effective_on: date
    ends_on: date | None
    terms_days: int
    discount_percent: str | None
    discount_days: int | None
    amendment_id: str
    attributes: dict[str, str]
    lines: list[dict[str, Any]]


@router.get("/customers/{customer_id}/credit")
async def credit(customer_id: str, request: Request, reads: Reads) -> CreditStanding:
    """What a customer's family has taken of its limit, by bucket."""
    customer = _found(await queries.customer(reads, customer_id), f"customer {customer_id}")
    root = await queries.customer(reads, customer.root_id) or Customer.unknown(customer.root_id)
    members = sorted({c.customer_id for c in await queries.family(reads, root.customer_id)} | {root.customer_id})
    kept = await queries.exposures(reads, members)
    money = await queries.money(reads, members)
    today: date = request.app.state.running.clock.now().date()
    exposure, missing = await _in_limit(root, kept, money, reads, today)
    return CreditStanding(
        customer_id=customer_id,
        root_id=root.customer_id,
        members=members,
        limit_state=root.limit_state,
        limit_minor=root.limit_minor,
        limit_currency=root.limit_currency,
        limit_valid_until=root.limit_valid_until,
        exposure_minor=exposure,
        rate_missing=missing,
        stopped=customer.stopped,
        broken_promises=customer.broken_promises,
        buckets=_buckets(kept, money),
    )


@router.get("/customers/{customer_id}/credit/recount")
async def recount(customer_id: str, reads: Reads) -> Recount:
    """Add a customer's exposure up from its documents, to compare with what is kept."""
    counted = identities.totals([d async for d in identities.documents(reads, customer_id)])
    anew = [Exposure(*place, *sums) for place, sums in sorted(counted.items())]
    kept = [e for e in await queries.exposures(reads, [customer_id]) if e != Exposure(*_place(e))]
    kept.sort(key=_place)
    return Recount(
        agrees=anew == kept, kept=[_plain_exposure(e) for e in kept], counted=[_plain_exposure(e) for e in anew]
    )


@router.get("/held-orders")
async def held_orders(
    reads: Reads,
    paging: Paging,
    owner: Annotated[str, Query(max_length=60, description="the role whose turn it is")] = "",
    legal_entity: Annotated[str, Query(max_length=200)] = "",
) -> Page[HeldOrder]:
    """Orders that wait, with all reasons and whose turn it is, oldest first."""
    holds = await queries.held(reads, owner, legal_entity, paging.after, paging.most)
    page = page_of(holds, paging, lambda h: (h.submitted_at.isoformat(), h.customer_id, h.order_id))
    return Page(items=[_held(h) for h in page.items], next=page.next)


@router.get("/customers/{customer_id}/orders")
async def orders(
    customer_id: str,
    reads: Reads,
    paging: Paging,
    status: Annotated[str, Query(max_length=20, description="waiting, held, accepted, rejected, cancelled")] = "",
) -> Page[OrderState]:
    found = await queries.orders_of(reads, customer_id, status, paging.after, paging.most)
    page = page_of(found, paging, lambda o: (o.order_id,))
    return Page(items=[_state(o) for o in page.items], next=page.next)


@router.get("/customers/{customer_id}/orders/{order_id}")
async def timeline(customer_id: str, order_id: str, reads: Reads) -> Timeline:
    """What became of an order; each decision can be explained by its id."""
    order = _found(await queries.order(reads, customer_id, order_id), f"order {order_id} of {customer_id}")
    hold = await queries.held_of(reads, customer_id, order_id)
    deliveries = await queries.deliveries(reads, customer_id, order_id)
    return Timeline(
        order=_state(order),
        steps=[*_steps(order, hold), *_left(deliveries)],
        decisions=await queries.decisions_on(reads, customer_id, order_id),
    )


@router.get("/customers/{customer_id}/contracts")
async def contracts(customer_id: str, reads: Reads, paging: Paging) -> Page[ContractState]:
    found = await queries.contracts(reads, customer_id, paging.after, paging.most)
    page = page_of(found, paging, lambda c: (c.contract_id,))
    return Page(items=[_contract(c) for c in page.items], next=page.next)


@router.get("/customers/{customer_id}/contracts/{contract_id}/versions")
async def contract_versions(customer_id: str, contract_id: str, reads: Reads) -> list[Terms]:
    """All terms a contract ever had, each with the day from which it holds."""
    found = await queries.versions(reads, customer_id, contract_id)
    if not found:
        raise Refused("not-found", f"contract {contract_id} of {customer_id} has no version", status=404)
    return [_terms(v) for v in found]


async def _in_limit(
    root: Customer, kept: list[Exposure], money: list[CustomerMoney], reads: Reads, today: date
) -> tuple[int | None, str | None]:
    if not root.managed:
        return None, None
    sums: dict[str, int] = {}
    for e in kept:
        sums[e.currency] = sums.get(e.currency, 0) + e.total_minor
    for m in money:
        sums[m.currency] = sums.get(m.currency, 0) - m.unapplied_minor - m.on_account_minor
    foreign = {pair_of(c, root.limit_currency) for c in sums if c != root.limit_currency}
    try:
        return converted(sums, root.limit_currency, await queries.rates(reads, foreign), today), None
    except NoRate as missing:
        return None, missing.pair


def _buckets(kept: Iterable[Exposure], money: Iterable[CustomerMoney]) -> list[Bucket]:
    free = {(m.customer_id, m.legal_entity, m.currency): m for m in money}
    sums = {(e.customer_id, e.legal_entity, e.currency): e for e in kept}
    found = []
    for place in sorted(free.keys() | sums.keys()):
        e, m = sums.get(place) or Exposure(*place), free.get(place) or CustomerMoney(*place, 0, 0, 0)
        found.append(
            Bucket(
                **_plain_exposure(e),
                unapplied_minor=m.unapplied_minor,
                on_account_minor=m.on_account_minor,
                total_minor=e.total_minor - m.unapplied_minor - m.on_account_minor,
            )
        )
    return found


def _place(e: Exposure) -> tuple[str, str, str]:
    return e.customer_id, e.legal_entity, e.currency


def _plain_exposure(e: Exposure) -> dict[str, Any]:
    return {
        "customer_id": e.customer_id,
        "legal_entity": e.legal_entity,
        "currency": e.currency,
        "ordered_minor": e.ordered_minor,
        "delivered_minor": e.delivered_minor,
        "receivable_minor": e.receivable_minor,
    }


def _held(h: Hold) -> HeldOrder:
    return HeldOrder(
        customer_id=h.customer_id,
        order_id=h.order_id,
        legal_entity=h.legal_entity,
        currency=h.currency,
        since=h.since,
        owner=h.owner,
        reasons=h.why,
        overtake=h.overtake,
        approval_id=h.approval_id,
        target_hours=h.target_hours,
        next_notice_percent=h.step,
    )


def _state(o: Order) -> OrderState:
    return OrderState(**{name: getattr(o, name) for name in OrderState.model_fields})


def _steps(order: Order, hold: Hold | None) -> list[Step]:
    steps = [Step(at=order.submitted_at, what="submitted")]
    if hold:
        why = "; ".join(reason["text"] for reason in hold.why)
        steps.append(Step(at=hold.since, what="held", text=why))
        if hold.ended_at:
            steps.append(Step(at=hold.ended_at, what="hold ended", text=order.released_by))
    if order.decided_at:
        steps.append(Step(at=order.decided_at, what=order.status, text=order.decision_id))
    return steps


def _left(deliveries: Iterable[Delivery]) -> list[Step]:
    return [
        Step(on=d.delivered_on, what="delivered" if d.known else "invoiced before its delivery", text=d.delivery_id)
        for d in deliveries
    ]


def _contract(c: Contract) -> ContractState:
    return ContractState(**{name: getattr(c, name) for name in ContractState.model_fields})


def _terms(v: ContractVersion) -> Terms:
    return Terms(
        version=v.version,
        effective_on=v.effective_on,
        ends_on=v.ends_on,
        terms_days=v.terms_days,
        discount_percent=None if v.discount_percent is None else f"{v.discount_percent:f}",
        discount_days=v.discount_days,
        amendment_id=v.amendment_id,
        attributes=v.attributes_given,
        lines=v.lines_charged,
    )


def _found(row: Any, what: str) -> Any:
    if row is None:
        raise Refused("not-found", f"there is no {what}", status=404)
    return row
