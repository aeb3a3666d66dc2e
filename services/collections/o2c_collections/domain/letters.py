"""Letters and what came of them, the record of everything that was done, and what waits for a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from .items import Item


@dataclass(frozen=True, slots=True)
class Notice:
    """One dunning letter. That its items were raised does not depend on whether it arrives."""

    notice_id: str
    customer_id: str
    legal_entity: str
    level: int
    language: str
    channel: str
    sent_on: date
    lines: str
    """JSON: the items listed, as in DunningNoticeSent, with the ladder's sentence for those raised."""
    credits: str
    """JSON: currency -> minor units of unapplied money and credit on account."""
    recorded_at: datetime
    status: str = "sent"
    """sent (on its way), delivered, undeliverable."""
    problem: str = ""
    contract_id: str | None = None
    """Of all items that it lists; none where they are of several."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that was done or heard; written once, never changed."""

    activity_id: str
    customer_id: str
    at: datetime
    kind: str
    document_id: str
    text: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """Somebody must act; open until somebody says that it is done."""

    escalation_id: str
    customer_id: str
    legal_entity: str
    currency: str
    document_id: str
    level: str
    to_role: str
    text: str
    raised_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None


def listed(items: Iterable[Item], raised: frozenset[str], on: date) -> list[Item]:
    """What a letter shows: every item past due of which something is claimed, and those it raises; oldest due first."""
    shown = [i for i in items if i.dunnable and (i.days_past_due(on) > 0 or i.invoice_number in raised)]
    return sorted(shown, key=lambda i: (i.due_on or on, i.invoice_number))


def contract_of(items: Iterable[Item]) -> str | None:
    """By whose rules one letter about all of these is written: none where they are of several contracts."""
    contracts = {item.contract_id for item in items}
    return contracts.pop() if len(contracts) == 1 else None
