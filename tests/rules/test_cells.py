"""Cells are S-FEEL unary tests; what is no test is refused with a hint."""

from datetime import date
from decimal import Decimal

import pytest
from o2c_contracts import money
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
        ("0, [50..5.00 EUR)", Kind.MONEY, (Interval(0, True, 0, True), Interval(50, True, 500, False))),
        ("< 500 JPY", Kind.MONEY, (Interval(None, False, 500, False),)),
        ('>= date("2026-01-31")', Kind.DATE, (Interval(date(2026, 1, 31), True, None, False),)),
        ("[2026-01-01..2026-02-01)", Kind.DATE, (Interval(date(2026, 1, 1), True, date(2026, 2, 1), False),)),
        ('goodwill, "two, words"', Kind.TEXT, ("goodwill", "two, words")),
        ('"-"', Kind.TEXT, ("-",)),
        ('"null"', Kind.TEXT, ("null",)),
        (r'"say \"hi\"", "a, \"b"', Kind.TEXT, ('say "hi"', 'a, "b')),
        (r'"C:\temp", "a\\"', Kind.TEXT, ("C:\\temp", "a\\")),
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
        ("not(-)", Kind.TEXT),
        ("a, -", Kind.TEXT),
        ("007", Kind.NUMBER),
    ],
)
def test_what_is_no_test_is_refused_with_a_hint(text: str, kind: Kind) -> None:
    with pytest.raises(BadValue) as refused:
        parse(text, kind)

    assert refused.value.hint


def test_a_comma_in_quotation_marks_separates_nothing() -> None:
    assert split('"a, b", c') == ['"a, b"', "c"]


ONE_OR_SEVERAL = "is one number or several values"


@pytest.mark.parametrize(
    ("text", "kind", "said", "meant"),
    [
        ("> 10,000.00 EUR", Kind.MONEY, ONE_OR_SEVERAL, "10000.00 EUR"),
        ("2,500.00 EUR", Kind.MONEY, ONE_OR_SEVERAL, "2500.00 EUR"),
        ("2.500,00 EUR", Kind.MONEY, ONE_OR_SEVERAL, "2500.00 EUR"),
        ("2500,00 EUR", Kind.MONEY, ONE_OR_SEVERAL, "2500.00 EUR"),
        ("[1,000.00 EUR..2,500.00 EUR)", Kind.MONEY, ONE_OR_SEVERAL, "1000.00 EUR"),
        ("500 EUR, 1,00,000 INR", Kind.MONEY, ONE_OR_SEVERAL, "100000.00 INR"),
        ("1,000", Kind.NUMBER, ONE_OR_SEVERAL, "1000"),
        ("1.000,50", Kind.NUMBER, ONE_OR_SEVERAL, "1000.50"),
        ("2, 500.00 EUR", Kind.MONEY, "2 is minor units beside amounts", "each amount with its currency"),
        ("not(1,5)", Kind.NUMBER, ONE_OR_SEVERAL, "1.5"),
        ("1,2,3", Kind.NUMBER, ONE_OR_SEVERAL, "1, 2, 3"),
        ("2.500 EUR", Kind.MONEY, "has more decimals than EUR", "2500.00 EUR"),
        ("2.500", Kind.MONEY, "not a whole number of minor units", "2500.00 EUR"),
    ],
)
def test_a_number_with_marks_between_its_digits_is_never_read_as_another(
    text: str, kind: Kind, said: str, meant: str
) -> None:
    with pytest.raises(BadValue, match=said) as refused:
        parse(text, kind)

    assert meant in refused.value.hint


@pytest.mark.parametrize("amount", ["10,000.00 EUR", "1,234,567.89 USD", "12,000 JPY", "-2,500.00 GBP"])
def test_an_amount_as_the_tools_print_it_is_refused_with_the_cell_that_means_it(amount: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse(f"> {amount}", Kind.MONEY)

    meant = refused.value.hint.removeprefix("write ").partition(";")[0]
    bound = parse(f"> {meant}", Kind.MONEY).tests[0]
    assert isinstance(bound, Interval)
    assert isinstance(bound.low, int)
    assert money.as_text(bound.low, amount[-3:]) == amount


@pytest.mark.parametrize(
    ("text", "kind", "meant"),
    [
        ('say "hi"', Kind.TEXT, r'"say \"hi\""'),
        ('"say "hi""', Kind.TEXT, r'"say \"hi\""'),
        ("'a'", Kind.TEXT, '"a"'),
        ("two words", Kind.TEXT, '"two words"'),
        ("=>3", Kind.NUMBER, ">= 3"),
        ("=< 3", Kind.NUMBER, "<= 3"),
        ("= 3", Kind.NUMBER, "3"),
        ("<> 3", Kind.NUMBER, "not(3)"),
        ("> 20 and < 30", Kind.NUMBER, "(20..30)"),
        ("<= 30.00 EUR and >= 20.00 EUR", Kind.MONEY, "[20.00 EUR..30.00 EUR]"),
        ("20..30", Kind.NUMBER, "[20..30]"),
        ("EUR 2500", Kind.MONEY, "2500.00 EUR"),
        ("€2500", Kind.MONEY, "2500.00 EUR"),
        ("2500EUR", Kind.MONEY, "2500.00 EUR"),
        ("2500.00 eur", Kind.MONEY, "2500.00 EUR"),
        ("10 000.00 EUR", Kind.MONEY, "10000.00 EUR"),
        ("10'000", Kind.NUMBER, "10000"),
    ],
)
def test_what_a_hint_says_to_write_is_read(text: str, kind: Kind, meant: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse(text, kind)

    assert meant in refused.value.hint
    assert parse(meant, kind).tests


def test_a_question_about_a_part_of_a_text_is_pointed_to_a_derived_fact() -> None:
    with pytest.raises(BadValue) as refused:
        parse('starts with "a"', Kind.TEXT)

    assert 'starts with(column, "a")' in refused.value.hint


@pytest.mark.parametrize("text", ["TRUE", "True", "true"])
def test_a_truth_is_the_same_in_whatever_letters_a_spreadsheet_wrote_it(text: str) -> None:
    assert parse(text, Kind.BOOLEAN) == Cell("true", (True,))
