"""Gapless numbers: one row per series, locked as the last step of loading, so that numbers come in order of commit."""

from dataclasses import dataclass
from datetime import date

from .tables import counters

__all__ = ["Counter", "counters"]


@dataclass(frozen=True, slots=True)
class Counter:
    """The next number of a series, and the date of the last one: a later document is never dated before it."""

    series: str
    next_number: int
    last_date: date | None
