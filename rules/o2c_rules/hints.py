"""What people write where a cell wants something else, and what they meant. Words hints; never reads a value."""

import re
from collections.abc import Sequence
from decimal import Decimal

from o2c_contracts import money

from .quoting import quoted

_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY"}
_FIGURE = r"[+-]?\d(?:[\d.,_'’\u00a0\u202f ]*\d)?"
_CODE = r"[A-Za-z]{3}\b|[€£$¥]"
_AMOUNT = re.compile(rf"(?:({_CODE})\s*)?({_FIGURE})(?:\s*({_CODE}))?")
_TIGHT = re.compile(rf"(?:(?:{_CODE})\s*)?[+-]?\d+(?:[._]\d+)*,\d+(?:[.,_]\d+)*(?:\s*(?:{_CODE}))?")
_BETWEEN_COMMAS = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?")
_BETWEEN_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_SIGN = re.compile(r"(<=|>=|=<|=>|<|>)\s*(.+?)\s+(?:and|&+)\s+(<=|>=|=<|=>|<|>)\s*(.+)")
_END = r"([^\s\[\]()]+(?: [A-Z]{3})?)"
_ENDS = re.compile(rf"(?:between\s+)?{_END}\s*(?:\.\.|\band\b|\bto\b)\s*{_END}")
_TURNED = {"=<": "<=", "=>": ">="}


def tight(text: str, *, is_money: bool) -> tuple[str, str] | None:
    """A comma between two digits, which parts one number for one reader and two values for another, with its hint;
    None where there is none."""
    found = _TIGHT.search(text)
    if not found:
        return None
    written = found[0].strip()
    one = (amount(written) if is_money else figure(written)) or ""
    if not one:
        return written, f"put a blank after each comma between values: {written.replace(',', ', ')}"
    return written, f"write {one}; for several values put a blank after each comma"


def bare_beside_amounts(parts: Sequence[str]) -> str:
    """A value other than 0 without a currency, beside another that has one: `[2,500.00 EUR]` as YAML parts it. Empty
    where there is none."""
    bare = [part for part in parts if re.fullmatch(r"[\d._]+", part) and part.strip("0._")]
    return bare[0] if bare and any(re.search(r"[A-Z]{3}", part) for part in parts) else ""


def figure(text: str) -> str:
    """The digits and one point of a number that is written with other marks; empty where it is none."""
    bare = re.sub(r"['’_\u00a0\u202f ]", "", text.strip())
    sign, bare = (bare[0].strip("+"), bare[1:]) if bare[:1] in ("+", "-") and bare else ("", bare)
    if _BETWEEN_COMMAS.fullmatch(bare):
        bare = bare.replace(",", "")
    elif _BETWEEN_POINTS.fullmatch(bare) and ("," in bare or bare.count(".") > 1):
        bare = bare.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d+,\d+", bare):
        bare = bare.replace(",", ".")
    return sign + bare if re.fullmatch(r"\d+(?:\.\d+)?", bare) else ""


def amount(text: str) -> str:
    """An amount of money, such as €2.500,00, as a cell wants it: 2500.00 EUR. Empty where it is none."""
    found = _AMOUNT.fullmatch(text.strip())
    if not found or (found[1] and found[3]):
        return ""
    code = found[1] or found[3] or "EUR"
    code = _SIGNS.get(code, code.upper())
    places, digits = money.CURRENCIES.get(code), figure(found[2])
    if places is None or not digits:
        return ""
    if len(digits.partition(".")[2]) > places and _BETWEEN_POINTS.fullmatch(digits.lstrip("-")):
        digits = digits.replace(".", "")
    return f"{Decimal(digits):.{places}f} {code}" if len(digits.partition(".")[2]) <= places else ""


def is_respelled(text: str, *, is_money: bool) -> bool:
    """Whether a text is a number, or an amount of money, in another spelling than ours."""
    return not re.fullmatch(r"[+-]?[\d.]+", text) and bool(figure(text) or (is_money and amount(text)))


def comparison(sign: str, rest: str) -> str:
    """What `= 5`, `=> 5` or `!= 5` should be."""
    if sign == "=" and rest[:1] in ("<", ">"):
        return f"write {_TURNED['=' + rest[0]]} {rest[1:].strip()}"
    return f"write {rest}" if sign == "=" else f"write not({rest})"


def both(text: str) -> str:
    """`> 20 and <= 30` as the interval that it means: (20..30]; `20..30` as [20..30]. Empty where it means none."""
    found = _SIGN.fullmatch(text.strip())
    if not found and (ends := _ENDS.fullmatch(text.strip())):
        return f"[{ends[1]}..{ends[2]}]"
    if not found:
        return ""
    first, second = _TURNED.get(found[1], found[1]), _TURNED.get(found[3], found[3])
    if first[0] == second[0]:
        return ""
    (low, below), (high, above) = sorted([(first, found[2]), (second, found[4])], reverse=True)
    return f"{'[' if low.endswith('=') else '('}{below}..{above}{']' if high.endswith('=') else ')'}"


def word(text: str) -> str:
    """A text of several words, or with marks of its own, as a cell wants it."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'“”„«»‘’":
        return f"write {quoted(text[1:-1])}"
    if called := re.match(r"(starts with|ends with|contains|matches)\b", text, re.IGNORECASE):
        name = called[1].lower()
        return f"a cell asks for whole texts; ask a derived fact for true: {name}(column, {_inner(text, name)})"
    inner = text[1:-1] if len(text) >= 2 and text[0] == text[-1] == '"' else text
    return f"put it in double quotes: {quoted(inner)}"


def _inner(text: str, name: str) -> str:
    rest = text[len(name) :].strip().strip("()").strip().strip("\"'")
    return quoted(rest or "a")
