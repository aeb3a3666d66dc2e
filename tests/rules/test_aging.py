"""Aging by definition: due today is current, and no day falls between two buckets."""

from datetime import date

import pytest
from o2c_rules.aging import STANDARD, Buckets, days_past_due


@pytest.mark.parametrize(
    ("due_on", "as_of", "days"),
    [
        (date(2026, 3, 1), date(2026, 3, 1), 0),
        (date(2026, 2, 28), date(2026, 3, 1), 1),
        (date(2028, 2, 28), date(2028, 3, 1), 2),
        (date(2026, 3, 5), date(2026, 3, 1), -4),
    ],
)
def test_days_past_due_are_calendar_days(due_on: date, as_of: date, days: int) -> None:
    assert days_past_due(due_on, as_of) == days


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-400, "current"),
        (0, "current"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "91-120"),
        (120, "91-120"),
        (121, ">120"),
        (4_000, ">120"),
    ],
)
def test_every_day_has_its_bucket(days: int, bucket: str) -> None:
    assert STANDARD.of(days) == bucket


def test_a_company_may_cut_its_buckets_otherwise() -> None:
    monthly = Buckets((0, 15, 45))

    assert monthly.names == ("current", "1-15", "16-45", ">45")
    assert {monthly.of(days) for days in range(-1, 60)} == set(monthly.names)


@pytest.mark.parametrize("ends", [(), (30, 0), (0, 30, 30)])
def test_buckets_that_do_not_rise_are_refused(ends: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no ends of buckets"):
        Buckets(ends)
