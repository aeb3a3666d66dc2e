"""Regular expressions in linear time: every pattern is matched by walking all its possibilities at once, so none
explodes. No references back, no looking around."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .words import BadFeel

PATTERN_MOST = 500
PROGRAM_MOST = 3_000
REPEATS_MOST = 200
NESTED_MOST = 30

Spend = Callable[[int], None]
Slots = tuple[int | None, ...]
_QUANTITY = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}")
_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": str.isdecimal,
    "s": lambda c: c in " \t\n\r",
    "w": lambda c: c.isalnum() or c == "_",
}
_SIGNS = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class _Step:
    """One instruction: take a character, branch, remember a place, look at the edge, or done."""

    sort: str
    takes: Callable[[str], bool] | None = None
    to: tuple[int, ...] = ()
    slot: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, ready to be matched any number of times."""

    steps: tuple[_Step, ...]
    groups: int
    multiline: bool = False

    def search(self, text: str, start: int, spend: Spend) -> Slots | None:
        """Begin and end of the leftmost match and of its groups; None without one. Spends work per character."""
        width = 2 * (self.groups + 1)
        threads: list[tuple[int, Slots]] = []
        best: Slots | None = None
        for at in range(start, len(text) + 1):
            if best is None:
                self._add(threads, text, at, (0, (None,) * width))
            spend(1 + len(threads))
            after: list[tuple[int, Slots]] = []
            seen: set[int] = set()
            for place, slots in threads:
                step = self.steps[place]
                if step.sort == "done":
                    best = slots
                    break
                if at < len(text) and step.takes is not None and step.takes(text[at]):
                    self._add(after, text, at + 1, (place + 1, slots), seen)
            if best is not None and not after:
                return best
            threads = after
        return best

    def _add(
        self,
        threads: list[tuple[int, Slots]],
        text: str,
        at: int,
        thread: tuple[int, Slots],
        seen: set[int] | None = None,
    ) -> None:
        """The thread, or those it branches into, in order of preference; each instruction once per place."""
        seen = {place for place, _ in threads} if seen is None else seen
        open_ = [thread]
        while open_:
            place, slots = open_.pop()
            if place in seen:
                continue
            seen.add(place)
            step = self.steps[place]
            match step.sort:
                case "branch":
                    open_.extend((to, slots) for to in reversed(step.to))
                case "save":
                    open_.append((place + 1, (*slots[: step.slot], at, *slots[step.slot + 1 :])))
                case "begin" | "end":
                    if self._at_edge(step.sort, text, at):
                        open_.append((place + 1, slots))
                case _:
                    threads.append((place, slots))

    def _at_edge(self, sort: str, text: str, at: int) -> bool:
        if sort == "begin":
            return at == 0 or (self.multiline and text[at - 1] == "\n")
        return at == len(text) or (self.multiline and text[at] == "\n")


def compiled(text: str, flags: str = "") -> Pattern:
    """The pattern for a text and the flags i, s, m and x. BadFeel for what it cannot be."""
    if len(text) > PATTERN_MOST:
        raise BadFeel(f"a pattern of {len(text)} characters", f"at most {PATTERN_MOST}")
    if set(flags) - set("ismx"):
        raise BadFeel(f"the flags {flags!r}", "i, s, m or x")
    reader = _Reader(re.sub(r"\s", "", text) if "x" in flags else text, "i" in flags, "s" in flags)
    body = reader.choice()
    if reader.at < len(reader.text):
        raise BadFeel(f"the pattern {text!r} has a bracket too many", "escape it with \\")
    steps = (_Step("save", slot=0), *body, _Step("save", slot=1), _Step("done"))
    return Pattern(_placed(steps), reader.groups, "m" in flags)


_Code = tuple[_Step, ...]


def _placed(steps: _Code) -> _Code:
    """Jumps count from the step they stand in until here; from now on from the first."""
    return tuple(
        _Step(step.sort, step.takes, tuple(place + to for to in step.to), step.slot) for place, step in enumerate(steps)
    )


@dataclass(slots=True)
class _Reader:
    text: str
    any_case: bool
    dot_is_all: bool
    at: int = 0
    groups: int = 0
    depth: int = field(default=0)

    def choice(self) -> _Code:
        self.depth += 1
        if self.depth > NESTED_MOST:
            raise self._bad("is nested too deeply")
        code = self._row()
        if self._peek() == "|":
            self.at += 1
            rest = self.choice()
            self.depth -= 1
            return self._sized(
                _Step("branch", to=(1, len(code) + 2)), *code, _Step("branch", to=(len(rest) + 1,)), *rest
            )
        self.depth -= 1
        return code

    def _bad(self, what: str) -> BadFeel:
        return BadFeel(f"the pattern {self.text!r} {what}", "see XPath regular expressions; no \\1, no (?…)")

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def _sized(self, *code: _Step) -> _Code:
        if len(code) > PROGRAM_MOST:
            raise self._bad("repeats too much")
        return code

    def _row(self) -> _Code:
        code: _Code = ()
        while self._peek() not in ("", "|", ")"):
            code = self._sized(*code, *self._repeated(self._part()))
        return code

    def _repeated(self, code: _Code) -> _Code:
        least, most = 1, 1
        sign = self._peek()
        if sign in ("*", "+", "?") and sign:
            self.at += 1
            least, most = {"*": (0, -1), "+": (1, -1), "?": (0, 1)}[sign]
        elif sign == "{":
            least, most = self._quantity()
        else:
            return code
        lazy = self._peek() == "?"
        self.at += lazy
        return self._times(code, least, most, lazy)

    def _quantity(self) -> tuple[int, int]:
        found = _QUANTITY.match(self.text, self.at)
        if not found:
            raise self._bad("has a { without a quantity")
        self.at = found.end()
        least = int(found[1])
        most = least if not found[2] else int(found[3]) if found[3] else -1
        if max(least, most) > REPEATS_MOST or (0 <= most < least):
            raise self._bad(f"repeats {found[0]}; at most {REPEATS_MOST}")
        return least, most

    def _times(self, code: _Code, least: int, most: int, lazy: bool) -> _Code:
        def forked(*to: int) -> _Step:
            return _Step("branch", to=tuple(reversed(to)) if lazy else to)

        size = len(code)
        if size * max(least, most, 1) > PROGRAM_MOST:
            raise self._bad("repeats too much")
        if most == -1:
            return self._sized(*code * least, forked(1, size + 2), *code, _Step("branch", to=(-size - 1,)))
        maybe: _Code = ()
        for _ in range(most - least):
            maybe = self._sized(forked(1, size + len(maybe) + 1), *code, *maybe)
        return self._sized(*code * least, *maybe)

    def _part(self) -> _Code:
        char = self._take()
        match char:
            case "(":
                return self._group()
            case "[":
                return (_Step("char", self._class()),)
            case ".":
                return (_Step("char", (lambda _: True) if self.dot_is_all else (lambda c: c not in "\n\r")),)
            case "^" | "$":
                return (_Step("begin" if char == "^" else "end"),)
            case "\\":
                return (_Step("char", self._escaped()),)
            case "*" | "+" | "?" | "{" | "}" | "]":
                raise self._bad(f"has a {char} that repeats nothing")
        return (_Step("char", self._same(char)),)

    def _group(self) -> _Code:
        slot = 0
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self._peek() == "?":
            raise self._bad("looks around")
        else:
            self.groups += 1
            slot = 2 * self.groups
        code = self.choice()
        if self._take() != ")":
            raise self._bad("lacks a )")
        return code if not slot else (_Step("save", slot=slot), *code, _Step("save", slot=slot + 1))

    def _same(self, char: str) -> Callable[[str], bool]:
        if self.any_case:
            folded = char.casefold()
            return lambda c: c.casefold() == folded
        return lambda c: c == char

    def _escaped(self) -> Callable[[str], bool]:
        char = self._take()
        if char.lower() in _CLASSES and char:
            holds = _CLASSES[char.lower()]
            return holds if char.islower() else (lambda c: not holds(c))
        if char in _SIGNS:
            return self._same(_SIGNS[char])
        if not char or char.isalnum():
            raise self._bad(f"has \\{char}, which is not known")
        return self._same(char)

    def _class(self) -> Callable[[str], bool]:
        negated = self._peek() == "^"
        self.at += negated
        members: list[Callable[[str], bool]] = []
        while self._peek() != "]" or not members:
            if not self._peek():
                raise self._bad("lacks a ]")
            members.append(self._member())
        self.at += 1
        return lambda c: any(member(c) for member in members) != negated

    def _member(self) -> Callable[[str], bool]:
        low = self._take()
        if low == "\\":
            return self._escaped()
        if self._peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return self._same(low)
        self.at += 1
        high = self._take()
        if high == "\\" or high < low:
            raise self._bad(f"has the range {low}-{high}")
        if self.any_case:
            return lambda c: any(low <= each <= high for each in (c, c.lower(), c.upper()))
        return lambda c: low <= c <= high
