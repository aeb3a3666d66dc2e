"""Cells are S-FEEL unary tests; what is no test is refused with a hint."""

from datetime import date
from decimal import Decimal

import pytest
from o2c_rules.cells import ANY, Cell, Interval, parse, split
from o2c_rules.values import BadValue, Kind

TEN = Interval(10, True, 10, True)


@pytest.mark.parametrize(
    ("text", "kind", "tests"),
    [
        ("10", Kind.NUMBER, (TEN,)),
        ("1_000.50", Kind.NUMBER, (Interval(Decimal("1000.50"), True, Decimal("1000.50"), True),)),
        ("< 10", Kind.NUMBER, (Interval(None, False, 10, False),)),
        (">=-10", Kind.NUMBER, (Interval(-10, True, None, False),)),
        ("[1..10)", Kind.NUMBER, (Interval(1, True, 10, False),)),
        ("]1..10[", Kind.NUMBER, (Interval(1, False, 10, False),)),
        ("10, > 20", Kind.NUMBER, (TEN, Interval(20, False, None, False))),
        ("[2500.00 EUR..10000.00 EUR)", Kind.MONEY, (Interval(250_000, True, 1_000_000, False),)),
        ("< 500 JPY", Kind.MONEY, (Interval(None, False, 500, False),)),
        ('>= date("2026-01-31")', Kind.DATE, (Interval(date(2026, 1, 31), True, None, False),)),
        ("[2026-01-01..2026-02-01)", Kind.DATE, (Interval(date(2026, 1, 1), True, date(2026, 2, 1), False),)),
        ('goodwill, "two, words"', Kind.TEXT, ("goodwill", "two, words")),
        ('"-"', Kind.TEXT, ("-",)),
        ('"null"', Kind.TEXT, ("null",)),
        ("true", Kind.BOOLEAN, (True,)),
    ],
)
def test_a_cell_reads_as_its_tests(text: str, kind: Kind, tests: tuple[object, ...]) -> None:
    assert parse(text, kind) == Cell(text, tests)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "-", "  - "])
def test_a_dash_or_nothing_asks_nothing(text: str) -> None:
    assert parse(text, Kind.NUMBER) is ANY


def test_not_turns_all_tests_round() -> None:
    assert parse("not(a, b)", Kind.TEXT) == Cell("not(a, b)", ("a", "b"), negated=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ten", Kind.NUMBER),
        ("1e3", Kind.NUMBER),
        ("NaN", Kind.NUMBER),
        ("> x", Kind.NUMBER),
        ("[10..1)", Kind.NUMBER),
        ("(5..5]", Kind.NUMBER),
        ("1,,2", Kind.NUMBER),
        ("= 5", Kind.NUMBER),
        ("9" * 31, Kind.NUMBER),
        ("٣", Kind.NUMBER),
        ("10.5", Kind.MONEY),
        ("10.555 EUR", Kind.MONEY),
        ("10 ABC", Kind.MONEY),
        ("2026-02-30", Kind.DATE),
        ("tomorrow", Kind.DATE),
        ("yes", Kind.BOOLEAN),
        ("< a", Kind.TEXT),
        ("two words", Kind.TEXT),
        ('"open', Kind.TEXT),
        ("null", Kind.TEXT),
        ("not()", Kind.TEXT),
    ],
)
def test_what_is_no_test_is_refused_with_a_hint(text: str, kind: Kind) -> None:
    with pytest.raises(BadValue) as refused:
        parse(text, kind)

    assert refused.value.hint


def test_a_comma_in_quotation_marks_separates_nothing() -> None:
    assert split('"a, b", c') == ['"a, b"', "c"]
