"""What a person wrote behind --since and --until."""

from datetime import UTC, datetime, time

from o2c_rules.history.looking import Window

from .calling import stop


def window_of(since: str | None, until: str | None) -> Window:
    """A day stands for all of it. Ends the program for what is neither a day nor an instant."""
    found = Window(_instant(since, time.min, "--since"), _instant(until, time.max, "--until"))
    if found.since and found.until and found.since > found.until:
        stop(f"--since {since} lies behind --until {until}", "--since comes before --until")
    return found


def _instant(text: str | None, on_a_day: time, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        stop(f"{option} {text} is no date", "write it like 2026-01-31 or 2026-01-31T14:00:00+00:00")
    if len(text) <= len("2026-01-31"):
        found = datetime.combine(found.date(), on_a_day)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
