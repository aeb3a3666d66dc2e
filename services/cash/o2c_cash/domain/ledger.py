"""The accounts that cash posts to, and the identity that they must keep."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

BANK = "bank"
BANK_RETURNED = "bank/returned"
UNIDENTIFIED = "unidentified"
"""The payer is not known."""
UNAPPLIED = "unapplied"
"""The payer is known, the items are not."""
ON_ACCOUNT = "on-account"
"""Deliberately kept as the payer's credit; money that came in."""
CREDIT_ON_ACCOUNT = "on-account/credit-notes"
"""The same, out of credit notes: never received, so no part of the receipts."""
TAKEN = "small-differences/income"
"""Small over-payments that nobody claimed."""
REFUNDED = "refunded"
INVOICED = "invoiced"
"""The counter-account of what billing says is owed."""
CREDITED = "credit-notes"
DISCOUNT = "discount"
WRITTEN_OFF = "write-off"
OWED = "receivable/invoiced"
PAID = "receivable/paid"
OWED_LESS_CREDIT = "receivable/credited"
OWED_LESS_DISCOUNT = "receivable/discounted"
OWED_LESS_WRITE_OFF = "receivable/written-off"
RECEIVABLE = "receivable/"
"""All sub-accounts together: what the open items add up to."""

Day = tuple[str, str, date]
"""Legal entity, currency, posting day."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Receipts and where they are, in minor units: of one legal entity, currency and day."""

    receipts: int = 0
    applied: int = 0
    on_account: int = 0
    unapplied: int = 0
    unidentified: int = 0
    refunded: int = 0
    written_off: int = 0
    reversed: int = 0
    """Went back to the payer's bank; part of the receipts of the day on which it came."""

    @property
    def explained(self) -> int:
        return (
            self.applied
            + self.on_account
            + self.unapplied
            + self.unidentified
            + self.refunded
            + self.written_off
            + self.reversed
        )

    @property
    def holds(self) -> bool:
        """receipts = applied + on account + unapplied + unidentified + refunded + written off + reversed."""
        return self.receipts == self.explained


_BUCKETS = {
    PAID: "applied",
    ON_ACCOUNT: "on_account",
    UNAPPLIED: "unapplied",
    UNIDENTIFIED: "unidentified",
    REFUNDED: "refunded",
    TAKEN: "written_off",
    BANK_RETURNED: "reversed",
}
BUCKET_ACCOUNTS = tuple(_BUCKETS)


def identities(receipts: Iterable[tuple[Day, int]], postings: Iterable[tuple[Day, str, int]]) -> dict[Day, Identity]:
    """The identity of each day: receipts out of the payments as they came, everything else out of the postings.

    Two sources on purpose: a payment that was never posted, or posted twice, breaks it.
    """
    days: dict[Day, Counter[str]] = {}
    for day, amount in receipts:
        days.setdefault(day, Counter())["receipts"] += amount
    for day, account, amount in postings:
        if bucket := _BUCKETS.get(account):
            days.setdefault(day, Counter())[bucket] -= amount
    return {day: Identity(**found) for day, found in sorted(days.items())}


def running(days: dict[Day, Identity]) -> dict[Day, Identity]:
    """The same as it stands at the end of each day."""
    so_far: dict[tuple[str, str], Counter[str]] = {}
    result: dict[Day, Identity] = {}
    for day, found in sorted(days.items()):
        total = so_far.setdefault(day[:2], Counter())
        for name in Identity.__slots__:
            total[name] += getattr(found, name)
        result[day] = Identity(**total)
    return result
