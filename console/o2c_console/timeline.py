"""What happened to one customer, across services, in the order in which it was told; each decision by its id."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from o2c_contracts.money import as_text

from .world import Told

_QUIET = {"CreditChanged", "UnbilledChanged", "ChargeAccrued", "CustomerMoneyChanged", "InvoiceDelivered"}
"""Told for machines; a person reads the event beside it."""
_AMOUNTS = (
    "total_minor",
    "amount_minor",
    "disputed_minor",
    "short_minor",
    "credited_minor",
    "unapplied_minor",
    "net_minor",
)


def lines(told: Iterable[Told], *, quiet: bool = False) -> list[tuple[datetime, str, str, str]]:
    """Time, event, what it says in one line, and the id of the decision behind it, if there is one."""
    everything = list(told)
    by_name = {f"{t.source}/{t.id}": t for t in everything}
    return [
        (t.at, t.type, sentence(t.content), decision_of(t.content))
        for t in sorted(everything, key=lambda t: (t.at, _depth(t, by_name), t.source, t.position))
        if quiet or t.type not in _QUIET
    ]


def _depth(told: Told, by_name: Mapping[str, Told]) -> int:
    """How many causes lie between it and what came from outside: of one instant, causes come before effects."""
    depth, cause = 0, by_name.get(told.cause)
    while cause is not None:
        depth, cause = depth + 1, by_name.get(cause.cause)
    return depth


def sentence(content: Mapping[str, Any]) -> str:
    """The document, its amount, and why."""
    document = next((str(content[n]) for n in _NAMES if content.get(n)), "")
    amount = next((content[n] for n in _AMOUNTS if content.get(n)), None)
    money = as_text(amount, content["currency"]) if amount is not None and content.get("currency") else ""
    level = f"level {content['level']}" if "level" in content else ""
    why = "; ".join(_reasons(content))
    return "  ".join(part for part in (document, money, level, why) if part)


_NAMES = (
    "credit_note_number",
    "payment_id",
    "promise_id",
    "notice_id",
    "case_id",
    "approval_id",
    "invoice_number",
    "order_id",
    "contract_id",
)


def _reasons(content: Mapping[str, Any]) -> list[str]:
    because = content.get("because") or ()
    found = [because] if isinstance(because, str) else list(because)
    found += [reason["text"] for reason in content.get("reasons") or ()]
    if content.get("resolution"):
        found.append(f"resolved as {content['resolution']}")
    if content.get("released_by"):
        found.append(f"released by {content['released_by']}")
    return found


def decision_of(content: Mapping[str, Any]) -> str:
    """The first decision that the event names."""
    own = content.get("decision_id")
    if own:
        return str(own)
    for reason in content.get("reasons") or ():
        if reason.get("decision_id"):
            return str(reason["decision_id"])
    return str(next(iter(content.get("decision_ids") or ()), ""))
