"""How late an open item is. Calendar days, never business days; as of a date in the legal entity's zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


def days_past_due(due_on: date, as_of: date) -> int:
    """Days since the due date: 0 on the day itself, negative before it."""
    return (as_of - due_on).days


@dataclass(frozen=True, slots=True)
class Buckets:
    """Aging buckets as half-open ranges of whole days, so that no day falls between two.

    `ends` are the last days of all buckets but the open one at the end; the first bucket is what is not past due, and
    due today is current.
    """

    ends: Sequence[int] = (0, 30, 60, 90, 120)

    def __post_init__(self) -> None:
        if list(self.ends) != sorted(set(self.ends)) or not self.ends:
            raise ValueError(f"{self.ends} are no ends of buckets: each is later than the one before")

    @property
    def names(self) -> tuple[str, ...]:
        """As a report prints them: current, 1-30, 31-60, 61-90, 91-120, >120."""
        between = [f"{low + 1}-{high}" for low, high in zip(self.ends, self.ends[1:], strict=False)]
        return ("current", *between, f">{self.ends[-1]}")

    def of(self, days: int) -> str:
        """The bucket of an item so many days past due."""
        return self.names[sum(days > end for end in self.ends)]


STANDARD = Buckets()
