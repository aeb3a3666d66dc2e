"""Money comes in: booked at once, decided under its payer's key."""

from collections.abc import Generator, Iterator

from o2c_chassis.service import DeadlineReached
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.bank import PaymentReceived
from o2c_contracts.cash import PaymentIdentified
from o2c_contracts.documents import content_of
from o2c_contracts.event import Event

from o2c_cash.domain.numbers import tells_of
from o2c_cash.domain.payments import Payment, PaymentReturn, Remittance

from . import movements
from .alerts import UNIDENTIFIED, Matter, alert, expect_payer
from .desk import Desk
from .identifying import name_payer, tell_identified
from .matching import match
from .numbering import told_apart
from .returns import carry_out
from .settling import over


def on_payment_received(event: PaymentReceived, work: WorkingSet) -> Iterator[Event]:
    """A receipt counts once, however often its gateway reports it. A known payer's money is matched at once."""
    desk = Desk(work)
    told = told_apart(work, _payment(event, desk))
    if told is None:
        return
    payment = movements.receive(desk, told)
    if event.customer_id is None:
        payment = yield from _returns(desk, payment)
        named = list(name_payer(work, payment))
        yield from named
        if not named and payment.open:
            expect_payer(work, payment)
    else:
        yield from _decide(desk, payment)
    yield from desk.close()


def _payment(event: PaymentReceived, desk: Desk) -> Payment:
    known = event.customer_id is not None
    return Payment(
        payment_id=event.payment_id,
        origin_key=event.key,
        customer_id=event.customer_id,
        named_customer_id=event.customer_id,
        identified=known,
        legal_entity=event.legal_entity,
        currency=event.currency,
        amount_minor=event.amount_minor,
        applied_minor=0,
        unapplied_minor=event.amount_minor if known else 0,
        on_account_minor=0,
        taken_minor=0,
        returned_minor=0,
        reference=event.reference,
        value_date=event.value_date,
        received_on=desk.today(event.legal_entity),
        received_at=desk.work.at,
        status="received" if known else "unidentified",
        reason="",
        because="",
        decision_id=None,
        candidates="[]",
        manual=False,
        open=True,
        source=desk.work.cause.envelope.source,
        content=content_of(event),
    )


def _decide(desk: Desk, payment: Payment) -> Iterator[Event]:
    """What the bank already took back whole is not matched first; what it told otherwise before is a person's."""
    gone = sum(back.amount_minor for back in _taken_back(desk, payment))
    if gone < payment.unapplied_minor:
        payment = yield from match(desk, payment)
    payment = yield from _returns(desk, payment)
    if payment.doubted:
        yield from alert(desk.work, payment, Matter("receipt-differs", payment.amount_minor, payment.payment_id))
    for advice in desk.work.find(Remittance, payment_id=payment.number):
        if not advice.identified and tells_of(advice, payment):
            yield from tell_identified(desk.work, advice, str(payment.customer_id))


def _returns(desk: Desk, payment: Payment) -> Generator[Event, None, Payment]:
    """What the bank took back before we knew of the payment."""
    for back in _taken_back(desk, payment):
        payment = yield from carry_out(desk, payment, back)
    return payment


def _taken_back(desk: Desk, payment: Payment) -> list[PaymentReturn]:
    waiting = desk.work.find(PaymentReturn, payment_id=payment.number)
    return [back for back in waiting if not back.done and tells_of(back, payment)]


def on_payment_identified(event: PaymentIdentified, work: WorkingSet) -> Iterator[Event]:
    """Heard under the payer's key: now it is decided. Whoever was named later counts."""
    payment = work.get(Payment, payment_id=event.document_id)
    if payment is None or payment.named_customer_id != event.customer_id or payment.customer_id == event.customer_id:
        return
    if payment.applied_minor or payment.refunded_minor:
        return
    if not payment.identified and payment.reason:
        work.disarm(UNIDENTIFIED, payment.payment_id)
    desk = Desk(work)
    payment = movements.identify(desk, payment, event.customer_id)
    if payment.unapplied_minor:
        yield from _decide(desk, payment)
    yield from desk.close()


def on_reference_waited(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """What the payment names has not come in time: a person looks."""
    payment = work.get(Payment, payment_id=event.subject_id)
    if payment is None or payment.status != "waiting":
        return
    desk = Desk(work)
    payment = yield from match(desk, payment, waited=True)
    if payment.unapplied_minor:
        yield from alert(work, payment, Matter("reference-overdue", payment.unapplied_minor, payment.payment_id))
    yield from desk.close()


def on_small_credit_aged(event: DeadlineReached, work: WorkingSet) -> Iterator[Event]:
    """A small over-payment that nobody claimed becomes income, if it is still there and still small."""
    payment = work.get(Payment, payment_id=event.subject_id)
    if payment is None or payment.unapplied_minor or not payment.on_account_minor or payment.manual:
        return
    desk = Desk(work)
    if over(desk, payment)["then"] == "income-later":
        movements.take(desk, payment, payment.on_account_minor)
    yield from desk.close()
