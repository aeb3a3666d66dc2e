"""Where a legal entity is: in whose time its days begin, what it invoices in. Out of the book, never out of code."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from .rulebook import RuleBook

TABLE = "reference/legal-entities"


class UnknownEntity(LookupError):
    """No row for this legal entity in the book in force."""


@lru_cache(maxsize=1000)
def _said(book: RuleBook, legal_entity: str, on: date, name: str) -> str:
    value = book.decide(TABLE, {"legal_entity": legal_entity}, on)[name]
    if not isinstance(value, str):
        raise UnknownEntity(f"{legal_entity!r} is not in {TABLE} on {on}; add a row")
    return value


def zone(book: RuleBook, legal_entity: str, on: date) -> ZoneInfo:
    """The zone whose midnight begins the entity's days."""
    return ZoneInfo(_said(book, legal_entity, on, "zone"))


def currency(book: RuleBook, legal_entity: str, on: date) -> str:
    """What the entity keeps its books in."""
    return _said(book, legal_entity, on, "currency")


def local_date(book: RuleBook, legal_entity: str, instant: datetime) -> date:
    """The day it is for the entity at an instant."""
    utc = instant.astimezone(UTC)
    return utc.astimezone(zone(book, legal_entity, utc.date())).date()


def instant_of(book: RuleBook, legal_entity: str, day: date, hour: int, minute: int = 0) -> datetime:
    """A wall-clock time of a day in the entity's zone, as UTC."""
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone(book, legal_entity, day))
    return local.astimezone(UTC)
