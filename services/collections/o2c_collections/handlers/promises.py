"""Promises to pay: taken, judged by payments or by their deadline, withdrawn. One open promise per item."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from o2c_chassis.errors import Refused
from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.collections import (
    PromiseBroken,
    PromiseJudged,
    PromiseKept,
    PromisePartlyKept,
    PromiseRecorded,
    PromiseRestored,
    PromiseWithdrawn,
)
from o2c_contracts.documents import content_of, namesake
from o2c_contracts.event import Event
from o2c_contracts.intake import PromiseMade
from o2c_contracts.money import as_text
from o2c_rules.entities import local_date

from o2c_collections import facts
from o2c_collections.commands import RecordPromise, WithdrawPromise
from o2c_collections.domain.accounts import Account, Customer
from o2c_collections.domain.items import Item, ItemChange
from o2c_collections.domain.promises import ENDED, UNKEPT, Promise, State, broken, judge, standing, still_promised

from . import stops
from .diary import Matter, demand, escalate, note
from .schedule import local_hour, settle

TABLE = "collections/promises"
DEADLINE = "promise"
_TOLD: dict[str, type[PromiseJudged]] = {
    State.KEPT: PromiseKept,
    State.PARTLY_KEPT: PromisePartlyKept,
    State.BROKEN: PromiseBroken,
}
_HAPPENED = {State.PARTLY_KEPT: "promise-partly-kept", State.BROKEN: "promise-broken"}


def on_promise_made(event: PromiseMade, work: WorkingSet) -> Iterator[Event]:
    """From outside. It cannot be refused to anybody's face, so one that the table does not take goes to a person.

    What its channel tells once more is noted only; any other promise of a taken number is a promise of its own.
    """
    customer = work.get(Customer, customer_id=event.customer_id) or Customer(event.customer_id)
    item = work.get(Item, invoice_number=event.invoice_number) or Item(
        event.invoice_number, event.customer_id, event.legal_entity, event.currency
    )
    offered = _told_apart(work, _told(event, work))
    if offered is None:
        note(work, event.customer_id, "promise-repeated", event.promise_id, "this promise is known already")
        return
    asked = _ask(work, customer, item, offered)
    if asked["then"] == "take":
        yield from _take(work, customer, item, _dated(work, offered, asked))
    else:
        yield from _refused(work, customer, item, offered, asked)


def _told(event: PromiseMade, work: WorkingSet) -> Promise:
    """As the customer says: the invoice may turn out to be another's."""
    item = Item(event.invoice_number, event.customer_id, event.legal_entity, event.currency)
    offered = _offered(work, item, event.promise_id, event.amount_minor, event.promised_on)
    return replace(offered, source=work.cause.envelope.source, content=content_of(event))


def _told_apart(work: WorkingSet, offered: Promise) -> Promise | None:
    """Under its number, or under a name of its own where that is taken. None: it is one that we have, told again."""
    number = offered.promise_id
    held = [*work.find(Promise, promise_id=number), *work.find(Promise, namesake_of=number)]
    if any(offered.repeats(kept) for kept in held):
        return None
    if not held:
        return offered
    name = namesake(number, offered.source or "", offered.content or "")
    note(work, offered.customer_id, "promise-renamed", name, f"another promise has the number {number} already")
    return replace(offered, promise_id=name, namesake_of=number)


def on_record_promise(command: RecordPromise, work: WorkingSet) -> Iterator[Event]:
    demand(work, command, "record-promise")
    customer = work.get(Customer, customer_id=command.customer_id) or Customer(command.customer_id)
    item = work.get(Item, invoice_number=command.invoice_number)
    if item is None or item.customer_id != command.customer_id:
        hint = f"its items: GET /v1/collections/items?customer_id={command.customer_id}"
        raise Refused("unknown-invoice", f"{command.customer_id} has no invoice {command.invoice_number}", hint, 404)
    payable = item.claimed_minor + item.promised_minor
    amount = command.amount_minor or payable
    if not 0 < amount <= payable:
        most = as_text(payable, item.currency)
        hint = "promise no more than is open and not contested"
        raise Refused("promise-too-high", f"{most} of {item.invoice_number} can be promised", hint, 422)
    offered = _offered(work, item, work.new_id("promise", item.invoice_number), amount, command.promised_on)
    asked = _ask(work, customer, item, offered)
    if asked["then"] != "take":
        hint = f"agree on another day; what is taken stands in the table {TABLE}"
        raise Refused("promise-not-taken", asked.undecided or " ".join(asked.because), hint, 422)
    yield from _take(work, customer, item, _dated(work, offered, asked))


def on_promise_due(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """Its time is up. While cash cannot say what came in nobody is blamed: the promise waits until it can."""
    who = event.customer_id or ""
    promise = _find(work, who, event.subject_id)
    customer = work.get(Customer, customer_id=who) or Customer(who)
    if promise is None or customer.blocked or promise.state in ENDED:
        return
    item = work.get(Item, invoice_number=promise.invoice_number)
    if item is None or not promise.concerns(item):
        yield from _end(work, promise, State.REFUSED, f"{promise.invoice_number} turned out to be another's")
    elif not item.heard:
        yield from _end(work, promise, State.REFUSED, f"nobody issued {promise.invoice_number}")
    else:
        yield from look_again(work, customer, item)


def on_withdraw_promise(command: WithdrawPromise, work: WorkingSet) -> Iterator[Event]:
    demand(work, command, "withdraw-promise")
    promise = _find(work, command.customer_id, command.promise_id)
    if promise is None:
        hint = f"its promises: GET /v1/collections/promises?customer_id={command.customer_id}"
        raise Refused("unknown-promise", f"{command.customer_id} made no promise {command.promise_id}", hint, 404)
    if promise.state in ENDED:
        raise Refused("promise-ended", f"{promise.promise_id} is {promise.state}", "it counts no more as it is")
    customer = work.get(Customer, customer_id=command.customer_id) or Customer(command.customer_id)
    yield from _end(work, promise, State.WITHDRAWN, command.reason)
    if item := work.get(Item, invoice_number=promise.invoice_number):
        yield from look_again(work, customer, item)


def look_again(work: WorkingSet, customer: Customer, item: Item) -> Iterator[Event]:
    """After an item changed: its promises are judged, its next step is planned, a stop by rule is reviewed."""
    item, told = rejudge(work, customer, item)
    yield from told
    settle(work, customer, account_of(work, item), [item])
    if told or customer.stopped_by_rule:
        yield from stops.review(work, customer)


def rejudge(work: WorkingSet, customer: Customer, item: Item) -> tuple[Item, list[Event]]:
    """Every promise of an item by what has been paid; the item with what is still promised of it, and what is told."""
    if not item.has_promises:
        return item, []
    changes = work.find(ItemChange, invoice_number=item.invoice_number)
    promised, told = 0, list[Event]()
    for promise in work.find(Promise, customer_id=item.customer_id):
        if not promise.concerns(item) or promise.state in ENDED:
            continue
        found = standing(promise, changes, item)
        after = judge(promise, found, work.at)
        promised += still_promised(after, found)
        work.put(after)
        if after.state != promise.state:
            item = _answered(item, promise, after)
            told += _moved(work, customer, item.contract_id, promise, after)
    return replace(item, promised_minor=promised), told


def _offered(work: WorkingSet, item: Item, promise_id: str, amount_minor: int, promised_on: date) -> Promise:
    """Not taken as long as the table has not said so."""
    return Promise(
        promise_id=promise_id,
        customer_id=item.customer_id,
        legal_entity=item.legal_entity,
        currency=item.currency,
        invoice_number=item.invoice_number,
        amount_minor=amount_minor,
        promised_on=promised_on,
        counts_until=promised_on,
        judge_at=work.at,
        made_at=work.at,
        state=State.REFUSED,
    )


def _ask(work: WorkingSet, customer: Customer, item: Item, offered: Promise) -> Asked:
    ahead = (offered.promised_on - work.today(offered.legal_entity)).days
    promises = work.find(Promise, customer_id=offered.customer_id)
    sheet = facts.promise(offered, item, customer, promises, ahead)
    return work.ask(TABLE, sheet, subject=offered.promise_id, on=offered.promised_on)


def _take(work: WorkingSet, customer: Customer, item: Item, promise: Promise) -> Iterator[Event]:
    for earlier in work.find(Promise, customer_id=item.customer_id):
        if earlier.concerns(item) and earlier.state == State.OPEN:
            yield from _end(work, earlier, State.SUPERSEDED, f"replaced by {promise.promise_id}")
    work.put(promise)
    yield from _recorded(work, promise)
    yield from look_again(work, customer, replace(item, has_promises=True))


def _dated(work: WorkingSet, offered: Promise, asked: Asked) -> Promise:
    """The promise as taken, with the table's tolerance and the moment at which it is judged."""
    counts_until = offered.promised_on + timedelta(days=_number(asked, "tolerance_days"))
    judged_on = counts_until + timedelta(days=_number(asked, "posting_days"))
    judge_at = local_hour(work.book, offered.legal_entity, judged_on, _number(asked, "hour"))
    return replace(offered, counts_until=counts_until, judge_at=judge_at, state=State.OPEN, decision_id=asked.id)


def _refused(work: WorkingSet, customer: Customer, item: Item, offered: Promise, asked: Asked) -> Iterator[Event]:
    reason = asked.undecided or " ".join(asked.because)
    work.put(replace(offered, reason=reason, decision_id=asked.id))
    note(work, offered.customer_id, "promise-refused", offered.promise_id, reason)
    amount = as_text(offered.amount_minor, offered.currency)
    text = f"a promise of {amount} for {offered.invoice_number} was not taken: {reason}"
    contract_id = item.contract_id if offered.concerns(item) else None
    yield from escalate(work, customer, _matter("promise-refused", offered, contract_id, offered.amount_minor, text))


def _recorded(work: WorkingSet, promise: Promise) -> Iterator[Event]:
    work.arm(DEADLINE, promise.promise_id, promise.judge_at, customer_id=promise.customer_id)
    amount = as_text(promise.amount_minor, promise.currency)
    text = f"{amount} of {promise.invoice_number} promised for {promise.promised_on}"
    note(work, promise.customer_id, "promise-recorded", promise.promise_id, text)
    yield PromiseRecorded(
        customer_id=promise.customer_id,
        legal_entity=promise.legal_entity,
        currency=promise.currency,
        promise_id=promise.promise_id,
        invoice_number=promise.invoice_number,
        amount_minor=promise.amount_minor,
        promised_on=promise.promised_on,
        judged_at=local_date(work.book, promise.legal_entity, promise.judge_at),
    )


def _end(work: WorkingSet, promise: Promise, state: State, reason: str) -> Iterator[Event]:
    work.put(replace(promise, state=state, reason=reason))
    work.disarm(DEADLINE, promise.promise_id)
    note(work, promise.customer_id, f"promise-{state}", promise.promise_id, reason)
    yield PromiseWithdrawn(
        customer_id=promise.customer_id,
        legal_entity=promise.legal_entity,
        currency=promise.currency,
        promise_id=promise.promise_id,
        invoice_number=promise.invoice_number,
        amount_minor=promise.amount_minor,
        reason=state.value,
    )


def _answered(item: Item, before: Promise, after: Promise) -> Item:
    """What the item's next letter has to answer: a promise newly not kept, and no more one that was kept after all."""
    if after.state in UNKEPT and before.state not in UNKEPT:
        return replace(item, promise_broken=True)
    return replace(item, promise_broken=False) if after.state == State.KEPT else item


def _moved(
    work: WorkingSet, customer: Customer, contract_id: str | None, before: Promise, after: Promise
) -> Iterator[Event]:
    """What is told when a promise changes its state."""
    if after.state == State.OPEN:
        yield from _recorded(work, after)
        return
    if after.state == State.LAPSED:
        yield from _end(work, after, State.LAPSED, "nothing is left to pay")
        return
    work.disarm(DEADLINE, after.promise_id)
    count = broken(work.find(Promise, customer_id=after.customer_id))
    restored = after.state == State.KEPT and before.state in UNKEPT
    kind = PromiseRestored if restored else _TOLD[after.state]
    paid, amount = as_text(after.paid_minor, after.currency), as_text(after.amount_minor, after.currency)
    text = f"{paid} of the {amount} promised for {after.invoice_number} came by {after.counts_until}"
    note(work, after.customer_id, "promise-restored" if restored else f"promise-{after.state}", after.promise_id, text)
    yield kind(
        customer_id=after.customer_id,
        legal_entity=after.legal_entity,
        currency=after.currency,
        promise_id=after.promise_id,
        invoice_number=after.invoice_number,
        amount_minor=after.amount_minor,
        paid_minor=after.paid_minor,
        broken_promises=count,
    )
    if after.judged > before.judged:
        missing = after.amount_minor - after.paid_minor
        matter = _matter(_HAPPENED[State(after.state)], after, contract_id, missing, text)
        yield from escalate(work, customer, matter, count)


def _matter(event: str, promise: Promise, contract_id: str | None, amount_minor: int, text: str) -> Matter:
    return Matter(
        event,
        promise.promise_id,
        max(1, promise.judged),
        promise.legal_entity,
        promise.currency,
        amount_minor,
        text,
        promise.invoice_number,
        contract_id,
    )


def _find(work: WorkingSet, customer_id: str, promise_id: str) -> Promise | None:
    return next((p for p in work.find(Promise, customer_id=customer_id) if p.promise_id == promise_id), None)


def account_of(work: WorkingSet, item: Item) -> Account:
    found = work.get(Account, customer_id=item.customer_id, legal_entity=item.legal_entity)
    return found or Account(item.customer_id, item.legal_entity)


def _number(asked: Asked, name: str) -> int:
    value = asked[name]
    return value if isinstance(value, int) else 0
