"""A tree to its value, within a budget of steps: whatever the expression, it ends. Null is a value; errors are null."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from itertools import islice
from typing import Any

from . import list_functions, nodes, number_functions, text_functions, time_functions
from .functions import Function
from .nodes import Node
from .operations import EXACT, Range, both, calculated, compared, either, equal, negated, sort_of
from .temporal import property_of, read_any
from .words import BadFeel

STEPS_MOST = 200_000
_COPIED_IN_A_STEP = 16
ITEMS_MOST = 10_000
TEXT_MOST = 100_000
CALLS_MOST = 40

Scope = Mapping[str, Any]


class TooMuch(RuntimeError):
    """An expression that would take more steps, or make longer lists or texts, than any decision needs."""

    def __init__(self, text: str, hint: str = "make the expression simpler, or its lists shorter") -> None:
        super().__init__(text)
        self.hint = hint


@dataclass(slots=True)
class Budget:
    """The steps that are left."""

    left: int = STEPS_MOST
    calls: int = 0

    def spend(self, steps: int) -> None:
        """Take steps away; TooMuch when there are none left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuch("the expression takes more steps than any decision may")


FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        *text_functions.FUNCTIONS,
        *number_functions.FUNCTIONS,
        *list_functions.FUNCTIONS,
        *time_functions.FUNCTIONS,
    )
}
"""The built-in functions by name."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A function that a model defines: its parameters, and what gives its value."""

    parameters: tuple[str, ...]
    run: Callable[[tuple[Any, ...], Budget], Any]


def value(node: Node, scope: Scope, budget: Budget | None = None) -> Any:
    """The value of an expression, None for null. TooMuch where it would never end."""
    return _Running(budget or Budget()).of(node, scope)


def holds(cell: nodes.UnaryTests, asked: Any, scope: Scope, budget: Budget | None = None) -> bool | None:
    """Whether a value passes a cell's tests; None where that is not to be said."""
    if not cell.tests:
        return True
    running = _Running(budget or Budget())
    found: bool | None = False
    for test in cell.tests:
        found = either(found, running.passes(test, asked, scope))
        if found is True:
            break
    return found if not cell.negated or found is None else not found


class _Running:
    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def of(self, node: Node, scope: Scope) -> Any:
        self._budget.spend(1)
        return _VALUES[type(node)](self, node, scope)

    def passes(self, test: Node, asked: Any, scope: Scope) -> bool | None:
        """One unary test: a comparison, an interval, a list, a truth about `?`, or the very value."""
        if isinstance(test, nodes.Test):
            return compared(test.sign, asked, self.of(test.bound, scope))
        found = self.of(test, {**scope, "?": asked})
        if isinstance(found, Range):
            return found.holds(asked)
        if isinstance(found, list):
            return any(_fits(item, asked) is True for item in found) or equal(found, asked) is True
        if _mentions_asked(test):
            return found if isinstance(found, bool) else None
        return _fits(found, asked)

    def name(self, node: nodes.Name, scope: Scope) -> Any:
        if node.name in scope:
            return scope[node.name]
        return FUNCTIONS.get(node.name)

    def path(self, node: nodes.Path, scope: Scope) -> Any:
        found = self.of(node.of, scope)
        if isinstance(found, list):
            self._budget.spend(len(found))
            return [_part(item, node.name) for item in found]
        return _part(found, node.name)

    def filter(self, node: nodes.Filter, scope: Scope) -> Any:
        found = self.of(node.of, scope)
        items = found if isinstance(found, list) else [] if found is None else [found]
        if not any(isinstance(part, nodes.Name) for part in _all(node.test)):
            at = self.of(node.test, scope)
            if isinstance(at, Decimal):
                return _item(items, at)
        chosen = []
        for item in items:
            inner = {**scope, **item, "item": item} if isinstance(item, dict) else {**scope, "item": item}
            kept = self.of(node.test, inner)
            if isinstance(kept, Decimal):
                return _item(items, kept)
            if kept is True:
                chosen.append(item)
        return chosen

    def call(self, node: nodes.Call, scope: Scope) -> Any:
        function = self.of(node.function, scope)
        if isinstance(node.function, nodes.Name) and not isinstance(function, Function | Closure):
            function = FUNCTIONS.get(node.function.name)
        if not isinstance(function, Function | Closure):
            if isinstance(node.function, nodes.Name) and node.function.name in ("now", "today"):
                raise BadFeel(f"{node.function.name}() reads a clock", "give the day or the moment as a fact")
            return None
        given: tuple[Any, ...] | None = tuple(self.of(each, scope) for each in node.given)
        if node.named:
            named = {name: self.of(each, scope) for name, each in node.named}
            given = _by_position(function, named)
        return None if given is None else self.called(function, given)

    def called(self, function: Function | Closure, given: tuple[Any, ...]) -> Any:
        if isinstance(function, Function):
            return self._sized(function(given, self._budget.spend))
        if len(given) != len(function.parameters):
            return None
        self._budget.calls += 1
        if self._budget.calls > CALLS_MOST:
            raise TooMuch(f"functions call each other more than {CALLS_MOST} deep", "a function may not call itself")
        try:
            return function.run(given, self._budget)
        finally:
            self._budget.calls -= 1

    def arithmetic(self, node: nodes.Arithmetic, scope: Scope) -> Any:
        left, right = self.of(node.left, scope), self.of(node.right, scope)
        return self._sized(calculated(node.sign, left, right))

    def comparison(self, node: nodes.Comparison, scope: Scope) -> Any:
        return compared(node.sign, self.of(node.left, scope), self.of(node.right, scope))

    def between(self, node: nodes.Between, scope: Scope) -> Any:
        middle = self.of(node.of, scope)
        return Range(self.of(node.low, scope), True, self.of(node.high, scope), True).holds(middle)

    def in_(self, node: nodes.In, scope: Scope) -> Any:
        return holds(nodes.UnaryTests(node.tests), self.of(node.of, scope), scope, self._budget)

    def logic(self, node: nodes.Logic, scope: Scope) -> Any:
        left = self.of(node.left, scope)
        if left is (node.word == "or"):
            return left
        join = either if node.word == "or" else both
        return join(left, self.of(node.right, scope))

    def if_(self, node: nodes.If, scope: Scope) -> Any:
        return self.of(node.then if self.of(node.test, scope) is True else node.otherwise, scope)

    def for_(self, node: nodes.For, scope: Scope) -> Any:
        found: list[Any] = []
        looks_back = nodes.Name("partial") in _all(node.result) and "partial" not in (t.name for t in node.turns)
        for inner in self._turns(node.turns, scope):
            if len(found) >= ITEMS_MOST:
                raise TooMuch(f"a list of more than {ITEMS_MOST:,} items")
            found.append(self.of(node.result, self._looking_back(inner, found) if looks_back else inner))
        return found

    def _looking_back(self, scope: Scope, found: list[Any]) -> Scope:
        """What a turn may use of those before it: a copy, since what it returns may hold it."""
        self._budget.spend(len(found) // _COPIED_IN_A_STEP)
        return {**scope, "partial": list(found)}

    def quantified(self, node: nodes.Quantified, scope: Scope) -> Any:
        decided = node.word == "some"
        found: bool | None = not decided
        for inner in self._turns(node.turns, scope):
            test = self.of(node.test, inner)
            if test is decided:
                return decided
            found = found if test is (not decided) else None
        return found

    def items(self, node: nodes.Items, scope: Scope) -> Any:
        return [self.of(item, scope) for item in node.items]

    def context(self, node: nodes.Context, scope: Scope) -> Any:
        made: dict[str, Any] = {}
        for entry in node.entries:
            if entry.name in made:
                return None
            made[entry.name] = self.of(entry.value, {**scope, **made})
        return made

    def span(self, node: nodes.Span, scope: Scope) -> Any:
        low, high = self.of(node.low, scope), self.of(node.high, scope)
        return Range(low, node.low_closed, high, node.high_closed)

    def _turns(self, turns: tuple[nodes.Turn, ...], scope: Scope) -> Iterator[Scope]:
        if not turns:
            yield scope
            return
        turn, *rest = turns
        for item in self._over(turn, scope):
            self._budget.spend(1)
            yield from self._turns(tuple(rest), {**scope, turn.name: item})

    def _over(self, turn: nodes.Turn, scope: Scope) -> Iterator[Any]:
        over = self.of(turn.over, scope)
        if turn.until is None:
            yield from over if isinstance(over, list) else [] if over is None else [over]
            return
        until = self.of(turn.until, scope)
        if not (isinstance(over, Decimal) and isinstance(until, Decimal)):
            return
        step = 1 if until >= over else -1
        at = over
        while (until - at) * step >= 0:
            yield at
            at = EXACT.add(at, Decimal(step))

    def _sized(self, found: Any) -> Any:
        if isinstance(found, str) and len(found) > TEXT_MOST:
            raise TooMuch(f"a text of more than {TEXT_MOST:,} characters")
        if isinstance(found, list) and len(found) > ITEMS_MOST:
            raise TooMuch(f"a list of more than {ITEMS_MOST:,} items")
        return found


def number(text: str) -> Decimal | None:
    """The number of its digits, rounded to 34 of them; None where it is too large."""
    try:
        return EXACT.create_decimal(text.replace("_", ""))
    except DecimalException:
        return None


def _fits(found: Any, asked: Any) -> bool | None:
    if isinstance(found, Range):
        return found.holds(asked)
    if isinstance(asked, list) and not isinstance(found, list):
        return any(equal(item, found) is True for item in asked)
    return equal(found, asked)


def _part(found: Any, name: str) -> Any:
    if isinstance(found, dict):
        return found.get(name)
    if isinstance(found, Range):
        return _RANGE[name](found) if name in _RANGE else None
    return property_of(found, name)


def _item(items: list[Any], at: Decimal) -> Any:
    if at != at.to_integral_value() or at == 0 or abs(at) > len(items):
        return None
    return items[int(at) - 1 if at > 0 else int(at)]


def _by_position(function: Function | Closure, named: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if isinstance(function, Function):
        return function.by_position(named)
    if set(named) != set(function.parameters):
        return None
    return tuple(named[name] for name in function.parameters)


def _all(node: Node) -> Iterator[Node]:
    open_ = [node]
    while open_:
        at = open_.pop()
        yield at
        open_.extend(nodes.parts(at))


def _mentions_asked(test: Node) -> bool:
    return any(isinstance(part, nodes.Name) and part.name == "?" for part in islice(_all(test), 1_000))


_RANGE: dict[str, Callable[[Range], Any]] = {
    "start": lambda found: found.low,
    "end": lambda found: found.high,
    "start included": lambda found: found.low_closed,
    "end included": lambda found: found.high_closed,
}
_VALUES: dict[type, Callable[[_Running, Any, Scope], Any]] = {
    nodes.Number: lambda _, node, __: number(node.text),
    nodes.Constant: lambda _, node, __: node.value,
    nodes.Moment: lambda _, node, __: read_any(node.text),
    nodes.Name: _Running.name,
    nodes.Path: _Running.path,
    nodes.Filter: _Running.filter,
    nodes.Call: _Running.call,
    nodes.Negative: lambda running, node, scope: negated(running.of(node.of, scope)),
    nodes.Arithmetic: _Running.arithmetic,
    nodes.Comparison: _Running.comparison,
    nodes.Between: _Running.between,
    nodes.In: _Running.in_,
    nodes.Logic: _Running.logic,
    nodes.If: _Running.if_,
    nodes.For: _Running.for_,
    nodes.Quantified: _Running.quantified,
    nodes.Items: _Running.items,
    nodes.Context: _Running.context,
    nodes.Span: _Running.span,
    nodes.Test: lambda running, node, scope: Range(None, False, running.of(node.bound, scope), False),
}

__all__ = ["Budget", "Closure", "Scope", "TooMuch", "holds", "sort_of", "value"]
