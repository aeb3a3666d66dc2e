"""Names made of other names: readable where they are short enough for an identifier, hashed where they are not."""

from hashlib import sha256

MOST = 190
"""An identifier has at most 200 characters; a suffix must still fit."""
_KEPT = 120


def joined(*parts: object) -> str:
    """`K1/L1/2026-03-01`; two different lists of parts never give one name by accident."""
    name = "/".join(map(str, parts))
    return name if len(name) <= MOST else f"{name[:_KEPT]}/{sha256(name.encode()).hexdigest()[:32]}"
