"""The sentence of a row: a template with `{fact}`, filled in only when somebody reads it.

`{limit_minor}` and `{limit_minor:money}` use the fact `currency`; `{x:money:fact}` uses another one; `{share:percent}`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

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
    return _PLACE.sub(_filler(values, kinds), template)


def amount(minor: int | Decimal, currency: Value | Absent) -> str:
    """Money for a person: 61,200.00 EUR; minor units where the currency is not known."""
    whole = int(Decimal(minor).to_integral_value())
    if isinstance(currency, str) and currency in money.CURRENCIES:
        return money.as_text(whole, currency)
    return f"{whole:,} minor units"


def _filler(values: Mapping[str, Value | Absent], kinds: Mapping[str, Kind]) -> Callable[[re.Match[str]], str]:
    def one(place: re.Match[str]) -> str:
        name, *form = place[1].split(":")
        value = values.get(name, MISSING)
        if not is_number(value):
            return shown(value)
        if form[:1] == ["money"] or (not form and kinds.get(name) is Kind.MONEY):
            return amount(value, values.get(form[1] if len(form) == 2 else "currency", MISSING))
        if form == ["percent"]:
            return f"{(Decimal(value) * 100).quantize(Decimal('0.1')):f} %"
        return shown(value)

    return one
