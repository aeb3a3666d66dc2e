"""Business time on a named calendar: opening hours that may cross midnight, holidays, zones and daylight saving.

All arithmetic is in UTC on opening intervals, so an hour that a clock repeats or skips is counted as it passes. A shift
belongs to the day on which it begins: the night of a holiday's eve is worked, the holiday's own is not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Interval = tuple[datetime, datetime]
Hours = tuple[tuple[int, int], ...]
"""From and to, in minutes after midnight; to is above 1,440 where it crosses midnight."""
Pause = tuple[datetime, datetime | None]
"""From and until when a clock stood still; None while it still does."""

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
SEARCHED_MOST = timedelta(days=3_660)


class NeverOpen(ValueError):
    """The calendar has no business time where it was looked for."""


def _no_holidays(_: date) -> bool:
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Opening hours by weekday in a zone, and the days on which it stays closed."""

    name: str
    zone: ZoneInfo
    hours: tuple[Hours, ...]
    """Monday first, seven entries."""
    is_holiday: Callable[[date], bool] = _no_holidays
    title: str = ""
    _openings: dict[date, tuple[Interval, ...]] = field(default_factory=dict)

    def is_business_day(self, day: date) -> bool:
        """Whether a shift begins on this day."""
        return bool(self.hours[day.weekday()]) and not self.is_holiday(day)

    def openings(self, day: date) -> tuple[Interval, ...]:
        """The shifts that begin on a day of the calendar's zone, in UTC."""
        found = self._openings.get(day)
        if found is None:
            shifts = self.hours[day.weekday()] if self.is_business_day(day) else ()
            found = self._openings[day] = tuple(
                (_instant(day, begin, self.zone), _instant(day, end, self.zone)) for begin, end in shifts
            )
        return found


def business_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Whole minutes of business time between two aware instants; 0 where the second is not the later one."""
    return _business(calendar, start, end) // MINUTE


def add_business_minutes(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """The earliest instant, in UTC, at which so many minutes of business time have passed since `start`.

    A breach computed forward, so that it can be scheduled: at the end of a shift, not at the next opening.
    """
    return _forward(calendar, start, minutes, ())


def elapsed(calendar: Calendar, start: datetime, now: datetime, pauses: Sequence[Pause] = ()) -> int:
    """Whole minutes on a clock that runs in business time and stands still in pauses.

    A pause counts only by its overlap with business time; overlapping pauses count once.
    """
    paused = sum(
        (_business(calendar, max(begin, start), min(end, now)) for begin, end in _merged(pauses, now)), timedelta()
    )
    return (_business(calendar, start, now) - paused) // MINUTE


def due(calendar: Calendar, start: datetime, minutes: int, pauses: Sequence[Pause] = ()) -> datetime | None:
    """When a clock with these pauses will have run so many minutes; None while it stands still before that."""
    if any(end is None for _, end in pauses):
        last = min(begin for begin, end in pauses if end is None)
        reached = _forward(calendar, start, minutes, _merged(pauses, last))
        return reached if reached <= _aware(last) else None
    return _forward(calendar, start, minutes, _merged(pauses, _aware(start)))


def next_opening(calendar: Calendar, instant: datetime) -> datetime:
    """The instant itself, in UTC, when the calendar is open then; else when it opens next."""
    instant = _aware(instant)
    begin, _ = next(_intervals(calendar, instant))
    return max(begin, instant)


def add_business_days(calendar: Calendar, day: date, days: int) -> date:
    """The business day so many business days after (or, negative, before) a day; with 0 the day itself or the next."""
    step = DAY if days >= 0 else -DAY
    left, reached = abs(days), day
    if days == 0 and not calendar.is_business_day(reached):
        left = 1
    for _ in range(SEARCHED_MOST.days + 7 * left):
        if left == 0:
            return reached
        reached += step
        left -= calendar.is_business_day(reached)
    raise NeverOpen(f"{calendar.name} has no {abs(days)} business days around {day}")


def _business(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    start, end = _aware(start), _aware(end)
    total = timedelta()
    if end <= start:
        return total
    for begin, until in _intervals(calendar, start, end):
        if begin >= end:
            break
        total += min(until, end) - max(begin, start)
    return total


def _forward(calendar: Calendar, start: datetime, minutes: int, pauses: Sequence[Interval]) -> datetime:
    start, left = _aware(start), minutes * MINUTE
    if minutes < 0:
        raise ValueError(f"{minutes} minutes: time runs forward")
    if minutes == 0:
        return start
    for begin, until in _without(_intervals(calendar, start), pauses):
        begin = max(begin, start)
        if until - begin >= left:
            return begin + left
        left -= until - begin
    raise NeverOpen(f"{calendar.name} is not open for {minutes} minutes after {start}")


def _intervals(calendar: Calendar, start: datetime, end: datetime | None = None) -> Iterator[Interval]:
    """Opening intervals that end after `start`, in order, none overlapping another. NeverOpen after ten empty years."""
    day = start.astimezone(calendar.zone).date() - DAY
    last = end.astimezone(calendar.zone).date() if end else date.max
    covered = start
    while day <= last:
        for begin, until in calendar.openings(day):
            if until > max(begin, covered):
                yield max(begin, covered), until
                covered = until
        day += DAY
        if end is None and day - covered.date() > SEARCHED_MOST:
            raise NeverOpen(f"{calendar.name} does not open in the ten years after {covered}")


def _without(intervals: Iterator[Interval], pauses: Sequence[Interval]) -> Iterator[Interval]:
    """The parts of the intervals that lie in no pause; the pauses are in order and do not overlap."""
    for begin, until in intervals:
        for pause_begin, pause_end in pauses:
            if pause_end <= begin or pause_begin >= until:
                continue
            if pause_begin > begin:
                yield begin, pause_begin
            begin = max(begin, min(pause_end, until))
        if begin < until:
            yield begin, until


def _merged(pauses: Sequence[Pause], now: datetime) -> list[Interval]:
    """Pauses in order, those that touch as one; one that still lasts is taken until now."""
    closed = sorted((_aware(begin), _aware(now if end is None else end)) for begin, end in pauses)
    merged: list[Interval] = []
    for begin, end in closed:
        if end <= begin:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} names no zone: instants are aware")
    return instant.astimezone(UTC)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """When the clocks of a zone first show so many minutes after midnight of a day, or jump over them."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    return _jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found, wall, zone)


def _jump(low: datetime, high: datetime, wall: datetime, zone: ZoneInfo) -> datetime:
    """The second at which a zone's clocks jump over a time they never show."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) >= wall:
            high = middle
        else:
            low = middle
    return high
