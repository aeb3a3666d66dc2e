"""The sentence of a row: a template with `{fact}`, filled in only when somebody reads it.

`{limit_minor}` and `{limit_minor:money}` use the fact `currency`; `{x:money:fact}` uses another one; `{share:percent}`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from o2c_contracts import money

from .values import MISSING, Absent, Kind, Value, is_number, shown

_Values = Mapping[str, Value | Absent]
_Show = Callable[[Value | Absent, _Values, _Values], str]
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


class Sentence:
    """A template taken apart once, to be filled in often."""

    def __init__(self, template: str, kinds: Mapping[str, Kind]) -> None:
        *between, self._end = _PLACE.split(template)
        self._places = [
            (text, place.split(":")[0], _form(place, kinds))
            for text, place in zip(between[::2], between[1::2], strict=True)
        ]

    def filled(self, values: _Values, outcome: _Values) -> str:
        """The sentence with the values in it; a name that is in both is the outcome's."""
        said: list[str] = []
        for text, name, show in self._places:
            value = outcome[name] if name in outcome else values.get(name, MISSING)
            said += (text, value if type(value) is str else show(value, values, outcome))
        return "".join(said) + self._end


def fill(template: str, values: _Values, kinds: Mapping[str, Kind]) -> str:
    """The sentence with the values in it."""
    return Sentence(template, kinds).filled(values, {})


def amount(minor: int | Decimal, currency: Value | Absent) -> str:
    """Money for a person: 61,200.00 EUR; minor units where the currency is not known."""
    whole = int(Decimal(minor).to_integral_value())
    if isinstance(currency, str) and currency in money.CURRENCIES:
        return money.as_text(whole, currency)
    return f"{whole:,} minor units"


def _form(place: str, kinds: Mapping[str, Kind]) -> _Show:
    name, *form = place.split(":")
    if form[:1] == ["money"] or (not form and kinds.get(name) is Kind.MONEY):
        return _as_money(form[1] if len(form) == 2 else "currency")
    return _as_percent if form == ["percent"] else _plainly


def _plainly(value: Value | Absent, _: _Values, __: _Values) -> str:
    return f"{value:f}" if type(value) is Decimal else shown(value)


def _as_percent(value: Value | Absent, _: _Values, __: _Values) -> str:
    return f"{(Decimal(value) * 100).quantize(Decimal('0.1')):f} %" if is_number(value) else shown(value)


def _as_money(currency: str) -> _Show:
    def show(value: Value | Absent, values: _Values, outcome: _Values) -> str:
        if not is_number(value):
            return shown(value)
        return amount(value, outcome[currency] if currency in outcome else values.get(currency, MISSING))

    return show
