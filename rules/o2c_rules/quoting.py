"""Texts between double quotes, as cells hold them. Decides nothing about what a text means."""

import re

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def quoted(text: str) -> str:
    """A text in double quotes, with a backslash before quotes and backslashes inside it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquoted(text: str) -> str | None:
    r"""What stands between double quotes, where `\"` is a quotation mark and `\\` a backslash; None where a mark stands
    alone inside, or there are none around."""
    return re.sub(r'\\(["\\])', r"\1", text[1:-1]) if _QUOTED.fullmatch(text) else None


def bare(text: str) -> str:
    r"""The text that a place which may hold any text means: without the quotes around it, if there are any. Marks and
    backslashes inside are themselves, unless a mark has a backslash before it as in a cell."""
    if '\\"' in text and (found := unquoted(text)) is not None:
        return found
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == '"' else text


def marked(text: str) -> str:
    """Quotes around a text, such that `bare` gives it back."""
    return quoted(text) if '\\"' in text else f'"{text}"'
