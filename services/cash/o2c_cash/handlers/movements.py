"""Every movement of money: it changes its rows, enters its journal and tells its event. Decides nothing."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from o2c_contracts.cash import (
    CreditApplied,
    DiscountGranted,
    DiscountReversed,
    InvoiceCleared,
    PaymentApplicationReversed,
    PaymentApplied,
    WriteOffPosted,
    WriteOffReversed,
)
from o2c_contracts.event import Event

from o2c_cash.domain import ledger
from o2c_cash.domain.items import Allocation, Credit, OpenItem, in_force
from o2c_cash.domain.payments import Payment, went_back

from .desk import Desk, Step, Why

Both = Generator[Event, None, tuple[Payment, OpenItem]]


def receive(desk: Desk, payment: Payment) -> Payment:
    """Money is on our bank account: unapplied where the payer is known, else unidentified."""
    bucket = ledger.UNAPPLIED if payment.identified else ledger.UNIDENTIFIED
    desk.work.put(payment)
    desk.book(
        payment.purse,
        payment.payment_id,
        payment.value_date,
        (ledger.BANK, payment.customer_id, payment.amount_minor),
        (bucket, payment.customer_id, -payment.amount_minor),
    )
    if payment.customer_id:
        desk.touch(payment.customer_id, payment.purse)
    return payment


def pay(desk: Desk, payment: Payment, item: OpenItem, amount_minor: int, reason: Why) -> Both:
    """Money pays an item; both as they are afterwards."""
    before, payment = payment, payment.apply(amount_minor, reason.because, reason.decision_id)
    item = desk.change(item.less(amount_minor), amount_minor, _paying(payment, "payment", reason))
    desk.work.put(payment)
    desk.touch(str(payment.customer_id), payment.purse)
    free = before.unapplied_minor - payment.unapplied_minor
    desk.book(
        item.purse,
        payment.payment_id,
        payment.value_date,
        (ledger.UNAPPLIED, payment.customer_id, free),
        (ledger.ON_ACCOUNT, payment.customer_id, amount_minor - free),
        (ledger.PAID, item.customer_id, -amount_minor),
    )
    yield PaymentApplied(
        **changed(item, amount_minor, payment.value_date),
        payment_id=payment.payment_id,
        because=reason.because,
        decision_id=reason.decision_id,
    )
    yield from cleared(item, payment.value_date)
    return payment, item


def unpay(desk: Desk, payment: Payment, item: OpenItem, amount_minor: int, reason: Why) -> Both:
    """The item owes this again; the money is unapplied, and what was granted because of it is owed too."""
    item = yield from _take_back_grants(desk, payment, item, reason)
    payment = payment.unapply(amount_minor)
    item = desk.change(item.more(amount_minor), -amount_minor, _paying(payment, "payment", reason))
    desk.work.put(payment)
    desk.touch(str(payment.customer_id), payment.purse)
    desk.book(
        item.purse,
        payment.payment_id,
        payment.value_date,
        (ledger.PAID, item.customer_id, amount_minor),
        (ledger.UNAPPLIED, payment.customer_id, -amount_minor),
    )
    yield PaymentApplicationReversed(
        **changed(item, amount_minor, payment.value_date), payment_id=payment.payment_id, reason=reason.because
    )
    return payment, item


def _take_back_grants(desk: Desk, payment: Payment, item: OpenItem, reason: Why) -> Generator[Event, None, OpenItem]:
    steps = in_force(desk.work.find(Allocation, payment_id=payment.payment_id))
    if tolerated := steps.get((item.invoice_number, "write-off")):
        item = yield from write_off(desk, item, -tolerated, _paying(payment, "write-off", reason))
    if granted := steps.get((item.invoice_number, "discount")):
        item = yield from discount(desk, payment, item, -granted, reason)
    return item


def discount(
    desk: Desk, payment: Payment, item: OpenItem, amount_minor: int, reason: Why
) -> Generator[Event, None, OpenItem]:
    """Early-payment discount takes this off; a negative amount is owed again."""
    item = _moved(replace(item, discounted_minor=item.discounted_minor + amount_minor), amount_minor)
    desk.change(item, amount_minor, _paying(payment, "discount", reason))
    desk.book(
        item.purse,
        payment.payment_id,
        payment.value_date,
        (ledger.DISCOUNT, item.customer_id, amount_minor),
        (ledger.OWED_LESS_DISCOUNT, item.customer_id, -amount_minor),
    )
    what = changed(item, abs(amount_minor), payment.value_date)
    if amount_minor < 0:
        yield DiscountReversed(**what, payment_id=payment.payment_id, reason=reason.because)
    else:
        yield DiscountGranted(**what, payment_id=payment.payment_id)
        yield from cleared(item, payment.value_date)
    return item


def tolerate(desk: Desk, payment: Payment, item: OpenItem, reason: Why) -> Generator[Event, None, OpenItem]:
    """What the item still owes is within tolerance, and given up."""
    return (yield from write_off(desk, item, item.open_minor, _paying(payment, "write-off", reason)))


def write_off(desk: Desk, item: OpenItem, amount_minor: int, step: Step) -> Generator[Event, None, OpenItem]:
    """This much of an item is given up; a negative amount is owed again. Tolerance is what a payment left."""
    if step.payment_id is not None:
        item = replace(item, tolerated_minor=item.tolerated_minor + amount_minor)
        _count_tolerance(desk, item, amount_minor)
    item = desk.change(_moved(item, amount_minor), amount_minor, step)
    desk.book(
        item.purse,
        step.document_id,
        step.value_date,
        (ledger.WRITTEN_OFF, item.customer_id, amount_minor),
        (ledger.OWED_LESS_WRITE_OFF, item.customer_id, -amount_minor),
    )
    what = changed(item, abs(amount_minor), step.value_date)
    if amount_minor < 0:
        yield WriteOffReversed(**what, reason=step.why.because)
    else:
        yield WriteOffPosted(**what, because=step.why.because, decision_id=step.why.decision_id)
        yield from cleared(item, step.value_date)
    return item


def _count_tolerance(desk: Desk, item: OpenItem, amount_minor: int) -> None:
    """Tolerance has a limit per customer and month; what is taken back in its own month is free again."""
    row, month = desk.money_row(item.customer_id, item.purse), f"{desk.today(item.legal_entity):%Y-%m}"
    so_far = row.tolerated_minor if row.tolerance_month == month else 0
    desk.work.put(replace(row, tolerance_month=month, tolerated_minor=max(0, so_far + amount_minor)))


def credit(desk: Desk, note: Credit, item: OpenItem, amount_minor: int, account: str) -> Iterator[Event]:
    """A credit note reduces an item: its own when it is issued, or later another out of what it left on account."""
    on = note.issued_on if account == ledger.CREDITED else desk.today(item.legal_entity)
    step = Step("credit", None, note.credit_note_number, on, Why())
    item = desk.change(item.less(amount_minor), amount_minor, step)
    desk.book(
        item.purse,
        note.credit_note_number,
        on,
        (account, note.customer_id, amount_minor),
        (ledger.OWED_LESS_CREDIT, item.customer_id, -amount_minor),
    )
    yield CreditApplied(
        **changed(item, amount_minor, on),
        credit_note_number=note.credit_note_number,
        case_id=note.case_id if item.invoice_number == note.invoice_number else None,
    )
    yield from cleared(item, on)


def keep(desk: Desk, payment: Payment, amount_minor: int) -> Payment:
    """Unapplied money is put on account."""
    return _shift(desk, payment, payment.keep(amount_minor), (ledger.UNAPPLIED, ledger.ON_ACCOUNT), amount_minor)


def take(desk: Desk, payment: Payment, amount_minor: int) -> Payment:
    """Small credit that nobody claimed becomes income."""
    return _shift(desk, payment, payment.take(amount_minor), (ledger.ON_ACCOUNT, ledger.TAKEN), amount_minor)


def refund(desk: Desk, payment: Payment, amount_minor: int) -> Payment:
    """Credit goes back to the payer."""
    return _shift(desk, payment, payment.refund(amount_minor), (ledger.ON_ACCOUNT, ledger.REFUNDED), amount_minor)


def unrefund(desk: Desk, payment: Payment, amount_minor: int) -> Payment:
    """It could not be paid: the payer's credit again."""
    return _shift(desk, payment, payment.unrefund(amount_minor), (ledger.REFUNDED, ledger.ON_ACCOUNT), amount_minor)


def _shift(desk: Desk, before: Payment, after: Payment, accounts: tuple[str, str], amount_minor: int) -> Payment:
    desk.work.put(after)
    desk.touch(str(after.customer_id), after.purse)
    desk.book(
        after.purse,
        after.payment_id,
        after.value_date,
        (accounts[0], before.customer_id, amount_minor),
        (accounts[1], after.customer_id, -amount_minor),
    )
    return after


def identify(desk: Desk, payment: Payment, customer_id: str) -> Payment:
    """The money is this customer's; where another was named before, it leaves that one."""
    after = payment.paid_by(customer_id)
    left = after.unapplied_minor
    bucket = ledger.UNAPPLIED if payment.identified else ledger.UNIDENTIFIED
    desk.work.put(after)
    desk.book(
        after.purse,
        after.payment_id,
        after.value_date,
        (bucket, payment.customer_id, left - payment.on_account_minor),
        (ledger.ON_ACCOUNT, payment.customer_id, payment.on_account_minor),
        (ledger.UNAPPLIED, customer_id, -left),
    )
    for customer in (payment.customer_id, customer_id):
        if customer:
            desk.touch(customer, after.purse)
    return after


def give_back(desk: Desk, payment: Payment, amount_minor: int, on: date) -> Payment:
    """The bank took back what pays no item."""
    after = went_back(payment, amount_minor)
    customer = payment.customer_id
    desk.work.put(after)
    desk.book(
        after.purse,
        after.payment_id,
        on,
        (ledger.UNIDENTIFIED, customer, payment.unidentified_minor - after.unidentified_minor),
        (ledger.UNAPPLIED, customer, payment.unapplied_minor - after.unapplied_minor),
        (ledger.ON_ACCOUNT, customer, payment.on_account_minor - after.on_account_minor),
        (ledger.TAKEN, customer, payment.taken_minor - after.taken_minor),
        (ledger.BANK_RETURNED, customer, -amount_minor),
    )
    if customer:
        desk.touch(customer, after.purse)
    return after


def changed(item: OpenItem, amount_minor: int, value_date: date) -> dict[str, Any]:
    """What every event about an item says: the item as it is now."""
    return {
        "customer_id": item.customer_id,
        "legal_entity": item.legal_entity,
        "currency": item.currency,
        "invoice_number": item.invoice_number,
        "amount_minor": amount_minor,
        "open_minor_after": item.open_minor,
        "item_version": item.item_version,
        "value_date": value_date,
        "contract_id": item.contract_id,
    }


def cleared(item: OpenItem, on: date) -> Iterator[Event]:
    """Told when nothing is owed any more."""
    if not item.open_minor:
        yield InvoiceCleared(
            customer_id=item.customer_id,
            legal_entity=item.legal_entity,
            currency=item.currency,
            invoice_number=item.invoice_number,
            item_version=item.item_version,
            cleared_on=on,
        )


def _moved(item: OpenItem, amount_minor: int) -> OpenItem:
    return item.less(amount_minor) if amount_minor > 0 else item.more(-amount_minor)


def _paying(payment: Payment, kind: str, reason: Why) -> Step:
    return Step(kind, payment.payment_id, payment.payment_id, payment.value_date, reason)
