"""The tree of an expression or of a cell's unary tests. Says what stands there, never what it is worth."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression."""


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number, in the digits as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A text, true, false or null."""

    value: str | bool | None


@dataclass(frozen=True, slots=True)
class Moment(Node):
    """A date, time or duration written as @"…"."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name, which may hold single spaces; `?` is the value that unary tests ask about."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """A part of a value, `of.name`."""

    of: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """The items of a list for which a test holds, or the one at a position."""

    of: Node
    test: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with its values, by position or by name."""

    function: Node
    given: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """A minus before a value."""

    of: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """+ - * / or **."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """< <= > >= = or !=."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """A value between two bounds, both included."""

    of: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """A value that passes any of several tests."""

    of: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and` or `or`, of three values: true, false, null."""

    word: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class If(Node):
    """One of two values."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Turn(Node):
    """A name that takes each value of a list, or each whole number of a span."""

    name: str
    over: Node
    until: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    """The values of an expression for every combination of its turns."""

    turns: tuple[Turn, ...]
    result: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """Whether a test holds for `some` or `every` combination of its turns."""

    word: str
    turns: tuple[Turn, ...]
    test: Node


@dataclass(frozen=True, slots=True)
class Items(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """A named value of a context."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Context(Node):
    """Named values, each of which sees those before it."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Span(Node):
    """Everything between two bounds."""

    low: Node
    low_closed: bool
    high: Node
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Test(Node):
    """A comparison whose left side is the value that is asked about."""

    sign: str
    bound: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell: any of the tests, or none of them where negated; without tests it matches everything."""

    tests: tuple[Node, ...]
    negated: bool = False


def parts(node: Node) -> Iterator[Node]:
    """The nodes directly below a node."""
    for field in fields(node):
        yield from _nodes(getattr(node, field.name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def height(node: Node) -> int:
    """How many nodes lie one below the other; walks without recursion, whatever the tree."""
    most, open_ = 0, [(node, 1)]
    while open_:
        at, level = open_.pop()
        most = max(most, level)
        open_.extend((part, level + 1) for part in parts(at))
    return most
