"""What became of a contested amount: original = disputed + paid + credited + written off + undisputed, always."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from .items import Bucket, Movement

Resolution = Literal["valid", "partly_valid", "invalid", "withdrawn", "paid"]
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Dispute:
    """An amount of an item that a case contests. A case that contests again has another round."""

    case_id: str
    round: int
    customer_id: str
    legal_entity: str
    currency: str
    invoice_number: str
    original_minor: int
    opened_version: int
    """The item's version when it was opened: what cash told later changes it."""
    releases: str
    """JSON: [[item version, minor units], …] of what was contested and no longer is, while the rest still is."""
    status: Literal["open", "resolved"]
    resolution: Resolution | None
    """What was decided; takes effect when the status is `resolved`."""
    resolved_version: int | None

    @property
    def key(self) -> Key:
        return self.case_id, self.round

    @property
    def released(self) -> list[tuple[int, int]]:
        return [(version, amount) for version, amount in json.loads(self.releases)]

    @property
    def is_frozen(self) -> bool:
        """Over by a decision: what cash says later is not the dispute's any more. One over by payment may come back."""
        return self.status == "resolved" and self.resolution != "paid"

    def release(self, amount_minor: int, item_version: int) -> "Dispute":
        """A part is contested no longer, and still owed."""
        return replace(self, releases=json.dumps([*self.released, (item_version, amount_minor)]))

    def decide(self, resolution: Resolution) -> "Dispute":
        return replace(self, resolution=resolution)

    def resolve(self, resolution: Resolution, item_version: int) -> "Dispute":
        return replace(self, status="resolved", resolution=resolution, resolved_version=item_version)

    def reopen(self) -> "Dispute":
        return replace(self, status="open", resolution=None, resolved_version=None)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Minor units; the five parts always add up to the original."""

    original_minor: int
    disputed_minor: int
    paid_minor: int = 0
    credited_minor: int = 0
    written_off_minor: int = 0
    undisputed_minor: int = 0

    def part(self, bucket: Bucket) -> int:
        return {"paid": self.paid_minor, "credited": self.credited_minor, "written_off": self.written_off_minor}[bucket]

    def take(self, bucket: Bucket, amount: int) -> "Amounts":
        """So much of what is disputed went into a bucket; a negative amount comes back from it."""
        left = replace(self, disputed_minor=self.disputed_minor - amount)
        if bucket == "paid":
            return replace(left, paid_minor=self.paid_minor + amount)
        if bucket == "credited":
            return replace(left, credited_minor=self.credited_minor + amount)
        return replace(left, written_off_minor=self.written_off_minor + amount)

    def release(self, amount: int) -> "Amounts":
        """At most what is disputed is contested no longer."""
        freed = min(amount, self.disputed_minor)
        return replace(self, disputed_minor=self.disputed_minor - freed, undisputed_minor=self.undisputed_minor + freed)


@dataclass(slots=True)
class _Running:
    """The fold's state: disputes in the order in which they were opened."""

    of: dict[Key, Amounts] = field(default_factory=dict)
    frozen: dict[Key, Amounts] = field(default_factory=dict)

    def apply(self, movement: Movement) -> None:
        if movement.amount_minor < 0:
            self._give_back(movement)
            return
        left = movement.amount_minor
        for key in [key for key in self.of if key[0] == movement.case_id]:
            taken = min(left, self.of[key].disputed_minor)
            self.of[key] = self.of[key].take("credited", taken)
            left -= taken
        excess = sum(a.disputed_minor for a in self.of.values()) - movement.open_minor_after
        for key in reversed(self.of):
            taken = max(0, min(excess, self.of[key].disputed_minor))
            self.of[key] = self.of[key].take(movement.bucket, taken)
            excess -= taken

    def _give_back(self, movement: Movement) -> None:
        left = -movement.amount_minor
        for key, amounts in self.of.items():
            back = min(left, amounts.part(movement.bucket))
            self.of[key] = amounts.take(movement.bucket, -back)
            left -= back


def amounts_of(disputes: Iterable[Dispute], movements: Iterable[Movement]) -> dict[Key, Amounts]:
    """What became of each dispute of one item, from its rows alone.

    Money pays what is not contested first: a dispute shrinks only where more is contested than is open, the newest
    first; what is owed again comes back in the opposite order. A credit that names a case is that case's.
    """
    ordered = sorted(disputes, key=lambda d: (d.opened_version, d.key))
    moved = {m.item_version: m for m in movements}
    state = _Running()
    for version in _versions(ordered, moved):
        if version in moved:
            state.apply(moved[version])
        for dispute in ordered:
            _advance(state, dispute, version)
    return state.of | state.frozen


def _versions(disputes: Sequence[Dispute], moved: Iterable[int]) -> list[int]:
    found = set(moved) | {d.opened_version for d in disputes}
    found |= {version for d in disputes for version, _ in d.released}
    found |= {d.resolved_version for d in disputes if d.resolved_version is not None}
    return sorted(found)


def _advance(state: _Running, dispute: Dispute, version: int) -> None:
    """What the dispute itself did at this version of its item: opened, released a part, came to its end."""
    if version == dispute.opened_version:
        state.of[dispute.key] = Amounts(dispute.original_minor, dispute.original_minor)
    if dispute.key not in state.of:
        return
    for at, amount in dispute.released:
        if at == version:
            state.of[dispute.key] = state.of[dispute.key].release(amount)
    if dispute.is_frozen and version == dispute.resolved_version:
        amounts = state.of.pop(dispute.key)
        state.frozen[dispute.key] = amounts.release(amounts.disputed_minor)
