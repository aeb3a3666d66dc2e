"""The calendars of business time as one page."""

from collections.abc import Iterator

from o2c_rules.calendar_book import DAYS, FILE, MIDNIGHT, read_calendars
from o2c_rules.calendars import Hours
from o2c_rules.reading import read_tree
from o2c_rules.source import Entries, Findings, Listing, Node, Scalar

from .wording import joined

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def page_of_calendars(content: bytes) -> str:
    """Every calendar: where, when it is open, when it is closed."""
    calendars = read_calendars(content)
    root = read_tree(FILE, content, Findings(FILE))
    written = root.items.get("calendars") if root else None
    blocks = [
        "# Calendars of business time",
        f"File `{FILE}`. This page is made from it; change the file, not the page.",
        "Clocks of service levels run while a calendar is open and stand still while it is closed.",
        "A shift over midnight belongs to the day on which it begins.",
    ]
    for name, calendar in calendars.items():
        node = written.items.get(name) if isinstance(written, Entries) else None
        blocks.append(f"## {calendar.title or name}")
        blocks.append(
            "\n".join([f"- Name: `{name}`", f"- By the clock of {calendar.zone.key}", *_hours(calendar.hours)])
        )
        closed = list(_closed(node)) if isinstance(node, Entries) else []
        blocks.append("\n".join(closed or ["- No public holidays"]))
    return "\n\n".join(blocks) + "\n"


def _hours(week: tuple[Hours, ...]) -> Iterator[str]:
    """Days with the same hours in one line."""
    by_hours: dict[Hours, list[int]] = {}
    for day, hours in enumerate(week):
        by_hours.setdefault(hours, []).append(day)
    for hours, days in by_hours.items():
        said = joined(f"{_clock(start)} to {_clock(end)}" for start, end in hours) if hours else "closed"
        yield f"- {_days(days)}: {said}"


def _days(days: list[int]) -> str:
    if len(days) == len(DAYS):
        return "Every day"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{NAMES[days[0]]} to {NAMES[days[-1]]}"
    return joined(NAMES[day] for day in days)


def _clock(minute: int) -> str:
    if minute == MIDNIGHT:
        return "midnight"
    next_day = " of the next day" * (minute > MIDNIGHT)
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}{next_day}"


def _closed(node: Entries) -> Iterator[str]:
    holidays = node.items.get("holidays")
    if isinstance(holidays, Entries):
        country, part = (_text(holidays.items.get(name)) for name in ("country", "subdivision"))
        yield f"- Closed on the public holidays of {country}{f' as kept in {part}' if part else ''}"
    days = node.items.get("closed")
    if isinstance(days, Listing):
        yield f"- Closed on {joined(_text(day) for day in days.items)}"


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""
