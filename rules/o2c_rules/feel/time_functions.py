"""Built-in functions that make dates, times, durations and texts of other values. None reads a clock."""

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from .functions import declared, want
from .number_functions import whole
from .operations import sort_of
from .temporal import months_between, read_date, read_duration, read_moment, read_time, written

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = "January February March April May June July August September October November December".split()


def _date(first: Any, month: Any = None, day: Any = None) -> date | None:
    if month is not None or day is not None:
        return date(whole(first), whole(month), whole(day))
    if isinstance(first, str):
        return read_date(first)
    found: date = want(first, "date", "date and time")
    return found.date() if isinstance(found, datetime) else found


def _time(first: Any, minute: Any = None, second: Any = None, offset: Any = None) -> time | None:
    if minute is not None:
        zone = None if offset is None else timezone(want(offset, "days and time duration"))
        part = want(second, "number")
        micro = int((part % 1).scaleb(6))
        return time(whole(first), whole(minute), int(part), micro, tzinfo=zone)
    if isinstance(first, str):
        return read_time(first)
    found = want(first, "time", "date and time", "date")
    if isinstance(found, datetime):
        return found.timetz()
    return found if isinstance(found, time) else time(tzinfo=timezone(timedelta()))


def _moment(first: Any, clock: Any = None) -> datetime | None:
    if clock is not None:
        day = want(first, "date", "date and time")
        return datetime.combine(day.date() if isinstance(day, datetime) else day, want(clock, "time"))
    return read_moment(first) if isinstance(first, str) else want(first, "date and time")


def _day(value: Any) -> date:
    found: date = want(value, "date", "date and time")
    return found.date() if isinstance(found, datetime) else found


def text_of(value: Any) -> str | None:
    """A value as `string` writes it; None for null."""
    match sort_of(value):
        case "null" | "other" | "range":
            return None
        case "string":
            return str(value)
        case "boolean":
            return "true" if value else "false"
        case "number":
            return f"{value:f}" if -30 < value.adjusted() < 34 else str(value)
        case "list":
            return f"[{', '.join(map(_inside, value))}]"
        case "context":
            return "{" + ", ".join(f"{key}: {_inside(item)}" for key, item in value.items()) + "}"
    return written(value)


def _inside(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text_of(value) or "null"


FUNCTIONS = (
    declared("date", "year,month,day", _date, 1),
    declared("time", "hour,minute,second,offset", _time, 1),
    declared("date and time", "date,time", _moment, 1),
    declared("duration", "from", lambda text: read_duration(want(text, "string"))),
    declared("years and months duration", "from,to", lambda a, b: months_between(_day(a), _day(b))),
    declared("day of year", "date", lambda value: Decimal(_day(value).timetuple().tm_yday)),
    declared("day of week", "date", lambda value: _DAYS[_day(value).weekday()]),
    declared("month of year", "date", lambda value: _MONTHS[_day(value).month - 1]),
    declared("week of year", "date", lambda value: Decimal(_day(value).isocalendar().week)),
    declared("string", "from", text_of),
)
