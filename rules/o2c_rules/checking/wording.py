"""Boxes, places and answers in an analyst's words. Decides nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from o2c_contracts import money

from o2c_rules.cells import Bound
from o2c_rules.codes import ORDERED, Coder
from o2c_rules.sentences import amount
from o2c_rules.table import Default, Fact, Outcome, Row
from o2c_rules.values import Kind, Value, shown

from .space import Box, Column

_WORDS_MOST = 6


def value_text(fact: Fact | Outcome, value: Value, currency: str | None = None) -> str:
    """One value; money in its currency where that is known."""
    if fact.kind is Kind.MONEY and isinstance(value, int | Decimal):
        return _amount(value, currency)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{value:,}" if isinstance(value, int) else f"{value:,f}"
    return "nothing" if value is None else shown(value)


def example_text(sheet: Mapping[str, Value]) -> str:
    """A fact sheet on one line; amounts that end in _minor in their currency too."""
    return ", ".join(f"{name} = {_fact_text(name, value, sheet)}" for name, value in sheet.items())


def _fact_text(name: str, value: Value, sheet: Mapping[str, Value]) -> str:
    currency = sheet.get("currency")
    if name.endswith("_minor") and isinstance(value, int) and currency in money.CURRENCIES:
        return f"{value} ({amount(value, currency)})"
    return shown(value)


def box_text(columns: Sequence[Column], box: Box, currency: str | None = None) -> str:
    """What a box holds: `currency GBP, amount from 100.00 GBP`; columns in which it holds everything are left out."""
    known = currency or currency_of(columns, box)
    parts = [
        f"{column.name} {side_text(column, codes, known)}"
        for column, codes in zip(columns, box, strict=True)
        if codes & column.present != column.present
    ]
    return ", ".join(parts) or "any facts"


def side_text(column: Column, codes: int, currency: str | None = None) -> str:
    """One side of a box."""
    places = sorted(column.places_in(codes))
    if not places:
        return "not given"
    if column.fact.kind in ORDERED and not column.fact.allowed:
        return " or ".join(_runs(column, places, currency))
    return _words(column, places)


def answer_text(outcomes: Iterable[Outcome], answer: Mapping[str, Value], currency: str | None = None) -> str:
    """An outcome, without what it leaves open."""
    said = [f"{o.name} {value_text(o, answer[o.name], currency)}" for o in outcomes if answer[o.name] is not None]
    return ", ".join(said) or "nothing"


def spoken(row: Row | Default) -> Mapping[str, Value]:
    """What a row says; of what it computes, how."""
    return {**row.outcome, **{name: f"= {expression.text}" for name, expression in row.computed.items()}}


def names(rows: Iterable[Row]) -> str:
    """Rows by their ids."""
    ids = [row.id for row in rows]
    if len(ids) > _WORDS_MOST:
        return f"{', '.join(ids[:_WORDS_MOST])} and {len(ids) - _WORDS_MOST} more"
    return " and ".join([", ".join(ids[:-1]), ids[-1]]) if len(ids) > 1 else "".join(ids)


def currency_of(columns: Sequence[Column], box: Box) -> str | None:
    """The currencies of a box with spaces between, where their amounts have the same number of decimals."""
    for column, codes in zip(columns, box, strict=True):
        if column.name == "currency":
            coder = column.coder
            words = [str(w) for w, place in coder.words.items() if codes >> coder.of_place[place] & 1]
            other = codes >> coder.of_place[len(coder.words)] & 1
            known = not other and all(word in money.CURRENCIES for word in words)
            alike = known and len({money.exponent(word) for word in words}) == 1
            return " ".join(words) if alike else None
    return None


def _amount(value: int | Decimal, currency: str | None) -> str:
    """Money with its currency; the figure alone where it holds for several."""
    known = (currency or "").split()
    text = amount(value, known[0] if known else None)
    return text.removesuffix(f" {known[0]}") if len(known) > 1 else text


def _words(column: Column, places: Sequence[int]) -> str:
    coder = column.coder
    if column.fact.kind in ORDERED:
        allowed = [value for value in column.fact.allowed if coder.place(value) in places]
        return _listed([value_text(column.fact, value) for value in allowed])
    known = {place: shown(word) for word, place in coder.words.items()}
    open_ended = not column.fact.allowed and column.fact.kind is Kind.TEXT
    if open_ended and len(known) in places:
        others = [word for place, word in known.items() if place not in places and place in column.places]
        return f"other than {_listed(others)}"
    if len(known) in places:
        rest = column.fact.allowed or (True, False)
        extra = [shown(word) for word in rest if word not in coder.words]
        return _listed([*(known[p] for p in places if p in known), *extra])
    return _listed([known[place] for place in places])


def _listed(words: Sequence[str]) -> str:
    if len(words) > 2 * _WORDS_MOST:
        return f"{', '.join(words[:_WORDS_MOST])} or one of {len(words) - _WORDS_MOST} more"
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)


def _runs(column: Column, places: Sequence[int], currency: str | None) -> Iterator[str]:
    """Places that follow each other among the possible ones, as intervals."""
    ranks = [column.rank[place] for place in places]
    ends = [n for n, (rank, after) in enumerate(pairwise(ranks)) if after != rank + 1]
    for first, last in pairwise([-1, *ends, len(places) - 1]):
        yield _interval(column.coder, places[first + 1], places[last], currency)


def _interval(coder: Coder, first: int, last: int, currency: str | None) -> str:
    low, high = coder.inside(first)[0], coder.inside(last)[1]

    def said(bound: Bound) -> str:
        return value_text(coder.fact, bound, currency)

    if low is not None and low == high:
        return said(low)
    lower = "" if low is None else f"{'from' if first % 2 else 'above'} {said(low)}"
    upper = "" if high is None else f"{'up to' if last % 2 else 'below'} {said(high)}"
    return " ".join(part for part in (lower, upper) if part) or "anything"
