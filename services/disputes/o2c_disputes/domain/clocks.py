"""The two clocks of a case: until the customer hears, and until it is solved. They know no calendar."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Target = Literal["response", "resolution"]
TARGETS: tuple[Target, ...] = ("response", "resolution")


@dataclass(frozen=True, slots=True)
class Clock:
    """Counts business seconds towards a target. What has elapsed is kept when it stands still or its target changes."""

    case_id: str
    target: Target
    cycle: int
    """How often it was started: 0, and once more with each reopening."""
    customer_id: str
    legal_entity: str
    calendar: str
    target_minutes: int
    kept_minutes: int
    """Business time counted before `started_at`, under other targets."""
    started_at: datetime
    due_at: datetime
    """When the target is used up, computed forward when the clock last began to run."""
    stopped_at: datetime | None
    elapsed_minutes: int | None
    """When it stopped."""
    is_met: bool | None
    notified_percent: int
    """The highest share of the target that was told."""
    repeats: int
    """How often the notice of that share was repeated."""
    next_percent: int | None
    next_at: datetime | None
    """The next notice; a share equal to `notified_percent` is a repetition. None while it stands still."""
    acknowledged_at: datetime | None

    @property
    def has_stopped(self) -> bool:
        return self.stopped_at is not None

    @property
    def subject(self) -> str:
        """The name of its deadline."""
        return f"{self.case_id}/{self.target}"

    def run(self, due_at: datetime, next_percent: int | None, next_at: datetime | None) -> "Clock":
        """It runs towards its target and its next notice."""
        return replace(self, due_at=due_at, next_percent=next_percent, next_at=next_at)

    def hold(self) -> "Clock":
        """It stands still: nothing comes due."""
        return replace(self, next_percent=None, next_at=None)

    def stop(self, at: datetime, elapsed_minutes: int, counted_until: datetime) -> "Clock":
        """Its end was reached: answered, or solved. `counted_until`: the last moment at which it ran."""
        met = counted_until <= self.due_at
        return replace(self.hold(), stopped_at=at, elapsed_minutes=elapsed_minutes, is_met=met)

    def retarget(self, calendar: str, target_minutes: int, elapsed_minutes: int, at: datetime) -> "Clock":
        """Another priority or tier: what has elapsed stays."""
        return replace(
            self, calendar=calendar, target_minutes=target_minutes, kept_minutes=elapsed_minutes, started_at=at
        )

    def told(self, percent: int) -> "Clock":
        """A notice went out: the first of its share, or one more of the same."""
        again = percent == self.notified_percent
        return replace(self, notified_percent=percent, repeats=self.repeats + 1 if again else 0)


@dataclass(frozen=True, slots=True)
class Rung:
    """What happens when a share of a target has elapsed: a row of the escalation table."""

    percent: int
    recipient: str
    repeat_minutes: int
    repeats_most: int
    stops_on_acknowledgement: bool
    because: str
    decision_id: str

    def comes_at(self, clock: Clock) -> int | None:
        """After how many minutes on this clock its next notice is due; None when it has none left."""
        if self.stops_on_acknowledgement and clock.acknowledged_at is not None:
            return None
        reached = clock.target_minutes * self.percent // 100
        if self.percent > clock.notified_percent:
            return reached
        if self.percent < clock.notified_percent or clock.repeats >= self.repeats_most:
            return None
        return reached + (clock.repeats + 1) * self.repeat_minutes


@dataclass(frozen=True, slots=True)
class Pause:
    """The case waits for somebody outside."""

    case_id: str
    number: int
    customer_id: str
    reason: str
    from_at: datetime
    until_at: datetime
    """When it ends by itself."""
    ended_at: datetime | None
    stage_before: str
    next_action_before: str
    paused_by: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """A notice that was raised, once."""

    escalation_id: str
    case_id: str
    customer_id: str
    legal_entity: str
    currency: str
    target: Target
    cycle: int
    percent: int
    number: int
    """0 for the first, then the repetitions."""
    recipient: str
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
