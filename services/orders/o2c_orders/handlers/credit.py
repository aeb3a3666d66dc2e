"""The question itself: may this order go ahead? Gathers the facts, asks the tables, changes nothing."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from o2c_chassis.working_set import Asked, WorkingSet
from o2c_contracts.orders import CreditChanged, Reason
from o2c_rules.entities import UnknownEntity, zone
from o2c_rules.rulebook import Facts

from o2c_orders import facts
from o2c_orders.domain.contracts import Contract
from o2c_orders.domain.customers import Customer
from o2c_orders.domain.exposure import CustomerMoney, Exposure, Item, NoRate, Rate, converted, pair_of
from o2c_orders.domain.orders import ACCEPTED, HELD, REJECTED, WAITING, Hold, Order

_STATUS = {"reject": REJECTED, "wait": WAITING, "hold": HELD}
_GRAVEST_FIRST = ("reject", "wait", "hold")
UNDECIDED_OWNER = "credit_manager"
_RHYTHM = '"invoice_rhythm":"'
"""How a document begins to say one: inside a text its quotes would be escaped. Most need not be read for it."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One row that speaks against an order."""

    row: str
    then: str
    text: str
    owner: str
    overtake: str = ""
    field: str | None = None
    decision_id: str | None = None

    @property
    def reason(self) -> Reason:
        return Reason(row=self.row, text=self.text, field=self.field, decision_id=self.decision_id)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tables say to an order."""

    status: str
    """accepted, held, waiting, rejected."""
    objections: tuple[Objection, ...]
    sheet: Facts
    because: tuple[str, ...]
    decision_id: str
    rate_missing: str = ""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(o.reason for o in self.objections)

    @property
    def rows(self) -> tuple[str, ...]:
        return tuple(sorted({o.row for o in self.objections}))

    @property
    def overtake(self) -> str:
        """`never` when one of its reasons keeps later orders behind it."""
        said = {o.overtake for o in self.objections if o.overtake}
        return "never" if "never" in said else "fill" if said else ""

    @property
    def as_json(self) -> str:
        return json.dumps(
            [
                {"row": o.row, "text": o.text, "field": o.field, "owner": o.owner, "decision_id": o.decision_id}
                for o in self.objections
            ]
        )


def judge(order: Order, before: Order | None, work: WorkingSet) -> Verdict:
    """Ask everything there is to ask about an order. `before`: the row that its exposure may already be counted in."""
    parties = _parties(order, work)
    position = _position(order, before, parties, work) if parties.root.managed else facts.NOT_WATCHED
    sheet = facts.order(order, parties, position)
    asked = work.ask("orders/credit", sheet, subject=order.order_id)
    objections = _objections(asked)
    if parties.customer.instructed or _RHYTHM in order.document:
        objections += _objections(_ask_instructions(order, parties, work))
    if not objections:
        return Verdict(ACCEPTED, (), sheet, asked.because, asked.id)
    said = {o.then for o in objections}
    gravest = next(then for then in _GRAVEST_FIRST if then in said)
    status = _STATUS[gravest]
    if status == HELD and _released(order, objections):
        return Verdict(ACCEPTED, (), sheet, (f"released by {order.released_by} up to this amount",), asked.id)
    counted = tuple(o for o in objections if o.then == gravest) if status == REJECTED else objections
    return Verdict(status, counted, sheet, asked.because, asked.id, position.rate_missing)


def changed(customer_id: str, root_id: str, work: WorkingSet) -> CreditChanged:
    """How the family's credit stands now, told under the key of the member whose event moved it."""
    root = work.get(Customer, customer_id=root_id) or Customer.unknown(root_id)
    sums: dict[str, int] = defaultdict(int)
    for member in members_of(root_id, work):
        for e in work.find(Exposure, customer_id=member):
            sums[e.currency] += e.total_minor
        for m in work.find(CustomerMoney, customer_id=member):
            sums[m.currency] -= m.unapplied_minor + m.on_account_minor
    return CreditChanged(
        customer_id=customer_id,
        root_id=root_id,
        exposure={currency: minor for currency, minor in sorted(sums.items()) if minor},
        limit_state=facts.limit_state(root),
        limit_minor=root.limit_minor if root.managed else None,
        limit_currency=root.limit_currency or None if root.managed else None,
    )


def members_of(root_id: str, work: WorkingSet) -> list[str]:
    """Everybody who shares the root's limit."""
    return _ids(work.find(Customer, root_id=root_id), root_id)


def _ids(family: list[Customer], root_id: str) -> list[str]:
    """The root is a member of its family even before anybody registered it."""
    members = [c.customer_id for c in family]
    return members if root_id in members else [*members, root_id]


def _parties(order: Order, work: WorkingSet) -> facts.Parties:
    customer = work.get(Customer, customer_id=order.customer_id) or Customer.unknown(order.customer_id)
    root = customer
    if customer.root_id != customer.customer_id:
        root = work.get(Customer, customer_id=customer.root_id) or Customer.unknown(customer.root_id)
    contract = work.get(Contract, customer_id=order.customer_id, contract_id=order.contract_id)
    return facts.Parties(customer, root, contract, today_of(order.legal_entity, work))


def dated_days_ago(legal_entity: str, work: WorkingSet) -> int:
    """How old an event's own date is on the day on which it was taken; below zero where it lies ahead."""
    return ((today_of(legal_entity, work) or work.at.date()) - work.on).days


def today_of(legal_entity: str, work: WorkingSet) -> date | None:
    """The day it is for a company; None where we keep no books for it at all."""
    try:
        return work.today(legal_entity)
    except UnknownEntity:
        return None


def begins(day: date, legal_entity: str, work: WorkingSet) -> datetime:
    """The instant at which a day begins for a company."""
    return datetime.combine(day, time(), zone(work.book, legal_entity)).astimezone(UTC)


def _objections(asked: Asked) -> tuple[Objection, ...]:
    if asked.undecided is not None:
        return (Objection("undecided", "hold", asked.undecided, UNDECIDED_OWNER, "never", None, asked.id),)
    if not asked.rows:
        return ()
    return tuple(
        Objection(
            row.id,
            str(row.outcome["then"]),
            text,
            str(row.outcome["owner"]),
            str(row.outcome.get("overtake") or ""),
            _text(row.outcome.get("field")),
            asked.id,
        )
        for row, text in zip(asked.rows, asked.because, strict=True)
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _ask_instructions(order: Order, parties: facts.Parties, work: WorkingSet) -> Asked:
    sheet = facts.instructions(order, parties.customer, json.loads(order.document))
    return work.ask("orders/instructions", sheet, subject=order.order_id)


def _released(order: Order, objections: Iterable[Objection]) -> bool:
    """A person's release lasts for that order, up to that amount, against those reasons."""
    if not order.released_by or order.total_minor > order.released_minor:
        return False
    return {o.row for o in objections} <= set(order.released_rows.split())


def _position(order: Order, before: Order | None, parties: facts.Parties, work: WorkingSet) -> facts.Position:
    """The family's credit with this order in it, in the limit's currency."""
    root = parties.root
    family = work.find(Customer, root_id=root.customer_id)
    members = _ids(family, root.customer_id)
    today = parties.today or work.at.date()
    sums, owes = _sums(order, before, members, work)
    held_before = _held_before(order, members, work)
    broken = sum(c.broken_promises for c in family)
    expired = root.limit_valid_until is not None and root.limit_valid_until < today
    try:
        exposure = _in_limit(sums, root, today, work)
        late, days = _overdue(members, today, work) if owes else ({}, 0)
        overdue = _in_limit(late, root, today, work) if late else 0
    except NoRate as missing:
        return facts.Position(
            rate_missing=missing.pair, held_before=held_before, broken_promises=broken, limit_expired=expired
        )
    percent = _tolerance(order, parties, work) if exposure > root.limit_minor else None
    return facts.Position(
        exposure_minor=exposure,
        tolerance_percent=percent,
        over_minor=max(0, exposure - root.limit_minor - root.limit_minor * (percent or 0) // 100),
        overdue_days=days,
        overdue_minor=overdue,
        negligible_minor=_negligible(order, root, work) if overdue else 0,
        held_before=held_before,
        broken_promises=broken,
        limit_expired=expired,
    )


def _sums(order: Order, before: Order | None, members: list[str], work: WorkingSet) -> tuple[dict[str, int], bool]:
    """Exposure by currency with this order in it, and whether anybody owes anything."""
    sums: dict[str, int] = defaultdict(int)
    sums[order.currency] = order.open_minor
    if before is not None and before.counted:
        sums[before.currency] -= before.counted
    owes = False
    for member in members:
        for e in work.find(Exposure, customer_id=member):
            sums[e.currency] += e.total_minor
            owes = owes or e.receivable_minor != 0
        for m in work.find(CustomerMoney, customer_id=member):
            sums[m.currency] -= m.unapplied_minor + m.on_account_minor
    return sums, owes


def _in_limit(sums: dict[str, int], root: Customer, today: date, work: WorkingSet) -> int:
    to = root.limit_currency
    foreign = [currency for currency, minor in sums.items() if minor and currency != to]
    if not foreign:
        return sums.get(to, 0)
    rates = [r for currency in foreign for r in work.find(Rate, pair=pair_of(currency, to), counts=True)]
    return converted(sums, to, rates, today)


def _overdue(members: list[str], today: date, work: WorkingSet) -> tuple[dict[str, int], int]:
    """What is past due by currency, and the days of the oldest: asked of the calendar now, never stored."""
    late: dict[str, int] = defaultdict(int)
    days = 0
    for member in members:
        if not any(e.receivable_minor for e in work.find(Exposure, customer_id=member)):
            continue
        for item in work.find(Item, customer_id=member, open=True):
            if item.due_on is not None and item.due_on < today:
                late[item.currency] += item.open_minor
                days = max(days, (today - item.due_on).days)
    return late, days


def _held_before(order: Order, members: list[str], work: WorkingSet) -> int:
    """Orders of the family held for credit, older than this one, that nobody may overtake."""
    found = 0
    for member in members:
        for hold in work.find(Hold, customer_id=member, open=True):
            found += hold.overtake == "never" and hold.place < order.place
    return found


def _tolerance(order: Order, parties: facts.Parties, work: WorkingSet) -> int:
    sheet: Facts = {
        "legal_entity": order.legal_entity if parties.entity_known else None,
        "document_kind": "order",
        "contract_id": order.contract_id,
        "risk_class": parties.customer.risk_class,
        "currency": parties.root.limit_currency,
        "limit_minor": parties.root.limit_minor,
    }
    percent = work.ask("orders/tolerance", sheet, subject=order.order_id)["percent"]
    return percent if isinstance(percent, int) else 0


def _negligible(order: Order, root: Customer, work: WorkingSet) -> int:
    """Up to how much overdue nobody is held: the lower of an amount and a share of the limit."""
    sheet: Facts = {
        "contract_id": order.contract_id,
        "currency": root.limit_currency,
        "limit_minor": root.limit_minor,
    }
    asked = work.ask("orders/negligible-overdue", sheet, subject=order.order_id)
    amount, percent = asked["amount_minor"], asked["percent"]
    if not isinstance(amount, int) or not isinstance(percent, int):
        return 0
    return min(amount, root.limit_minor * percent // 100)
