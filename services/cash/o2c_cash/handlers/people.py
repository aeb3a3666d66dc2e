"""What people decide about money: who paid, which items, what stays on account. Who may is a table."""

from collections.abc import Generator, Iterator
from dataclasses import replace

from o2c_chassis.commands import Command
from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.money import as_text

from o2c_cash.commands import AllocatePayment, ApplyCredit, IdentifyPayment, PutOnAccount
from o2c_cash.domain import ledger
from o2c_cash.domain.items import Allocation, Credit, OpenItem, in_force
from o2c_cash.domain.parties import Party
from o2c_cash.domain.payments import Payment

from . import movements
from .desk import Desk, Why
from .identifying import tell_identified
from .matching import REFERENCE, left_unapplied

ITEMS_OF = "what is owed: GET /v1/cash/customers/{}/items"
OTHER_MONEY = "money pays items of its own legal entity and currency only"


def authorise(command: Command, work: WorkingSet, action: str) -> str:
    """The person, if one of their roles may do this; Refused tells which may."""
    sheet = {"action": action, "customer_id": command.customer_id, "actor": work.cause.envelope.actor or ""}
    asked = work.ask("cash/authority", sheet, subject=action)
    roles = [str(row.outcome["role"]) for row in asked.rows]
    if not set(roles) & set(command.roles) or not work.cause.envelope.actor:
        raise Refused("no-authority", f"this is for {', '.join(roles) or 'nobody'}", "ask one of them", 403)
    return work.cause.envelope.actor


def on_identify_payment(event: IdentifyPayment, work: WorkingSet) -> Iterator[Event]:
    """A person names the payer, also instead of a wrong one; decided when it is heard under that payer's key."""
    authorise(event, work, "identify")
    payment = _payment(work, event.payment_id)
    if work.get(Party, customer_id=event.customer_id) is None:
        raise Refused("unknown-customer", f"{event.customer_id} is not registered", "register the customer first", 404)
    if payment.customer_id == event.customer_id:
        raise Refused("already-identified", f"{event.payment_id} is {event.customer_id}'s already", "it is done")
    if payment.applied_minor:
        hint = "allocate the payment to nothing first; its items are owed again"
        raise Refused("payment-applied", f"{event.payment_id} pays items of {payment.customer_id}", hint)
    if payment.refunded_minor:
        hint = "only money that is still here can be another's"
        raise Refused("payment-refunded", f"{event.payment_id} went back to {payment.customer_id}", hint)
    yield from tell_identified(work, payment, event.customer_id)


def on_allocate_payment(event: AllocatePayment, work: WorkingSet) -> Iterator[Event]:
    """The payment pays these items and no others from now on; what is left over is unapplied."""
    actor = authorise(event, work, "allocate")
    desk, payment = Desk(work), own_payment(work, event.customer_id, event.payment_id)
    wanted = _wanted(event, work, payment)
    reason = Why(event.comment or "allocated by a person", None, actor)
    if payment.status == "waiting":
        work.disarm(REFERENCE, payment.payment_id)
    payment = replace(payment, manual=True, reason="", because=reason.because, decision_id=None, candidates="[]")
    payment = yield from _take_off(desk, payment, wanted, reason)
    payment = yield from _put_on(desk, payment, wanted, reason)
    if payment.unapplied_minor:
        payment = replace(payment, reason="left-by-person")
        yield left_unapplied(payment)
    work.put(payment)
    yield from desk.close()


def _wanted(event: AllocatePayment, work: WorkingSet, payment: Payment) -> dict[str, int]:
    """Invoice -> what shall pay it; refuses what is not there, is of other money, or is more than there is."""
    wanted: dict[str, int] = {}
    for line in event.lines:
        wanted[line.invoice_number] = wanted.get(line.invoice_number, 0) + line.amount_minor
    paid = _paid(work, payment)
    for number, amount in wanted.items():
        item = work.get(OpenItem, invoice_number=number)
        if item is None:
            raise Refused("unknown-item", f"there is no invoice {number}", ITEMS_OF.format(event.customer_id), 404)
        if item.purse != payment.purse:
            have, has = "/".join(payment.purse), "/".join(item.purse)
            raise Refused("other-money", f"{payment.payment_id} is {have}, {number} is {has}", OTHER_MONEY)
        owes = item.open_minor + paid.get(number, 0)
        if amount > owes:
            text = f"{number} owes {as_text(owes, item.currency)} without this payment"
            raise Refused("more-than-open", text, "allocate no more than that; what is left stays unapplied")
    has_minor = payment.available_minor + payment.applied_minor
    if sum(wanted.values()) > has_minor:
        text = f"{payment.payment_id} has {as_text(has_minor, payment.currency)} to give"
        raise Refused("more-than-paid", text, "the lines, all that it shall pay, may add up to no more")
    return wanted


def _paid(work: WorkingSet, payment: Payment) -> dict[str, int]:
    steps = in_force(work.find(Allocation, payment_id=payment.payment_id))
    return {number: amount for (number, kind), amount in steps.items() if kind == "payment"}


def _take_off(desk: Desk, payment: Payment, wanted: dict[str, int], reason: Why) -> Generator[Event, None, Payment]:
    for number, amount in _paid(desk.work, payment).items():
        less = amount - wanted.get(number, 0)
        item = desk.work.get(OpenItem, invoice_number=number)
        if less > 0 and item is not None:
            payment, _ = yield from movements.unpay(desk, payment, item, less, reason)
    return payment


def _put_on(desk: Desk, payment: Payment, wanted: dict[str, int], reason: Why) -> Generator[Event, None, Payment]:
    paid = _paid(desk.work, payment)
    for number, amount in wanted.items():
        more = amount - paid.get(number, 0)
        item = desk.work.get(OpenItem, invoice_number=number)
        if more > 0 and item is not None:
            payment, _ = yield from movements.pay(desk, payment, item, more, reason)
    return payment


def on_put_on_account(event: PutOnAccount, work: WorkingSet) -> Iterator[Event]:
    """Unapplied money becomes the customer's credit, deliberately."""
    authorise(event, work, "put-on-account")
    desk, payment = Desk(work), own_payment(work, event.customer_id, event.payment_id)
    if event.amount_minor > payment.unapplied_minor:
        has = as_text(payment.unapplied_minor, payment.currency)
        hint = "put away no more than that, or allocate the payment to less first"
        raise Refused("more-than-unapplied", f"{event.payment_id} has {has} unapplied", hint)
    if payment.status == "waiting":
        work.disarm(REFERENCE, payment.payment_id)
    movements.keep(desk, replace(payment, manual=True), event.amount_minor)
    yield from desk.close()


def on_apply_credit(event: ApplyCredit, work: WorkingSet) -> Iterator[Event]:
    """Credit that is kept reduces an item that the person names."""
    authorise(event, work, "apply-credit")
    note = work.get(Credit, credit_note_number=event.credit_note_number)
    item = work.get(OpenItem, invoice_number=event.invoice_number)
    if note is None or note.customer_id != event.customer_id:
        hint = f"its credit notes: GET /v1/cash/customers/{event.customer_id}/money"
        raise Refused("unknown-credit", f"{event.customer_id} has no credit note {event.credit_note_number}", hint, 404)
    if item is None:
        hint = ITEMS_OF.format(event.customer_id)
        raise Refused("unknown-item", f"there is no invoice {event.invoice_number}", hint, 404)
    if item.purse != (note.legal_entity, note.currency):
        raise Refused("other-money", f"{note.credit_note_number} is of another legal entity or currency", OTHER_MONEY)
    if event.amount_minor > min(note.on_account_minor, item.open_minor):
        left, owes = as_text(note.on_account_minor, note.currency), as_text(item.open_minor, item.currency)
        raise Refused("too-much", f"the credit has {left} left, the item owes {owes}", "apply no more than the smaller")
    desk, after = Desk(work), note.applied(event.amount_minor)
    work.put(after)
    yield from movements.credit(desk, after, item, event.amount_minor, ledger.CREDIT_ON_ACCOUNT)
    desk.touch(note.customer_id, item.purse)
    yield from desk.close()


def _payment(work: WorkingSet, payment_id: str) -> Payment:
    payment = work.get(Payment, payment_id=payment_id)
    if payment is None:
        raise Refused("unknown-payment", f"there is no payment {payment_id}", "what waits: GET /v1/cash/waiting", 404)
    return payment


def own_payment(work: WorkingSet, customer_id: str, payment_id: str) -> Payment:
    """A payment of this customer; Refused where it is nobody's or another's."""
    payment = _payment(work, payment_id)
    if payment.customer_id != customer_id:
        whose = f"is {payment.customer_id}'s" if payment.customer_id else "is not identified yet"
        raise Refused("not-this-customer", f"{payment_id} {whose}", "identify the payment first")
    return payment
