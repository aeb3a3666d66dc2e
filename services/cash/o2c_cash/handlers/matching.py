"""The walk through the matching table: what a payment names, then its amount, then what is nearly its amount."""

import json
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import timedelta

from o2c_chassis.working_set import Asked
from o2c_contracts.cash import Candidate, PaymentLeftUnapplied
from o2c_contracts.event import Event

from o2c_cash import facts
from o2c_cash.domain.claims import Claim, Found, Line, search, used
from o2c_cash.domain.items import OpenItem
from o2c_cash.domain.payments import Awaited, Payment

from .claiming import claim_of
from .desk import Desk, why
from .settling import settle, tolerance

REFERENCE = "reference"
"""The deadline by which what a payment names must be known."""
Matched = Generator[Event, None, Payment]


def match(desk: Desk, payment: Payment, *, waited: bool = False) -> Matched:
    """Decide what the payment pays, and do it: pays, waits, or is left for a person. The payment as it is then."""
    claim = claim_of(desk.work, payment)
    found = search(payment, _items(desk, payment)) if claim.named == "nothing" else None
    sheet = facts.matching(payment, claim, found, waited=waited)
    asked = desk.work.ask("cash/matching", sheet, subject=payment.payment_id)
    if asked["then"] == "near":
        window = asked["window_minor"]
        found = search(payment, _items(desk, payment), window if isinstance(window, int) else 0)
        sheet |= facts.near(found, tolerated=_tolerated(desk, payment, found))
        asked = desk.work.ask("cash/matching", sheet, subject=payment.payment_id)
    if asked["then"] == "apply":
        return (yield from _apply(desk, payment, claim, found, asked))
    if asked["then"] == "wait":
        return _wait(desk, payment, claim, asked)
    return (yield from _leave(desk, payment, found, asked))


def _items(desk: Desk, payment: Payment) -> list[OpenItem]:
    return desk.work.find(OpenItem, customer_id=payment.customer_id, open=True)


def _tolerated(desk: Desk, payment: Payment, found: Found) -> bool:
    """Whether the only item near the amount is near enough for its own tolerance."""
    if found.count != 1 or found.size != 1:
        return False
    [(item, value)] = found.lines
    short = (value or 0) - payment.unapplied_minor
    return tolerance(desk, item, short)["then"] in ("write-off", "income-later")


def _apply(desk: Desk, payment: Payment, claim: Claim, found: Found | None, asked: Asked) -> Matched:
    lines: tuple[Line, ...] = claim.lines
    if found is not None:
        lines = tuple((item, min(value or 0, item.open_minor)) for item, value in found.lines)
    if claim.remittance is not None:
        desk.work.put(used(claim.remittance, payment.payment_id))
    if payment.status == "waiting":
        desk.work.disarm(REFERENCE, payment.payment_id)
    return (yield from settle(desk, payment, lines, asked))


def _wait(desk: Desk, payment: Payment, claim: Claim, asked: Asked) -> Payment:
    """What it names may still come. The deadline is set once: what comes in between does not move it."""
    reason = why(asked)
    if payment.status != "waiting":
        days = asked["wait_days"]
        due = desk.work.at + timedelta(days=int(days) if isinstance(days, int) else 0)
        desk.work.arm(REFERENCE, payment.payment_id, due, customer_id=payment.customer_id)
    for name in claim.missing:
        desk.work.put(Awaited(name, payment.payment_id))
    payment = payment.left(str(asked["reason"]), reason.because, reason.decision_id, waits=True)
    desk.work.put(payment)
    return payment


def _leave(desk: Desk, payment: Payment, found: Found | None, asked: Asked) -> Matched:
    """A person chooses, or a later event does. The same again is not told again."""
    found = found or search(payment, _items(desk, payment))
    reason, candidates = why(asked), json.dumps(found.candidates)
    word = str(asked["reason"] or "undecided")
    known = (payment.status, payment.reason, payment.candidates)
    if payment.status == "waiting":
        desk.work.disarm(REFERENCE, payment.payment_id)
    payment = replace(payment.left(word, reason.because, reason.decision_id), candidates=candidates)
    if known != (payment.status, word, candidates):
        desk.work.put(payment)
        yield left_unapplied(payment)
    return payment


def left_unapplied(payment: Payment) -> PaymentLeftUnapplied:
    """The payer is known, the items are not sure."""
    return PaymentLeftUnapplied(
        customer_id=str(payment.customer_id),
        legal_entity=payment.legal_entity,
        currency=payment.currency,
        payment_id=payment.payment_id,
        unapplied_minor=payment.unapplied_minor,
        reason=payment.reason,
        candidates=tuple(Candidate(invoices=n, total_minor=t) for n, t in payment.candidate_list),
    )


def try_again(desk: Desk, payments: list[Payment]) -> Iterator[Event]:
    """Waiting money, one after the other: what one pays is not there for the next."""
    for payment in payments:
        yield from match(desk, payment)
