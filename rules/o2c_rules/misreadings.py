"""Expressions that FEEL reads otherwise than the people who write them. Refuses; never changes what is read."""

import re
from collections.abc import Sequence

from lark import Token
from o2c_contracts import money

from . import hints
from .feel.words import BadFeel, Source, tokens
from .values import Kind, literal

_COMMENT = re.compile(r"//|/\*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def demand_meant(text: str) -> None:
    """BadFeel for a comment, a bare day, an amount with its currency and a number with separators. A comma between the
    values of a function or a list is none, unless it stands as in 10,000."""
    found = tokens(Source(text))
    _demand_no_comment(text, found)
    for at, token in enumerate(found):
        if token.type == "NUMBER":
            _demand_no_day(text, token)
            _demand_minor(text, found, at)


def _demand_no_comment(text: str, found: Sequence[Token]) -> None:
    ends = [0, *(token.end_pos or 0 for token in found)]
    starts = [*(token.start_pos or 0 for token in found), len(text)]
    for end, start in zip(ends, starts, strict=True):
        if _COMMENT.search(text[end:start]):
            raise BadFeel(
                f"{text!r}: {text[end:start].strip()!r} would be passed over as a comment",
                "a whole division is floor(a / b); words for people go into a note",
            )


def _demand_no_day(text: str, token: Token) -> None:
    if day := _DAY.match(text, token.start_pos or 0):
        raise BadFeel(f"{text!r}: {day[0]} would be a subtraction", f'write date("{day[0]}")')


def _demand_minor(text: str, found: Sequence[Token], at: int) -> None:
    first, last = at, at
    while _are_tight(found[last : last + 3]):
        last += 2
    number = text[found[first].start_pos : found[last].end_pos]
    after, before = found[last + 1 : last + 2], found[at - 1 : at]
    code = next((str(t) for t in (*after, *before) if t.type == "NAME" and str(t) in money.CURRENCIES), "")
    if code:
        meant = hints.amount(f"{number} {code}")
        minor = f"write {literal(meant, Kind.MONEY)} for {meant}" if meant else "write the minor units"
        raise BadFeel(f"{text!r}: {number} {code} is written in minor units here", minor)
    if last > first and not any(token.type in ("ROUND", "SQUARE") for token in found[:at]):
        raise BadFeel(f"{text!r}: {number!r} has a comma", f"a number has a point: {hints.figure(number)}")
    if last > first and _THOUSANDS.fullmatch(number):
        raise BadFeel(
            f"{text!r}: {number!r} is one number or several values",
            f"write {hints.figure(number)}; for several values put a blank after each comma",
        )


def _are_tight(found: Sequence[Token]) -> bool:
    """A number, a comma and a number with nothing between them."""
    return [token.type for token in found] == ["NUMBER", "COMMA", "NUMBER"] and (
        found[0].end_pos == found[1].start_pos and found[1].end_pos == found[2].start_pos
    )
