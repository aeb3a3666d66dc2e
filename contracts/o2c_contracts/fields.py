"""The kinds of values an event may hold: strict, bounded, exact. What does not fit is refused, never repaired."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from .money import CURRENCIES

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An identifier that somebody gave; opaque."""
Word = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
"""A code out of a table: a reason, a segment, a product."""
Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One line of text for people."""
Text = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
"""Text of several lines."""
_MOST = 10**15
Minor = Annotated[int, Field(ge=-_MOST, le=_MOST)]
"""Whole minor units of the currency that stands beside it."""
Due = Annotated[int, Field(ge=0, le=_MOST)]
"""Minor units, zero or more."""
Paid = Annotated[int, Field(gt=0, le=_MOST)]
"""Minor units, more than zero."""


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code!r} is no ISO 4217 currency code")
    return code


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known_currency)]
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,12})?")


def _exact(value: Any) -> Decimal:
    """Only the plain written form: no float, no exponent, no NaN, at most twelve places."""
    if isinstance(value, Decimal):
        value = format(value, "f")
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise ValueError('write a decimal as a string such as "12.50", with at most 12 places')
    return Decimal(value)


Exact = Annotated[
    Decimal,
    BeforeValidator(_exact),
    PlainSerializer(lambda d: format(d, "f"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,12})?$"}),
]
"""A unit price, a rate: a decimal written as a string."""
Quantity = Annotated[Exact, Field(gt=0)]
Price = Annotated[Exact, Field(ge=0)]
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))]
"""A calendar day in the legal entity's zone."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
