"""Missing, null and of the wrong type are three things, and the head of a table says what each leads to."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from o2c_rules.decision import Decision
from o2c_rules.rulebook import RuleBook

DAY = date(2026, 1, 1)


class Risk(StrEnum):
    HIGH = "high"


class Level(IntEnum):
    THREE = 3


def decide(fact: str, cell: str, **facts: Any) -> Decision:
    text = f"""
table: t/one
policy: F
version_by: recorded
facts:
  x: {fact}
outcome: {{then: text}}
rows:
  - {{id: R, x: {cell}, then: matched}}
"""
    return RuleBook({"t/one.yaml": text.encode()}).decide("t/one", facts, DAY)


def test_by_default_missing_and_null_match_only_a_dash_and_a_wrong_type_is_undecided() -> None:
    assert decide("number", '">= 0"').rows == decide("number", '">= 0"', x=None).rows == ()
    assert decide("number", '"not(5)"').rows == decide("number", '"not(5)"', x=None).rows == ()
    assert [row.id for row in decide("number", '"-"').rows] == ["R"]
    assert decide("number", '">= 0"', x="5").undecided == "x is '5', which is no number"


@pytest.mark.parametrize(
    ("fact", "facts", "undecided"),
    [
        ("{type: number, missing: undecided}", {}, "x is missing"),
        ("{type: number, null: undecided}", {"x": None}, "x is null"),
        ("{type: number, missing: undecided}", {"x": None}, None),
        ("{type: number, wrong: no_match}", {"x": "five"}, None),
        ("{type: text, allowed: [a, b]}", {"x": "c"}, "x is 'c', which is none of a, b"),
    ],
)
def test_each_of_the_three_has_a_declared_answer(fact: str, facts: dict[str, Any], undecided: str | None) -> None:
    decision = decide(fact, '"a"' if "text" in fact else '">= 0"', **facts)

    assert decision.undecided == undecided
    assert decision.rows == ()
    assert decision["then"] is None


def test_a_default_stands_in_for_a_missing_fact_but_the_record_keeps_what_was_given() -> None:
    decision = decide("{type: number, missing: default 7}", "7", other="kept")

    assert [row.id for row in decision.rows] == ["R"]
    assert decision.facts == {"other": "kept"}


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("number", [1.0, True, "1", Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), date(2026, 1, 1), [1]]),
        ("money", [1.0, True, Decimal(1), "1"]),
        ("text", [1, True, b"a", date(2026, 1, 1)]),
        ("boolean", [0, 1, "true"]),
        ("date", ["2026-01-01", 20260101, datetime(2026, 1, 1, tzinfo=UTC)]),
    ],
)
def test_nothing_is_coerced(kind: str, wrong: list[Any]) -> None:
    for value in wrong:
        assert decide(kind, '"-"', x=value).undecided, value


def test_enumerations_are_their_bare_values() -> None:
    assert decide("{type: text, allowed: [high]}", "high", x=Risk.HIGH).rows
    assert decide("number", "3", x=Level.THREE).rows


def test_all_reasons_come_at_once() -> None:
    text = b"""
table: t/two
policy: F
version_by: recorded
facts:
  a: {type: number, missing: undecided}
  b: {type: number, null: undecided}
  limit: number
derived: {share: a / limit, twice: b * 2}
outcome: {then: text}
rows: [{id: R, then: matched}]
"""
    book = RuleBook({"t/two.yaml": text})

    assert book.decide("t/two", {"b": None, "limit": 0}, DAY).undecided == "a is missing; b is null"
    assert book.decide("t/two", {"a": 1, "b": 1, "limit": 0}, DAY).undecided == (
        "share has no value: a / limit: division by zero"
    )
