"""Business time agrees with a clock that is read minute by minute, over midnight, holidays and changes of the hour."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_rules.calendar_book import read_calendars
from o2c_rules.calendars import (
    MINUTE,
    Calendar,
    Hours,
    NeverOpen,
    Pause,
    add_business_days,
    add_business_minutes,
    business_minutes,
    due,
    elapsed,
    next_opening,
)
from o2c_rules.rulebook import RuleBook, UnknownCalendar
from o2c_rules.source import BadTable

BOOK = RuleBook.shipped()
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
MONDAYS = [
    date(2026, 3, 2),
    date(2026, 3, 23),
    date(2026, 4, 6),
    date(2026, 10, 5),
    date(2026, 10, 19),
    date(2026, 10, 26),
]
SPAN = 9 * 1_440


@dataclass(frozen=True)
class Clock:
    """Nine days of minutes, each of them open or not, read off the wall."""

    begin: datetime
    opened: list[bool]

    def minutes(self, start: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> int:
        return sum(
            is_open and start <= at < end and not any(a <= at < (b or end) for a, b in pauses)
            for at, is_open in self.read()
        )

    def read(self) -> Iterator[tuple[datetime, bool]]:
        return ((self.begin + n * MINUTE, is_open) for n, is_open in enumerate(self.opened))


def clock(calendar: Calendar, monday: date) -> Clock:
    begin = datetime.combine(monday - timedelta(days=1), time(), tzinfo=UTC)
    walls = [(begin + n * MINUTE).astimezone(calendar.zone).replace(tzinfo=None) for n in range(-2_880, SPAN)]
    highest = list(accumulate(walls, max))
    opened = [False] * SPAN
    for day in (monday + timedelta(days=n) for n in range(-3, 9)):
        if calendar.is_holiday(day):
            continue
        for shift in calendar.hours[day.weekday()]:
            first, last = (
                bisect_left(highest, datetime.combine(day, time()) + edge * MINUTE) - 2_880 for edge in shift
            )
            opened[max(first, 0) : max(last, 0)] = [True] * (min(last, SPAN) - max(first, 0))
    return Clock(begin, opened[:SPAN])


@st.composite
def shifts(draw: st.DrawFn) -> Hours:
    edges = sorted(draw(st.lists(st.integers(0, 95), min_size=2, max_size=4, unique=True)))
    found = [(edges[n] * 15, edges[n + 1] * 15) for n in range(0, len(edges) - 1, 2)]
    if draw(st.booleans()):
        begin, end = found[-1]
        found[-1] = begin, begin + draw(st.integers(max(1, end - begin), 1_440))
    return tuple(found) if draw(st.integers(0, 4)) else ()


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Calendar, Clock, datetime, datetime, list[Pause]]:
    monday = draw(st.sampled_from(MONDAYS))
    closed = draw(st.frozensets(st.integers(0, 6).map(lambda n: monday + timedelta(days=n)), max_size=2))
    calendar = Calendar(
        name="generated",
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        hours=tuple(draw(shifts()) for _ in range(7)),
        is_holiday=closed.__contains__,
    )
    read = clock(calendar, monday)
    instants = st.integers(1_440, 7 * 1_440).map(lambda n: read.begin + n * MINUTE)
    start, end = sorted([draw(instants), draw(instants)])
    ends = st.one_of(st.none(), instants)
    pauses: list[Pause] = draw(st.lists(st.tuples(instants, ends), max_size=3))
    return calendar, read, start, end, pauses


moderate = settings(max_examples=40, deadline=None, derandomize=True)


@moderate
@given(worlds())
def test_business_minutes_are_the_open_minutes_of_the_clock(
    world: tuple[Calendar, Clock, datetime, datetime, list[Pause]],
) -> None:
    calendar, read, start, end, _ = world

    assert business_minutes(calendar, start, end) == read.minutes(start, end)
    assert business_minutes(calendar, end, start) == 0


@moderate
@given(worlds())
def test_a_pause_counts_by_its_overlap_with_business_time_and_twice_paused_is_once(
    world: tuple[Calendar, Clock, datetime, datetime, list[Pause]],
) -> None:
    calendar, read, start, now, pauses = world

    assert elapsed(calendar, start, now, pauses) == read.minutes(start, now, pauses)


@moderate
@given(worlds())
def test_a_breach_computed_forward_is_the_minute_at_which_the_clock_reaches_it(
    world: tuple[Calendar, Clock, datetime, datetime, list[Pause]],
) -> None:
    calendar, read, start, end, pauses = world
    closed = [(a, b) for a, b in pauses if b is not None]
    target, paused = read.minutes(start, end), read.minutes(start, end, closed)

    if target:
        reached = add_business_minutes(calendar, start, target)
        assert start < reached <= end
        assert read.minutes(start, reached) == target
        assert read.minutes(start, reached - MINUTE) == target - 1
    if paused:
        breach = due(calendar, start, paused, closed)
        assert breach is not None
        assert elapsed(calendar, start, breach, closed) == paused
        assert elapsed(calendar, start, breach - MINUTE, closed) == paused - 1


@moderate
@given(worlds())
def test_the_next_opening_is_the_first_open_minute(
    world: tuple[Calendar, Clock, datetime, datetime, list[Pause]],
) -> None:
    calendar, read, start, _, _ = world
    first = next((at for at, is_open in read.read() if is_open and at >= start), None)

    if first is not None:
        assert next_opening(calendar, start) == first


def berlin(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = BOOK.calendar("in-night")
    kolkata = ZoneInfo("Asia/Kolkata")
    friday = datetime(2026, 6, 5, 18, 30, tzinfo=kolkata)
    saturday = datetime(2026, 6, 6, 3, 30, tzinfo=kolkata)

    assert business_minutes(night, friday, saturday + timedelta(days=1)) == 9 * 60
    assert add_business_minutes(night, friday, 540) == saturday
    assert next_opening(night, saturday) == datetime(2026, 6, 8, 18, 30, tzinfo=kolkata)
    assert (
        business_minutes(night, datetime(2026, 8, 14, 18, 30, tzinfo=kolkata), datetime(2026, 8, 17, tzinfo=kolkata))
        == 540
    )


def test_the_night_of_a_holiday_is_not_worked_but_the_night_before_runs_into_it() -> None:
    night = BOOK.calendar("in-night")
    kolkata = ZoneInfo("Asia/Kolkata")
    eve = datetime(2026, 1, 25, 12, tzinfo=kolkata)

    assert not night.is_business_day(date(2026, 1, 26))
    assert next_opening(night, eve) == datetime(2026, 1, 27, 18, 30, tzinfo=kolkata)


def test_holidays_of_the_country_are_free() -> None:
    office = BOOK.calendar("de-office")

    assert business_minutes(office, berlin(1, 0, month=5), berlin(5, 0, month=5)) == 8 * 60
    assert add_business_minutes(office, berlin(30, 16, month=4), 120) == berlin(4, 10, month=5)
    assert not office.is_business_day(date(2026, 3, 8))


def test_around_the_clock_a_minute_is_a_minute() -> None:
    always = BOOK.calendar("always")
    start = datetime(2026, 2, 28, 23, 59, 30, tzinfo=UTC)

    assert business_minutes(always, start, start + timedelta(days=40)) == 40 * 1_440
    assert add_business_minutes(always, start, 1) == start + MINUTE
    assert always.is_business_day(date(2026, 12, 25))


def test_a_night_in_which_the_clock_changes_is_as_long_as_it_is() -> None:
    nights = read_calendars(
        b'calendars: {nights: {zone: Europe/Berlin, hours: {daily: "22:00-06:00"}}}',
    )["nights"]

    assert business_minutes(nights, berlin(28, 12, month=3), berlin(29, 12, month=3)) == 7 * 60
    assert business_minutes(nights, berlin(24, 12, month=10), berlin(25, 12, month=10)) == 9 * 60


@pytest.mark.parametrize(
    ("zone", "monday", "hours", "sunday"),
    [
        ("Europe/Berlin", date(2026, 3, 23), (135, 300), 120),
        ("Europe/Berlin", date(2026, 3, 23), (60, 150), 60),
        ("Europe/Berlin", date(2026, 3, 23), (125, 175), 0),
        ("Europe/Berlin", date(2026, 10, 19), (60, 150), 90),
        ("Europe/Berlin", date(2026, 10, 19), (150, 240), 150),
        ("Australia/Lord_Howe", date(2026, 9, 28), (130, 200), 50),
        ("Australia/Lord_Howe", date(2026, 3, 30), (100, 200), 130),
    ],
)
def test_hours_that_the_clock_skips_or_repeats_are_counted_as_they_pass(
    zone: str, monday: date, hours: tuple[int, int], sunday: int
) -> None:
    calendar = Calendar("sundays", ZoneInfo(zone), (*((),) * 6, (hours,)))
    read = clock(calendar, monday)
    end = read.begin + (SPAN - 1) * MINUTE

    assert business_minutes(calendar, read.begin + timedelta(days=2), end) == sunday
    assert read.minutes(read.begin + timedelta(days=2), end) == sunday


def test_a_clock_that_stands_still_has_no_due_time_unless_it_was_reached_before() -> None:
    office = BOOK.calendar("de-office")
    pauses: list[Pause] = [(berlin(2, 12), None)]

    assert due(office, berlin(2, 9), 240, pauses) is None
    assert due(office, berlin(2, 9), 180, pauses) == berlin(2, 12)
    assert elapsed(office, berlin(2, 9), berlin(3, 15), pauses) == 180


def test_a_pause_over_night_does_not_move_the_due_time() -> None:
    office = BOOK.calendar("de-office")

    assert due(office, berlin(2, 16), 120, [(berlin(2, 18), berlin(3, 8))]) == berlin(3, 10)
    assert due(office, berlin(2, 16), 120, [(berlin(2, 16, 30), berlin(3, 9, 30))]) == berlin(3, 11)


@pytest.mark.parametrize(
    ("day", "days", "reached"),
    [
        (date(2026, 4, 30), 1, date(2026, 5, 4)),
        (date(2026, 4, 30), 0, date(2026, 4, 30)),
        (date(2026, 5, 1), 0, date(2026, 5, 4)),
        (date(2026, 5, 4), -1, date(2026, 4, 30)),
        (date(2026, 12, 23), 3, date(2026, 12, 29)),
    ],
)
def test_business_days_pass_over_weekends_and_holidays(day: date, days: int, reached: date) -> None:
    assert add_business_days(BOOK.calendar("de-office"), day, days) == reached


def test_a_calendar_that_never_opens_is_an_error_and_not_an_endless_search() -> None:
    never = Calendar("never", ZoneInfo("UTC"), ((),) * 7)
    start = datetime(2026, 1, 1, tzinfo=UTC)

    assert business_minutes(never, start, start + timedelta(days=100)) == 0
    with pytest.raises(NeverOpen):
        next_opening(never, start)
    with pytest.raises(NeverOpen):
        add_business_minutes(never, start, 1)
    with pytest.raises(NeverOpen):
        add_business_days(never, start.date(), 1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="names no zone"):
        next_opening(BOOK.calendar("always"), datetime(2026, 1, 1))  # noqa: DTZ001


def test_an_unknown_calendar_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownCalendar, match="no calendar 'mars'; the bundle has always"):
        BOOK.calendar("mars")


@pytest.mark.parametrize(
    ("calendar", "said"),
    [
        ('{zone: Mars/Base, hours: {mon: "09:00-17:00"}}', "'Mars/Base' is no time zone"),
        ("{zone: UTC}", "without hours"),
        ('{zone: UTC, hours: {someday: "09:00-17:00"}}', "'someday' names no days"),
        ('{zone: UTC, hours: {mon: "9-17"}}', "'9-17' are no hours"),
        ('{zone: UTC, hours: {mon: "09:60-17:00"}}', "are no hours"),
        ('{zone: UTC, hours: {mon: "09:00-25:00"}}', "are no hours"),
        ('{zone: UTC, hours: {mon: "09:00-12:00, 11:00-13:00"}}', "begins before the shift before it ends"),
        ('{zone: UTC, hours: {mon-tue: "09:00-12:00", tue: "09:00-10:00"}}', "tue a second time"),
        ('{zone: UTC, hours: {mon: "09:00-12:00"}, holidays: {country: XX}}', "XX"),
        ('{zone: UTC, hours: {mon: "09:00-12:00"}, closed: [2026-02-30]}', "no day of the calendar"),
        ('{zone: UTC, hours: {mon: "09:00-12:00"}, opens: always}', "'opens' is unknown"),
    ],
)
def test_a_mistake_in_a_calendar_is_named(calendar: str, said: str) -> None:
    with pytest.raises(BadTable) as refused:
        read_calendars(f"calendars:\n  c: {calendar}\n".encode())

    assert any(said in str(finding) and "calendars.yaml:2" in str(finding) for finding in refused.value.findings)
