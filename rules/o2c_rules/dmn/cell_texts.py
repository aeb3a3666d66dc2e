"""Cells and values between our own writing and DMN's S-FEEL: there a text is quoted, and money is in minor units."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from o2c_rules.cells import Bound, Cell, Interval
from o2c_rules.cells import parse as parse_cell
from o2c_rules.feel import nodes
from o2c_rules.feel.nodes import Node
from o2c_rules.feel.running import number
from o2c_rules.feel.syntax import expression, unary_tests
from o2c_rules.feel.words import BadFeel, Source, tokens
from o2c_rules.quoting import quoted as as_cell
from o2c_rules.values import BadValue, Kind, Value

_BARE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/&-]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """A text as FEEL writes it."""
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def value_text(value: Value) -> str:
    """One value as FEEL writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case date():
            return f'date("{value.isoformat()}")'
    return f"{Decimal(value):f}"


def cell_text(cell: Cell) -> str:
    """A cell of ours as S-FEEL."""
    if cell.is_any:
        return "-"
    tests = ", ".join(_test_text(test) for test in cell.tests)
    return f"not({tests})" if cell.negated else tests


def _test_text(test: Interval | str | bool) -> str:
    if not isinstance(test, Interval):
        return value_text(test)
    if test.low is None or test.high is None:
        bound, sign = (test.high, "<") if test.low is None else (test.low, ">")
        closed = test.high_closed if test.low is None else test.low_closed
        return f"{sign}{'=' if closed else ''} {_bound_text(bound)}"
    if test.low == test.high:
        return _bound_text(test.low)
    marks = "[" if test.low_closed else "(", "]" if test.high_closed else ")"
    return f"{marks[0]}{_bound_text(test.low)}..{_bound_text(test.high)}{marks[1]}"


def _bound_text(bound: Bound | None) -> str:
    return value_text(bound)


def own_cell(text: str, written: str, kinds: Iterable[Kind]) -> str:
    """The cell of ours for a cell of S-FEEL: as it was `written` by us, where that still says the same to one of the
    kinds that its column may be. BadValue where our tables cannot ask it."""
    own = _own_tests(unary_tests(text))
    return written if written and any(_same(own, written, kind) for kind in kinds) else own


def _same(one: str, other: str, kind: Kind) -> bool:
    try:
        a, b = parse_cell(one, kind), parse_cell(other, kind)
    except BadValue:
        return False
    return a.tests == b.tests and a.negated == b.negated


def _own_tests(cell: nodes.UnaryTests) -> str:
    if not cell.tests:
        return "-"
    if len(cell.tests) == 1 and isinstance(cell.tests[0], nodes.Test) and cell.tests[0].sign == "!=":
        return f"not({own_word(cell.tests[0].bound)})"
    tests = ", ".join(_own_test(test) for test in cell.tests)
    return f"not({tests})" if cell.negated else tests


def _own_test(test: Node) -> str:
    if isinstance(test, nodes.Test) and test.sign in ("<", "<=", ">", ">="):
        return f"{test.sign} {own_word(test.bound)}"
    if isinstance(test, nodes.Test) and test.sign == "=":
        return own_word(test.bound)
    if isinstance(test, nodes.Span):
        marks = "[" if test.low_closed else "(", "]" if test.high_closed else ")"
        return f"{marks[0]}{own_word(test.low)}..{own_word(test.high)}{marks[1]}"
    return own_word(test)


def own_word(node: Node) -> str:
    """One value as a cell of ours writes it; BadValue for what is none."""
    found = plain_value(node)
    if found is None:
        raise BadValue("a cell asks for null", "leave it -, and say in the head what a null fact leads to")
    if not isinstance(found, str):
        return value_text(found)
    if _BARE.fullmatch(found) and found != "null":
        return found
    return as_cell(found)


def is_plain(node: Node) -> bool:
    """Whether an expression is one value, written out."""
    try:
        plain_value(node)
    except BadValue:
        return False
    return True


def plain_value(node: Node) -> Value:
    """The value that an expression writes out; BadValue where it calculates, or is of a type that facts do not have."""
    match node:
        case nodes.Constant(value):
            return value
        case nodes.Number() | nodes.Negative(nodes.Number()):
            digits = node.text if isinstance(node, nodes.Number) else node.of.text  # type: ignore[attr-defined]
            found = number(digits)
            if found is not None:
                signed = found if isinstance(node, nodes.Number) else -found
                return signed if "." in f"{signed:f}" else int(signed)
        case nodes.Call(nodes.Name("date"), (nodes.Constant(str(text)),)) | nodes.Moment(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                raise BadValue(f"{text!r} is no date", 'write date("2026-01-31")') from None
    raise BadValue("it calculates, or asks for more than S-FEEL", 'write values, < 10, [1..5], date("2026-01-31")')


def own_value(text: str) -> Value:
    """The value in a cell that answers; BadValue where it is none."""
    try:
        return plain_value(expression(text))
    except BadFeel as error:
        raise BadValue(str(error), error.hint) from error


def renamed(text: str, names: frozenset[str], to: Mapping[str, str]) -> str:
    """An expression with other names for its facts; everything else stays as it is written."""
    parts, at = [], 0
    before = ""
    for token in tokens(Source(text, names)):
        if token.type == "NAME" and before != "DOT" and token.value in to:
            parts += [text[at : token.start_pos], to[token.value]]
            at = token.end_pos or at
        before = token.type
    return "".join([*parts, text[at:]])
