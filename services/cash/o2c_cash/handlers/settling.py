"""Money that is explained pays its items; what is left of an item, or of the money, is decided by tables."""

from collections.abc import Generator, Iterator, Sequence
from datetime import timedelta

from o2c_chassis.working_set import Asked
from o2c_contracts.cash import ShortPaymentFound
from o2c_contracts.event import Event

from o2c_cash import facts
from o2c_cash.domain.claims import Line, spread
from o2c_cash.domain.items import ItemDispute, OpenItem
from o2c_cash.domain.payments import Payment

from . import movements
from .desk import Desk, why

SMALL_CREDIT = "small-credit"
"""The deadline at which a small over-payment that nobody claimed becomes income."""


def settle(desk: Desk, payment: Payment, lines: Sequence[Line], asked: Asked) -> Generator[Event, None, Payment]:
    """Everything unapplied of the payment goes to these items and, where it is more than they owe, on account."""
    reason = why(asked)
    for item, amount in spread(lines, payment.unapplied_minor, payment.value_date):
        payment, item = yield from movements.pay(desk, payment, item, amount, reason)
        if item.open_minor:
            yield from _residual(desk, payment, item)
    return _excess(desk, payment) if payment.unapplied_minor else payment


def _residual(desk: Desk, payment: Payment, item: OpenItem) -> Iterator[Event]:
    """What the payment left of an item: an earned discount, a difference within tolerance, or a short payment."""
    disputed = contested(desk, item)
    if item.offered_discount_minor:
        asked = desk.work.ask(
            "cash/discount",
            facts.discount(item, payment, disputed=disputed),
            subject=item.invoice_number,
            on=payment.value_date,
        )
        if asked["then"] == "grant":
            amount = min(item.offered_discount_minor, item.open_minor)
            item = yield from movements.discount(desk, payment, item, amount, why(asked))
    if not item.open_minor:
        return
    asked = tolerance(desk, item, item.open_minor)
    if asked["then"] == "write-off":
        yield from movements.tolerate(desk, payment, item, why(asked))
    else:
        yield _short(desk, payment, item)


def tolerance(desk: Desk, item: OpenItem, residual_minor: int) -> Asked:
    """Whether this much of an item may be given up; negative: whether so much too much is small."""
    row, month = desk.money_row(item.customer_id, item.purse), f"{desk.today(item.legal_entity):%Y-%m}"
    so_far = row.tolerated_minor if row.tolerance_month == month else 0
    sheet = facts.residual(item, residual_minor, disputed=contested(desk, item), month_minor=so_far)
    return desk.work.ask("cash/tolerance", sheet, subject=item.invoice_number)


def contested(desk: Desk, item: OpenItem) -> bool:
    """Whether a dispute is open on the item."""
    disputes = desk.work.find(ItemDispute, customer_id=item.customer_id, open=True)
    return any(d.invoice_number == item.invoice_number for d in disputes)


def _short(desk: Desk, payment: Payment, item: OpenItem) -> ShortPaymentFound:
    asked = desk.work.ask("cash/short-payments", facts.short_payment(item, payment), subject=item.invoice_number)
    return ShortPaymentFound(
        customer_id=item.customer_id,
        legal_entity=item.legal_entity,
        currency=item.currency,
        payment_id=payment.payment_id,
        invoice_number=item.invoice_number,
        short_minor=item.open_minor,
        reason=str(asked["code"] or "UNKNOWN"),
    )


def over(desk: Desk, payment: Payment) -> Asked:
    """What becomes of money beyond everything that it was meant for."""
    return desk.work.ask("cash/tolerance", facts.excess(payment), subject=payment.payment_id)


def _excess(desk: Desk, payment: Payment) -> Payment:
    asked = over(desk, payment)
    payment = movements.keep(desk, payment, payment.unapplied_minor)
    days = asked["income_after_days"]
    if isinstance(days, int):
        due = desk.work.at + timedelta(days=days)
        desk.work.arm(SMALL_CREDIT, payment.payment_id, due, customer_id=payment.customer_id)
    return payment
