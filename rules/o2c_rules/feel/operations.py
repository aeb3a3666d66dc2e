"""What the signs of FEEL do to values. Numbers are Decimals of 34 digits; what makes no sense is null, not an error."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from .temporal import Months, seconds_of, shifted, turned

EXACT = Context(
    prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow]
)
"""IEEE 754-2008 decimal128, as DMN wants numbers to be."""


@dataclass(frozen=True, slots=True)
class Range:
    """Everything between two bounds; None is endless."""

    low: Any
    low_closed: bool
    high: Any
    high_closed: bool

    def holds(self, value: Any) -> bool | None:
        """Whether a value lies between them; None where it cannot be compared."""
        low = True if self.low is None else compared("<=" if self.low_closed else "<", self.low, value)
        high = True if self.high is None else compared("<=" if self.high_closed else "<", value, self.high)
        return both(low, high)


def sort_of(value: Any) -> str:
    """The type of a value in FEEL's words; `other` for what is none."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for type_, name in _SORTS:
        if isinstance(value, type_):
            return name
    return "other"


_SORTS: tuple[tuple[type, str], ...] = (
    (Decimal, "number"),
    (str, "string"),
    (datetime, "date and time"),
    (date, "date"),
    (time, "time"),
    (Months, "years and months duration"),
    (timedelta, "days and time duration"),
    (list, "list"),
    (dict, "context"),
    (Range, "range"),
)
_ORDERED = frozenset(
    "number,string,date,date and time,time,years and months duration,days and time duration".split(",")
)


def calculated(sign: str, left: Any, right: Any) -> Any:
    """The value of `left sign right`; None for values that cannot be so joined, a division by zero, an overflow."""
    calculate = _CALCULATIONS.get((sort_of(left), sign, sort_of(right)))
    if calculate is None:
        return None
    try:
        return calculate(left, right)
    except (ArithmeticError, OverflowError, ValueError):
        return None


def equal(left: Any, right: Any) -> bool | None:
    """Whether two values are the same; None for values of different types."""
    if left is None or right is None:
        return left is None and right is None
    sort = sort_of(left)
    if sort != sort_of(right):
        return None
    if sort == "list":
        return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))
    if sort == "context":
        return bool(left.keys() == right.keys() and all(equal(left[key], right[key]) is True for key in left))
    if sort == "time":
        return (left.tzinfo is None) == (right.tzinfo is None) and seconds_of(left) == seconds_of(right)
    return bool(left == right)


def compared(sign: str, left: Any, right: Any) -> bool | None:
    """The value of a comparison; None where one side is null or the types differ."""
    if sign in ("=", "!="):
        same = equal(left, right)
        return same if same is None or sign == "=" else not same
    sort = sort_of(left)
    if sort != sort_of(right) or sort not in _ORDERED:
        return None
    if sort == "time":
        left, right = seconds_of(left), seconds_of(right)
    try:
        return bool(_ORDER[sign](left, right))
    except TypeError:
        return None  # A moment with an offset and one without are not to be compared.


def both(left: Any, right: Any) -> bool | None:
    """`and` of three values."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def either(left: Any, right: Any) -> bool | None:
    """`or` of three values."""
    if left is True or right is True:
        return True
    return False if left is False and right is False else None


def negated(value: Any) -> Any:
    """A number or duration with the other sign; None for anything else."""
    if isinstance(value, Months):
        return Months(-value.count)
    if isinstance(value, bool) or not isinstance(value, Decimal | timedelta):
        return None
    return -value


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _power(base: Decimal, exponent: Decimal) -> Decimal | None:
    found = EXACT.power(base, exponent)
    return found if found.is_finite() else None


def _scaled(length: timedelta, factor: Decimal) -> timedelta:
    return _length_of(EXACT.multiply(_micros(length), factor))


def _micros(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1))


def _length_of(micros: Decimal) -> timedelta:
    return timedelta(microseconds=int(micros))


def _midnight(value: date) -> datetime:
    return datetime.combine(value, time())


_N, _S, _D, _M, _T = "number", "string", "date", "date and time", "time"
_YM, _DT = "years and months duration", "days and time duration"
_CALCULATIONS: dict[tuple[str, str, str], Callable[[Any, Any], Any]] = {
    (_N, "+", _N): EXACT.add,
    (_N, "-", _N): EXACT.subtract,
    (_N, "*", _N): EXACT.multiply,
    (_N, "/", _N): EXACT.divide,
    (_N, "**", _N): _power,
    (_S, "+", _S): lambda a, b: a + b,
    (_YM, "+", _YM): lambda a, b: Months(a.count + b.count),
    (_YM, "-", _YM): lambda a, b: Months(a.count - b.count),
    (_YM, "*", _N): lambda a, b: Months(int(EXACT.multiply(a.count, b))),
    (_N, "*", _YM): lambda a, b: Months(int(EXACT.multiply(a, b.count))),
    (_YM, "/", _N): lambda a, b: Months(int(EXACT.divide(a.count, b))),
    (_YM, "/", _YM): lambda a, b: EXACT.divide(a.count, b.count),
    (_DT, "+", _DT): lambda a, b: a + b,
    (_DT, "-", _DT): lambda a, b: a - b,
    (_DT, "*", _N): _scaled,
    (_N, "*", _DT): lambda a, b: _scaled(b, a),
    (_DT, "/", _N): lambda a, b: _length_of(EXACT.divide(_micros(a), b)),
    (_DT, "/", _DT): lambda a, b: EXACT.divide(_micros(a), _micros(b)),
    (_D, "+", _YM): shifted,
    (_YM, "+", _D): lambda a, b: shifted(b, a),
    (_D, "-", _YM): lambda a, b: shifted(a, Months(-b.count)),
    (_D, "+", _DT): lambda a, b: (_midnight(a) + b).date(),
    (_DT, "+", _D): lambda a, b: (_midnight(b) + a).date(),
    (_D, "-", _DT): lambda a, b: (_midnight(a) - b).date(),
    (_D, "-", _D): lambda a, b: a - b,
    (_M, "+", _YM): shifted,
    (_YM, "+", _M): lambda a, b: shifted(b, a),
    (_M, "-", _YM): lambda a, b: shifted(a, Months(-b.count)),
    (_M, "+", _DT): lambda a, b: a + b,
    (_DT, "+", _M): lambda a, b: b + a,
    (_M, "-", _DT): lambda a, b: a - b,
    (_M, "-", _M): lambda a, b: None if (a.tzinfo is None) != (b.tzinfo is None) else a - b,
    (_T, "+", _DT): turned,
    (_DT, "+", _T): lambda a, b: turned(b, a),
    (_T, "-", _DT): lambda a, b: turned(a, -b),
    (_T, "-", _T): lambda a, b: timedelta(microseconds=int((seconds_of(a) - seconds_of(b)).scaleb(6))),
}
