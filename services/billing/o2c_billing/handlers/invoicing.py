"""From charges to an invoice: grouped, taxed, checked before it goes out, then issued or withheld with its reasons."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.billing import InvoiceWithheld
from o2c_contracts.event import Event
from o2c_contracts.orders import Reason
from o2c_rules.entities import UnknownEntity, entity, zone

from o2c_billing import facts
from o2c_billing.domain.bills import Bill, Draft, Together, grouped
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.contracts import Contract
from o2c_billing.domain.customers import Customer
from o2c_billing.domain.orders import Order
from o2c_billing.domain.periods import DAY, next_on
from o2c_billing.domain.taxes import Taxation

from .issuing import issued
from .unbilled import kept

DELIVERY, RECURRING, BILLING_DAY = "delivery", "recurring", "billing-day"
"""Whose moment it is to be invoiced: a delivery's, a contract's month, or the customer's day of the month."""
WAITS_FOR_DAY = "billing-day"


def customer_of(customer_id: str, work: WorkingSet) -> Customer:
    return work.get(Customer, customer_id=customer_id) or Customer(customer_id)


def when_due(charges: Sequence[Charge], origin: str, work: WorkingSet, draft_id: str = "") -> Iterator[Event]:
    """Invoice new charges at once, or let them wait for the customer's billing day."""
    if not charges:
        return
    if customer_of(charges[0].customer_id, work).is_monthly and is_known(charges[0].legal_entity, work):
        yield from waiting(charges, work)
    else:
        yield from settled(charges, origin, work, draft_id=draft_id)


def waiting(charges: Sequence[Charge], work: WorkingSet) -> Iterator[Event]:
    """They wait for the next billing day, in the zone of the company that sells."""
    for customer_id, legal_entity in sorted({(c.customer_id, c.legal_entity) for c in charges}):
        due_at = next_billing(customer_of(customer_id, work), legal_entity, work)
        work.arm(BILLING_DAY, f"{customer_id}/{legal_entity}", due_at, customer_id=customer_id)
    for charge in charges:
        yield from kept(replace(charge, draft_id=None), work, WAITS_FOR_DAY)


def next_billing(customer: Customer, legal_entity: str, work: WorkingSet) -> datetime:
    """The next instant at which this customer's invoices go out; today's if its hour is still to come."""
    yesterday = work.today(legal_entity) - DAY
    day = next_on(customer.invoicing_day, yesterday)
    at = run_at(BILLING_DAY, legal_entity, day, work)
    if at <= work.at:
        at = run_at(BILLING_DAY, legal_entity, next_on(customer.invoicing_day, day), work)
    return at


def settled(
    charges: Iterable[Charge], origin: str, work: WorkingSet, draft: Draft | None = None, draft_id: str = ""
) -> Iterator[Event]:
    """Each group of charges that belongs on one invoice: issued, or withheld. The first takes over the draft."""
    open_ones = [c for c in charges if c.is_open]
    orders = _orders(open_ones, work)
    for n, (together, group) in enumerate(grouped(open_ones, orders).items()):
        taken = draft if n == 0 else None
        name = draft_id if n == 0 and draft_id else ""
        yield from _checked(taken or _new_draft(together, group[0], origin, name, work), together, group, work)


def rechecked(concerned: Iterable[Charge], work: WorkingSet) -> Iterator[Event]:
    """The withheld drafts in which these charges wait, after something changed that may mend them."""
    for customer_id, draft_id in sorted({(c.customer_id, c.draft_id) for c in concerned if c.draft_id}):
        draft = work.get(Draft, customer_id=customer_id, draft_id=draft_id)
        if draft is None or draft.status != "withheld":
            continue
        charges = [c for c in work.find(Charge, customer_id=customer_id, draft_id=draft_id) if c.is_open]
        if not charges:
            work.put(draft.end("cancelled"))
        elif draft.origin != BILLING_DAY and _may_wait(draft, work):
            work.put(draft.end("dissolved"))
            yield from waiting(charges, work)
        else:
            yield from settled(charges, draft.origin, work, draft)


def is_known(legal_entity: str, work: WorkingSet) -> bool:
    """Whether the chart of companies has it; without it there is neither a day nor a number."""
    try:
        entity(work.book, legal_entity)
    except UnknownEntity:
        return False
    return True


def run_at(run: str, legal_entity: str, day: date, work: WorkingSet) -> datetime:
    """The hour of a run, out of its table, on a day of the company that sells."""
    asked = work.ask("billing/calendar", {"run": run, "legal_entity": legal_entity}, subject=f"{legal_entity}/{run}")
    hour, minute = (int(str(asked[name])) for name in ("hour", "minute"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone(work.book, legal_entity))
    return local.astimezone(UTC)


def _may_wait(draft: Draft, work: WorkingSet) -> bool:
    return customer_of(draft.customer_id, work).is_monthly and is_known(draft.legal_entity, work)


def _orders(charges: Iterable[Charge], work: WorkingSet) -> dict[str, Order]:
    """By number: the charges are one customer's."""
    names = sorted({(c.customer_id, c.order_id) for c in charges if c.order_id})
    found = (work.get(Order, customer_id=customer_id, order_id=order_id) for customer_id, order_id in names)
    return {o.order_id: o for o in found if o}


def _new_draft(together: Together, charge: Charge, origin: str, draft_id: str, work: WorkingSet) -> Draft:
    name = draft_id or f"{origin}/{work.new_id('draft', charge.line_id)}"
    return Draft(name, charge.customer_id, together.legal_entity, together.currency, origin)


class Verdict(NamedTuple):
    """Whether a bill may go out: why not, and whose turn it is."""

    bill: Bill
    rows: tuple[str, ...]
    reasons: tuple[Reason, ...]
    owner: str
    keeps_back_orders: bool
    """A check stops it that is about single orders."""


def _checked(draft: Draft, together: Together, charges: Sequence[Charge], work: WorkingSet) -> Iterator[Event]:
    """Issued or withheld; what only its order stops is withheld by itself, and the others go their way without it."""
    verdict = _verdict(draft, together, charges, work)
    apart = list(_kept_back(verdict, together, work))
    if apart:
        names = {c.line_id for stopped in apart for c in stopped.bill.charges}
        if rest := [c for c in charges if c.line_id not in names]:
            yield from _checked(draft, together, rest, work)
        else:
            apart[0] = apart[0]._replace(bill=replace(apart[0].bill, draft=draft))
        for stopped in apart:
            yield from _withheld(stopped, work)
    elif verdict.reasons:
        yield from _withheld(verdict, work)
    else:
        yield from issued(verdict.bill, verdict.rows, work)


def _kept_back(verdict: Verdict, together: Together, work: WorkingSet) -> Iterator[Verdict]:
    """The stopped orders of a bill with others in it, each in a draft of its own with what was let pass before."""
    charges = verdict.bill.charges
    orders = sorted({c.order_id or "" for c in charges})
    if not verdict.keeps_back_orders or len(orders) == 1:
        return
    for order_id in orders:
        own = [c for c in charges if (c.order_id or "") == order_id]
        draft = _new_draft(together, own[0], verdict.bill.draft.origin, "", work)
        alone = _verdict(replace(draft, overridden=verdict.bill.draft.overridden), together, own, work)
        if alone.keeps_back_orders:
            yield alone


def _verdict(draft: Draft, together: Together, charges: Sequence[Charge], work: WorkingSet) -> Verdict:
    bill = _bill(draft, together, charges, work)
    known = is_known(draft.legal_entity, work)
    today = work.today(draft.legal_entity) if known else work.at.date()
    asked = work.ask("billing/prebill", facts.prebill(bill, today, known), subject=draft.draft_id)
    return _judged(bill, asked)


def _bill(draft: Draft, together: Together, charges: Sequence[Charge], work: WorkingSet) -> Bill:
    customer = customer_of(draft.customer_id, work)
    orders = _orders(charges, work)
    whose = {"customer_id": draft.customer_id, "contract_id": together.contract_id}
    return Bill(
        draft,
        tuple(charges),
        customer,
        work.get(Contract, **whose) if together.contract_id else None,
        tuple(orders.values()),
        together.purchase_order,
        _taxations(charges, customer, work),
    )


def _taxations(charges: Sequence[Charge], customer: Customer, work: WorkingSet) -> tuple[Taxation | None, ...]:
    """Asked once for all lines with the same tax code and tax point."""
    found: dict[tuple[str, date], Taxation | None] = {}
    for charge in charges:
        key = charge.tax_code, charge.service_from
        if key not in found:
            found[key] = _taxation(charge, customer, work)
    return tuple(found[c.tax_code, c.service_from] for c in charges)


def _taxation(charge: Charge, customer: Customer, work: WorkingSet) -> Taxation | None:
    if not is_known(charge.legal_entity, work):
        return None
    seller = entity(work.book, charge.legal_entity).country
    asked = work.ask("billing/tax", facts.tax(charge, customer, seller), subject=charge.line_id, on=charge.service_from)
    category, rate = asked["category"], asked["rate_percent"]
    if asked.undecided or not isinstance(category, str) or not isinstance(rate, int | Decimal):
        return None
    wording = asked["wording"]
    return Taxation(charge.tax_code, category, Decimal(rate), wording if isinstance(wording, str) else "")


def _judged(bill: Bill, asked: Asked) -> Verdict:
    """A check that somebody let pass stops it no more."""
    if asked.undecided:
        reason = Reason(row="undecided", text=asked.undecided[:500], decision_id=asked.id)
        return Verdict(bill, (), (reason,), "billing_lead", keeps_back_orders=False)
    passed = bill.draft.passed
    stops = [
        (row, text)
        for row, text in zip(asked.rows, asked.because, strict=True)
        if row.outcome["severity"] == "stop" and row.id not in passed
    ]
    reasons = tuple(
        Reason(row=row.id, text=text, field=row.outcome["field"], decision_id=asked.id) for row, text in stops
    )
    owner = str(stops[0][0].outcome["owner"]) if stops else ""
    keeps_back = any(row.outcome.get("keeps_back") == "order" for row, _ in stops)
    return Verdict(bill, tuple(row.id for row in asked.rows), reasons, owner, keeps_back)


def _withheld(verdict: Verdict, work: WorkingSet) -> Iterator[Event]:
    bill, reasons, owner = verdict.bill, verdict.reasons, verdict.owner
    before = bill.draft
    after = before.withhold(bill.net_minor, reasons, owner, work.at)
    work.put(after)
    rows = tuple(r.row for r in reasons)
    if (before.net_minor, before.owner, tuple(r.row for r in before.why)) != (after.net_minor, owner, rows):
        yield InvoiceWithheld(
            customer_id=after.customer_id,
            legal_entity=after.legal_entity,
            currency=after.currency,
            draft_id=after.draft_id,
            net_minor=after.net_minor,
            reasons=reasons,
            owner=owner,
        )
    for charge in bill.charges:
        yield from kept(replace(charge, draft_id=after.draft_id), work, reasons[0].row)
