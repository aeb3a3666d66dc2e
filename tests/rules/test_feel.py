"""FEEL: what expressions and cells are worth, exactly; what is not there is null; nothing runs for ever."""

import re
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_rules.cells import Interval
from o2c_rules.cells import parse as parse_cell
from o2c_rules.dmn.cell_texts import cell_text
from o2c_rules.feel.nodes import Node, UnaryTests
from o2c_rules.feel.operations import sort_of
from o2c_rules.feel.patterns import compiled
from o2c_rules.feel.running import Budget, TooMuch, holds, value
from o2c_rules.feel.syntax import expression, unary_tests
from o2c_rules.feel.temporal import Months
from o2c_rules.feel.words import BadFeel
from o2c_rules.values import Kind

from tests.rules.generated import cell

NAMES = frozenset({"Monthly Salary", "Full Name", "Approved/Declined"})
FACTS: dict[str, Any] = {
    "Monthly Salary": Decimal("1000.10"),
    "Full Name": "B.",
    "loan": {"rate": Decimal("0.05"), "years": Decimal(3)},
    "loans": [{"rate": Decimal(n), "Approved/Declined": "a"} for n in (1, 2, 3)],
    "n": Decimal(7),
    "nothing": None,
}


def worth(text: str) -> Any:
    return value(expression(text, NAMES), FACTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 * Monthly Salary", Decimal("12001.20")),
        ('"Hello " + Full  Name', "Hello B."),
        ("loan.rate * loan.years", Decimal("0.15")),
        ("loans.rate", [Decimal(1), Decimal(2), Decimal(3)]),
        ("loans[rate > 1].rate", [Decimal(2), Decimal(3)]),
        ("loans[-1].Approved/Declined", "a"),
        ("loans[4]", None),
        ("[1, 2, 3][item >= 2]", [Decimal(2), Decimal(3)]),
        ("5 + 2 ** (5 + 3)", Decimal(261)),
        ("-2 ** 2", Decimal(4)),
        ("10--5", Decimal(15)),
        (".5 + 1e1", Decimal("10.5")),
        ("1 / 3", Decimal("0.3333333333333333333333333333333333")),
        ('if n > 5 and n < 8 then "in" else "out"', "in"),
        ("if nothing then 1 else 2", Decimal(2)),
        ("n in (1, [5..7])", True),
        ("n in ]7..9]", False),
        ("n in < 8", True),
        ("n between 7 and 7", True),
        ("for i in 1..3, j in [10, 20] return i * j", [Decimal(i * j) for i in (1, 2, 3) for j in (10, 20)]),
        ("for i in 1..4 return if i = 1 then 1 else i * partial[-1]", [Decimal(n) for n in (1, 2, 6, 24)]),
        ("for i in [1, 2] return partial", [[], [[]]]),
        ("for i in 3..1 return i", [Decimal(3), Decimal(2), Decimal(1)]),
        ("some i in [1, 2] satisfies i > 1", True),
        ("every i in [1, null] satisfies i > 0", None),
        ("{a: 1, b: a + 1, with space: b + 1, c: with space}.c", Decimal(3)),
        ('substring(string: "foobar", start position: -3, length: 2)', "ba"),
        ('replace("abcd", "(ab)|(x)", "[$1]")', "[ab]cd"),
        ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
        ('matches("foobar", "^fo*b")', True),
        ('contains("foobar", "oba") and starts with("foobar", "fo")', True),
        ('string length("横綱") + count([1, 2])', Decimal(4)),
        ("sum(1, 2, 3) + max([4, 5]) - min(6, 7)", Decimal(5)),
        ("distinct values(concatenate([1, 2], [2, 3]))", [Decimal(1), Decimal(2), Decimal(3)]),
        ("index of([1, 2, 1], 1)", [Decimal(1), Decimal(3)]),
        ("flatten([1, [2, [3]]])", [Decimal(1), Decimal(2), Decimal(3)]),
        ("median([1, 2, 3, 4])", Decimal("2.5")),
        ("decimal(2.5, 0) + round half up(2.5, 0) + floor(-1.1) + ceiling(-1.1)", Decimal(2)),
        ("modulo(-12, 5)", Decimal(3)),
        ('number("1.000,5", ".", ",")', Decimal("1000.5")),
        ('string(date("2026-01-31")) + string(1.50)', "2026-01-311.50"),
        ('date("2026-01-31") + duration("P1M")', date(2026, 2, 28)),
        ('date("2026-03-01") - date("2026-02-01")', timedelta(days=28)),
        ('@"2026-01-31T10:00:00" + @"PT90M"', datetime(2026, 1, 31, 11, 30)),  # noqa: DTZ001
        ('time("23:30:00") + duration("PT1H")', clock(0, 30)),
        ('years and months duration(date("2024-12-24"), date("2026-03-23"))', Months(14)),
        ('date("2026-03-01").weekday', Decimal(7)),
        ('string(duration("P1DT2H3.5S") * 2)', "P2DT4H7S"),
        ('[date("2026-01-01")..date("2026-12-31")].end', date(2026, 12, 31)),
        ('get value({a: 1}, "a")', Decimal(1)),
        ('"a\\"b\\u0041"', 'a"bA'),
        ("1 /* one */ + 2 // and two", Decimal(3)),
    ],
)
def test_an_expression_is_worth_what_it_says(text: str, expected: object) -> None:
    found = worth(text)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0",
        "0 ** -1",
        "10 ** (10 ** 10)",
        "-(10 ** 6144) * 10",
        "10 + null",
        '1 + "a"',
        '1 < "a"',
        "nothing.part",
        "n.part",
        'date("2026-02-30")',
        'date("9999-12-31") + duration("P1D")',
        'duration("P")',
        "sqrt(-1)",
        "log(0)",
        'substring("abc", 0)',
        "not(1)",
        "sum([1, null])",
        'max(1, "a")',
        "{a: 1, a: 2}",
        "unheard of",
        'matches("a", "(")',
    ],
)
def test_what_makes_no_sense_is_null(text: str) -> None:
    assert value(expression(text, frozenset({"unheard of"})), FACTS) is None


@pytest.mark.parametrize("left", [True, False, None])
@pytest.mark.parametrize("right", [True, False, None])
def test_and_and_or_have_three_values(left: bool | None, right: bool | None) -> None:
    facts = {"a": left, "b": right}
    both = False if False in (left, right) else None if None in (left, right) else True
    either = True if True in (left, right) else None if None in (left, right) else False

    assert value(expression("a and b"), facts) is both
    assert value(expression("a or b"), facts) is either


@pytest.mark.parametrize(
    ("cell", "asked", "expected"),
    [
        ("-", None, True),
        ("", 5, True),
        ("< 10, > 100", 101, True),
        ("[1..5)", 5, False),
        ("(1..5]", 5, True),
        ("not(1, 2)", 3, True),
        ("not(1, 2)", 2, False),
        ('"a", "b"', "b", True),
        ("true", True, True),
        ("< 10", None, None),
        ("null", None, True),
        ("? > 3 and ? < limit", 4, True),
        ("limit", 5, True),
        ("[1, 2]", 2, True),
        ("!= 3", 4, True),
        ('date("2026-01-31")', date(2026, 1, 31), True),
    ],
)
def test_a_cell_asks_what_it_says(cell: str, asked: Any, expected: bool | None) -> None:
    given_value = Decimal(asked) if type(asked) is int else asked

    assert holds(unary_tests(cell), given_value, {"limit": Decimal(5)}) is expected


@given(st.data())
def test_a_cell_of_ours_and_its_s_feel_accept_the_same_values(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.TEXT]))
    own = parse_cell(data.draw(cell(kind)), kind)
    feel = unary_tests(cell_text(own))

    for test in own.tests:
        for bound in (test.low, test.high) if isinstance(test, Interval) else (test, "zzz"):
            if bound is not None:
                asked = Decimal(bound) if isinstance(bound, int) else bound
                assert holds(feel, asked, {}) is (any(_within(each, bound) for each in own.tests) != own.negated)


def _within(test: Any, asked: Any) -> bool:
    if not isinstance(test, Interval):
        return bool(test == asked)
    low = test.low is None or test.low < asked or (test.low_closed and test.low == asked)
    return low and (test.high is None or asked < test.high or (test.high_closed and asked == test.high))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "(1",
        "1)",
        "a b",
        "[1..",
        "1 = 2 = 3",
        "if a then b",
        "for x in",
        '"open',
        "f(a: 1, a: 2)",
        "#",
        "1..2",
    ],
)
def test_what_is_no_expression_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(BadFeel) as refused:
        expression(text)

    assert refused.value.hint


@pytest.mark.parametrize(
    "text", ["(" * 100 + "1" + ")" * 100, "-" * 500 + "1", "1+" * 1_000 + "1", "[" * 3_999, "1" * 5_000]
)
def test_too_deep_and_too_long_is_refused_before_it_runs(text: str) -> None:
    with pytest.raises(BadFeel) as refused:
        expression(text)

    assert refused.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..1000000000 return i",
        "for i in 1..9000, j in 1..9000 return 1",
        "for i in 1..9000 return partial",
        "count(for i in 1..5000 return for j in 1..5000 return j)",
        "every i in 1..1000000000 satisfies i > 0",
        "sum(for i in 1..9000 return sum(for j in 1..9000 return j))",
        'string join(for i in 1..9000 return "0123456789012345678901234567890", "")',
        'matches(string join(for i in 1..9000 return "aaaaaaaaa", ""), "^(a|aa)+(b|c)?(a*)*$x")',
    ],
)
def test_what_would_never_end_ends_with_a_clear_error(text: str) -> None:
    began = time.process_time()

    with pytest.raises(TooMuch) as stopped:
        worth(text)

    assert stopped.value.hint
    assert time.process_time() - began < 5


def test_no_pattern_explodes() -> None:
    began = time.process_time()

    for pattern in ("^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x", "^([a-z]+)*!$"):
        assert worth(f'matches("{"a" * 60}b", "{pattern}")') is False

    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "pattern",
    ["(a", "a)", "a{2", "a{3,2}", "a{1,9999}", "[a", "*a", "a**", "\\1", "(?=a)", "((a{200}){200})", "(" * 60],
)
def test_a_pattern_that_is_none_is_refused_with_a_hint(pattern: str) -> None:
    with pytest.raises(BadFeel) as refused:
        compiled(pattern)

    assert refused.value.hint


@st.composite
def patterns(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0:
        return draw(st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", "^a", "b$"]))
    inner = patterns(depth=depth - 1)
    shape = draw(st.sampled_from(["{0}{1}", "({0}|{1})", "(?:{0})?", "({0})", "(?:[ab1])*{0}", "(?:a|{0}b){{1,2}}"]))
    return shape.format(draw(inner), draw(inner))


@given(patterns(), st.text("ab1", max_size=7))
def test_a_pattern_finds_what_others_find(pattern: str, text: str) -> None:
    expected, found = re.search(pattern, text), compiled(pattern).search(text, 0, lambda _: None)

    assert (None if found is None else (found[0], found[1])) == (None if expected is None else expected.span())


@pytest.mark.parametrize("name", ["now", "today"])
def test_nothing_reads_the_clock(name: str) -> None:
    with pytest.raises(BadFeel, match="reads a clock"):
        worth(f"{name}()")


TOKENS = ["a", "1", "(", ")", "[", "]", "{", "}", ",", "..", ".", ":", "-", "**", "<", "=", '"t"', "if", "then", "else"]
TOKENS += ["for", "in", "return", "not", "and", "between", "date", "null", "?", "some", "satisfies", '@"P1D"']


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join))
@settings(max_examples=300)
def test_whatever_is_written_has_a_value_or_a_hint(text: str) -> None:
    for parse in (expression, unary_tests):
        tree = _read(parse, text)

        if isinstance(tree, BadFeel):
            assert tree.hint
        else:
            found = holds(tree, Decimal(1), FACTS) if isinstance(tree, UnaryTests) else value(tree, FACTS)
            assert sort_of(found) != "other" or callable(found)


def _read(parse: Callable[[str], Node], text: str) -> Node | BadFeel:
    try:
        return parse(text)
    except BadFeel as error:
        return error


def test_a_budget_is_shared_by_all_that_spend_it() -> None:
    budget = Budget(left=9)
    value(expression("1 + 2 + 3"), {}, budget)

    with pytest.raises(TooMuch):
        value(expression("1 + 2 + 3"), {}, budget)
