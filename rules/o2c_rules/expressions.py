"""Derived facts and computed outcomes: exact expressions, checked against the declared types before they run.

    a + b - c * d / e ** 2   < <= > >= = !=   a between 1 and 9   a in (1, [5..9])   and or not(…)
    if(test, then, otherwise)   if test then a else b
    min(…) max(…) abs(x) round(x, places) floor(x) ceiling(x) modulo(a, b)
    "text" + "text"   contains(a, b) starts with(a, b) ends with(a, b) string length(a) upper case(a) lower case(a)
    true false date("2026-01-31") due.year

The grammar is FEEL's; here is the part of it whose types can be known beforehand. Numbers are exact, divisions to 60
digits; `round` is half-up on the absolute value, so that a credit mirrors its invoice. A date minus a date is a number
of days. A missing or null operand makes the whole missing or null, except where the rest decides alone: `false and
missing` is false, `true or missing` is true.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, DecimalException
from difflib import get_close_matches
from functools import reduce
from typing import Any

from .exact import EXACT, Env, Run, arithmetic, modulo
from .feel import nodes
from .feel.nodes import Node
from .feel.syntax import expression as feel
from .feel.words import BadFeel
from .misreadings import demand_meant
from .values import MISSING, Absent, BadValue, Kind, Value, literal, number

LENGTH_MOST = 1_000


class BadExpression(BadValue):
    """Text that is no expression over the declared facts."""


class Undefined(ArithmeticError):
    """The expression has no value for these facts: a division by zero, a number or date too large."""


class _Lacking(Exception):
    """An operand is missing or null."""

    def __init__(self, what: Absent | None) -> None:
        self.what = what


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: the type of its value, the facts it reads."""

    text: str
    kind: Kind
    names: tuple[str, ...]
    run: Run = field(compare=False, repr=False)
    whole: bool = False
    """A whole number written out, which may stand for minor units too."""

    def value(self, facts: Env) -> Value | Absent:
        """Its value; MISSING or None when an operand it needs is. Undefined when it has none."""
        try:
            result: Value = self.run(facts)
        except _Lacking as lacking:
            return lacking.what
        except (DecimalException, OverflowError, ZeroDivisionError) as error:
            raise Undefined(f"{self.text}: {_reason(error)}") from error
        return result


def parse(text: str, kinds: Mapping[str, Kind]) -> Expression:
    """The expression over facts of these kinds; BadExpression says what is wrong with it."""
    if len(text) > LENGTH_MOST:
        raise BadExpression(
            f"an expression of {len(text)} characters", f"at most {LENGTH_MOST}; name a part of it as a derived fact"
        )
    try:
        demand_meant(text)
        tree = feel(text)
    except BadFeel as error:
        raise BadExpression(str(error), error.hint) from None
    typing = _Typing(text, kinds)
    term = typing.of(tree)
    return Expression(text, term.kind, tuple(typing.names), term.run, term.whole)


def _reason(error: Exception) -> str:
    return "division by zero" if isinstance(error, ZeroDivisionError) else "a value too large or too fine"


@dataclass(frozen=True, slots=True)
class _Term:
    kind: Kind
    run: Run
    whole: bool = False
    fixed: bool = False
    """It reads no fact: its value is known already."""


_NUMERIC = frozenset({Kind.NUMBER, Kind.MONEY})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_TEXTS: dict[str, tuple[int, Kind, Callable[..., Value]]] = {
    "contains": (2, Kind.BOOLEAN, lambda a, b: b in a),
    "starts with": (2, Kind.BOOLEAN, lambda a, b: a.startswith(b)),
    "ends with": (2, Kind.BOOLEAN, lambda a, b: a.endswith(b)),
    "string length": (1, Kind.NUMBER, len),
    "upper case": (1, Kind.TEXT, lambda a: a.upper()),
    "lower case": (1, Kind.TEXT, lambda a: a.lower()),
}
_FUNCTIONS = {
    "if": "if(test, a, b)",
    "not": "not(a)",
    "min": "min(a, b, …)",
    "max": "max(a, b, …)",
    "abs": "abs(a)",
    "round": "round(a, places)",
    "floor": "floor(a)",
    "ceiling": "ceiling(a)",
    "modulo": "modulo(a, b)",
    "date": 'date("2026-01-31")',
    **{name: f"{name}({'a, b' if count == 2 else 'a'})" for name, (count, _, _) in _TEXTS.items()},
}


class _Typing:
    """Gives each node of one expression its type, and makes it a closure."""

    def __init__(self, text: str, kinds: Mapping[str, Kind]) -> None:
        self._text, self._kinds = text, kinds
        self.names: dict[str, None] = {}
        self._read = 0
        """How many times a fact was named so far."""

    def of(self, node: Node) -> _Term:
        make = _TERMS.get(type(node))
        if make is None:
            raise self._bad("lists and contexts are no facts", "one value: a number, a text, a date, true or false")
        before = self._read
        term = make(self, node)
        return term if self._read > before else self._folded(term)

    def _folded(self, term: _Term) -> _Term:
        """What reads no fact is calculated once, here, where a value that it lacks can still be mended."""
        try:
            value = term.run({})
        except (DecimalException, OverflowError, ZeroDivisionError) as error:
            raise self._bad(f"{_reason(error)}, whatever the facts are", "write a value that there is") from None
        return _Term(term.kind, lambda _: value, term.whole, fixed=True)

    def _divisor(self, term: _Term) -> _Term:
        if term.fixed and term.kind in _NUMERIC and not term.run({}):
            raise self._bad("division by zero, whatever the facts are", "divide by something else")
        return term

    def _bad(self, text: str, hint: str) -> BadExpression:
        return BadExpression(f"{self._text!r}: {text}", hint)

    def logic(self, node: nodes.Logic) -> _Term:
        left, right = self._must(self.of(node.left), Kind.BOOLEAN), self._must(self.of(node.right), Kind.BOOLEAN)
        return _Term(Kind.BOOLEAN, _either(left.run, right.run, node.word == "or"))

    def comparison(self, node: nodes.Comparison) -> _Term:
        return self._compared(node.sign, self.of(node.left), self.of(node.right))

    def _compared(self, sign: str, left: _Term, right: _Term) -> _Term:
        if left.kind != right.kind and not {left.kind, right.kind} <= _NUMERIC:
            raise self._bad(f"compares a {left.kind} with a {right.kind}", "compare like with like")
        if sign not in ("=", "!=") and left.kind in (Kind.TEXT, Kind.BOOLEAN):
            raise self._bad(f"{sign} on a {left.kind}, which has no order", "use = or !=")
        compare, a, b = _COMPARE[sign], left.run, right.run
        return _Term(Kind.BOOLEAN, lambda facts: compare(a(facts), b(facts)))

    def between(self, node: nodes.Between) -> _Term:
        of = self.of(node.of)
        low, high = self._compared(">=", of, self.of(node.low)), self._compared("<=", of, self.of(node.high))
        return _Term(Kind.BOOLEAN, _either(low.run, high.run, decided=False))

    def in_(self, node: nodes.In) -> _Term:
        of = self.of(node.of)
        tests = [item for test in node.tests for item in (test.items if isinstance(test, nodes.Items) else (test,))]
        if not tests:
            raise self._bad("in of nothing", "in (1, 2) or in [1..5]")
        runs = [self._test(of, test).run for test in tests]
        return _Term(Kind.BOOLEAN, reduce(lambda a, b: _either(a, b, decided=True), runs))

    def _test(self, of: _Term, test: Node) -> _Term:
        if isinstance(test, nodes.Test):
            return self._compared(test.sign, of, self.of(test.bound))
        if isinstance(test, nodes.Span):
            low = self._compared(">=" if test.low_closed else ">", of, self.of(test.low))
            high = self._compared("<=" if test.high_closed else "<", of, self.of(test.high))
            return _Term(Kind.BOOLEAN, _either(low.run, high.run, decided=False))
        return self._compared("=", of, self.of(test))

    def arithmetic(self, node: nodes.Arithmetic) -> _Term:
        left, right = self.of(node.left), self.of(node.right)
        if node.sign in ("*", "/"):
            return self._scaled(node.sign, left, right)
        if node.sign == "**":
            self._must(left, Kind.NUMBER)
            self._must(right, Kind.NUMBER)
            return _Term(Kind.NUMBER, arithmetic("**", left.run, right.run))
        if left.kind is Kind.DATE:
            return self._dated(left, node.sign, right)
        if node.sign == "+" and left.kind is right.kind is Kind.TEXT:
            a, b = left.run, right.run
            return _Term(Kind.TEXT, lambda facts: a(facts) + b(facts))
        kind = self._common(node.sign, left, right)
        return _Term(kind, arithmetic(node.sign, left.run, right.run), left.whole and right.whole)

    def _dated(self, left: _Term, sign: str, right: _Term) -> _Term:
        a, b = left.run, right.run
        if right.kind is Kind.DATE and sign == "-":
            return _Term(Kind.NUMBER, lambda facts: (a(facts) - b(facts)).days)
        if right.kind is not Kind.NUMBER:
            raise self._bad(f"a date {sign} a {right.kind}", "add a number of days, or subtract a date")
        way = 1 if sign == "+" else -1
        return _Term(Kind.DATE, lambda facts: a(facts) + timedelta(days=way * int(b(facts))))

    def _scaled(self, sign: str, left: _Term, right: _Term) -> _Term:
        self._must(left, *_NUMERIC)
        self._must(right if sign == "*" else self._divisor(right), *_NUMERIC)
        monies = (left.kind is Kind.MONEY) + (right.kind is Kind.MONEY)
        if sign == "*" and monies == 2:
            raise self._bad("money times money", "multiply money by a number")
        if sign == "/" and monies == 1 and right.kind is Kind.MONEY:
            return _Term(Kind.NUMBER, arithmetic(sign, left.run, right.run))
        return _Term(Kind.MONEY if monies == 1 else Kind.NUMBER, arithmetic(sign, left.run, right.run))

    def negative(self, node: nodes.Negative) -> _Term:
        term = self._must(self.of(node.of), *_NUMERIC)
        run = term.run
        return _Term(term.kind, lambda facts: -run(facts), term.whole)

    def number(self, node: nodes.Number) -> _Term:
        try:
            value = number(node.text)
        except BadValue as error:
            raise self._bad(str(error), error.hint) from None
        return _Term(Kind.NUMBER, lambda _: value, isinstance(value, int))

    def constant(self, node: nodes.Constant) -> _Term:
        value = node.value
        if value is None:
            raise self._bad("null is no value to calculate with", "say in the head what a null fact leads to")
        return _Term(Kind.BOOLEAN if isinstance(value, bool) else Kind.TEXT, lambda _: value)

    def name(self, node: nodes.Name) -> _Term:
        name = node.name
        if name not in self._kinds:
            known = ", ".join(self._kinds) or "none yet"
            raise self._bad(f"{name!r} is no fact declared above", f"declared: {known}")
        self.names[name] = None
        self._read += 1

        def run(facts: Env) -> Any:
            value = facts[name]
            if value is None or value is MISSING:
                raise _Lacking(value)
            return value

        return _Term(self._kinds[name], run)

    def path(self, node: nodes.Path) -> _Term:
        of, name = self.of(node.of), node.name
        if of.kind is not Kind.DATE or name not in ("year", "month", "day"):
            raise self._bad(f"a {of.kind} has no part {name!r}", "a date has year, month and day")
        run = of.run
        return _Term(Kind.NUMBER, lambda facts: getattr(run(facts), name))

    def choice(self, node: nodes.If) -> _Term:
        test = self._must(self.of(node.test), Kind.BOOLEAN)
        then, otherwise = self.of(node.then), self.of(node.otherwise)
        a, b, c = test.run, then.run, otherwise.run
        kind = self._common("if", then, otherwise)
        return _Term(kind, lambda facts: b(facts) if a(facts) else c(facts), then.whole and otherwise.whole)

    def call(self, node: nodes.Call) -> _Term:
        name = node.function.name if isinstance(node.function, nodes.Name) else "this"
        if name == "date" and len(node.given) == 1 and isinstance(node.given[0], nodes.Constant):
            return self._date(node.given[0].value)
        given = [self.of(each) for each in node.given]
        match name, given:
            case "not", [test]:
                run = self._must(test, Kind.BOOLEAN).run
                return _Term(Kind.BOOLEAN, lambda facts: not run(facts))
            case (("abs" | "floor" | "ceiling"), [term]):
                return self._of_number(name, term)
            case "round", [term, places]:
                return self._rounded(term, places)
            case "modulo", [a, b]:
                kind = self._common("modulo", self._must(a, *_NUMERIC), self._divisor(b))
                return _Term(kind, modulo(a.run, b.run))
            case (("min" | "max"), [_, _, *_]):
                return self._extreme(name, given)
        if name in _TEXTS and len(given) == _TEXTS[name][0]:
            return self._texts(name, given)
        if name not in _FUNCTIONS:
            near = get_close_matches(name.casefold(), _FUNCTIONS, 1)
            meant = f"did you mean {_FUNCTIONS[near[0]]}? " if near else ""
            raise self._bad(f"there is no function {name!r}", f"{meant}there are {', '.join(_FUNCTIONS.values())}")
        raise self._bad(f"{name} of {len(node.given)} value{'s' * (len(node.given) != 1)}", _FUNCTIONS[name])

    def _date(self, text: object) -> _Term:
        try:
            value = literal(f'date("{text}")', Kind.DATE)
        except BadValue as error:
            raise self._bad(str(error), error.hint) from None
        return _Term(Kind.DATE, lambda _: value)

    def _texts(self, name: str, given: Sequence[_Term]) -> _Term:
        _, kind, of = _TEXTS[name]
        runs = [self._must(term, Kind.TEXT).run for term in given]
        return _Term(kind, lambda facts: of(*[run(facts) for run in runs]))

    def _of_number(self, name: str, term: _Term) -> _Term:
        run = self._must(term, *_NUMERIC).run
        if name == "abs":
            return _Term(term.kind, lambda facts: abs(run(facts)), term.whole)
        way = ROUND_FLOOR if name == "floor" else ROUND_CEILING
        return _Term(term.kind, lambda facts: int(Decimal(run(facts)).to_integral_value(way)), term.whole)

    def _rounded(self, term: _Term, places: _Term) -> _Term:
        self._must(term, *_NUMERIC)
        self._must(places, Kind.NUMBER)
        if not places.whole or not 0 <= (digits := places.run({})) <= 12:
            raise self._bad("round to other than 0 to 12 places", "round(amount, 2)")
        run, step = term.run, Decimal(1).scaleb(-digits)
        return _Term(term.kind, lambda facts: Decimal(run(facts)).quantize(step, context=EXACT))

    def _extreme(self, name: str, given: list[_Term]) -> _Term:
        kind, pick = given[0], min if name == "min" else max
        for term in given[1:]:
            kind = _Term(self._common(name, kind, term), term.run, kind.whole and term.whole)
        if kind.kind in (Kind.TEXT, Kind.BOOLEAN):
            raise self._bad(f"{name} of a {kind.kind}, which has no order", "give numbers or dates")
        runs = [term.run for term in given]
        return _Term(kind.kind, lambda facts: pick([run(facts) for run in runs]), kind.whole)

    def _must(self, term: _Term, *kinds: Kind) -> _Term:
        if term.kind not in kinds:
            raise self._bad(f"a {term.kind} where a {' or '.join(sorted(kinds))} is wanted", "check the types")
        return term

    def _common(self, what: str, left: _Term, right: _Term) -> Kind:
        """Money and numbers do not mix, but for whole numbers written out: `max(0, amount)`."""
        if left.kind == right.kind and (left.kind in _NUMERIC or what not in ("+", "-")):
            return left.kind
        if {left.kind, right.kind} == _NUMERIC and (left if left.kind is Kind.NUMBER else right).whole:
            return Kind.MONEY
        raise self._bad(f"{what} of a {left.kind} and a {right.kind}", "bring both to one type")


_TERMS: dict[type, Callable[[_Typing, Any], _Term]] = {
    nodes.Number: _Typing.number,
    nodes.Constant: _Typing.constant,
    nodes.Name: _Typing.name,
    nodes.Path: _Typing.path,
    nodes.Negative: _Typing.negative,
    nodes.Arithmetic: _Typing.arithmetic,
    nodes.Comparison: _Typing.comparison,
    nodes.Between: _Typing.between,
    nodes.In: _Typing.in_,
    nodes.Logic: _Typing.logic,
    nodes.If: _Typing.choice,
    nodes.Call: _Typing.call,
}


def _either(left: Run, right: Run, decided: bool) -> Run:
    def run(facts: Env) -> bool:
        try:
            if bool(left(facts)) == decided:
                return decided
        except _Lacking:
            if bool(right(facts)) == decided:
                return decided
            raise
        return bool(right(facts))

    return run
