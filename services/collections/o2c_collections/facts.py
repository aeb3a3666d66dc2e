"""What the rules may ask about: the whole fact sheet of each kind of decision. Ids and amounts, no personal data."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from o2c_rules.values import Facts

from .domain.accounts import Customer
from .domain.items import Item
from .domain.promises import Promise, State, broken
from .domain.worklist import Calls, Line


def ladder(item: Item, customer: Customer, on: date, balance_minor: int) -> Facts:
    """Does an item go a step further on a day? `balance_minor`: all that is open on its account in its currency."""
    return {
        "segment": customer.segment,
        "risk_class": customer.risk_class,
        "tier": customer.tier,
        "country": customer.country,
        "legal_entity": item.legal_entity,
        "currency": item.currency,
        "contract_id": item.contract_id,
        "level": item.level,
        "days_past_due": item.days_past_due(on),
        "days_since_letter": item.days_since_letter(on),
        "total_minor": item.total_minor,
        "open_minor": item.open_minor,
        "claimed_minor": item.claimed_minor,
        "disputed_minor": item.disputed_of_open_minor,
        "promised_minor": item.promised_minor,
        "balance_minor": balance_minor,
        "promise_broken": item.promise_broken,
        "handed_over": item.handed_over_on is not None,
    }


def promise(offered: Promise, item: Item, customer: Customer, promises: Iterable[Promise], days_ahead: int) -> Facts:
    """May this promise be taken, and when is it judged? `promises`: those the customer made before."""
    mine = [p for p in promises if p.concerns(item)]
    return {
        "segment": customer.segment,
        "risk_class": customer.risk_class,
        "tier": customer.tier,
        "country": customer.country,
        "legal_entity": offered.legal_entity,
        "currency": offered.currency,
        "contract_id": item.contract_id if offered.concerns(item) else None,
        "fits_invoice": offered.concerns(item),
        "invoice_known": item.known,
        "level": item.level,
        "open_minor": item.open_minor,
        "amount_minor": offered.amount_minor,
        "days_ahead": days_ahead,
        "has_open_promise": any(p.state == State.OPEN for p in mine),
        "broken_on_item": broken(mine),
        "broken_promises": broken(promises),
    }


def escalation(event: str, customer: Customer, currency: str, amount_minor: int, broken_promises: int) -> Facts:
    """Who has to hear that something went wrong?"""
    return {
        "event": event,
        "segment": customer.segment,
        "risk_class": customer.risk_class,
        "tier": customer.tier,
        "country": customer.country,
        "currency": currency,
        "amount_minor": amount_minor,
        "broken_promises": broken_promises,
    }


def stop(customer: Customer, promises: Iterable[Promise], late: Iterable[tuple[Item, int]]) -> Facts:
    """Should the account be stopped? `late`: the open items past due of which something is claimed, with their days."""
    items = list(late)
    return {
        "segment": customer.segment,
        "risk_class": customer.risk_class,
        "tier": customer.tier,
        "country": customer.country,
        "stopped": customer.stopped,
        "broken_promises": broken(promises),
        "late_items": len(items),
        "days_past_due_most": max((days for _, days in items), default=0),
        "level_most": max((item.level for item, _ in items), default=0),
        "handed_over_items": sum(item.handed_over_on is not None for item, _ in items),
    }


def letter(customer: Customer, legal_entity: str, contract_id: str | None, level: int, channel: str) -> Facts:
    """Which words, and by which way? `contract_id`: of all items; `channel`: what the ladder would like."""
    return {
        "language": customer.language,
        "country": customer.country,
        "segment": customer.segment,
        "legal_entity": legal_entity,
        "contract_id": contract_id,
        "level": level,
        "channel": channel,
        "has_email": bool(customer.email),
        "has_address": customer.address != "[]",
    }


def worklist(line: Line, calls: Calls) -> Facts:
    """How urgent is a line of the collectors' work list?"""
    return {
        "customer_id": line.customer_id,
        "legal_entity": line.legal_entity,
        "currency": line.currency,
        "country": line.country,
        "segment": line.segment,
        "tier": line.tier,
        "risk_class": line.risk_class,
        "late_minor": line.late_minor,
        "balance_minor": line.balance_minor,
        "late_percent": line.late_percent,
        "days_past_due": line.days_past_due,
        "level": line.level,
        "days_since_letter": line.days_since_letter,
        "broken_promises": line.broken_promises,
        "promise_due_today": line.promise_due_today,
        "days_since_dispute_resolved": line.days_since_dispute_resolved,
        "days_since_call": calls.days_since,
    }


def worklist_exception(line: Line) -> Facts:
    """Is a line a collector's work at all?"""
    return {
        "customer_id": line.customer_id,
        "legal_entity": line.legal_entity,
        "currency": line.currency,
        "blocked": line.blocked,
        "handed_over": line.handed_over,
        "late_minor": line.late_minor,
        "money_minor": line.money_minor,
    }


def call_window(line: Line, calls: Calls, zone: str, weekday: str, local_hour: Decimal) -> Facts:
    """May the customer be called at this hour of a zone?"""
    return {
        "country": line.country,
        "zone": zone,
        "weekday": weekday,
        "local_hour": local_hour,
        "no_calls_wished": calls.no_calls_wished,
        "calls_today": calls.today,
        "calls_in_seven_days": calls.in_seven_days,
    }
