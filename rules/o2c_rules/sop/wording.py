"""Columns, cells and values of a table in plain English."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from o2c_contracts import money

from o2c_rules.cells import Bound, Cell, Interval
from o2c_rules.table import Fact, Outcome
from o2c_rules.values import Kind, Value

from .vocabulary import Vocabulary

_STEPS = re.compile(r"[a-z_]+:\d+(?: [a-z_]+:\d+)*")
_CURRENCY = re.compile(r"\b[A-Z]{3}\b")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_STATES = frozenset({"known", "unknown", "missing", "held", "given", "broken", "open", "undetermined", "wished"})
_VERBS = {"differs": "differ", "counts": "count", "fits": "fit", "mixes": "mix", "ends": "end", "confirms": "confirm",
          "contests": "contest", "stops": "stop"}  # fmt: skip
_SHORT = {"sla": "SLA", "vat": "VAT"}
_ROLES = {"cfo": "CFO", "ar": "AR"}


def plain(name: str, words: Vocabulary) -> str:
    """A column's name as words: `limit_minor` is the limit."""
    return words.names.get(name) or " ".join(_SHORT.get(part, part) for part in _bare(name).split("_"))


def _bare(name: str) -> str:
    for ending in ("_minor", "_percent"):
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    return name


def word(text: str) -> str:
    """A word of a cell: roles and codes without their underscores."""
    return " ".join(_ROLES.get(part, part) for part in text.removesuffix("_minor").split("_"))


def joined(parts: Iterable[str], last: str = "and") -> str:
    """a, b and c."""
    known = list(parts)
    return f"{', '.join(known[:-1])} {last} {known[-1]}" if len(known) > 1 else "".join(known)


def condition(fact: Fact, cell: Cell, currency: str | None, words: Vocabulary) -> str:
    """One cell as a condition: the overdue days are more than 30."""
    if fact.kind is Kind.BOOLEAN:
        return joined((yes_or_no(fact.name, (test is True) != cell.negated, words) for test in cell.tests), "or")
    ranges = _words(cell) if fact.kind is Kind.TEXT else _ranges(fact, cell, currency)
    said = words.conditions.get(fact.name)
    if isinstance(said, str):
        return said.replace("{}", ranges)
    subject = plain(fact.name, words)
    return f"the {subject} {'are' if _is_many(subject) else 'is'} {ranges}"


def _ranges(fact: Fact, cell: Cell, currency: str | None) -> str:
    """In the row's currency; where it has several, in none."""
    own = _CURRENCY.search(cell.text) if currency is None else None
    shown = _Shown(fact.name, fact.kind, own[0] if own else currency)
    ranges = joined((shown.range(test) for test in cell.tests if isinstance(test, Interval)), "or")
    return f"not {ranges}" if cell.negated else ranges


def _words(cell: Cell) -> str:
    words = [word(str(test)) for test in cell.tests]
    if not cell.negated:
        return joined(words, "or")
    return f"neither {joined(words, 'nor')}" if len(words) > 1 else f"not {words[0]}"


def _is_many(subject: str) -> bool:
    words = subject.split()
    return words[0] == "days" or (words[-1].endswith("s") and not words[-1].endswith(("ss", "us", "class")))


def yes_or_no(name: str, value: bool, vocabulary: Vocabulary) -> str:
    """A boolean column as a sentence that is true: the customer is not known."""
    said = vocabulary.conditions.get(name)
    if isinstance(said, tuple):
        return said[0] if value else said[1]
    words = name.split("_")
    first, *rest = words
    if words[-1] in _STATES or words[-1].endswith("ed"):
        return _state(words, value)
    if words[-1] in _VERBS:
        verb = words[-1] if value else f"does not {_VERBS[words[-1]]}"
        return f"{_the(words[:-1])} {verb}"
    if "has" in words:
        at = words.index("has")
        return f"{_the(words[:at])} has {'a' if value else 'no'} {' '.join(words[at + 1 :])}"
    if first in _VERBS:
        return f"it {first if value else f'does not {_VERBS[first]}'} {' '.join(rest)}"
    if first == "same":
        thing, _, other = " ".join(rest).partition(" as ")
        return f"the {thing} is {'not ' * (not value)}the same" + (f" as that of the {other}" if other else "")
    if first in ("after", "below", "due"):
        return f"it is {'not ' * (not value)}{' '.join(words)}"
    return f"“{' '.join(words)}” is {'true' if value else 'not true'}"


def _state(words: Sequence[str], value: bool) -> str:
    state = words[-1]
    if not value and state.startswith("un") and state in _STATES:
        state, value = state.removeprefix("un"), True
    subject = [w for w in words[:-1] if w != "is"]
    return f"{_the(subject)} is {'not ' * (not value)}{state}"


def _the(words: Sequence[str]) -> str:
    return f"the {' '.join(words)}" if words else "it"


def answer(outcome: Outcome, value: Value, currency: str | None) -> str:
    """A value of an outcome's column in words; nothing for none."""
    if value is None:
        return ""
    if outcome.computed:
        return f"what comes of `{value}`"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if outcome.kind is Kind.TEXT:
        text = str(value)
        return _steps(text) if _STEPS.fullmatch(text) else word(text)
    return _Shown(outcome.name, outcome.kind, currency).value(value)


def _steps(text: str) -> str:
    """`controller:1 cfo:2` is who must agree: one controller and two cfo."""
    parts = (part.partition(":") for part in text.split(" "))
    return joined(
        f"{_NUMBERS[int(many)] if int(many) < len(_NUMBERS) else many} {word(role)}{'s' * (int(many) > 1)}"
        for role, _, many in parts
    )


def in_facts(fact: Fact, value: Value, currency: str | None, words: Vocabulary) -> str:
    """A fact of an example: overdue days 31."""
    if isinstance(value, bool):
        return yes_or_no(fact.name, value, words)
    if value is None:
        return f"no {plain(fact.name, words)}"
    shown = word(value) if isinstance(value, str) else _Shown(fact.name, fact.kind, currency).value(value)
    return f"{plain(fact.name, words)} {shown}"


class _Shown:
    """Values and ranges of one column, with its unit of measure."""

    def __init__(self, name: str, kind: Kind, currency: str | None) -> None:
        self._kind, self._currency = kind, currency
        self._after = " %" if name.endswith("_percent") else ""

    def value(self, value: Value) -> str:
        """A bound or a fact for a reader."""
        if self._kind is Kind.MONEY and isinstance(value, int):
            if self._currency in money.CURRENCIES:
                return money.as_text(value, str(self._currency))
            return f"{Decimal(value).scaleb(-2):,.2f}"
        if isinstance(value, date):
            return f"{value.day} {value:%B %Y}"
        if isinstance(value, Decimal):
            return f"{value:,f}{self._after}"
        return f"{value:,}{self._after}" if isinstance(value, int) else str(value)

    def range(self, test: Interval) -> str:
        """An interval in words."""
        low, high = test.low, test.high
        if low is not None and low == high:
            return self.value(low)
        if low is None:
            return self._one(high, ("less than", "before"), ("at most", "on or before"), closed=test.high_closed)
        if high is None:
            return self._one(low, ("more than", "after"), ("at least", "on or after"), closed=test.low_closed)
        if test.low_closed and test.high_closed:
            return f"between {self.value(low)} and {self.value(high)}"
        start = f"{'at least' if test.low_closed else 'more than'} {self.value(low)}"
        return f"{start} {'and at most' if test.high_closed else 'but less than'} {self.value(high)}"

    def _one(self, bound: Bound | None, open_: tuple[str, str], shut: tuple[str, str], *, closed: bool) -> str:
        of_number, of_day = shut if closed else open_
        return f"{of_day if self._kind is Kind.DATE else of_number} {self.value(bound)}"
