"""The book of calendars (`calendars.yaml`): who works when, and which days are free."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import lru_cache, partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .calendars import Calendar, Hours
from .columns import value_of
from .reading import read_tree
from .source import BadTable, Entries, Findings, Listing, Node, Place, Scalar
from .values import Kind

FILE = "calendars.yaml"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KNOWN = frozenset({"title", "zone", "hours", "holidays", "closed", "basis", "note"})
_SHIFT = re.compile(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)", re.ASCII)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MIDNIGHT = 1_440


@lru_cache(16)
def read_calendars(content: bytes) -> Mapping[str, Calendar]:
    """All calendars of the book by name; BadTable holds everything that is wrong. The same bytes are read once."""
    findings = Findings(FILE)
    root = read_tree(FILE, content, findings)
    found: dict[str, Calendar] = {}
    calendars = root.items.get("calendars") if root else None
    if isinstance(calendars, Entries):
        for name, node in calendars.items.items():
            if (calendar := _calendar(name, node, calendars.lines[name], findings)) is not None:
                found[name] = calendar
    elif not findings.found:
        findings.add(1, "the file holds no calendars", "calendars: followed by one entry per calendar")
    if findings.found:
        raise BadTable(findings.found)
    return found


def _calendar(name: str, node: Node, line: Place, findings: Findings) -> Calendar | None:
    if not _NAME.fullmatch(name) or not isinstance(node, Entries):
        findings.add(
            line, f"{name!r} is no calendar", "berlin-office: {zone: Europe/Berlin, hours: {mon-fri: 09:00-17:00}}"
        )
        return None
    for key in node.items:
        if key not in _KNOWN:
            findings.add(node.lines[key], f"{key!r} is unknown here", f"known: {', '.join(sorted(_KNOWN))}")
    zone = _zone(node, findings)
    hours = _hours(node.items.get("hours"), node.line, findings)
    closed = _closed(node.items.get("closed"), findings)
    holiday = _holidays(node.items.get("holidays"), findings)
    title = node.items.get("title")
    if zone is None:
        return None
    return Calendar(
        name=name,
        zone=zone,
        hours=hours,
        is_holiday=partial(_is_free, closed, holiday),
        title=title.text if isinstance(title, Scalar) else "",
    )


def _is_free(closed: frozenset[date], holiday: Callable[[date], bool] | None, day: date) -> bool:
    return day in closed or (holiday is not None and holiday(day))


def _zone(node: Entries, findings: Findings) -> ZoneInfo | None:
    written = node.items.get("zone")
    name = written.text if isinstance(written, Scalar) else ""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        findings.add(node.lines.get("zone", node.line), f"{name!r} is no time zone", "zone: Europe/Berlin")
        return None


def _hours(node: Node | None, line: Place, findings: Findings) -> tuple[Hours, ...]:
    week: list[Hours] = [()] * 7
    if not isinstance(node, Entries):
        findings.add(line, "a calendar without hours", 'hours: {mon-fri: "09:00-17:00"}')
        return tuple(week)
    for name, item in node.items.items():
        shifts = _shifts(item, findings)
        for day in _weekdays(name, node.lines[name], findings):
            if week[day]:
                findings.add(node.lines[name], f"{DAYS[day]} a second time", "each day once")
            week[day] = shifts
    return tuple(week)


def _weekdays(name: str, line: Place, findings: Findings) -> Iterator[int]:
    for part in name.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if part == "daily":
            yield from range(7)
        elif first in DAYS and (last or first) in DAYS and DAYS.index(first) <= DAYS.index(last or first):
            yield from range(DAYS.index(first), DAYS.index(last or first) + 1)
        else:
            findings.add(line, f"{part!r} names no days", "mon, tue-fri or daily")


def _shifts(node: Node, findings: Findings) -> Hours:
    """`09:00-12:30, 13:30-18:00`; an end that is not after its beginning lies on the next day; 24:00 is midnight."""
    written = node.text if isinstance(node, Scalar) else ""
    shifts: list[tuple[int, int]] = []
    for part in written.split(","):
        found = _SHIFT.fullmatch(part.strip())
        begin, end = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (-1, -1)
        if not (0 <= begin < MIDNIGHT and 0 <= end <= MIDNIGHT) or int(found[2] if found else 60) > 59:
            findings.add(node.line, f"{part.strip()!r} are no hours", '"09:00-17:00", or "18:30-03:30" over midnight')
            continue
        end += 0 if end > begin else MIDNIGHT
        if shifts and begin < shifts[-1][1]:
            findings.add(node.line, f"{part.strip()!r} begins before the shift before it ends", "in order, apart")
        shifts.append((begin, end))
    return tuple(shifts)


def _closed(node: Node | None, findings: Findings) -> frozenset[date]:
    if node is None:
        return frozenset()
    if not isinstance(node, Listing):
        findings.add(node.line, "closed is no list of days", "closed: [2026-12-24, 2026-12-31]")
        return frozenset()
    days = (value_of(item, Kind.DATE, findings) for item in node.items)
    return frozenset(day for day in days if isinstance(day, date))


def _holidays(node: Node | None, findings: Findings) -> Callable[[date], bool] | None:
    """Public holidays of a country, or a part of it, as the `holidays` package knows them."""
    if node is None:
        return None
    if not isinstance(node, Entries) or not set(node.items) <= {"country", "subdivision"}:
        findings.add(node.line, "these holidays are not understood", "holidays: {country: DE, subdivision: BE}")
        return None
    # Its import takes as long as all of ours together, and a bundle may have no holidays.
    from holidays import country_holidays  # noqa: PLC0415

    country, subdivision = (
        item.text if isinstance(item := node.items.get(key), Scalar) else None for key in ("country", "subdivision")
    )
    try:
        return country_holidays(country or "", subdiv=subdivision).__contains__
    except NotImplementedError as error:
        findings.add(node.line, str(error), "an ISO 3166 code, such as DE, and its subdivision, such as BE")
        return None
