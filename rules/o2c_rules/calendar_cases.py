"""Golden cases of calendars: so much business time from an instant on ends at another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .calendars import Calendar, add_business_minutes
from .source import BadTable, Entries, Findings, Listing, Node, Place, Scalar, decoded
from .yaml_tables import read_node

FILE = "calendars.cases.yaml"
_KNOWN = frozenset({"case", "calendar", "from", "minutes", "until"})
_HINT = "case, calendar, from, minutes and until, an instant with its offset such as 2026-03-06T16:00+01:00"


@dataclass(frozen=True, slots=True)
class CalendarCase:
    """One golden case, with its place in the file."""

    where: str
    calendar: str
    sentence: str
    start: datetime
    minutes: int
    until: datetime

    def answer(self, calendar: Calendar) -> datetime:
        """When the business minutes are over, in the zone in which the case speaks."""
        return add_business_minutes(calendar, self.start, self.minutes).astimezone(self.until.tzinfo)


def calendar_cases(content: bytes, calendars: Mapping[str, Calendar]) -> tuple[CalendarCase, ...]:
    """All cases of the file. BadTable with all that is wrong."""
    findings = Findings(FILE)
    text = decoded(content, findings)
    root = read_node(text, findings) if text is not None else None
    if root is not None and not isinstance(root, Listing):
        findings.add(root.line, "the file holds no cases", "- case: a sentence")
    found = [_case(node, calendars, findings) for node in root.items] if isinstance(root, Listing) else []
    if findings.found:
        raise BadTable(findings.found)
    return tuple(case for case in found if case is not None)


def _case(node: Node, calendars: Mapping[str, Calendar], findings: Findings) -> CalendarCase | None:
    if not isinstance(node, Entries) or set(node.items) != _KNOWN:
        findings.add(node.line, "this is no case of a calendar", _HINT)
        return None
    text = {name: item.text for name, item in node.items.items() if isinstance(item, Scalar)}
    start, until = _instant(text, "from", node, findings), _instant(text, "until", node, findings)
    if text.get("calendar") not in calendars:
        known = ", ".join(calendars)
        findings.add(node.lines["calendar"], f"{text.get('calendar')!r} is no calendar", f"there are {known}")
    if not text.get("minutes", "").isdecimal():
        findings.add(node.lines["minutes"], f"{text.get('minutes')!r} is no number of minutes", "minutes: 90")
    if start is None or until is None or findings.found:
        return None
    return CalendarCase(
        where=_where(findings, node.line),
        calendar=text["calendar"],
        sentence=text.get("case", ""),
        start=start,
        minutes=int(text["minutes"]),
        until=until,
    )


def _instant(text: Mapping[str, str], name: str, node: Entries, findings: Findings) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.get(name, ""))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        findings.add(node.lines[name], f"{text.get(name)!r} is no instant with its offset", _HINT)
        return None
    return found


def _where(findings: Findings, line: Place) -> str:
    return f"{findings.file}:{line}"
