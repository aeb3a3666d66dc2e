"""What tells documents of other systems apart: who numbered them and what they say. A number alone does not."""

import json
import re
from hashlib import sha256

from .event import Event

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NUMBER_MOST, _SOURCE_MOST, _DIGEST = 140, 40, 10


def content_of(event: Event) -> str:
    """A digest of what a document says, of given fields only: one that a later release adds changes no digest."""
    said = event.model_dump(mode="json", exclude_defaults=True)
    return sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


def namesake(number: str, source: str, content: str) -> str:
    """What a further document of a taken number is called: `1001@bank-b-3fa9c1d2e0`, safe in an address.

    The same document is always called the same; the digest at its end tells it from every other.
    """
    digest = sha256(f"{source}\x1f{number}\x1f{content}".encode()).hexdigest()[:_DIGEST]  # No name holds \x1f.
    return f"{number[:_NUMBER_MOST]}@{_UNSAFE.sub('-', source)[:_SOURCE_MOST]}-{digest}"
