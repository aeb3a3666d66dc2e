"""Which rows each event needs. A customer's open items come with nearly everything: one letter goes to all of them."""

from collections.abc import Iterator
from typing import Any

from o2c_chassis.service import DeadlineReached, DeliveryEnded
from o2c_chassis.working_set import Need, WorkingSet, need
from o2c_contracts.cash import CustomerMoneyChanged, PaymentReversed
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.event import CustomerEvent
from o2c_contracts.intake import PromiseMade
from o2c_contracts.shared import CustomerUnblocked

from o2c_collections.commands import CloseEscalation, RecordPromise, WithdrawPromise
from o2c_collections.domain.accounts import Account, Credit, Customer, Dispute
from o2c_collections.domain.items import Item, ItemChange
from o2c_collections.domain.letters import Escalation, Notice
from o2c_collections.domain.promises import Promise, State

Rounds = Iterator[list[Need[Any]]]


def account_of(subject: str, customer_id: str) -> str:
    """The legal entity in a dunning deadline's subject, which is `customer/entity`."""
    return subject[len(customer_id) + 1 :]


def customer_only(event: CustomerEvent, work: WorkingSet) -> Rounds:
    yield [need(Customer, customer_id=event.customer_id)]


def whole_customer(event: CustomerEvent, work: WorkingSet) -> Rounds:
    """For what concerns every account of a customer."""
    who = event.customer_id
    yield [need(Customer, customer_id=who), need(Account, customer_id=who), need(Item, customer_id=who, open=True)]


def unblocked(event: CustomerUnblocked, work: WorkingSet) -> Rounds:
    """Promises whose time may have passed meanwhile, with what was paid."""
    who = event.customer_id
    yield [*next(whole_customer(event, work)), need(Promise, customer_id=who)]
    promised = {p.invoice_number for p in work.find(Promise, customer_id=who) if p.state == State.OPEN}
    yield [n for number in sorted(promised) for n in _of_promised_item(number)]


def item(event: Any, work: WorkingSet) -> Rounds:
    """For what billing and cash say about one item: its promises only where it has any."""
    yield _around(event.customer_id, event.legal_entity, event.invoice_number)
    yield from _promises_where_any(event.customer_id, event.invoice_number, work)


def dispute(event: DisputeOpened | DisputeResolved, work: WorkingSet) -> Rounds:
    yield [
        *_around(event.customer_id, event.legal_entity, event.invoice_number),
        need(Dispute, invoice_number=event.invoice_number),
    ]
    yield from _promises_where_any(event.customer_id, event.invoice_number, work)


def promise_made(event: PromiseMade, work: WorkingSet) -> Rounds:
    yield [
        *_around(event.customer_id, event.legal_entity, event.invoice_number),
        need(Promise, customer_id=event.customer_id),
        need(Promise, promise_id=event.promise_id),
        need(Promise, namesake_of=event.promise_id),
        need(ItemChange, invoice_number=event.invoice_number),
    ]


def promise_recorded(event: RecordPromise, work: WorkingSet) -> Rounds:
    """A person names the invoice only; whose account it is on stands in its row."""
    who = event.customer_id
    yield [
        need(Customer, customer_id=who),
        need(Promise, customer_id=who),
        need(Item, customer_id=who, open=True),
        *_of_promised_item(event.invoice_number),
    ]
    found = work.get(Item, invoice_number=event.invoice_number)
    yield [need(Account, customer_id=who, legal_entity=found.legal_entity)] if found else []


def promise_due(event: DeadlineReached, work: WorkingSet) -> Rounds:
    yield from _promise(event.customer_id or "", event.subject_id, work)


def promise_withdrawn(event: WithdrawPromise, work: WorkingSet) -> Rounds:
    yield from _promise(event.customer_id, event.promise_id, work)


def dunning_due(event: DeadlineReached, work: WorkingSet) -> Rounds:
    who = event.customer_id or ""
    entity = account_of(event.subject_id, who)
    yield [
        need(Customer, customer_id=who),
        need(Account, customer_id=who, legal_entity=entity),
        need(Item, customer_id=who, open=True),
        need(Credit, customer_id=who, legal_entity=entity),
        need(Promise, customer_id=who),
    ]


def letter_ended(event: DeliveryEnded, work: WorkingSet) -> Rounds:
    yield [need(Notice, notice_id=event.subject_id)]


def money(event: CustomerMoneyChanged, work: WorkingSet) -> Rounds:
    yield [need(Credit, customer_id=event.customer_id, legal_entity=event.legal_entity, currency=event.currency)]


def payment_reversed(event: PaymentReversed, work: WorkingSet) -> Rounds:
    yield from ()


def escalation(event: CloseEscalation, work: WorkingSet) -> Rounds:
    yield [need(Escalation, escalation_id=event.escalation_id)]


def _around(customer_id: str, legal_entity: str, invoice_number: str) -> list[Need[Any]]:
    return [
        need(Customer, customer_id=customer_id),
        need(Account, customer_id=customer_id, legal_entity=legal_entity),
        need(Item, invoice_number=invoice_number),
        need(Item, customer_id=customer_id, open=True),
    ]


def _promises_where_any(customer_id: str, invoice_number: str, work: WorkingSet) -> Rounds:
    """Most items are never promised and most accounts never stopped: then this round asks for nothing."""
    found = work.get(Item, invoice_number=invoice_number)
    customer = work.get(Customer, customer_id=customer_id)
    if found is not None and found.has_promises:
        yield [need(Promise, customer_id=customer_id), need(ItemChange, invoice_number=invoice_number)]
    elif customer is not None and customer.stopped_by_rule:
        yield [need(Promise, customer_id=customer_id)]


def _of_promised_item(invoice_number: str) -> list[Need[Any]]:
    return [need(Item, invoice_number=invoice_number), need(ItemChange, invoice_number=invoice_number)]


def _promise(customer_id: str, promise_id: str, work: WorkingSet) -> Rounds:
    yield [
        need(Customer, customer_id=customer_id),
        need(Promise, customer_id=customer_id),
        need(Item, customer_id=customer_id, open=True),
    ]
    found = next((p for p in work.find(Promise, customer_id=customer_id) if p.promise_id == promise_id), None)
    if found is not None:
        yield [
            need(Account, customer_id=customer_id, legal_entity=found.legal_entity),
            *_of_promised_item(found.invoice_number),
        ]
