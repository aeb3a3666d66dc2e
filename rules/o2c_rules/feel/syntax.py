"""Text to the tree of an expression or of a cell, by the grammar in feel.lark. Never evaluates anything."""

import re
from functools import cache, lru_cache
from pathlib import Path as File
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError

from .nodes import (
    Arithmetic,
    Between,
    Call,
    Comparison,
    Constant,
    Context,
    Entry,
    Filter,
    For,
    If,
    In,
    Items,
    Logic,
    Moment,
    Name,
    Negative,
    Node,
    Number,
    Path,
    Quantified,
    Span,
    Test,
    Turn,
    UnaryTests,
    height,
)
from .words import BadFeel, FeelLexer, Source

HEIGHT_MOST = 120
_GRAMMAR = File(__file__).with_name("feel.lark")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def expression(text: str, names: frozenset[str] = frozenset()) -> Node:
    """The tree of an expression. `names` are those it may use that are more than one word; BadFeel says what is wrong
    and what to write instead."""
    return _parsed("whole", Source(text, names))


def unary_tests(text: str, names: frozenset[str] = frozenset()) -> UnaryTests:
    """The tree of a cell; an empty one, like `-`, matches everything. BadFeel as for an expression."""
    if text.strip() in ("", "-"):
        return UnaryTests(())
    found = _parsed("cell", Source(text, names, unary=True))
    assert isinstance(found, UnaryTests)
    return found


@lru_cache(maxsize=4_096)
def _parsed(start: str, source: Source) -> Node:
    try:
        tree: Any = _grammar().parse(source, start=start)
    except UnexpectedInput as error:
        raise _explained(error, source.text) from None
    except VisitError as error:
        raise error.orig_exc from None
    if height(tree) > HEIGHT_MOST:
        raise BadFeel(f"{source.text[:40]!r}…: too many parts hang together", "give a part of it a name of its own")
    found: Node = tree
    return found


@cache
def _grammar() -> Lark:
    return Lark(
        _GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer=FeelLexer,
        transformer=_Nodes(),
        start=["whole", "cell"],
        maybe_placeholders=False,
    )


def _explained(error: UnexpectedInput, text: str) -> BadFeel:
    token = getattr(error, "token", None)
    if not text.strip() or token is None or token.type == "$END":
        return BadFeel(f"{text!r}: ends too early", "complete it")
    expected: set[str] = getattr(error, "accepts", None) or getattr(error, "expected", None) or set()
    hint = "check the brackets and commas" if expected & {"ROUND_END", "SQUARE_END", "COMMA"} else "check the operators"
    return BadFeel(
        f"{text!r}: {token.value!r} (character {token.start_pos + 1}) where {_wanted(expected)} should stand", hint
    )


def _wanted(expected: set[str]) -> str:
    if "NUMBER" in expected:
        return "a value"
    if "ROUND_END" in expected:
        return "')'"
    return "an operator or the end"


def _unquoted(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        mark = found[1]
        if len(mark) > 1:
            point = int(mark[1:], 16)
            return chr(point) if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF else found[0]
        return _ESCAPES.get(mark, found[0])

    return _ESCAPE.sub(one, text[1:-1])


class _Nodes(Transformer[Token, Any]):
    """Builds the tree while the grammar reads; each method is named for a rule."""

    def whole(self, of: list[Any]) -> Node:
        found: Node = of[0]
        return found

    def bracket(self, of: list[Any]) -> Node:
        found: Node = of[1]
        return found

    def _without(self, of: list[Any]) -> list[Any]:
        return [part for part in of if not isinstance(part, Token)]

    def any_of(self, of: list[Any]) -> UnaryTests:
        return UnaryTests(tuple(of[0]))

    def none_of(self, of: list[Any]) -> UnaryTests:
        return UnaryTests(tuple(self._without(of)[0]), negated=True)

    def tests(self, of: list[Any]) -> list[Any]:
        return self._without(of)

    several = given = turns = tests

    def test(self, of: list[Any]) -> Test:
        return Test(str(of[0]), of[1])

    def choice(self, of: list[Any]) -> If:
        return If(*self._without(of))

    def loop(self, of: list[Any]) -> For:
        turns, result = self._without(of)
        return For(tuple(turns), result)

    def quantified(self, of: list[Any]) -> Quantified:
        turns, test = self._without(of)
        return Quantified(str(of[0]), tuple(turns), test)

    def over_list(self, of: list[Any]) -> Turn:
        return Turn(str(of[0]), of[2])

    def over_span(self, of: list[Any]) -> Turn:
        return Turn(str(of[0]), of[2], of[4])

    def logic(self, of: list[Any]) -> Logic:
        return Logic(str(of[1]), of[0], of[2])

    def comparison(self, of: list[Any]) -> Comparison:
        return Comparison(str(of[1]), of[0], of[2])

    def between(self, of: list[Any]) -> Between:
        return Between(*self._without(of))

    def in_one(self, of: list[Any]) -> In:
        return In(of[0], (of[2],))

    def in_any(self, of: list[Any]) -> In:
        value, tests = self._without(of)
        return In(value, tuple(tests))

    def arithmetic(self, of: list[Any]) -> Arithmetic:
        return Arithmetic(str(of[1]), of[0], of[2])

    def negative(self, of: list[Any]) -> Negative:
        return Negative(of[1])

    def path(self, of: list[Any]) -> Path:
        return Path(of[0], str(of[2]))

    def filter(self, of: list[Any]) -> Filter:
        return Filter(*self._without(of))

    def call(self, of: list[Any]) -> Call:
        function, *rest = self._without(of)
        given = rest[0] if rest else ()
        named = tuple(given.items()) if isinstance(given, dict) else ()
        return Call(function, () if named else tuple(given), named)

    def named(self, of: list[Any]) -> dict[str, Node]:
        names = [str(part) for part in of if isinstance(part, Token) and part.type == "KEY"]
        if len(set(names)) < len(names):
            raise BadFeel(f"{', '.join(names)}: a value's name twice", "name each value once")
        return dict(zip(names, self._without(of), strict=True))

    def number(self, of: list[Any]) -> Number:
        return Number(str(of[0]))

    def text(self, of: list[Any]) -> Constant:
        return Constant(_unquoted(of[0]))

    def moment(self, of: list[Any]) -> Moment:
        return Moment(str(of[0])[2:-1])

    def name(self, of: list[Any]) -> Name:
        return Name(str(of[0]))

    def yes(self, _: list[Any]) -> Constant:
        return Constant(True)

    def no(self, _: list[Any]) -> Constant:
        return Constant(False)

    def nothing(self, _: list[Any]) -> Constant:
        return Constant(None)

    def items(self, of: list[Any]) -> Items:
        given = self._without(of)
        return Items(tuple(given[0]) if given else ())

    def context(self, of: list[Any]) -> Context:
        return Context(tuple(self._without(of)))

    def entry(self, of: list[Any]) -> Entry:
        key = of[0]
        return Entry(_unquoted(key) if key.type == "TEXT" else str(key), of[2])

    def span(self, of: list[Any]) -> Span:
        low, high = self._without(of)
        return Span(low, of[0].type == "SQUARE", high, str(of[-1]) == "]")
