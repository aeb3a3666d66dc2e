"""Hints from the path for whoever works behind it, so that nobody asks the database in vain; never the truth."""

from dataclasses import dataclass
from datetime import UTC, datetime

from .decide import Consequences

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Pending:
    """True or early where in doubt: a start of the process knows nothing."""

    unsent: bool = True
    queued: bool = True
    next_due: datetime | None = _ALWAYS
    """No deadline is due before this; None: none is armed."""

    def note(self, result: Consequences) -> None:
        self.unsent = self.unsent or bool(result.told)
        self.queued = self.queued or bool(result.wanted)
        for _, armed in result.armed:
            self.wake(armed.due_at)

    def wake(self, at: datetime | None) -> None:
        """A deadline may be due at this instant."""
        if at is not None and (self.next_due is None or at < self.next_due):
            self.next_due = at

    def look_again(self) -> None:
        """Families that waited may go on: what was due of them is due at once."""
        self.unsent, self.queued, self.next_due = True, True, _ALWAYS
