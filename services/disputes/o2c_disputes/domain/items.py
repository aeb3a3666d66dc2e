"""Invoices as cash and billing tell of them: what is owed, and each change of it while it is contested."""

from dataclasses import dataclass, replace
from typing import Literal

Bucket = Literal["paid", "credited", "written_off"]


@dataclass(frozen=True, slots=True)
class Item:
    """An invoice and what is still open of it, in minor units. Made even before its invoice is heard of."""

    invoice_number: str
    customer_id: str
    legal_entity: str
    currency: str
    known: bool
    """Its invoice was heard of; until then only cash has named it."""
    external_ref: str | None
    total_minor: int | None
    open_minor: int
    item_version: int
    """Of cash's word on the open amount; 0 is the invoice itself."""
    contract_id: str | None = None
    """Under which all its lines are charged."""

    def issued(self, total_minor: int, external_ref: str | None, contract_id: str | None) -> "Item":
        """Its invoice is heard of: the open amount is the total, unless cash has already said more."""
        opened = total_minor if self.item_version == 0 else self.open_minor
        after = replace(self, known=True, total_minor=total_minor, external_ref=external_ref, open_minor=opened)
        return replace(after, contract_id=contract_id)

    def moved(self, open_minor: int, item_version: int) -> "Item":
        """Cash's newest word; the caller has seen that it is newer."""
        return replace(self, open_minor=open_minor, item_version=item_version)


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of a contested item: what it was, and what was open after it."""

    invoice_number: str
    item_version: int
    customer_id: str
    legal_entity: str
    currency: str
    bucket: Bucket
    amount_minor: int
    """Positive where the item owes less, negative where it owes again."""
    open_minor_after: int
    case_id: str | None
    """The case whose credit this is."""
