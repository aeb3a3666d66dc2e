"""What an analyst writes into a cell: S-FEEL unary tests.

`-` matches anything, and alone matches a missing or null fact. Otherwise one test or several, with commas between:
`5`, `"abc"`, `date("2026-01-31")`, `< 10`, `>= 3`, `[1..10)`, `(1..10]`, `]1..10[`, `not(a, b)`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from . import hints
from .values import BadValue, Kind, Value, literal

Bound = int | Decimal | date


@dataclass(frozen=True, slots=True)
class Interval:
    """Between two bounds; None is endless. A single value is closed at both ends."""

    low: Bound | None
    low_closed: bool
    high: Bound | None
    high_closed: bool


Test = Interval | str | bool


@dataclass(frozen=True, slots=True)
class Cell:
    """Any of the tests, or, negated, none of them; always with the text as written, so that nothing is lost."""

    text: str
    tests: tuple[Test, ...] = ()
    negated: bool = False

    @property
    def is_any(self) -> bool:
        """Whether this is a dash: no question is asked of this column."""
        return not self.tests


ANY = Cell("-")
_ORDERED = frozenset({Kind.NUMBER, Kind.MONEY, Kind.DATE})
_INTERVAL = re.compile(r"([\[\](])\s*(.+?)\s*\.\.\s*(.+?)\s*([\[\])])")
_COMPARISON = re.compile(r"(<=|>=|<>|<|>|!=|=)\s*(.*)")
_NOT = re.compile(r"not\s*\((.*)\)")


def parse(text: str, kind: Kind) -> Cell:
    """The cell for a text; BadValue, with a hint, when it is no test of this kind."""
    text = text.strip()
    if text in ("", "-"):
        return ANY
    if kind is Kind.BOOLEAN:
        text = text.casefold()  # A spreadsheet program writes TRUE; all formats then hold the same.
    if negation := _NOT.fullmatch(text):
        return Cell(text, tuple(_tests(negation[1], kind)), negated=True)
    return Cell(text, tuple(_tests(text, kind)))


def _tests(text: str, kind: Kind) -> Iterator[Test]:
    demand_apart(text, kind)
    parts = split(text)
    for part in parts:
        if not part:
            raise BadValue(f"an empty test in {text!r}", "write a value between the commas, or - alone")
        yield _test(part, kind)
    if kind is Kind.MONEY and (bare := hints.bare_beside_amounts(parts)):
        raise BadValue(
            f"{text!r}: {bare} is minor units beside amounts with a currency", "write each amount with its currency"
        )


def demand_apart(text: str, kind: Kind) -> None:
    """BadValue for a comma between two digits: `10,000` is not 10 and 0, nor `2500,00` the values 2500 and 0."""
    if kind in (Kind.NUMBER, Kind.MONEY) and (found := hints.tight(text, is_money=kind is Kind.MONEY)):
        raise BadValue(f"{found[0]!r} is one number or several values", found[1])


def split(text: str) -> list[str]:
    """The parts between the commas; a comma inside quotation marks or a bracket of date(…) belongs to its part."""
    parts, start, quoted, escaped, depth = [], 0, False, False, 0
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\" and quoted:
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(" and text[max(0, at - 4) : at] == "date") - (char == ")" and depth > 0)
            if char == "," and depth == 0:
                parts.append(text[start:at].strip())
                start = at + 1
    if quoted:
        raise BadValue(f"{text!r} lacks a closing quotation mark", 'write "a", "b"')
    return [*parts, text[start:].strip()]


def _test(text: str, kind: Kind) -> Test:
    if kind not in _ORDERED:
        return _equal(text, kind)
    if interval := _INTERVAL.fullmatch(text):
        return _interval(interval, kind)
    if meant := hints.both(text):
        raise BadValue(f"{text!r} has two ends", f"write {meant}")
    if comparison := _COMPARISON.fullmatch(text):
        return _comparison(comparison, kind)
    value = _bound(text, kind)
    return Interval(value, True, value, True)


def _equal(text: str, kind: Kind) -> str | bool:
    if _COMPARISON.match(text) and not text.startswith('"'):
        raise BadValue(f"{text!r} compares, but a {kind} has no order", "write the values themselves, or not(…)")
    value = literal(text, kind)
    if not isinstance(value, str | bool):
        raise BadValue(f"{text!r} is no {kind}", "write the value itself")
    return value


def _interval(found: re.Match[str], kind: Kind) -> Interval:
    low, high = _bound(found[2], kind), _bound(found[3], kind)
    low_closed, high_closed = found[1] == "[", found[4] == "]"
    if _below(high, low) or (low == high and not (low_closed and high_closed)):
        raise BadValue(f"{found[0]!r} holds nothing", "write the lower bound first, and [5..5] for one value")
    return Interval(low, low_closed, high, high_closed)


def _comparison(found: re.Match[str], kind: Kind) -> Interval:
    if found[1] in ("=", "!=", "<>"):
        raise BadValue(f"{found[0]!r} is not written with {found[1]}", hints.comparison(found[1], found[2]))
    bound, closed = _bound(found[2], kind), found[1].endswith("=")
    if found[1].startswith("<"):
        return Interval(None, False, bound, closed)
    return Interval(bound, closed, None, False)


def _bound(text: str, kind: Kind) -> Bound:
    value: Value = literal(text, kind)
    if isinstance(value, str | bool) or value is None:
        raise BadValue(f"{text!r} is no {kind}", "write the value itself")
    return value


def _below(left: Bound, right: Bound) -> bool:
    if isinstance(left, date) or isinstance(right, date):
        return isinstance(left, date) and isinstance(right, date) and left < right
    return left < right
