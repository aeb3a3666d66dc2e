"""Who pays: customers, their families, and the accounts they pay from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as cash needs it: which family it belongs to."""

    customer_id: str
    root_id: str | None

    @property
    def family(self) -> str:
        """The name that is locked for everybody who may pay each other's items."""
        return f"c:{self.root_id or self.customer_id}"


@dataclass(frozen=True, slots=True)
class PayerAccount:
    """A customer said that it pays from this account: kept as the hash that is the key of unidentified money."""

    payer_key: str
    customer_id: str
    active: bool
