"""The facts of the collectors' work list: calls by the day of the company, the hour in whole quarters."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from o2c_collections.domain.worklist import Calls, Line, calls_of, clock

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)
"""Half past eleven at night in Berlin."""


def test_calls_count_by_the_day_of_the_company_that_calls() -> None:
    made = [
        (datetime(2026, 3, 9, 23, 30, tzinfo=UTC), "NOANS, nobody answered."),
        (datetime(2026, 3, 10, 9, 0, tzinfo=UTC), "BUSY, the line was busy."),
        (datetime(2026, 3, 4, 9, 0, tzinfo=UTC), "NOANS, nobody answered."),
        (datetime(2026, 3, 3, 9, 0, tzinfo=UTC), "NOANS, nobody answered."),
    ]

    assert calls_of(made, NOW, BERLIN) == Calls(no_calls_wished=False, today=2, in_seven_days=3, days_since=0)
    assert calls_of([], NOW, BERLIN) == Calls()


def test_who_asked_for_no_more_calls_is_remembered() -> None:
    made = [(datetime(2025, 1, 1, tzinfo=UTC), "DNC, wants no calls. Next: write only.")]

    assert calls_of(made, NOW, BERLIN).no_calls_wished


@pytest.mark.parametrize(
    ("instant", "zone", "seen"),
    [
        (datetime(2026, 3, 10, 8, 44, tzinfo=UTC), "Europe/London", ("tue", Decimal("8.5"))),
        (datetime(2026, 3, 10, 8, 45, tzinfo=UTC), "Europe/London", ("tue", Decimal("8.75"))),
        (datetime(2026, 3, 10, 23, 0, tzinfo=UTC), "Europe/Berlin", ("wed", Decimal(0))),
        (datetime(2026, 7, 10, 12, 0, tzinfo=UTC), "Europe/Paris", ("fri", Decimal(14))),
    ],
)
def test_a_clock_is_read_in_quarters_of_an_hour_where_the_customer_is(
    instant: datetime, zone: str, seen: tuple[str, Decimal]
) -> None:
    assert clock(instant, ZoneInfo(zone)) == seen


@pytest.mark.parametrize(("late", "balance", "percent"), [(1, 3, 33), (3, 3, 100), (0, 5, 0), (5, 0, 0)])
def test_the_late_share_is_rounded_down(late: int, balance: int, percent: int) -> None:
    known = {"days_past_due": 1, "level": 0, "days_since_letter": None, "handed_over": False, "broken_promises": 0}
    words = {"country": "DE", "segment": "", "tier": "", "risk_class": "B", "blocked": False}

    line = Line("C1", "DE01", "EUR", late_minor=late, balance_minor=balance, money_minor=0,
                promise_due_today=False, **words, **known)  # fmt: skip

    assert line.late_percent == percent
