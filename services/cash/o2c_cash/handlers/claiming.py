"""What a payment says that it pays, found among what is known. Changes nothing."""

from collections.abc import Iterable

from o2c_chassis.working_set import WorkingSet

from o2c_cash.domain.claims import NOTHING, Claim, Line, in_order
from o2c_cash.domain.items import OpenItem
from o2c_cash.domain.naming import names_in, whole_of
from o2c_cash.domain.payments import Payment, Remittance, RemittanceEntry
from o2c_cash.tables.lookups import family_of, items_named, items_of, remittances_of

_Found = tuple[str, list[OpenItem], int | None]
"""A name, the items that it may mean, and what of them is meant to be paid."""


def claim_of(work: WorkingSet, payment: Payment) -> Claim:
    """An advice goes before the reference; several advices explain nothing."""
    advices = remittances_of(work, payment)
    if len(advices) > 1:
        return Claim("remittance", "ambiguous")
    if advices:
        return _by_advice(work, payment, advices[0])
    return _by_reference(work, payment) if payment.reference and whole_of(payment.reference) else NOTHING


def _by_advice(work: WorkingSet, payment: Payment, advice: Remittance) -> Claim:
    if not advice.identified or advice.customer_id is None:
        return Claim("remittance", "unknown", missing=(advice.number,))
    if not _one_family(work, payment, advice.customer_id):
        return Claim("remittance", "elsewhere")
    found: list[_Found] = [(e.name, items_of(work, e), e.amount_minor) for e in merged(advice.entries)]
    return _judged(work, payment, "remittance", found, advice)


def merged(entries: Iterable[RemittanceEntry]) -> list[RemittanceEntry]:
    """An item on two lines is meant with their sum."""
    sums: dict[tuple[str | None, str | None], int] = {}
    for e in entries:
        sums[e.invoice_number, e.external_ref] = sums.get((e.invoice_number, e.external_ref), 0) + e.amount_minor
    return [RemittanceEntry(number, ref, amount) for (number, ref), amount in sums.items()]


def _by_reference(work: WorkingSet, payment: Payment) -> Claim:
    """The whole text as one number, else each word that looks like one."""
    whole = whole_of(payment.reference)
    if items := items_named(work, whole):
        return _judged(work, payment, "reference", [(whole, items, None)])
    names = names_in(payment.reference) or (whole,)
    return _judged(work, payment, "reference", [(name, items_named(work, name), None) for name in names])


def _judged(
    work: WorkingSet, payment: Payment, named: str, found: list[_Found], advice: Remittance | None = None
) -> Claim:
    """Unknown goes before everything: it may still come. Then what is not ours to apply, then what is not clear."""
    lines: list[Line] = []
    missing, state = [], "settled"
    for name, items, amount in found:
        near = [item for item in items if _one_family(work, payment, item.customer_id)]
        usable = [item for item in near if item.purse == payment.purse]
        if not near and all(item.invoice_number != name for item in items):
            missing.append(name)  # Another customer's number may be the same as one that this payer's will have.
        elif not usable:
            state = "elsewhere"
        elif len(usable := [item for item in usable if item.open] or usable) > 1:
            state = "ambiguous" if state != "elsewhere" else state
        else:
            lines.append((usable[0], amount))
    if missing:
        state = "unknown"
    elif state == "settled" and any(item.open for item, _ in lines):
        state = "complete"
    ordered = tuple(lines) if advice else in_order(_once(lines))
    return Claim(named, state, ordered, tuple(missing), advice)


def _once(lines: list[Line]) -> list[Line]:
    """A reference may name an item by both of its numbers."""
    return list({item.invoice_number: (item, amount) for item, amount in lines}.values())


def _one_family(work: WorkingSet, payment: Payment, customer_id: str) -> bool:
    payer = str(payment.customer_id)
    return customer_id == payer or family_of(work, customer_id) == family_of(work, payer)
