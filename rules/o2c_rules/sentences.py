"""The sentence of a row: a template with `{fact}`, filled in only when somebody reads it.

`{limit_minor}` and `{limit_minor:money}` use the fact `currency`; `{x:money:fact}` uses another one; `{share:percent}`.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

from o2c_contracts import money

from .values import MISSING, Absent, Kind, Value, is_number, shown

_PLACE = re.compile(r"\{([^{}]*)\}")
_FORMS = ("money", "percent")


class BadTemplate(ValueError):
    """A sentence that names what its table does not know."""

    def __init__(self, text: str, hint: str) -> None:
        super().__init__(text)
        self.hint = hint


def check(template: str, names: Iterable[str]) -> None:
    """BadTemplate unless every place names a fact or outcome of the table and a known form."""
    known = set(names)
    for place in _PLACE.findall(template):
        name, *form = place.split(":")
        if name not in known:
            raise BadTemplate(
                f"because: {{{place}}} names no column of this table", f"it has {', '.join(sorted(known))}"
            )
        if (form and form[0] not in _FORMS) or len(form) > 2:
            raise BadTemplate(f"because: {{{place}}} has an unknown form", "{name}, {name:money} or {name:percent}")
    if re.search(r"[{}]", _PLACE.sub("", template)):
        raise BadTemplate("because: a bracket without its partner", "write {name}")


def fill(template: str, values: Mapping[str, Value | Absent], kinds: Mapping[str, Kind]) -> str:
    """The sentence with the values in it."""
    end, places = _parts(template)
    if not places:
        return template
    return "".join([text + _shown(name, form, values, kinds) for text, name, form in places]) + end


def amount(minor: int | Decimal, currency: Value | Absent) -> str:
    """Money for a person: 61,200.00 EUR; minor units where the currency is not known."""
    whole = int(Decimal(minor).to_integral_value())
    if isinstance(currency, str) and currency in money.CURRENCIES:
        return money.as_text(whole, currency)
    return f"{whole:,} minor units"


@lru_cache(10_000)
def _parts(template: str) -> tuple[str, tuple[tuple[str, str, tuple[str, ...]], ...]]:
    """The text after the last place; and for each place the text before it, its name and its form."""
    *between, end = _PLACE.split(template)
    named = [(text, *place.split(":")) for text, place in zip(between[::2], between[1::2], strict=True)]
    return end, tuple((text, name, tuple(form)) for text, name, *form in named)


def _shown(name: str, form: tuple[str, ...], values: Mapping[str, Value | Absent], kinds: Mapping[str, Kind]) -> str:
    value = values.get(name, MISSING)
    if type(value) is str:
        return value
    if not is_number(value):
        return shown(value)
    if form[:1] == ("money",) or (not form and kinds.get(name) is Kind.MONEY):
        return amount(value, values.get(form[1] if len(form) == 2 else "currency", MISSING))
    if form == ("percent",):
        return f"{(Decimal(value) * 100).quantize(Decimal('0.1')):f} %"
    return shown(value)
