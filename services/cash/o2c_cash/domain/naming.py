"""Which documents a payer's own words may name. What a name means is found elsewhere."""

import re

NAMES_MOST = 60
"""A line of 500 characters holds about as many document numbers; further words are not looked up."""
_BETWEEN = re.compile(r"[\s,;|]+")
_AROUND = ".:()[]{}<>\"'#!?"


def names_in(reference: str | None) -> tuple[str, ...]:
    """Words that look like a document's number, in order: those with a digit. None where nothing is written."""
    words = (word.strip(_AROUND) for word in _BETWEEN.split(reference or ""))
    found = (word for word in words if any(c.isdigit() for c in word))
    return tuple(dict.fromkeys(found))[:NAMES_MOST]


def whole_of(reference: str | None) -> str:
    """The reference as one name: numbers that customers give may hold spaces, or no digit at all."""
    return (reference or "").strip()


def looked_up(reference: str | None) -> tuple[str, ...]:
    """Everything under which a document is searched for a reference."""
    whole = whole_of(reference)
    return tuple(dict.fromkeys((whole, *names_in(reference)))) if whole else ()
