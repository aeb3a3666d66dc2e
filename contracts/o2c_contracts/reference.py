"""`o2c.reference.v1`: what administration publishes for everybody, with the date from which it holds."""

from typing import Annotated

from pydantic import Field

from .event import Event
from .fields import Currency, Day, Exact


class ExchangeRatePublished(Event):
    """One unit of `base` is worth `rate` units of `quote` from `valid_on` until the next rate of the pair."""

    base: Currency
    quote: Currency
    rate: Annotated[Exact, Field(gt=0)]
    valid_on: Day

    @property
    def key(self) -> str:
        return f"r:{self.base}/{self.quote}"

    @property
    def subject(self) -> str:
        return f"{self.base}/{self.quote}/{self.valid_on}"
