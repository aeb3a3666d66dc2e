"""Derived facts: a small language of exact expressions, parsed once, checked against the declared types, no `eval`.

    a + b - c * d / e   < <= > >= = !=   and or not   if(test, then, otherwise)
    min(…) max(…) abs(x) round(x, places)   "text" true false date("2026-01-31")

Numbers are exact; a division keeps 60 significant digits; `round` is half-up on the absolute value, so that a credit
mirrors its invoice. A date minus a date is a number of days. A missing or null operand makes the whole missing or null,
except where the rest decides alone: `false and missing` is false, `true or missing` is true.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from .values import MISSING, Absent, BadValue, Kind, Value, literal, number

Env = Mapping[str, Value | Absent]
Run = Callable[[Env], Any]
LENGTH_MOST = 1_000
DEPTH_MOST = 40
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])


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
    run: Run

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
    parser = _Parser(text, kinds)
    term = parser.whole()
    return Expression(text, term.kind, tuple(parser.names), term.run)


def _reason(error: Exception) -> str:
    return "division by zero" if isinstance(error, ZeroDivisionError) else "a value too large or too fine"


@dataclass(frozen=True, slots=True)
class _Term:
    kind: Kind
    run: Run
    whole: bool = False
    """A whole number written in the expression, which may stand for minor units too."""


_TOKEN = re.compile(
    r'\s*(?:(?P<date>date\(\s*"[^"]*"\s*\))|(?P<number>\d+(?:_\d+)*(?:\.\d+)?)|(?P<text>"[^"]*")'
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign><=|>=|!=|[-+*/<>=(),]))",
    re.ASCII,
)
_NUMERIC = frozenset({Kind.NUMBER, Kind.MONEY})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_FUNCTIONS = frozenset({"if", "min", "max", "abs", "round", "not"})


class _Parser:
    def __init__(self, text: str, kinds: Mapping[str, Kind]) -> None:
        self._text, self._kinds = text, kinds
        self._tokens, self._at, self._depth = _tokens(text), 0, 0
        self.names: dict[str, None] = {}

    def whole(self) -> _Term:
        term = self._or()
        if self._at < len(self._tokens):
            raise self._bad(f"{self._peek()!r} where the expression should end", "one expression, with operators")
        return term

    def _bad(self, text: str, hint: str) -> BadExpression:
        return BadExpression(f"{self._text!r}: {text}", hint)

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        found = self._peek()
        if found not in wanted or self._tokens[self._at][0] == "text":
            return ""
        self._at += 1
        return found

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            raise self._bad(f"{self._peek() or 'the end'!r} where {wanted!r} should stand", "check the brackets")

    def _or(self) -> _Term:
        self._depth += 1
        if self._depth > DEPTH_MOST:
            raise self._bad("nested too deeply", "name a part of it as a derived fact")
        term = self._and()
        while self._take("or"):
            term = self._logic(term, self._and(), decided=True)
        self._depth -= 1
        return term

    def _and(self) -> _Term:
        term = self._comparison()
        while self._take("and"):
            term = self._logic(term, self._comparison(), decided=False)
        return term

    def _logic(self, left: _Term, right: _Term, *, decided: bool) -> _Term:
        self._must(left, Kind.BOOLEAN)
        self._must(right, Kind.BOOLEAN)
        return _Term(Kind.BOOLEAN, _either(left.run, right.run, decided))

    def _comparison(self) -> _Term:
        left = self._sum()
        sign = self._take(*_COMPARE)
        if not sign:
            return left
        right = self._sum()
        if left.kind != right.kind and not {left.kind, right.kind} <= _NUMERIC:
            raise self._bad(f"compares a {left.kind} with a {right.kind}", "compare like with like")
        if sign not in ("=", "!=") and left.kind in (Kind.TEXT, Kind.BOOLEAN):
            raise self._bad(f"{sign} on a {left.kind}, which has no order", "use = or !=")
        compare, a, b = _COMPARE[sign], left.run, right.run
        return _Term(Kind.BOOLEAN, lambda facts: compare(a(facts), b(facts)))

    def _sum(self) -> _Term:
        term = self._product()
        while sign := self._take("+", "-"):
            term = self._added(term, sign, self._product())
        return term

    def _added(self, left: _Term, sign: str, right: _Term) -> _Term:
        if left.kind is Kind.DATE:
            return self._dated(left, sign, right)
        kind = self._common(sign, left, right)
        return _Term(kind, _arithmetic(sign, left.run, right.run), left.whole and right.whole)

    def _dated(self, left: _Term, sign: str, right: _Term) -> _Term:
        a, b = left.run, right.run
        if right.kind is Kind.DATE and sign == "-":
            return _Term(Kind.NUMBER, lambda facts: (a(facts) - b(facts)).days)
        if right.kind is not Kind.NUMBER:
            raise self._bad(f"a date {sign} a {right.kind}", "add a number of days, or subtract a date")
        way = 1 if sign == "+" else -1
        return _Term(Kind.DATE, lambda facts: a(facts) + timedelta(days=way * int(b(facts))))

    def _product(self) -> _Term:
        term = self._unary()
        while sign := self._take("*", "/"):
            right = self._unary()
            self._must(term, *_NUMERIC)
            self._must(right, *_NUMERIC)
            monies = (term.kind is Kind.MONEY) + (right.kind is Kind.MONEY)
            if sign == "*" and monies == 2:
                raise self._bad("money times money", "multiply money by a number")
            ratio = sign == "/" and right.kind is Kind.MONEY
            kind = Kind.MONEY if monies == 1 and not ratio else Kind.NUMBER
            term = _Term(kind, _arithmetic(sign, term.run, right.run))
        return term

    def _unary(self) -> _Term:
        if not self._take("-"):
            return self._primary()
        term = self._unary()
        self._must(term, *_NUMERIC)
        run = term.run
        return _Term(term.kind, lambda facts: -run(facts), term.whole)

    def _primary(self) -> _Term:
        if self._at >= len(self._tokens):
            raise self._bad("ends too early", "complete it")
        if self._take("("):
            term = self._or()
            self._need(")")
            return term
        sort, text = self._tokens[self._at]
        self._at += 1
        if sort == "name":
            return self._function(text) if text in _FUNCTIONS else self._name(text)
        if sort == "sign":
            raise self._bad(f"{text!r} where a value should stand", "a fact's name, a number or a function")
        return self._constant(sort, text)

    def _constant(self, sort: str, text: str) -> _Term:
        value: Value
        if sort == "number":
            value = number(text)
            return _Term(Kind.NUMBER, lambda _: value, isinstance(value, int))
        kind = Kind.TEXT if sort == "text" else Kind.DATE
        value = literal(text, kind)
        return _Term(kind, lambda _: value)

    def _name(self, name: str) -> _Term:
        if name in ("true", "false"):
            return _Term(Kind.BOOLEAN, lambda _: name == "true")
        if name not in self._kinds:
            known = ", ".join(self._kinds) or "none yet"
            raise self._bad(f"{name!r} is no fact declared above", f"declared: {known}")
        self.names[name] = None

        def run(facts: Env) -> Any:
            value = facts[name]
            if value is None or value is MISSING:
                raise _Lacking(value)
            return value

        return _Term(self._kinds[name], run)

    def _function(self, name: str) -> _Term:
        self._need("(")
        given = [self._or()]
        while self._take(","):
            given.append(self._or())
        self._need(")")
        match name, given:
            case "not", [test]:
                return self._negation(test)
            case "if", [test, then, otherwise]:
                return self._choice(test, then, otherwise)
            case "abs", [term]:
                self._must(term, *_NUMERIC)
                run = term.run
                return _Term(term.kind, lambda facts: abs(run(facts)), term.whole)
            case "round", [term, places]:
                return self._rounded(term, places)
            case (("min" | "max"), [_, _, *_]):
                return self._extreme(name, given)
        raise self._bad(
            f"{name} with {len(given)} values", "if(test, a, b), min(a, b, …), abs(a), round(a, places), not(a)"
        )

    def _negation(self, test: _Term) -> _Term:
        self._must(test, Kind.BOOLEAN)
        run = test.run
        return _Term(Kind.BOOLEAN, lambda facts: not run(facts))

    def _choice(self, test: _Term, then: _Term, otherwise: _Term) -> _Term:
        self._must(test, Kind.BOOLEAN)
        a, b, c = test.run, then.run, otherwise.run
        return _Term(self._common("if", then, otherwise), lambda facts: b(facts) if a(facts) else c(facts))

    def _rounded(self, term: _Term, places: _Term) -> _Term:
        self._must(term, *_NUMERIC)
        self._must(places, Kind.NUMBER)
        if not places.whole or not 0 <= (digits := places.run({})) <= 12:
            raise self._bad("round to other than 0 to 12 places", "round(amount, 2)")
        run, step = term.run, Decimal(1).scaleb(-digits)
        return _Term(term.kind, lambda facts: Decimal(run(facts)).quantize(step, context=_EXACT))

    def _extreme(self, name: str, given: list[_Term]) -> _Term:
        kind, pick = given[0], min if name == "min" else max
        for term in given[1:]:
            kind = _Term(self._common(name, kind, term), term.run, kind.whole and term.whole)
        if kind.kind in (Kind.TEXT, Kind.BOOLEAN):
            raise self._bad(f"{name} of a {kind.kind}, which has no order", "give numbers or dates")
        runs = [term.run for term in given]
        return _Term(kind.kind, lambda facts: pick([run(facts) for run in runs]), kind.whole)

    def _must(self, term: _Term, *kinds: Kind) -> None:
        if term.kind not in kinds:
            raise self._bad(f"a {term.kind} where a {' or '.join(sorted(kinds))} is wanted", "check the types")

    def _common(self, what: str, left: _Term, right: _Term) -> Kind:
        """Money and numbers do not mix, but for whole numbers written out: `max(0, amount)`."""
        if left.kind == right.kind and (left.kind in _NUMERIC or what not in ("+", "-")):
            return left.kind
        if {left.kind, right.kind} == _NUMERIC and (left if left.kind is Kind.NUMBER else right).whole:
            return Kind.MONEY
        raise self._bad(f"{what} of a {left.kind} and a {right.kind}", "bring both to one type")


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if not token or token.end() == at:
            raise BadExpression(
                f"{text!r}: {text[at:].strip()[:12]!r} is not understood", "names, numbers, + - * / < = and functions"
            )
        at = token.end()
        found.append((str(token.lastgroup), str(token[str(token.lastgroup)])))
    return found


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


_WHOLE = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_DECIMAL = {"+": _EXACT.add, "-": _EXACT.subtract, "*": _EXACT.multiply, "/": _EXACT.divide}


def _arithmetic(sign: str, left: Run, right: Run) -> Run:
    whole, exact = _WHOLE.get(sign), _DECIMAL[sign]

    def run(facts: Env) -> int | Decimal:
        a, b = left(facts), right(facts)
        if whole is not None and type(a) is int and type(b) is int:
            return int(whole(a, b))
        return exact(a, b)

    return run
