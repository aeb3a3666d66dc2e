"""Dates, times and durations of FEEL: how they are written, what their parts are, how they add up. No clock."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MONTHS_MOST = 12 * 999_999_999


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration of years and months; how many days that is depends on where it begins."""

    count: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.count), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return f"{'-' if self.count < 0 else ''}P{text}"


_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(
    r"(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d(?::\d\d)?)?(?:@([A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+)*))?", re.ASCII
)
_MONTHS = re.compile(r"(-?)P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?", re.ASCII)
_DAYS = re.compile(r"(-?)P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,9}))?S)?)?", re.ASCII)


def read_date(text: str) -> date | None:
    """2026-01-31; None for anything else."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """09:30:00, with an offset or @Europe/Paris; fractions beyond microseconds are cut off. None for anything else."""
    found = _TIME.fullmatch(text)
    if not found or (found[3] and found[4]):
        return None
    try:
        zone = _zone(found[3], found[4])
        return time.fromisoformat(found[1]).replace(microsecond=int((found[2] or "").ljust(6, "0")[:6]), tzinfo=zone)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return None


def read_moment(text: str) -> datetime | None:
    """2026-01-31T09:30:00 as date and time; a date alone is its midnight. None for anything else."""
    day, separator, clock = text.partition("T")
    on, at = read_date(day), read_time(clock) if separator else time()
    return None if on is None or at is None else datetime.combine(on, at)


def read_duration(text: str) -> Months | timedelta | None:
    """P1Y2M or P1DT2H; None for anything else, and for what is too long."""
    if text[-1:] not in ("P", "T") and (found := _MONTHS.fullmatch(text)):
        months = 12 * int(found[2] or 0) + int(found[3] or 0)
        return Months(-months if found[1] else months)
    if text[-1:] in ("P", "T") or not (found := _DAYS.fullmatch(text)):
        return None
    days, hours, minutes, seconds = (int(found[n] or 0) for n in range(2, 6))
    micro = int((found[6] or "").ljust(6, "0")[:6])
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=micro)
    except OverflowError:
        return None
    return -length if found[1] else length


def read_any(text: str) -> Any:
    """What @"…" stands for; None where it is none of them."""
    for read in (read_duration, read_date, read_moment, read_time):
        if (found := read(text)) is not None:
            return found
    return None


def written(value: date | time | Months | timedelta) -> str:
    """The text from which the value reads back."""
    if isinstance(value, timedelta):
        return _length(value)
    if isinstance(value, Months):
        return str(value)
    zone = value.tzinfo if isinstance(value, datetime | time) else None
    if isinstance(zone, ZoneInfo) and isinstance(value, datetime | time):
        return f"{value.replace(tzinfo=None).isoformat()}@{zone.key}"
    text = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if zone == UTC else text


def property_of(value: Any, name: str) -> Any:
    """One part of a date, time or duration, such as `year`; None where it has no such part."""
    if isinstance(value, Months):
        whole = {"years": abs(value.count) // 12, "months": abs(value.count) % 12}.get(name)
        return None if whole is None else Decimal(-whole if value.count < 0 else whole)
    if isinstance(value, timedelta):
        return _part_of_length(value, name)
    if name in ("year", "month", "day") and isinstance(value, date):
        return Decimal(getattr(value, name))
    if name == "weekday" and isinstance(value, date):
        return Decimal(value.isoweekday())
    if isinstance(value, datetime | time):
        return _part_of_clock(value, name)
    return None


def months_between(start: date, end: date) -> Months:
    """Whole months from one date to another."""
    sign = -1 if end < start else 1
    first, last = (start, end) if sign > 0 else (end, start)
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    return Months(sign * months)


def shifted(value: date, by: Months) -> date:
    """A date some months on; the last day of a month where it has no such day. OverflowError beyond year 9999."""
    months = value.year * 12 + value.month - 1 + by.count
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(f"year {year}")
    for day in range(value.day, 27, -1):
        try:
            return value.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return value.replace(year=year, month=month + 1)


def turned(value: time, by: timedelta) -> time:
    """A time of day some time later, past midnight if need be."""
    return (datetime.combine(date(2000, 1, 1), value) + by % timedelta(days=1)).timetz()


def seconds_of(value: time) -> Decimal:
    """Seconds since midnight, less the offset where there is one: what two times of day are compared by."""
    offset = value.utcoffset() or timedelta()
    return Decimal(value.hour * 3600 + value.minute * 60 + value.second - int(offset.total_seconds())) + Decimal(
        value.microsecond
    ).scaleb(-6)


def _zone(offset: str | None, name: str | None) -> tzinfo | None:
    if name:
        return ZoneInfo(name)
    if not offset:
        return None
    if offset == "Z":
        return UTC
    hours, minutes, *seconds = (int(part) for part in offset[1:].split(":"))
    away = timedelta(hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)
    return timezone(-away if offset[0] == "-" else away)


def _length(value: timedelta) -> str:
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{value.microseconds:06}".rstrip("0") if value.microseconds else ""
    parts = ((f"{hours}", "H"), (f"{minutes}", "M"), (f"{seconds}{fraction}", "S"))
    clock = "".join(count + mark for count, mark in parts if count != "0")
    days = f"{value.days}D" if value.days else ""
    return f"{sign}P{days}" + (f"T{clock}" if clock else "" if days else "T0S")


def _part_of_length(value: timedelta, name: str) -> Any:
    sign, value = (-1, -value) if value < timedelta() else (1, value)
    parts = {
        "days": Decimal(value.days),
        "hours": Decimal(value.seconds // 3600),
        "minutes": Decimal(value.seconds // 60 % 60),
        "seconds": Decimal(value.seconds % 60) + Decimal(value.microseconds).scaleb(-6),
    }
    return sign * parts[name] if name in parts else None


def _part_of_clock(value: datetime | time, name: str) -> Any:
    match name:
        case "hour" | "minute":
            return Decimal(getattr(value, name))
        case "second":
            return Decimal(value.second) + (Decimal(value.microsecond).scaleb(-6) if value.microsecond else 0)
        case "time offset":
            return value.utcoffset()
        case "timezone":
            return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
    return None
