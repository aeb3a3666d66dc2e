"""Money that came in, what its payers say about it, and what went back."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol


class Receipt(Protocol):
    """Money as far as its explanation goes: told of, or booked already."""

    @property
    def payment_id(self) -> str: ...
    @property
    def customer_id(self) -> str | None: ...
    @property
    def legal_entity(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def reference(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Payment:
    """A receipt, and where each cent of it is.

    amount = applied + unapplied + on account + taken + returned + refunded, once the payer is identified.
    """

    payment_id: str
    origin_key: str
    """The key under which it arrived: `c:` the payer, or `p:` a payer that was not known."""
    customer_id: str | None
    named_customer_id: str | None
    """Whom identification named; decided only when our own PaymentIdentified is heard."""
    identified: bool
    legal_entity: str
    currency: str
    amount_minor: int
    applied_minor: int
    unapplied_minor: int
    on_account_minor: int
    taken_minor: int
    """Small over-payment that nobody claimed, taken to income."""
    returned_minor: int
    reference: str | None
    """What the payer wrote. Personal data."""
    value_date: date
    received_on: date
    received_at: datetime
    status: str
    """unidentified, waiting, unapplied, part-applied, applied, on-account, returned, refunded."""
    reason: str
    """Why it waits or was left; a row's word."""
    because: str
    decision_id: str | None
    candidates: str
    """JSON: [[[invoice number, …], total], …]; the explanations among which a person chooses."""
    manual: bool
    """A person has decided about it: nothing automatic touches it any more."""
    open: bool
    """Some of it pays nothing yet."""
    refunded_minor: int = 0
    """Credit that went back to the payer, or is on its way there."""
    source: str | None = None
    """The gateway that reported and numbered it; None: from before gateways were told apart."""
    content: str | None = None
    """A digest of what it said."""
    namesake_of: str | None = None
    """Its number, where that was another document's already: then its id is a name of its own."""
    doubted: bool = False
    """Its gateway had reported the number before, and otherwise."""

    @property
    def number(self) -> str:
        """As its gateway gave it."""
        return self.namesake_of or self.payment_id

    @property
    def says(self) -> tuple[object, ...]:
        """What is kept of what it said."""
        return self.origin_key, self.purse, self.amount_minor, self.value_date, self.reference

    @property
    def unidentified_minor(self) -> int:
        return 0 if self.identified else self.amount_minor - self.returned_minor

    @property
    def available_minor(self) -> int:
        """What may be applied."""
        return self.unapplied_minor + self.on_account_minor

    @property
    def here_minor(self) -> int:
        """What is left of it with us: the most that the bank can take back."""
        return self.amount_minor - self.returned_minor - self.refunded_minor

    @property
    def purse(self) -> tuple[str, str]:
        return self.legal_entity, self.currency

    @property
    def may_match(self) -> bool:
        """Still to be matched without a person: whole, identified, and nobody has decided about it."""
        return self.identified and not self.manual and self.unapplied_minor > 0 and self.applied_minor == 0

    @property
    def candidate_list(self) -> list[tuple[tuple[str, ...], int]]:
        return [(tuple(numbers), total) for numbers, total in json.loads(self.candidates)]

    def paid_by(self, customer_id: str) -> "Payment":
        """Its payer is known from now on; the money is unapplied. Refuses while it pays items or was refunded."""
        if self.applied_minor or self.refunded_minor:
            raise ValueError(f"{self.payment_id} pays items of {self.customer_id}")
        return _placed(
            self,
            customer_id=customer_id,
            named_customer_id=customer_id,
            identified=True,
            unapplied_minor=self.amount_minor - self.returned_minor - self.taken_minor,
            on_account_minor=0,
            reason="",
            because="",
            candidates="[]",
            manual=False,
        )

    def apply(self, amount_minor: int, because: str, decision_id: str | None) -> "Payment":
        """Pays items: out of what is unapplied first, then out of what is on account. Why it waited is gone."""
        if not 0 < amount_minor <= self.available_minor:
            raise ValueError(f"{self.payment_id} has {self.available_minor} left, not {amount_minor}")
        first = min(amount_minor, self.unapplied_minor)
        return _placed(
            self,
            applied_minor=self.applied_minor + amount_minor,
            unapplied_minor=self.unapplied_minor - first,
            on_account_minor=self.on_account_minor - amount_minor + first,
            reason="",
            because=because,
            decision_id=decision_id,
            candidates="[]",
        )

    def unapply(self, amount_minor: int) -> "Payment":
        """What it paid is owed again; the money is unapplied."""
        if not 0 < amount_minor <= self.applied_minor:
            raise ValueError(f"{self.payment_id} has {self.applied_minor} applied, not {amount_minor}")
        return _placed(
            self,
            applied_minor=self.applied_minor - amount_minor,
            unapplied_minor=self.unapplied_minor + amount_minor,
        )

    def keep(self, amount_minor: int) -> "Payment":
        """Put on account: deliberately kept as the payer's credit."""
        if not 0 < amount_minor <= self.unapplied_minor:
            raise ValueError(f"{self.payment_id} has {self.unapplied_minor} unapplied, not {amount_minor}")
        return _placed(
            self,
            unapplied_minor=self.unapplied_minor - amount_minor,
            on_account_minor=self.on_account_minor + amount_minor,
        )

    def take(self, amount_minor: int) -> "Payment":
        """Small credit that nobody claimed becomes income."""
        if not 0 < amount_minor <= self.on_account_minor:
            raise ValueError(f"{self.payment_id} has {self.on_account_minor} on account, not {amount_minor}")
        return _placed(
            self,
            on_account_minor=self.on_account_minor - amount_minor,
            taken_minor=self.taken_minor + amount_minor,
        )

    def refund(self, amount_minor: int) -> "Payment":
        """Credit goes back to the payer."""
        if not 0 < amount_minor <= self.on_account_minor:
            raise ValueError(f"{self.payment_id} has {self.on_account_minor} on account, not {amount_minor}")
        return _placed(
            self,
            on_account_minor=self.on_account_minor - amount_minor,
            refunded_minor=self.refunded_minor + amount_minor,
        )

    def unrefund(self, amount_minor: int) -> "Payment":
        """It could not be paid: the payer's credit again."""
        if not 0 < amount_minor <= self.refunded_minor:
            raise ValueError(f"{self.payment_id} has {self.refunded_minor} refunded, not {amount_minor}")
        return _placed(
            self,
            on_account_minor=self.on_account_minor + amount_minor,
            refunded_minor=self.refunded_minor - amount_minor,
        )

    def left(self, reason: str, because: str, decision_id: str | None, *, waits: bool = False) -> "Payment":
        """Not applied, and why."""
        status = "waiting" if waits else "unapplied"
        return replace(self, status=status, reason=reason, because=because, decision_id=decision_id)


def _placed(payment: Payment, **changes: Any) -> Payment:
    """Changed, with the status that follows from where its money is then."""
    identified = changes.get("identified", payment.identified)
    unapplied = changes.get("unapplied_minor", payment.unapplied_minor)
    on_account = changes.get("on_account_minor", payment.on_account_minor)
    applied = changes.get("applied_minor", payment.applied_minor)
    back = changes.get("returned_minor", payment.returned_minor)
    if not identified:
        status, still = "unidentified", back < payment.amount_minor
    elif unapplied:
        status, still = ("part-applied" if applied else "unapplied"), True
    elif applied:
        status, still = "applied", on_account > 0
    else:
        kept = on_account or changes.get("taken_minor", payment.taken_minor)
        gone = "refunded" if changes.get("refunded_minor", payment.refunded_minor) else "returned"
        status, still = ("on-account" if kept else gone), on_account > 0
    return replace(payment, **changes, status=status, open=still)


def went_back(payment: Payment, amount_minor: int) -> Payment:
    """The bank took back what pays nothing: unidentified, unapplied, on account, taken, in this order.

    What is left of money that waits for what it names goes on waiting.
    """
    if not 0 < amount_minor <= payment.here_minor - payment.applied_minor:
        raise ValueError(f"{payment.payment_id} cannot give back {amount_minor}: take its items back first")
    p, returned = payment, payment.returned_minor + amount_minor
    if not p.identified:
        return _placed(p, returned_minor=returned)
    first = min(amount_minor, p.unapplied_minor)
    second = min(amount_minor - first, p.on_account_minor)
    third = amount_minor - first - second
    after = _placed(
        p,
        unapplied_minor=p.unapplied_minor - first,
        on_account_minor=p.on_account_minor - second,
        taken_minor=p.taken_minor - third,
        returned_minor=returned,
    )
    return replace(after, status="waiting") if p.status == "waiting" and after.unapplied_minor else after


@dataclass(frozen=True, slots=True)
class RemittanceEntry:
    """One line of an advice: an item by our number or by the payer's, and what it settles of it."""

    invoice_number: str | None
    external_ref: str | None
    amount_minor: int

    @property
    def name(self) -> str:
        return self.invoice_number or self.external_ref or ""


@dataclass(frozen=True, slots=True)
class Remittance:
    """What a payer says a payment settles."""

    remittance_id: str
    origin_key: str
    customer_id: str | None
    named_customer_id: str | None
    identified: bool
    legal_entity: str
    currency: str
    payment_id: str | None
    total_minor: int
    lines: str
    """JSON: [[invoice number or null, external reference or null, amount], …]."""
    used_by: str | None
    """The payment that was applied by it."""
    received_at: datetime
    open: bool
    """Not used yet."""
    source: str | None = None
    content: str | None = None
    namesake_of: str | None = None
    """As of a payment."""

    @property
    def number(self) -> str:
        return self.namesake_of or self.remittance_id

    @property
    def says(self) -> tuple[object, ...]:
        return self.origin_key, self.purse, self.payment_id, self.total_minor, self.lines

    @property
    def entries(self) -> tuple[RemittanceEntry, ...]:
        return tuple(RemittanceEntry(*entry) for entry in json.loads(self.lines))

    @property
    def purse(self) -> tuple[str, str]:
        return self.legal_entity, self.currency


@dataclass(frozen=True, slots=True)
class PaymentReturn:
    """The bank took money back. Waits where its payment is not known yet."""

    return_id: str
    origin_key: str
    payment_id: str
    """The payment as the bank numbers it; once that is found, its id."""
    customer_id: str | None
    legal_entity: str
    currency: str
    amount_minor: int
    returned_on: date
    reason: str
    done: bool
    source: str | None = None
    content: str | None = None
    namesake_of: str | None = None
    doubted: bool = False
    """As of a payment."""

    @property
    def number(self) -> str:
        return self.namesake_of or self.return_id

    @property
    def purse(self) -> tuple[str, str]:
        return self.legal_entity, self.currency

    @property
    def says(self) -> tuple[object, ...]:
        return self.origin_key, self.purse, self.payment_id, self.amount_minor, self.returned_on, self.reason


@dataclass(frozen=True, slots=True)
class Awaited:
    """A payment names something that is not known yet. Stays when it has come: whoever waits no more passes it over."""

    name: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class CustomerMoney:
    """What was last told of a customer's money that pays no item, and what tolerance gave it this month."""

    customer_id: str
    legal_entity: str
    currency: str
    unapplied_minor: int
    on_account_minor: int
    version: int
    tolerance_month: str
    """`2026-01`, in the legal entity's zone."""
    tolerated_minor: int
