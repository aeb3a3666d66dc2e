"""Values that stand for a place among a column's cut points: boundaries first, and only such as a fact may have."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from o2c_rules.cells import Bound
from o2c_rules.codes import ORDERED, Coder
from o2c_rules.explain import stepped
from o2c_rules.values import Kind, Value

_CURRENCIES = ("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "PLN")


def specimens(coder: Coder, place: int) -> Iterator[Value]:
    """Values of a place, the nicest first; none where no fact can have one."""
    return _ordered(coder, place) if coder.fact.kind in ORDERED else _words(coder, place)


def stranger(name: str, known: set[str]) -> str:
    """A word that a column does not know, as a person would choose it."""
    candidates = _CURRENCIES if name.endswith("currency") else ("another",)
    return next((word for word in candidates if word not in known), "another" + "-one" * ("another" in known))


def _words(coder: Coder, place: int) -> Iterator[Value]:
    allowed = coder.fact.allowed
    if place < len(coder.words):
        word = next(word for word, at in coder.words.items() if at == place)
        if not allowed or word in allowed:
            yield word
    elif coder.fact.kind is Kind.BOOLEAN:
        yield from (truth for truth in (True, False) if truth not in coder.words)
    elif allowed:
        yield from (word for word in allowed if word not in coder.words)
    else:
        yield stranger(coder.name, {str(word) for word in coder.words})


def _ordered(coder: Coder, place: int) -> Iterator[Value]:
    low, high = coder.inside(place)
    if coder.fact.allowed:
        yield from (value for value in coder.fact.allowed if coder.place(value) == place)
    elif low is not None and low == high:
        yield low
    else:
        yield from _between(coder, low, high)


def _between(coder: Coder, low: Bound | None, high: Bound | None) -> Iterator[Bound]:
    """Whole steps next to the bounds; a derived number may lie between two steps."""
    unit = coder.fact.unit
    found: list[Bound] = []
    if low is not None:
        found.append(stepped(low, 1, unit))
    if high is not None:
        found.append(stepped(high, -1, unit))
    if coder.fact.kind is not Kind.DATE and _inside(0, low, high):
        found.append(0)
    good = [value for value in dict.fromkeys(found) if _inside(value, low, high)]
    if not good and coder.fact.expression is not None and low is not None and high is not None:
        good = [value for value in [_middle(low, high)] if _inside(value, low, high)]
    yield from good


def _inside(value: Bound, low: Bound | None, high: Bound | None) -> bool:
    return (low is None or low < value) and (high is None or value < high)  # type: ignore[operator]


def _middle(low: Bound, high: Bound) -> Bound:
    if isinstance(low, date) and isinstance(high, date):
        return low + timedelta(days=(high - low).days // 2)
    assert not isinstance(low, date)
    assert not isinstance(high, date)
    return (Decimal(low) + high) / 2
