"""One line of the collectors' work list: what a customer owes one company in one currency, and when it was called."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

HUNDRED = 100
QUARTERS = 4
QUARTER_MINUTES = 15
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NO_CALLS = "DNC"
"""The outcome of a call in which the customer asked for no more of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is open of one customer, legal entity and currency, in minor units, on a day of that entity."""

    customer_id: str
    legal_entity: str
    currency: str
    country: str
    segment: str
    tier: str
    risk_class: str
    blocked: bool
    late_minor: int
    """Past due, neither contested nor promised nor handed over to second-level collection."""
    balance_minor: int
    money_minor: int
    """Of the customer's, that pays no item yet."""
    days_past_due: int
    level: int
    days_since_letter: int | None
    handed_over: bool
    """All that is past due is second-level collection's."""
    broken_promises: int
    promise_due_today: bool
    days_since_dispute_resolved: int | None = None

    @property
    def late_percent(self) -> int:
        """Of all that is open, rounded down."""
        return self.late_minor * HUNDRED // self.balance_minor if self.balance_minor > 0 else 0


@dataclass(frozen=True, slots=True)
class Calls:
    """What calls a customer had, by the day of the company that calls."""

    no_calls_wished: bool = False
    today: int = 0
    in_seven_days: int = 0
    days_since: int | None = None


def calls_of(made: Iterable[tuple[datetime, str]], now: datetime, zone: tzinfo) -> Calls:
    """Calls by instant and the text that the diary has of them, which begins with the code of the outcome."""
    known = list(made)
    today = now.astimezone(zone).date()
    days = sorted(at.astimezone(zone).date() for at, _ in known)
    return Calls(
        no_calls_wished=any(text.partition(",")[0] == NO_CALLS for _, text in known),
        today=days.count(today),
        in_seven_days=sum(day > today - timedelta(days=7) for day in days),
        days_since=(today - days[-1]).days if days else None,
    )


def clock(now: datetime, zone: tzinfo) -> tuple[str, Decimal]:
    """The weekday and the hour in whole quarters at which a clock of the zone stands."""
    local = now.astimezone(zone)
    return WEEKDAYS[local.weekday()], Decimal(local.hour * QUARTERS + local.minute // QUARTER_MINUTES) / QUARTERS


def days_between(earlier: date | None, later: date) -> int | None:
    """Calendar days; None where there was nothing earlier."""
    return None if earlier is None else (later - earlier).days
