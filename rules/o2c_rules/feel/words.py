"""Text to tokens. Names may hold spaces where the context knows them; brackets of intervals are told from those of
lists here, so that the grammar needs no guessing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lark import Token
from lark.lexer import Lexer

from o2c_rules.values import BadValue

LENGTH_MOST = 4_000
NESTED_MOST = 40


class BadFeel(BadValue):
    """Text that is no expression; `hint` says what to write instead."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text, the names it may use that are more than one word, and whether it is a cell of unary tests."""

    text: str
    names: frozenset[str] = frozenset()
    unary: bool = False


KEYWORDS = frozenset(
    "and or between in if then else for return some every satisfies true false null".split(),
)
_LONG_FUNCTIONS = (
    "date and time",
    "years and months duration",
    "string length",
    "upper case",
    "lower case",
    "substring before",
    "substring after",
    "starts with",
    "ends with",
    "list contains",
    "insert before",
    "index of",
    "distinct values",
    "round up",
    "round down",
    "round half up",
    "round half down",
    "day of year",
    "day of week",
    "month of year",
    "week of year",
    "get value",
    "get entries",
    "string join",
)
_FUNCTION = re.compile(
    "(?:" + "|".join(n.replace(" ", r"\s+") for n in sorted(_LONG_FUNCTIONS, reverse=True)) + r")(?=\s*\()"
)
_PROPERTY = re.compile(r"time\s+offset\b")
_KEY = re.compile(r"[^\W\d][\w']*(?:\s+[\w']+)*(?=\s*:)")
_SPACE = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<NUMBER>\d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
    r'|(?P<MOMENT>@"[^"]*")|(?P<TEXT>"(?:[^"\\]|\\.)*")'
    r"|(?P<NAME>[^\W\d][\w']*|\?)"
    r"|(?P<POWER>\*\*)|(?P<DOTS>\.\.)|(?P<SIGN><=|>=|!=|<|>|=)"
    r"|(?P<MARK>[-+*/.,:()\[\]{}])",
    re.DOTALL,
)
_MARKS = {
    "+": "PLUS",
    "-": "MINUS",
    "*": "TIMES",
    "/": "OVER",
    ".": "DOT",
    ",": "COMMA",
    ":": "COLON",
    "(": "ROUND",
    ")": "ROUND_END",
    "[": "SQUARE",
    "]": "SQUARE_END",
    "{": "BRACE",
    "}": "BRACE_END",
}
_ENDS = frozenset({"NUMBER", "MOMENT", "TEXT", "NAME", "ROUND_END", "SQUARE_END", "BRACE_END", "SPAN_END"})
_ENDS |= {"TRUE", "FALSE", "NULL"}
_OPENS, _CLOSES = frozenset({"ROUND", "SQUARE", "BRACE"}), frozenset({"ROUND_END", "SQUARE_END", "BRACE_END"})
_FOR = "for"


class FeelLexer(Lexer):
    """The tokens of a Source, for the grammar."""

    __future_interface__ = 2

    def __init__(self, conf: Any) -> None:
        """The grammar's settings are not needed: what a token is does not depend on them."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        """All tokens in order; BadFeel at what is none."""
        return iter(tokens(lexer_state.text))


def tokens(source: Source) -> list[Token]:
    """All tokens of a text; BadFeel at what is none, at too long a text and at too many brackets in each other."""
    if len(source.text) > LENGTH_MOST:
        raise BadFeel(f"an expression of {len(source.text)} characters", f"at most {LENGTH_MOST}; give a part a name")
    return _Reading(source).all()


@dataclass(slots=True)
class _Reading:
    source: Source
    found: list[Token] = field(default_factory=list)
    open_: list[str] = field(default_factory=list)
    """The brackets that are open, with a mark behind those that turned out to hold an interval."""
    names: set[str] = field(default_factory=set)

    def all(self) -> list[Token]:
        text, at = self.source.text, 0
        self.names = set(self.source.names)
        while True:
            if space := _SPACE.match(text, at):
                at = space.end()
            if at >= len(text):
                return self.found
            kind, value, end = self._next(text, at)
            self._put(kind, value, (at, end))
            at = end

    def _next(self, text: str, at: int) -> tuple[str, str, int]:
        before = self.found[-1].type if self.found else ""
        if before in ("BRACE", "ROUND", "COMMA") and (key := _KEY.match(text, at)):
            name = " ".join(key[0].split())
            if self.open_ and self.open_[-1] == "BRACE":
                self.names.add(name)
            return "KEY", name, key.end()
        for known in (_PROPERTY if before == "DOT" else _FUNCTION, _spaced(frozenset(self.names))):
            if known and (word := known.match(text, at)):
                return "NAME", " ".join(word[0].split()), word.end()
        token = _TOKEN.match(text, at)
        if not token:
            raise BadFeel(
                f"{text!r}: {text[at:].strip()[:12]!r} is not understood", "names, numbers, + - * / < = and functions"
            )
        kind, value = str(token.lastgroup), token[0]
        if kind == "NAME" and value in KEYWORDS and before != "DOT":
            kind = value.upper()
        elif kind == "NAME" and value == "not" and self.source.unary and not self.found:
            kind = "NOT"
        return _MARKS[value] if kind == "MARK" else kind, value, token.end()

    def _put(self, kind: str, value: str, at: tuple[int, int]) -> None:
        before = self.found[-1].type if self.found else ""
        match kind:
            case "DOTS" if self.open_ and self.open_[-1] != _FOR:
                self.open_[-1] = "SPAN"
            case "FOR" | "SOME" | "EVERY":
                self.open_.append(_FOR)
            case "RETURN" | "SATISFIES" if self.open_ and self.open_[-1] == _FOR:
                self.open_.pop()
            case "SQUARE_END" if before not in _ENDS and before != "SQUARE":
                kind = "OUTWARD"
                self._opened(kind)
            case "ROUND_END" | "SQUARE_END" | "BRACE_END":
                kind = "SPAN_END" if self.open_[-1:] == ["SPAN"] else kind
                self.open_[-1:] = []
            case "SQUARE" if self.open_[-1:] == ["SPAN"] and before in _ENDS:
                kind = "SPAN_END"
                self.open_.pop()
            case "ROUND" | "SQUARE" | "BRACE":
                self._opened(kind)
        self.found.append(Token(kind, value, start_pos=at[0], end_pos=at[1]))

    def _opened(self, kind: str) -> None:
        if len(self.open_) >= NESTED_MOST:
            raise BadFeel(f"{self.source.text[:40]!r}…: nested too deeply", "give a part of it a name of its own")
        self.open_.append(kind)


@lru_cache(maxsize=256)
def _spaced(names: frozenset[str]) -> re.Pattern[str] | None:
    """A pattern for the names that are no plain word, the longest first."""
    long = sorted((name for name in names if not re.fullmatch(r"[^\W\d][\w']*", name)), key=len, reverse=True)
    if not long:
        return None
    return re.compile("(?:" + "|".join(r"\s+".join(map(re.escape, name.split())) for name in long) + r")(?![\w'])")


def words(text: str) -> Iterable[str]:
    """The plain names in a text, in order; BadFeel where it has no tokens."""
    return (token.value for token in tokens(Source(text)) if token.type == "NAME")
