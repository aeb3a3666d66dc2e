"""Months of a recurring charge, and days on which something falls due. Calendar arithmetic, no clock."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A charged month, both days included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.days))


def day_of_month(year: int, month: int, day: int) -> date:
    """That day, or the month's last where the month lacks it: 31 in February is the 28th, in leap years the 29th."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def months_later(anchor: date, months: int) -> date:
    """The same day of the month, counted from the anchor: 31 January, 28 February, 31 March, never 28 March."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return day_of_month(year, month + 1, anchor.day)


def period(anchor: date, index: int) -> Period:
    """The month with this number, 0 being the one that begins at the anchor."""
    return Period(months_later(anchor, index), months_later(anchor, index + 1) - DAY)


def next_on(day: int, after: date) -> date:
    """The first date later than `after` that is this day of its month."""
    this_month = day_of_month(after.year, after.month, day)
    if this_month > after:
        return this_month
    following = months_later(after.replace(day=1), 1)
    return day_of_month(following.year, following.month, day)
