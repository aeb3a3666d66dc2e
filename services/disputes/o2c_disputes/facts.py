"""What the rules of disputes may ask about. A fact sheet holds ids, words and amounts, no personal data."""

from collections.abc import Iterable
from datetime import datetime

from o2c_chassis.working_set import Asked
from o2c_contracts.money import to_amount
from o2c_rules.calendars import Calendar, elapsed
from o2c_rules.rulebook import Facts, Value

from .domain.amounts import Amounts
from .domain.cases import Case, Customer
from .domain.clocks import Clock, Pause

Sheet = dict[str, Value]


def coded(reason: str) -> str:
    """A reason as the tables write it: small letters and hyphens, whoever coded it."""
    return reason.lower().replace("_", "-")


def of_opening(opening: Facts, customer: Customer, amount_minor: int | None) -> Sheet:
    """A case that does not exist yet: what is asked or contested, by whom, through which channel, about how much.

    `amount` is in whole units of its own currency, so that one band reads the same in every table.
    """
    currency = str(opening["currency"])
    amount = None if amount_minor is None else to_amount(amount_minor, currency)
    return {**opening, "tier": customer.tier, "amount_minor": amount_minor, "amount": amount}


def of_case(case: Case, customer: Customer) -> Sheet:
    """A case as it stands."""
    return {
        "legal_entity": case.legal_entity,
        "currency": case.currency,
        "contract_id": case.contract_id,
        "case_id": case.case_id,
        "kind": case.kind,
        "reason": coded(case.reason),
        "channel": case.channel,
        "origin": case.origin,
        "contests": case.contests,
        "invoice_number": case.invoice_number,
        "priority": case.priority,
        "queue": case.queue,
        "status": case.status,
        "stage": case.stage,
        "tier": customer.tier,
        "language": customer.language,
        "answered": case.answered_at is not None,
        "outcome": case.outcome,
        "reopenings": case.reopenings,
        "pauses": case.pauses,
        "paused_minutes": case.paused_minutes,
    }


def of_money(case: Case, customer: Customer, amounts: Amounts | None) -> Sheet:
    """A case and what became of the amount it contests; nulls where none is contested."""
    contested = amounts.disputed_minor if amounts else None
    return of_case(case, customer) | {
        "amount_minor": contested,
        "amount": None if contested is None else to_amount(contested, case.currency),
        "original_minor": amounts.original_minor if amounts else None,
    }


def of_clock(case: Case, customer: Customer, clock: Clock) -> Sheet:
    """A case and one of its clocks."""
    return of_case(case, customer) | {
        "target": clock.target,
        "target_minutes": clock.target_minutes,
        "due_at": shown(clock.due_at),
        "acknowledged": clock.acknowledged_at is not None,
        "notified_percent": clock.notified_percent,
    }


def shown(instant: datetime) -> str:
    """An instant in a sentence, in its own zone."""
    return instant.isoformat(sep=" ", timespec="minutes")


def counted(hours: Calendar, clock: Clock, pauses: Iterable[Pause], now: datetime) -> int:
    """Minutes of business time that stand on a clock at an instant; pauses count by their overlap with it."""
    still = [(pause.from_at, pause.ended_at) for pause in pauses]
    return clock.kept_minutes + elapsed(hours, clock.started_at, now, still)


def word(asked: Asked, name: str) -> str:
    """A text of the answer; empty where nothing is said."""
    value = asked[name]
    return value if isinstance(value, str) else ""


def number(asked: Asked, name: str) -> int:
    """A whole number of the answer; 0 where nothing is said."""
    value = asked[name]
    return value if isinstance(value, int) else 0


def words(asked: Asked, name: str) -> list[str]:
    return word(asked, name).split()
