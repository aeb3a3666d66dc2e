"""Which rows each event needs, and which families it touches. Each `yield` is one round trip of the whole slice.

A round that would ask for nothing is left out: an accepted order of a lone customer takes two.
"""

from collections.abc import Generator, Iterable, Iterator
from typing import Any

from o2c_chassis.approvals import Approval
from o2c_chassis.service import DeadlineReached
from o2c_chassis.subjects import number_in
from o2c_chassis.working_set import Need, WorkingSet, need
from o2c_contracts.billing import BillingItemCancelled, InvoiceIssued
from o2c_contracts.cash import ItemChanged
from o2c_contracts.event import MoneyEvent
from o2c_contracts.intake import DeliveryConfirmed, OrderCancelRequested, Ordered, OrderReopenRequested
from o2c_contracts.master import (
    ContractAmendRequested,
    ContractProposed,
    CreditLimitSet,
    CustomerRegistered,
    FamilyChanged,
)
from o2c_contracts.reference import ExchangeRatePublished

from o2c_orders.commands import ApprovalCommand, EndContract, ReleaseOrder
from o2c_orders.domain.contracts import Contract, ContractVersion
from o2c_orders.domain.customers import Customer
from o2c_orders.domain.exposure import CustomerMoney, Exposure, Item, Rate, pair_of
from o2c_orders.domain.orders import Delivery, Hold, Order

Needs = list[Need[Any]]


def families(event: Any, work: WorkingSet) -> Generator[Needs, None, set[str]]:
    """Those who share a limit are locked together; a move locks the family left and the one joined."""
    if isinstance(event, ExchangeRatePublished):
        yield [need(Hold, rate_pair=pair_of(event.base, event.quote), open=True)]
        waiting = _waiting_for(event, work)
        yield [need(Customer, customer_id=c) for c in waiting]
        return {event.key, *(f"c:{_root_id(c, work)}" for c in waiting)}
    yield [need(Customer, customer_id=event.customer_id)]
    return {f"c:{root_id}" for root_id in _roots(event, work)}


def of_order(event: Ordered, work: WorkingSet) -> Iterator[Needs]:
    """An order as submitted: its contract, what was delivered of it, and the family's credit."""
    customer_id, order_id = event.customer_id, event.order_id
    yield [
        need(Order, customer_id=customer_id, order_id=order_id),
        need(Delivery, customer_id=customer_id, order_id=order_id),
        need(Contract, customer_id=customer_id, contract_id=event.contract_id),
        *_own(customer_id),
    ]
    yield from _family(event, work, {event.currency})


def of_changed_order(event: Any, work: WorkingSet) -> Iterator[Needs]:
    """An order that is amended, reopened, cancelled or released, with its hold and its contract."""
    customer_id, order_id = event.customer_id, event.order_id
    yield [
        need(Order, customer_id=customer_id, order_id=order_id),
        need(Hold, customer_id=customer_id, order_id=order_id),
        need(Delivery, customer_id=customer_id, order_id=order_id),
        *(
            [need(Contract, customer_id=customer_id, contract_id=event.contract_id)]
            if isinstance(event, Ordered)
            else []
        ),
        *([need(Approval, customer_id=customer_id)] if isinstance(event, ReleaseOrder) else []),
        *_own(customer_id),
    ]
    order = work.get(Order, customer_id=customer_id, order_id=order_id)
    if order and not isinstance(event, Ordered | OrderCancelRequested):
        yield [need(Contract, customer_id=customer_id, contract_id=order.contract_id)]
    decides = isinstance(event, Ordered | OrderReopenRequested | ReleaseOrder)
    currency = event.currency if isinstance(event, Ordered) else order.currency if order else None
    yield from _family(event, work, {currency} if decides and currency else set())


def of_delivery(event: DeliveryConfirmed, work: WorkingSet) -> Iterator[Needs]:
    customer_id = event.customer_id
    yield [
        need(Delivery, customer_id=customer_id, delivery_id=event.delivery_id),
        need(Order, customer_id=customer_id, order_id=event.order_id),
        need(Delivery, customer_id=customer_id, order_id=event.order_id),
        *_own(customer_id),
    ]
    yield from _family(event, work)


def of_invoice(event: InvoiceIssued, work: WorkingSet) -> Iterator[Needs]:
    """The item, and the deliveries and orders that its lines name."""
    customer_id = event.customer_id
    orders = {line.order_id for line in event.lines if line.order_id}
    deliveries = {line.delivery_id for line in event.lines if line.delivery_id}
    yield [
        need(Item, customer_id=customer_id, invoice_number=event.invoice_number),
        *(need(Delivery, customer_id=customer_id, delivery_id=d) for d in sorted(deliveries)),
        *(need(Order, customer_id=customer_id, order_id=o) for o in sorted(orders)),
        *(need(Delivery, customer_id=customer_id, order_id=o) for o in sorted(orders)),
        *_own(customer_id),
    ]
    yield from _family(event, work)


def of_cancelled_charge(event: BillingItemCancelled, work: WorkingSet) -> Iterator[Needs]:
    """The delivery that it charged, if it charged one."""
    if event.delivery_id and event.order_id:
        customer_id = event.customer_id
        yield [
            need(Delivery, customer_id=customer_id, delivery_id=event.delivery_id),
            need(Order, customer_id=customer_id, order_id=event.order_id),
            need(Delivery, customer_id=customer_id, order_id=event.order_id),
            *_own(customer_id),
        ]
        yield from _family(event, work)


def of_item(event: ItemChanged, work: WorkingSet) -> Iterator[Needs]:
    yield [
        need(Item, customer_id=event.customer_id, invoice_number=event.invoice_number),
        *_own(event.customer_id),
    ]
    yield from _family(event, work)


def of_contract(event: ContractProposed | ContractAmendRequested | EndContract, work: WorkingSet) -> Iterator[Needs]:
    customer_id, contract_id = event.customer_id, event.contract_id
    yield [
        need(Contract, customer_id=customer_id, contract_id=contract_id),
        need(ContractVersion, customer_id=customer_id, contract_id=contract_id),
        *_own(customer_id),
    ]
    contract = work.get(Contract, customer_id=customer_id, contract_id=contract_id)
    if contract and contract.approval_id:
        yield [need(Approval, approval_id=contract.approval_id)]
    yield from _family(event, work)


def of_customer(event: Any, work: WorkingSet) -> Iterator[Needs]:
    """Whatever may free room for the family: registration, move, limit, stop, promise, money."""
    yield _own(event.customer_id)
    limit = event.currency if isinstance(event, CreditLimitSet) else None
    yield from _families(_roots(event, work), work, limits={limit} if limit else set())


def of_approval(event: ApprovalCommand | DeadlineReached, work: WorkingSet) -> Iterator[Needs]:
    """The approval, and the order or contract that waits for it."""
    approval_id = event.approval_id if isinstance(event, ApprovalCommand) else event.subject_id
    customer_id = str(event.customer_id)
    yield [need(Approval, approval_id=approval_id), *_own(customer_id)]
    approval = work.get(Approval, approval_id=approval_id)
    if approval and approval.customer_id == customer_id:
        yield [
            need(Order, customer_id=customer_id, order_id=approval.document_id),
            need(Hold, customer_id=customer_id, order_id=approval.document_id),
            need(Contract, customer_id=customer_id, contract_id=approval.document_id),
        ]
    yield from _family(event, work)


def of_due_order(event: DeadlineReached, work: WorkingSet) -> Iterator[Needs]:
    """An order whose time is up; the deadline's subject is customer/order."""
    customer_id = str(event.customer_id)
    order_id = number_in(event.subject_id, customer_id)
    yield [
        need(Order, customer_id=customer_id, order_id=order_id),
        need(Hold, customer_id=customer_id, order_id=order_id),
        *_own(customer_id),
    ]
    yield from _family(event, work)


def of_due_contract(event: DeadlineReached, work: WorkingSet) -> Iterator[Needs]:
    customer_id = str(event.customer_id)
    contract_id = number_in(event.subject_id, customer_id)
    yield [need(Contract, customer_id=customer_id, contract_id=contract_id)]
    contract = work.get(Contract, customer_id=customer_id, contract_id=contract_id)
    if contract and contract.approval_id:
        yield [need(Approval, approval_id=contract.approval_id)]


def of_rate(event: ExchangeRatePublished, work: WorkingSet) -> Iterator[Needs]:
    """The pair's rates, and the families of orders that wait for it."""
    pair = pair_of(event.base, event.quote)
    yield [need(Rate, pair=pair, counts=True), need(Hold, rate_pair=pair, open=True)]
    waiting = _waiting_for(event, work)
    if waiting:
        yield [n for c in waiting for n in _own(c)]
        yield from _families({_root_id(c, work) for c in waiting}, work)


def _own(customer_id: str) -> Needs:
    """What the family's credit needs of one member; who heads a family, or is alone, brings the family along."""
    return [
        need(Customer, customer_id=customer_id),
        need(Customer, root_id=customer_id),
        need(Exposure, customer_id=customer_id),
        need(CustomerMoney, customer_id=customer_id),
        need(Hold, customer_id=customer_id, open=True),
    ]


def _family(event: Any, work: WorkingSet, decided: Iterable[str] = ()) -> Iterator[Needs]:
    """The families of an event; `decided`: currencies of what is decided by it, beside the orders that wait."""
    entering = {event.currency} if isinstance(event, MoneyEvent) else set()
    yield from _families(_roots(event, work), work, decided=set(decided), entering=entering)


def _families(
    roots: set[str],
    work: WorkingSet,
    *,
    decided: Iterable[str] = (),
    limits: Iterable[str] = (),
    entering: Iterable[str] = (),
) -> Iterator[Needs]:
    """`limits`, `entering`: currencies that a limit, or exposure, may have only after this event."""
    yield [n for r in roots for n in (need(Customer, root_id=r), need(Customer, customer_id=r))]
    members = {c.customer_id for r in roots for c in work.find(Customer, root_id=r)} | roots
    others = [n for m in sorted(members) if not work.has(need(Exposure, customer_id=m)) for n in _own(m)]
    if others:
        yield others
    holds = [h for m in sorted(members) for h in work.find(Hold, customer_id=m, open=True)]
    wanted = _to_decide_again(holds)
    if holds or decided:
        targets = {c.limit_currency for r in roots if (c := work.get(Customer, customer_id=r)) and c.managed}
        currencies = {*decided, *entering, *(h.currency for h in holds)}
        owing = [m for m in sorted(members) if holds or _owes(m, work)]
        wanted += _to_weigh(members, currencies, targets.union(limits), work, owing)
    if wanted:
        yield wanted


def _to_decide_again(holds: list[Hold]) -> Needs:
    wanted: Needs = []
    for hold in holds:
        wanted.append(need(Order, customer_id=hold.customer_id, order_id=hold.order_id))
        wanted.append(need(Contract, customer_id=hold.customer_id, contract_id=hold.contract_id))
        if hold.approval_id:
            wanted.append(need(Approval, approval_id=hold.approval_id))
    return wanted


def _to_weigh(members: set[str], currencies: set[str], limits: set[str], work: WorkingSet, owing: list[str]) -> Needs:
    """Open items and exchange rates, where an order is decided and credit is watched in one of these currencies."""
    if not limits:
        return []
    for member in members:
        currencies |= {e.currency for e in work.find(Exposure, customer_id=member)}
        currencies |= {m.currency for m in work.find(CustomerMoney, customer_id=member)}
    pairs = {pair_of(currency, to) for currency in currencies for to in limits if currency != to}
    items: Needs = [need(Item, customer_id=m, open=True) for m in owing]
    return [*items, *(need(Rate, pair=pair, counts=True) for pair in sorted(pairs))]


def _owes(customer_id: str, work: WorkingSet) -> bool:
    return any(e.receivable_minor for e in work.find(Exposure, customer_id=customer_id))


def _roots(event: Any, work: WorkingSet) -> set[str]:
    roots = {_root_id(str(event.customer_id), work)}
    if isinstance(event, CustomerRegistered | FamilyChanged):
        roots.add(event.root_id or event.customer_id)
    return roots


def _root_id(customer_id: str, work: WorkingSet) -> str:
    customer = work.get(Customer, customer_id=customer_id)
    return customer.root_id if customer else customer_id


def _waiting_for(event: ExchangeRatePublished, work: WorkingSet) -> list[str]:
    held = work.find(Hold, rate_pair=pair_of(event.base, event.quote), open=True)
    return sorted({h.customer_id for h in held})
