"""Who paid: by the customer the sender names, else by the account the money came from. Exact, and never a pick."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """What the answer rests on."""

    CUSTOMER = "customer"
    ACCOUNT = "account"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """One row of the directory: an account from which a customer is known to pay."""

    account: str
    customer_id: str


@dataclass(frozen=True, slots=True)
class Payer:
    """The customer a payment comes from, or None with the candidates a person may choose among."""

    customer_id: str | None
    how: How
    candidates: tuple[str, ...] = ()


def identify(
    *, customer_id: str | None, account: str | None, customers: Iterable[str], accounts: Iterable[KnownAccount]
) -> Payer:
    """The payer. `customers` are the known customers among those named, `accounts` the rows of the payer's account.

    A named customer who is known stands, whatever the account: parents and factors pay for others. A named customer
    nobody knows is no reason to guess by the account either; the account then only gives candidates. One account of
    two customers is ambiguous.
    """
    if customer_id is not None and customer_id in set(customers):
        return Payer(customer_id, How.CUSTOMER)
    wanted = bare_account(account) if account else ""
    owners = sorted({row.customer_id for row in accounts if wanted and bare_account(row.account) == wanted})
    if customer_id is not None:
        return Payer(None, How.UNKNOWN, tuple(owners))
    if len(owners) == 1:
        return Payer(owners[0], How.ACCOUNT)
    return Payer(None, How.AMBIGUOUS if owners else How.UNKNOWN, tuple(owners))


def bare_account(account: str) -> str:
    """An account number as it is compared: no spaces, dots or hyphens between its groups, letters large."""
    return re.sub(r"[\s.\-]", "", account).upper()
