"""What the loaded rows say about who belongs together and what a payer's words name. Reads, never writes."""

from collections.abc import Iterable, Sequence

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.bank import RemittanceAdvised
from o2c_contracts.event import payer_key

from o2c_cash.domain.items import OpenItem
from o2c_cash.domain.naming import looked_up
from o2c_cash.domain.parties import Party, PayerAccount
from o2c_cash.domain.payments import Awaited, Payment, Receipt, Remittance, RemittanceEntry


def family_of(work: WorkingSet, customer_id: str) -> str:
    """The name under which the customer's family is locked; one that is not registered stands alone."""
    party = work.get(Party, customer_id=customer_id)
    return party.family if party else f"c:{customer_id}"


def lock_of(payment_id: str) -> str:
    """Held by whatever may be the first to name a payment: receipt, advice and return race on three keys."""
    return payer_key(None, payment_id)


def owners_of(work: WorkingSet, key: str) -> list[str]:
    """Customers that pay from the account behind this key."""
    return [row.customer_id for row in work.find(PayerAccount, payer_key=key) if row.active]


def remittances_of(work: WorkingSet, payment: Receipt) -> list[Remittance]:
    """What was advised about a payment: what names it, what it names, else what has its total where it names nothing.

    The payer's own and its family's only, of the same legal entity and currency.
    """
    named = {r.remittance_id: r for r in work.find(Remittance, payment_id=payment.payment_id)}
    for name in looked_up(payment.reference):
        named |= {r.remittance_id: r for r in work.find(Remittance, remittance_id=name)}
    if not named and not payment.reference and payment.customer_id is not None:
        named = {
            r.remittance_id: r
            for r in work.find(Remittance, customer_id=payment.customer_id, open=True)
            if r.payment_id is None and r.total_minor == payment.amount_minor
        }
    purse = payment.legal_entity, payment.currency
    return [r for r in named.values() if r.used_by in (None, payment.payment_id) and r.purse == purse]


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
    advised = [item for r in remittances_of(work, payment) for entry in r.entries for item in items_of(work, entry)]
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
    """The payments that an advice may belong to: the one it names; else those that name it; else, where no payment
    names anything, those of its total."""
    if advice.payment_id:
        payment = work.get(Payment, payment_id=advice.payment_id)
        return [payment] if payment is not None and payment.customer_id is not None else []
    if naming := of_family(work, str(advice.customer_id), awaiting(work, [advice.remittance_id])):
        return naming
    purse, total = (advice.legal_entity, advice.currency), advice.total_minor
    open_ones = work.find(Payment, customer_id=advice.customer_id, open=True)
    return [p for p in open_ones if p.may_match and not p.reference and p.purse == purse and p.amount_minor == total]
