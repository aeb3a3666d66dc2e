"""What billing and cash tell of invoices: contested amounts follow, disputes end and come back with the money."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.cash import (
    CreditApplied,
    DiscountGranted,
    DiscountReversed,
    InvoiceCleared,
    ItemChanged,
    PaymentApplicationReversed,
    PaymentApplied,
    ShortPaymentFound,
    WriteOffPosted,
    WriteOffReversed,
)
from o2c_contracts.event import Event
from o2c_contracts.money import as_text

from o2c_disputes import facts
from o2c_disputes.domain.amounts import Amounts, Dispute, Resolution
from o2c_disputes.domain.cases import SYSTEM, Case, CreditRequest
from o2c_disputes.domain.items import Bucket, Item, Movement
from o2c_disputes.tables.needs import waiting_for

from .closings import answer, rearm
from .contests import amounts_on, contest, opened
from .history import Told, customer_of, note, turn
from .openings import Opening, open_case
from .pauses import resume
from .resolutions import finish, withdraw_request

MOVES: dict[type[ItemChanged], tuple[Bucket, int]] = {
    PaymentApplied: ("paid", 1),
    PaymentApplicationReversed: ("paid", -1),
    CreditApplied: ("credited", 1),
    DiscountGranted: ("credited", 1),
    DiscountReversed: ("credited", -1),
    WriteOffPosted: ("written_off", 1),
    WriteOffReversed: ("written_off", -1),
}
"""Where a change of an item belongs, and whether it takes from what is owed or adds to it. A discount is a price
reduction, as a credit is."""


def on_invoice_issued(event: InvoiceIssued, work: WorkingSet) -> Iterator[Event]:
    """The item, and the cases that waited for it."""
    item = work.get(Item, invoice_number=event.invoice_number) or _unheard_of(event, event.total_minor, 0)
    item = item.issued(event.total_minor, event.external_ref, event.contract_id)
    work.put(item)
    _whose(work, item)
    for case in waiting_for(work, event):
        yield from _found(work, case, item)


def on_item_changed(event: ItemChanged, work: WorkingSet) -> Iterator[Event]:
    """Cash's word on an item: what it owes now. A lower version changes nothing."""
    before = work.get(Item, invoice_number=event.invoice_number)
    if before and event.item_version <= before.item_version:
        return
    after = (before or _unheard_of(event, event.open_minor_after, 0)).moved(event.open_minor_after, event.item_version)
    after = replace(after, contract_id=after.contract_id or event.contract_id)
    work.put(after)
    if work.find(Dispute, invoice_number=event.invoice_number):
        work.put(_movement(event))
        yield from _follow(work, event)
    elif before is None:
        _whose(work, after)
        for case in work.find(Case, customer_id=event.customer_id, invoice_number=event.invoice_number):
            if case.contests and not case.is_closed:
                yield from _found(work, case, after)


def on_invoice_cleared(event: InvoiceCleared, work: WorkingSet) -> Iterator[Event]:
    """Nothing is owed: whatever movement said so has been heard before, in the same topic."""
    item = work.get(Item, invoice_number=event.invoice_number)
    if item and item.open_minor == 0 and item.item_version == event.item_version:
        yield from _follow(work, event)


def on_short_payment_found(event: ShortPaymentFound, work: WorkingSet) -> Iterator[Event]:
    """The customer paid less and said so by paying: a case over the missing amount, unless one is there."""
    contested = [d for d in work.find(Dispute, invoice_number=event.invoice_number) if d.status == "open"]
    if contested:
        case = work.find(Case, case_id=contested[0].case_id)[0]
        note(
            work,
            case,
            "short-payment",
            f"{event.reason}: {as_text(event.short_minor, event.currency)} short in {event.payment_id}",
        )
        return
    item = work.get(Item, invoice_number=event.invoice_number)
    opening = Opening(
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        contract_id=item.contract_id if item else None,
        origin="short-payment",
        kind="dispute",
        reason=event.reason,
        channel="payment",
        text="",
        invoice_number=event.invoice_number,
        amount_minor=event.short_minor,
    )
    yield from open_case(work, opening, item)


def _whose(work: WorkingSet, item: Item) -> None:
    """Cases that named the invoice before it was known learn whose contract it is of, questions too."""
    for case in work.find(Case, customer_id=item.customer_id, invoice_number=item.invoice_number):
        work.put(replace(case, contract_id=item.contract_id))


def _unheard_of(event: InvoiceIssued | ItemChanged, open_minor: int, version: int) -> Item:
    return Item(
        invoice_number=event.invoice_number,
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        known=False,
        external_ref=None,
        total_minor=None,
        open_minor=open_minor,
        item_version=version,
    )


def _movement(event: ItemChanged) -> Movement:
    bucket, sign = MOVES[type(event)]
    return Movement(
        invoice_number=event.invoice_number,
        item_version=event.item_version,
        customer_id=event.customer_id,
        legal_entity=event.legal_entity,
        currency=event.currency,
        bucket=bucket,
        amount_minor=sign * event.amount_minor,
        open_minor_after=event.open_minor_after,
        case_id=event.case_id if isinstance(event, CreditApplied) else None,
    )


def _found(work: WorkingSet, case: Case, item: Item) -> Told:
    """The invoice that a case waited for is known: its amount is contested from now on."""
    if any(d.case_id == case.case_id for d in work.find(Dispute, invoice_number=item.invoice_number)):
        return case
    if case.status == "paused":
        case = yield from resume(work, case)
    return (yield from contest(work, case, item))


def _follow(work: WorkingSet, event: ItemChanged | InvoiceCleared) -> Iterator[Event]:
    """Each dispute of the item, as its amounts are now."""
    credited = event.case_id if isinstance(event, CreditApplied) else None
    for dispute in sorted(work.find(Dispute, invoice_number=event.invoice_number), key=lambda d: d.key):
        amounts = amounts_on(work, event.invoice_number)[dispute.key]
        case = work.find(Case, case_id=dispute.case_id)[0]
        if dispute.status == "open" and dispute.case_id == credited:
            yield from _credited(work, case, dispute, amounts)
        elif dispute.status == "open" and amounts.disputed_minor == 0:
            yield from _settled(work, case, dispute, amounts)
        elif dispute.status == "resolved" and not dispute.is_frozen and amounts.disputed_minor > 0:
            yield from _owed_again(work, case, dispute, amounts)


def _credited(work: WorkingSet, case: Case, dispute: Dispute, amounts: Amounts) -> Iterator[Event]:
    """The credit that was asked for is there: the case ends as it was decided."""
    for request in work.find(CreditRequest, case_id=case.case_id):
        if request.status in ("open", "issued"):
            work.put(replace(request, status="applied"))
    in_full = amounts.credited_minor == amounts.original_minor
    resolution: Resolution = dispute.resolution or ("valid" if in_full else "partly_valid")
    yield from finish(work, case, dispute, resolution)


def _settled(work: WorkingSet, case: Case, dispute: Dispute, amounts: Amounts) -> Iterator[Event]:
    """Nothing is left to contest: the case closes itself, and the customer hears why, if the table says so."""
    settled_by = max(("paid", amounts.paid_minor), ("credited", amounts.credited_minor), key=lambda part: part[1])
    if amounts.written_off_minor > settled_by[1]:
        settled_by = "written_off", amounts.written_off_minor
    customer = customer_of(work, case.customer_id)
    requested = any(r.is_open for r in work.find(CreditRequest, case_id=case.case_id))
    sheet = facts.of_money(case, customer, amounts) | {"settled_by": settled_by[0], "credit_requested": requested}
    asked = work.ask("disputes/settled", sheet, subject=case.case_id)
    if asked["credit_request"] == "withdraw":
        case = yield from withdraw_request(work, case)
    if asked["confirms"] is True:
        text = work.ask("disputes/confirmations", sheet, subject=case.case_id)
        case = yield from answer(work, case, " ".join(text.because), SYSTEM)
    yield from finish(work, case, dispute, "paid", facts.word(asked, "outcome"))


def _owed_again(work: WorkingSet, case: Case, dispute: Dispute, amounts: Amounts) -> Iterator[Event]:
    """The payment that ended the contest went back: what is owed again is contested again.

    A credit that billing was asked for and that was kept is waited for again.
    """
    work.put(dispute.reopen())
    case = yield from rearm(work, case, "what was paid is owed again", "owed-again")
    if any(r.is_open for r in work.find(CreditRequest, case_id=case.case_id)):
        case = turn(work, replace(case, status="with-billing"), "credit-requested")
    item = work.find(Item, invoice_number=dispute.invoice_number)[0]
    yield opened(case, item, amounts.disputed_minor)
    note(work, case, "contested", f"{as_text(amounts.disputed_minor, item.currency)} of {item.invoice_number} again")
