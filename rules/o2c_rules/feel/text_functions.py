"""Built-in functions about texts. Positions count from 1, or from the end where they are negative."""

from decimal import Decimal
from typing import Any

from .functions import Function, Spend, declared, want
from .number_functions import whole
from .patterns import Pattern, compiled
from .words import BadFeel

TEXT_MOST = 100_000


def _substring(text: Any, start: Any, length: Any = None) -> str | None:
    text, at = want(text, "string"), whole(start)
    if at == 0 or abs(at) > len(text):
        return None
    begin = at - 1 if at > 0 else len(text) + at
    if length is None:
        return str(text[begin:])
    return str(text[begin : begin + whole(length)]) if whole(length) > 0 else None


def _before(text: Any, match: Any) -> str:
    before, found, _ = want(text, "string").partition(want(match, "string")) if match else ("", "x", "")
    return str(before) if found else ""


def _after(text: Any, match: Any) -> str:
    if match == "":
        return str(want(text, "string"))
    return str(want(text, "string").partition(want(match, "string"))[2])


def _pattern(pattern: Any, flags: Any) -> Pattern:
    try:
        return compiled(want(pattern, "string"), "" if flags is None else want(flags, "string"))
    except BadFeel as error:
        raise ValueError(str(error)) from error


def _matches(spend: Spend, text: Any, pattern: Any, flags: Any = None) -> bool:
    return _pattern(pattern, flags).search(want(text, "string"), 0, spend) is not None


def _replace(spend: Spend, text: Any, pattern: Any, replacement: Any, flags: Any = None) -> str | None:
    finder, new = _pattern(pattern, flags), want(replacement, "string")
    parts, at, size = [], 0, 0
    for begin, end, slots in _finds(spend, finder, want(text, "string")):
        parts += [text[at:begin], _filled(new, text, slots)]
        size += len(parts[-1]) + len(parts[-2])
        at = end
        if size > TEXT_MOST:
            return None
    return "".join([*parts, text[at:]])


def _split(spend: Spend, text: Any, pattern: Any) -> list[str]:
    parts, at = [], 0
    for begin, end, _ in _finds(spend, _pattern(pattern, None), want(text, "string")):
        parts.append(text[at:begin])
        at = end
    return [*parts, text[at:]]


def _finds(spend: Spend, pattern: Pattern, text: str) -> list[tuple[int, int, Any]]:
    found, at = [], 0
    while at <= len(text) and (slots := pattern.search(text, at, spend)):
        begin, end = slots[0], slots[1]
        if begin is None or end is None or begin == end:
            raise ValueError("the pattern matches nothing at all")
        found.append((begin, end, slots))
        at = end
    return found


def _filled(new: str, text: str, slots: Any) -> str:
    parts, at = [], 0
    while at < len(new):
        char = new[at]
        if char in "$\\" and at + 1 < len(new) and (new[at + 1].isdecimal() if char == "$" else True):
            at += 1
            group = 2 * int(new[at]) if char == "$" else -1
            if char == "\\":
                parts.append(new[at])
            elif group + 1 < len(slots) and slots[group] is not None and slots[group + 1] is not None:
                parts.append(text[slots[group] : slots[group + 1]])
        else:
            parts.append(char)
        at += 1
    return "".join(parts)


def _join(texts: Any, delimiter: Any = None) -> str:
    parts = [want(part, "string") for part in want(texts, "list") if part is not None]
    return ("" if delimiter is None else str(want(delimiter, "string"))).join(parts)


def _plain(method: str) -> Any:
    return lambda text, match: getattr(want(text, "string"), method)(want(match, "string"))


FUNCTIONS = (
    declared("substring", "string,start position,length", _substring, 2),
    declared("string length", "string", lambda text: Decimal(len(want(text, "string")))),
    declared("upper case", "string", lambda text: want(text, "string").upper()),
    declared("lower case", "string", lambda text: want(text, "string").lower()),
    declared("substring before", "string,match", _before),
    declared("substring after", "string,match", _after),
    declared("contains", "string,match", lambda text, match: want(match, "string") in want(text, "string")),
    declared("starts with", "string,match", _plain("startswith")),
    declared("ends with", "string,match", _plain("endswith")),
    declared("string join", "list,delimiter", _join, 1),
    Function("matches", ("input", "pattern", "flags"), _matches, least=2, spends=True),
    Function("replace", ("input", "pattern", "replacement", "flags"), _replace, least=3, spends=True),
    Function("split", ("string", "delimiter"), _split, least=2, spends=True),
)
