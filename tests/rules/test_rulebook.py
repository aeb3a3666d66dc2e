"""A bundle decides by hit policy and by the version of the day, and says so when nobody may."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from o2c_rules.compiled import Disagreement
from o2c_rules.rulebook import RuleBook, UnknownTable, read_record
from o2c_rules.source import BadTable

DAY = date(2026, 6, 1)

ROWS = """
  - {id: A, amount: ">= 0", then: accept, points: 1, because: "a {amount}"}
  - {id: B, amount: ">= 10", then: hold, points: 2, because: "b {then}"}
  - {id: C, amount: ">= 20", then: hold, points: 2, because: "c"}
"""


def book(policy: str, rows: str = ROWS, head: str = "", outcome: str = "") -> RuleBook:
    answers = outcome or "{then: {type: text, allowed: [hold, accept]}, points: number}"
    text = f"""
table: t/one
policy: {policy}
version_by: recorded
facts: {{amount: number}}
outcome: {answers}
{head}
rows: {rows}
"""
    return RuleBook({"t/one.yaml": text.encode()})


@pytest.mark.parametrize(
    ("policy", "amount", "rows", "undecided"),
    [
        ("U", 5, ["A"], False),
        ("U", 15, [], True),
        ("A", 5, ["A"], False),
        ("A", 15, [], True),
        ("F", 25, ["A"], False),
        ("P", 25, ["B"], False),
        ("O", 25, ["B", "C", "A"], False),
        ("R", 25, ["A", "B", "C"], False),
        ("C", 25, ["A", "B", "C"], False),
        ("C", -1, [], False),
    ],
)
def test_the_hit_policy_says_which_rows_answer(policy: str, amount: int, rows: list[str], undecided: bool) -> None:
    decision = book(policy).decide("t/one", {"amount": amount}, DAY)

    assert [row.id for row in decision.rows] == rows
    assert (decision.undecided is not None) is undecided


def test_rows_that_say_the_same_may_match_together_under_any() -> None:
    same = book("A", rows='[{id: A, amount: "> 1", then: hold, points: 1}, {id: B, then: hold, points: 1}]')

    assert same.decide("t/one", {"amount": 5}, DAY)["then"] == "hold"


@pytest.mark.parametrize(
    ("aggregation", "amount", "value"),
    [
        ("SUM", 25, 5),
        ("MIN", 25, 1),
        ("MAX", 25, 2),
        ("COUNT", 25, 3),
        ("SUM", -1, 0),
        ("COUNT", -1, 0),
        ("MAX", -1, None),
    ],
)
def test_collect_may_add_up(aggregation: str, amount: int, value: int | None) -> None:
    rows = (
        '[{id: A, amount: ">= 0", points: 1}, {id: B, amount: ">= 10", points: 2}, {id: C, amount: ">= 20", points: 2}]'
    )
    made = book("C", rows=rows, head=f"aggregation: {aggregation}", outcome="{points: number}")

    assert made.decide("t/one", {"amount": amount}, DAY)["points"] == value


def test_each_winning_row_gives_its_sentence() -> None:
    assert book("R").decide("t/one", {"amount": Decimal("12.50")}, DAY).because == ("a 12.50", "b hold")


def test_without_a_row_the_default_holds_and_gives_its_own_sentence() -> None:
    made = book("F", head="default: {then: accept, points: 0, because: nothing objects}")

    decision = made.decide("t/one", {"amount": -1}, DAY)

    assert (decision["then"], decision["points"], decision.rows) == ("accept", 0, ())
    assert decision.because == ("nothing objects",)
    assert decision.undecided is None


def test_without_a_default_every_declared_outcome_is_there_and_is_none() -> None:
    decision = book("F").decide("t/one", {"amount": -1}, DAY)

    assert decision.outcome == {"then": None, "points": None}
    with pytest.raises(KeyError):
        decision["thn"]


def test_an_undecided_table_never_falls_back_on_its_default() -> None:
    made = book("F", head="default: {then: accept, points: 0}")

    decision = made.decide("t/one", {"amount": "much"}, DAY)

    assert decision.undecided == "amount is 'much', which is no number"
    assert decision["then"] is None
    assert decision.because == ()
    assert decision.explain().sentences() == ("t/one cannot decide: amount is 'much', which is no number",)


def versions() -> dict[str, bytes]:
    text = """
table: t/rate
policy: F
version_by: tax_point
{period}
facts: {{country: text}}
outcome: {{percent: number}}
rows: [{{id: DE, country: DE, percent: {percent}}}]
"""
    return {
        "t/rate.yaml": text.format(period="effective_to: 2026-06-30", percent=19).encode(),
        "t/rate@2026-07.yaml": text.format(
            period="effective_from: 2026-07-01\neffective_to: 2026-12-31", percent=16
        ).encode(),
    }


@pytest.mark.parametrize(
    ("on", "percent"),
    [(date(1990, 1, 1), 19), (date(2026, 6, 30), 19), (date(2026, 7, 1), 16), (date(2026, 12, 31), 16)],
)
def test_the_version_of_the_day_decides(on: date, percent: int) -> None:
    made = RuleBook(versions())

    assert made.version_by("t/rate") == "tax_point"
    assert made.decide("t/rate", {"country": "DE"}, on)["percent"] == percent
    assert [row.outcome["percent"] for row in made.rows("t/rate", on)] == [percent]


def test_without_a_date_or_a_version_in_force_nobody_decides() -> None:
    made = RuleBook(versions())

    dateless = made.decide("t/rate", {"country": "DE"}, None)
    late = made.decide("t/rate", {"country": "DE"}, date(2027, 1, 1))

    assert dateless.undecided == "there is no tax_point date to choose the version by"
    assert late.undecided == "no version of t/rate is in force on 2027-01-01"
    assert (dateless["percent"], dateless.rows, late["percent"]) == (None, (), None)
    assert made.rows("t/rate", date(2027, 1, 1)) == ()


def test_a_moment_is_not_a_date() -> None:
    with pytest.raises(TypeError, match="calendar day"):
        RuleBook(versions()).decide("t/rate", {}, datetime(2026, 7, 1, tzinfo=UTC))


def test_versions_that_overlap_are_refused() -> None:
    files = versions()
    files["t/rate.yaml"] = files["t/rate.yaml"].replace(b"2026-06-30", b"2026-07-01")

    with pytest.raises(BadTable, match=r"is in force from 2026-07-01, while t/rate\.yaml is to 2026-07-01"):
        RuleBook(files)


def test_a_table_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownTable, match="no table 't/rat' in this bundle; it has t/rate"):
        RuleBook(versions()).decide("t/rat", {}, DAY)


def test_a_record_gives_back_the_very_same_facts() -> None:
    facts: dict[str, Any] = {
        "amount": Decimal("12.50"),
        "whole": 12,
        "huge": 2**80,
        "text": "12.50",
        "yes": True,
        "nothing": None,
        "due": date(2026, 1, 31),
        "empty": "",
        "tiny": Decimal("1E-20"),
        "half": "\ud800",
    }
    decision = book("R").decide("t/one", facts, DAY)

    record = read_record(decision.record())

    assert record.facts == facts
    assert {name: type(value) for name, value in record.facts.items()} == {n: type(v) for n, v in facts.items()}
    assert str(record.facts["amount"]) == "12.50"
    assert (record.table, record.on, record.rows, record.undecided) == ("t/one", DAY, ("A", "B"), None)
    assert (record.outcome, record.codes) == ({"then": "accept", "points": 1}, decision.codes)
    assert record.as_bytes() == decision.record()


def test_a_recorded_decision_can_be_made_again_and_explained() -> None:
    made = book("F")
    record = read_record(made.decide("t/one", {"amount": 15}, DAY).record())

    assert made.recall(record).because == ("a 15",)
    with pytest.raises(Disagreement, match="made by bundle"):
        book("R").recall(record)


@pytest.mark.parametrize("strange", [1.5, float("nan"), ["a"], b"a", "\ud800", 10**40, object])
def test_an_undecided_decision_is_recorded_and_stays_undecided_for_the_same_reason(strange: Any) -> None:
    made = book("F", rows='[{id: A, amount: "< 10", then: hold, points: 1}]')
    decision = made.decide("t/one", {"amount": strange, "word": strange}, DAY)

    record = read_record(decision.record())

    assert record.undecided == decision.undecided
    assert made.recall(record).undecided == decision.undecided


def test_the_hash_of_a_bundle_is_that_of_its_files() -> None:
    files = versions()

    assert RuleBook(files).hash == RuleBook(dict(reversed(files.items()))).hash
    assert RuleBook(files | {"t/rate.cases.yaml": b"[]"}).hash != RuleBook(files).hash


def test_durable_rules_answers_in_the_shipped_setting() -> None:
    assert RuleBook.shipped().executor == "durable-rules"
    assert RuleBook.shipped() is RuleBook.shipped()
