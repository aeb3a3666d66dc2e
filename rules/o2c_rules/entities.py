"""The legal entities: in whose time a day begins, and in what an entity keeps its books."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from .rulebook import RuleBook

TABLE = "reference/legal-entities"
_known: WeakKeyDictionary[RuleBook, dict[str, "LegalEntity"]] = WeakKeyDictionary()


class UnknownEntity(LookupError):
    """A legal entity that the reference table does not hold."""


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """A company that sells under its own name and keeps its own books."""

    id: str
    name: str
    country: str
    zone: ZoneInfo
    currency: str
    language: str


def entity(book: RuleBook, legal_entity: str) -> LegalEntity:
    """The entity by its newest version in the table. UnknownEntity, with the known ones, where there is none."""
    known = _known.setdefault(book, {})
    found = known.get(legal_entity)
    if found is None:
        found = known[legal_entity] = _read(book, legal_entity)
    return found


def zone(book: RuleBook, legal_entity: str) -> ZoneInfo:
    """The time zone in which an entity's days begin and end."""
    return entity(book, legal_entity).zone


def local_date(book: RuleBook, legal_entity: str, instant: datetime) -> date:
    """The entity's calendar day at an aware instant."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} names no zone: instants are aware")
    return instant.astimezone(UTC).astimezone(zone(book, legal_entity)).date()


def _read(book: RuleBook, legal_entity: str) -> LegalEntity:
    newest = book.versions(TABLE)[-1]
    decision = book.decide(TABLE, {"legal_entity": legal_entity}, newest.effective_to)
    if not decision.rows:
        known = ", ".join(row.cells["legal_entity"].text for row in newest.rows if "legal_entity" in row.cells)
        raise UnknownEntity(f"no legal entity {legal_entity!r} in {TABLE}; it has {known}")
    name, country, currency, language = (str(decision[key]) for key in ("name", "country", "currency", "language"))
    return LegalEntity(legal_entity, name, country, ZoneInfo(str(decision["zone"])), currency, language)
