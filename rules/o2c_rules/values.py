"""The values that facts and outcomes may have, and how an analyst writes each. Never a float."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final, TypeGuard

from o2c_contracts import money

from . import hints
from .quoting import quoted, unquoted

Value = int | Decimal | str | bool | date | None
Facts = Mapping[str, Value]


class Absent(Enum):
    """A fact that the fact sheet does not hold at all; not the same as null, which says that there is nothing."""

    MISSING = "missing"


MISSING: Final = Absent.MISSING


class Kind(StrEnum):
    """What a column holds. Money is whole minor units, its currency is another fact of the same sheet."""

    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"


class BadValue(ValueError):
    """Text that is no value of its kind; `hint` says what to write instead."""

    def __init__(self, text: str, hint: str) -> None:
        super().__init__(text)
        self.hint = hint


DIGITS_MOST = 30
_NUMBER = re.compile(r"[+-]?\d+(?:_\d+)*(?:\.\d+)?", re.ASCII)
_ZEROS = re.compile(r"[+-]?0[\d_]")
_AMOUNT = re.compile(r"([+-]?\d+(?:_\d+)*(?:\.\d+)?) ([A-Z]{3})", re.ASCII)
_DATE = re.compile(r'(?:date\(\s*"(\d{4}-\d\d-\d\d)"\s*\))|(\d{4}-\d\d-\d\d)', re.ASCII)
_WORD = re.compile(r"[^\s,()\[\]<>=\"']+")


def literal(text: str, kind: Kind) -> Value:
    """One value as it is written in a cell. BadValue when it is none of its kind."""
    match kind:
        case Kind.NUMBER:
            return number(text)
        case Kind.MONEY:
            return _minor(text)
        case Kind.DATE:
            return _date(text)
        case Kind.BOOLEAN:
            return _boolean(text)
        case Kind.TEXT:
            return _text(text)


def number(text: str) -> int | Decimal:
    """A whole number as int, any other as Decimal, to the last digit; no exponents, NaN or infinity."""
    if not _NUMBER.fullmatch(text) or len(text) > DIGITS_MOST:
        meant = hints.figure(text) if len(text) <= DIGITS_MOST else ""
        hint = f"write {meant}" if meant else f"digits such as 1200.50, without exponent, at most {DIGITS_MOST}"
        raise BadValue(f"{text!r} is no number", hint)
    if _ZEROS.match(text):
        raise BadValue(f"{text!r} begins with a zero", "write it without, and a number of thousands without a comma")
    bare = text.replace("_", "")
    return Decimal(bare) if "." in bare else int(bare)


def _minor(text: str) -> int:
    if found := _AMOUNT.fullmatch(text):
        return _minor_of(number(found[1]), found[2], text)
    meant = f"write {hints.amount(text) or '2500.00 EUR'}, or whole minor units"
    if not _NUMBER.fullmatch(text):
        raise BadValue(f"{text!r} is no number", meant)
    value = number(text)
    if not isinstance(value, int):
        raise BadValue(f"{text!r} is not a whole number of minor units", meant)
    return value


def _minor_of(amount: int | Decimal, currency: str, text: str) -> int:
    """Minor units; decimals beyond those of the currency are refused even where they are zeros, since `2.500 EUR` is
    two and a half thousand for half of its readers."""
    try:
        places = money.exponent(currency)
    except KeyError:
        raise BadValue(f"{currency!r} is no currency", "write an ISO 4217 code, such as 2500.00 EUR") from None
    if isinstance(amount, Decimal) and -int(amount.as_tuple().exponent) > places:
        meant = hints.amount(text)
        hint = f"{currency} has {places}" + (f"; write {meant} if that is meant" if meant else "")
        raise BadValue(f"{text!r} has more decimals than {currency}", hint)
    return int(Decimal(amount).scaleb(places))


def _date(text: str) -> date:
    hint = 'write date("2026-01-31")'
    written = _DATE.fullmatch(text)
    if not written:
        raise BadValue(f"{text!r} is no date", hint)
    try:
        return date.fromisoformat(written[1] or written[2])
    except ValueError:
        raise BadValue(f"{text!r} is no day of the calendar", hint) from None


def _boolean(text: str) -> bool:
    if text.casefold() not in ("true", "false"):
        raise BadValue(f"{text!r} is neither true nor false", "write true or false")
    return text.casefold() == "true"


def _text(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        bare = unquoted(text)
        if bare is None:
            raise BadValue(
                f"{text} has a quotation mark inside", f'write {quoted(text[1:-1])}, or several texts: "a", "b"'
            )
        return bare
    if not _WORD.fullmatch(text):
        raise BadValue(f"{text!r} is not one word", hints.word(text))
    if text == "null":
        raise BadValue("null is matched by - only", 'write "null" for the word, or declare what null means in the head')
    if text == "-":
        raise BadValue("a dash stands alone: it asks nothing", 'write - as the whole cell, or "-" for that very text')
    return text


def is_kind(value: object, kind: Kind) -> bool:
    """Whether a value is of its kind: True is no number, a moment is no date, money is a whole number."""
    match kind:
        case Kind.NUMBER:
            return is_number(value)
        case Kind.MONEY:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.DATE:
            return isinstance(value, date) and not isinstance(value, datetime)


def is_number(value: object) -> TypeGuard[int | Decimal]:
    """A finite exact number."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def shown(value: Any) -> str:
    """A value in a sentence, the same in every language."""
    if value is MISSING:
        return "missing"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str.__str__(value)  # Of an enumeration the text, not its name.
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)
