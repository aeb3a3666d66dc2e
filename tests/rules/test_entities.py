"""In whose time a day begins: the legal entity's."""

from datetime import UTC, date, datetime

import pytest
from o2c_rules.entities import UnknownEntity, entity, local_date, zone
from o2c_rules.rulebook import RuleBook

BOOK = RuleBook.shipped()


@pytest.mark.parametrize(
    ("legal_entity", "instant", "day"),
    [
        ("DE01", datetime(2026, 1, 31, 22, 59, 59, tzinfo=UTC), date(2026, 1, 31)),
        ("DE01", datetime(2026, 1, 31, 23, 0, tzinfo=UTC), date(2026, 2, 1)),
        ("DE01", datetime(2026, 7, 31, 22, 0, tzinfo=UTC), date(2026, 8, 1)),
        ("US01", datetime(2026, 2, 1, 4, 59, tzinfo=UTC), date(2026, 1, 31)),
        ("UK01", datetime(2026, 7, 31, 23, 0, tzinfo=UTC), date(2026, 8, 1)),
    ],
)
def test_one_instant_is_different_days_in_different_entities(legal_entity: str, instant: datetime, day: date) -> None:
    assert local_date(BOOK, legal_entity, instant) == day


def test_an_entity_is_known_with_all_that_is_said_of_it() -> None:
    found = entity(BOOK, "FR01")

    assert (found.country, found.currency, found.language, str(zone(BOOK, "FR01"))) == (
        "FR",
        "EUR",
        "fr",
        "Europe/Paris",
    )
    assert entity(BOOK, "FR01") is found


def test_an_unknown_entity_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UnknownEntity, match="no legal entity 'XX99' in reference/legal-entities; it has DE01, FR01"):
        zone(BOOK, "XX99")


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="names no zone"):
        local_date(BOOK, "DE01", datetime(2026, 1, 1))  # noqa: DTZ001
