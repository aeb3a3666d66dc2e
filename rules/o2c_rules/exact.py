"""Arithmetic to 60 digits, half-up on the absolute value, over operands that are asked for when they are needed."""

import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from .values import Absent, Value

Env = Mapping[str, Value | Absent]
Run = Callable[[Env], Any]
EXACT = Context(
    prec=60, rounding=ROUND_HALF_UP, Emin=-6143, Emax=6144, traps=[InvalidOperation, DivisionByZero, Overflow]
)


def _power(base: int | Decimal, exponent: int | Decimal) -> Decimal:
    if not base and exponent < 0:
        raise ZeroDivisionError  # Decimal would say infinity.
    return EXACT.power(base, exponent)


_WHOLE = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_DECIMAL = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply, "/": EXACT.divide, "**": _power}


def arithmetic(sign: str, left: Run, right: Run) -> Run:
    """+ - * / or **: of two whole numbers a whole one, but for / and **."""
    whole, exact = _WHOLE.get(sign), _DECIMAL[sign]

    def run(facts: Env) -> int | Decimal:
        a, b = left(facts), right(facts)
        if whole is not None and type(a) is int and type(b) is int:
            return int(whole(a, b))
        return exact(a, b)

    return run


def modulo(left: Run, right: Run) -> Run:
    """The rest with the sign of the divisor, as FEEL has it."""

    def run(facts: Env) -> int | Decimal:
        a, b = left(facts), right(facts)
        if type(a) is int and type(b) is int:
            return a % b
        return EXACT.subtract(a, EXACT.multiply(b, EXACT.divide(a, b).to_integral_value(ROUND_FLOOR)))

    return run
