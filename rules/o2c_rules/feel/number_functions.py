"""Built-in functions about numbers, and `not`."""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any

from .functions import declared, want
from .operations import EXACT

SCALE_MOST = 6_176


def whole(value: Any) -> int:
    """A whole number of a size that lists and texts may have; the function's answer is null for any other."""
    number = want(value, "number")
    if number != number.to_integral_value() or abs(number) > 1_000_000_000:
        raise ValueError(f"{number} is not whole, or too large")
    return int(number)


def _rounded(how: str) -> Any:
    def run(number: Any, scale: Any = Decimal(0)) -> Decimal:
        places = whole(scale)
        if abs(places) > SCALE_MOST:
            raise ValueError("a scale out of range")
        value: Decimal = want(number, "number")
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent <= places:
            return value
        rounded = value.quantize(Decimal(1).scaleb(-places), rounding=how, context=EXACT)
        return rounded if places >= 0 else Decimal(int(rounded))

    return run


def _modulo(dividend: Any, divisor: Any) -> Decimal:
    a, b = want(dividend, "number"), want(divisor, "number")
    whole_part = EXACT.divide(a, b).to_integral_value(ROUND_FLOOR)
    return EXACT.subtract(a, EXACT.multiply(b, whole_part))


def _not(value: Any) -> bool | None:
    return None if value is None else not want(value, "boolean")


def _number(text: Any, group: Any = None, decimal: Any = None) -> Decimal | None:
    if group is None and decimal is None and not isinstance(text, str):
        return Decimal(want(text, "number"))
    bare = str(want(text, "string"))
    if group not in (None, " ", ",", ".") or decimal not in (None, ",", ".") or (group and group == decimal):
        return None
    bare = bare.replace(group, "") if group else bare
    bare = bare.replace(decimal, ".") if decimal else bare
    if len(bare) > 60 or not set(bare) <= set("0123456789.+-eE"):
        return None
    return EXACT.create_decimal(bare)


def _sized(value: Any) -> Any:
    return abs(want(value, "number", "days and time duration"))


FUNCTIONS = (
    declared("not", "negand", _not),
    declared("number", "from,grouping separator,decimal separator", _number, 1),
    declared("decimal", "n,scale", _rounded(ROUND_HALF_EVEN)),
    declared("floor", "n,scale", _rounded(ROUND_FLOOR), 1),
    declared("ceiling", "n,scale", _rounded(ROUND_CEILING), 1),
    declared("round", "n,scale", _rounded(ROUND_HALF_UP)),
    declared("round up", "n,scale", _rounded(ROUND_UP)),
    declared("round down", "n,scale", _rounded(ROUND_DOWN)),
    declared("round half up", "n,scale", _rounded(ROUND_HALF_UP)),
    declared("round half down", "n,scale", _rounded(ROUND_HALF_DOWN)),
    declared("abs", "n", _sized),
    declared("modulo", "dividend,divisor", _modulo),
    declared("sqrt", "number", lambda n: EXACT.sqrt(want(n, "number"))),
    declared("log", "number", lambda n: EXACT.ln(want(n, "number")) if n > 0 else None),
    declared("exp", "number", lambda n: EXACT.exp(want(n, "number"))),
    declared("odd", "number", lambda n: whole(n) % 2 == 1),
    declared("even", "number", lambda n: whole(n) % 2 == 0),
)
