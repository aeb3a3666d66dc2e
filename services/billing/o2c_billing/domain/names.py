"""Names made of other names: readable where they are short enough for an identifier, hashed where they are not."""

from hashlib import sha256

MOST = 190
"""An identifier has at most 200 characters; a suffix must still fit."""
_KEPT = 120


def of_customer(customer_id: str, number: str) -> str:
    """`C1/K1`: a number with the customer whose it is; different pairs never give one name."""
    return f"{_quoted(customer_id)}/{number}"


def number_in(name: str, customer_id: str) -> str:
    """The number that `of_customer` was given."""
    return name.removeprefix(f"{_quoted(customer_id)}/")


def joined(*parts: object) -> str:
    """`K1/L1/2026-03-01`; two different lists of parts never give one name by accident."""
    name = "/".join(map(str, parts))
    return name if len(name) <= MOST else f"{name[:_KEPT]}/{sha256(name.encode()).hexdigest()[:32]}"


def _quoted(customer_id: str) -> str:
    return customer_id.replace("%", "%25").replace("/", "%2F")
