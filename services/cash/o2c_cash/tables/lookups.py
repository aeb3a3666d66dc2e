"""What the loaded rows say about who belongs together and what a payer's words name. Reads, never writes."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from o2c_chassis.working_set import Need, WorkingSet, need
from o2c_contracts.bank import RemittanceAdvised
from o2c_contracts.event import payer_key

from o2c_cash.domain.items import OpenItem
from o2c_cash.domain.naming import looked_up
from o2c_cash.domain.numbers import same_payer, tells_of
from o2c_cash.domain.parties import Party, PayerAccount
from o2c_cash.domain.payments import Awaited, Payment, PaymentReturn, Receipt, Remittance, RemittanceEntry

D = TypeVar("D", Payment, Remittance, PaymentReturn)
_ID: dict[type, str] = {Payment: "payment_id", Remittance: "remittance_id", PaymentReturn: "return_id"}


def family_of(work: WorkingSet, customer_id: str) -> str:
    """The name under which the customer's family is locked; one that is not registered stands alone."""
    party = work.get(Party, customer_id=customer_id)
    return party.family if party else f"c:{customer_id}"


def lock_of(number: str) -> str:
    """Held by whatever may be the first to name a document: receipt, advice and return race on three keys, and two
    gateways that give the same number on two."""
    return payer_key(None, number)


def of_number(kind: type[Any], number: str) -> list[Need[Any]]:
    """Every document of this number: the first has it as its id, the others a name of their own."""
    return [need(kind, **{_ID[kind]: number}), need(kind, namesake_of=number)]


def numbered(work: WorkingSet, kind: type[D], number: str) -> list[D]:
    """The same, as they are known; the first comes first."""
    first: list[D] = work.find(kind, **{_ID[kind]: number})
    others: list[D] = work.find(kind, namesake_of=number)
    return first + others


def meant_by(work: WorkingSet, document: Remittance | PaymentReturn) -> Payment | None:
    """The payment whose number an advice or a return names. None: not known yet, or not clear which.

    Of several, that of its own gateway; of those, its payer's; of those, what has its amount.
    """
    amount = document.total_minor if isinstance(document, Remittance) else document.amount_minor
    found = [p for p in numbered(work, Payment, str(document.payment_id)) if _may_mean(work, document, p)]
    if len(found) > 1:
        found = [p for p in found if p.source == document.source] or found
        found = [p for p in found if same_payer(document, p)] or found
        found = [p for p in found if (p.purse, p.amount_minor) == (document.purse, amount)] or found
    return found[0] if len(found) == 1 else None


def _may_mean(work: WorkingSet, document: Remittance | PaymentReturn, payment: Payment) -> bool:
    """A family member's advice may explain a payment; what goes back is told by its own payer or gateway."""
    if tells_of(document, payment):
        return True
    if isinstance(document, PaymentReturn) or document.customer_id is None or payment.customer_id is None:
        return False
    return bool(of_family(work, document.customer_id, [payment]))


def owners_of(work: WorkingSet, key: str) -> list[str]:
    """Customers that pay from the account behind this key."""
    return [row.customer_id for row in work.find(PayerAccount, payer_key=key) if row.active]


def number_of(payment: Receipt) -> str:
    """As its gateway gave it."""
    return payment.number if isinstance(payment, Payment) else payment.payment_id


def advices_near(work: WorkingSet, payment: Receipt) -> list[Remittance]:
    """Everything that may have been advised about a payment, as far as numbers and amounts go."""
    near = [*work.find(Remittance, payment_id=number_of(payment)), *_of_its_total(work, payment)]
    for name in looked_up(payment.reference):
        near += numbered(work, Remittance, name)
    return list({r.remittance_id: r for r in near if _usable(payment, r)}.values())


def remittances_of(work: WorkingSet, payment: Payment) -> list[Remittance]:
    """What was advised about a payment: what names it, what it names, else what has its total where it names nothing.

    Of the same legal entity and currency; of several advices of the number that it names its family's only.
    """
    named = [r for r in work.find(Remittance, payment_id=payment.number) if _usable(payment, r)]
    named = [r for r in named if _may_mean(work, r, payment)]
    for name in looked_up(payment.reference):
        of_name = [r for r in numbered(work, Remittance, name) if _usable(payment, r)]
        kin = [r for r in of_name if r.customer_id and of_family(work, r.customer_id, [payment])]
        named += kin if len(of_name) > 1 and kin else of_name
    found = named or [r for r in _of_its_total(work, payment) if _usable(payment, r)]
    return list({r.remittance_id: r for r in found}.values())


def _of_its_total(work: WorkingSet, payment: Receipt) -> list[Remittance]:
    if payment.reference or payment.customer_id is None:
        return []
    own = work.find(Remittance, customer_id=payment.customer_id, open=True)
    return [r for r in own if r.payment_id is None and r.total_minor == payment.amount_minor]


def _usable(payment: Receipt, advice: Remittance) -> bool:
    free = advice.used_by in (None, payment.payment_id)
    return free and advice.purse == (payment.legal_entity, payment.currency)


def items_named(work: WorkingSet, name: str) -> list[OpenItem]:
    """Items that a name may mean: our number, or the number that the customer gave."""
    own = work.find(OpenItem, invoice_number=name)
    return own or work.find(OpenItem, external_ref=name)


def items_of(work: WorkingSet, entry: RemittanceEntry) -> list[OpenItem]:
    """Items that a line of an advice may mean; our own number goes before the customer's."""
    found = work.find(OpenItem, invoice_number=entry.invoice_number) if entry.invoice_number else []
    return found or (work.find(OpenItem, external_ref=entry.external_ref) if entry.external_ref else [])


def items_meant(work: WorkingSet, payment: Receipt) -> list[OpenItem]:
    """Everything that a payment's reference, or what was advised about it, may mean."""
    advised = [item for r in advices_near(work, payment) for entry in r.entries for item in items_of(work, entry)]
    return advised + [item for name in looked_up(payment.reference) for item in items_named(work, name)]


def waiting_for(work: WorkingSet, customer_id: str, names: Iterable[str]) -> list[Payment]:
    """Money that an item may explain: the payer's own that names nothing, and the family's that waits for these names.

    In the order of its value dates.
    """
    found = {
        p.payment_id: p
        for p in work.find(Payment, customer_id=customer_id, open=True)
        if p.may_match and not p.reference
    }
    found |= {p.payment_id: p for p in of_family(work, customer_id, awaiting(work, names)) if p.may_match}
    return sorted(found.values(), key=lambda p: (p.value_date, p.payment_id))


def of_family(work: WorkingSet, customer_id: str, payments: Iterable[Payment]) -> list[Payment]:
    """Those whose payers belong together with the customer: another family's are not locked, and never touched."""
    return [p for p in payments if p.customer_id and family_of(work, p.customer_id) == family_of(work, customer_id)]


def awaiting(work: WorkingSet, names: Iterable[str]) -> Sequence[Payment]:
    """Payments that wait for a document of one of these names."""
    ids = {a.payment_id: None for name in names for a in work.find(Awaited, name=name)}
    return [p for payment_id in ids if (p := work.get(Payment, payment_id=payment_id)) is not None]


def advised_payments(advice: Remittance | RemittanceAdvised, work: WorkingSet) -> list[Payment]:
    """The payments that an advice may belong to: those of the number it names; else those that name it; else, where no
    payment names anything, those of its total."""
    if advice.payment_id:
        return [p for p in numbered(work, Payment, advice.payment_id) if p.customer_id is not None]
    number = advice.number if isinstance(advice, Remittance) else advice.remittance_id
    if naming := of_family(work, str(advice.customer_id), awaiting(work, [number])):
        return naming
    purse, total = (advice.legal_entity, advice.currency), advice.total_minor
    open_ones = work.find(Payment, customer_id=advice.customer_id, open=True)
    return [p for p in open_ones if p.may_match and not p.reference and p.purse == purse and p.amount_minor == total]
