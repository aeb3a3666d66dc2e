"""The contested amount of an invoice: told when it is known, never more than what is open."""

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.disputes import DisputeOpened
from o2c_contracts.money import as_text

from o2c_disputes.domain.amounts import Amounts, Dispute, amounts_of
from o2c_disputes.domain.cases import Case
from o2c_disputes.domain.items import Item, Movement

from .history import Told, note, turn


def contest(work: WorkingSet, case: Case, item: Item | None, at_most: int | None = None) -> Told:
    """The contested amount of an invoice leaves dunning: what the customer named, at most what is open.

    No money is contested twice: what another case contests is not open to this one. While the invoice is not known
    the case waits for it. `at_most`: of a case that comes back, what it had contested.
    """
    if item is None:
        return turn(work, case, "awaiting-invoice" if case.invoice_number or case.external_ref else "no-invoice")
    case = case.found(item.invoice_number, item.contract_id)
    if (item.legal_entity, item.currency) != (case.legal_entity, case.currency):
        return turn(work, case, "other-currency")
    room = item.open_minor - sum(a.disputed_minor for a in amounts_on(work, item.invoice_number).values())
    amount = min(room, *(limit for limit in (case.amount_minor, at_most, room) if limit is not None))
    if amount <= 0:
        return turn(
            work, note(work, case, "nothing-open", f"{as_text(item.open_minor, item.currency)} is open"), "nothing-open"
        )
    work.put(_dispute(work, case, item, amount))
    yield opened(case, item, amount)
    if case.stage != "new":
        case = turn(work, case, "contested")
    return note(work, case, "contested", f"{as_text(amount, item.currency)} of {item.invoice_number}")


def _dispute(work: WorkingSet, case: Case, item: Item, amount: int) -> Dispute:
    rounds = [d.round for d in work.find(Dispute, invoice_number=item.invoice_number) if d.case_id == case.case_id]
    return Dispute(
        case_id=case.case_id,
        round=1 + max(rounds, default=0),
        customer_id=case.customer_id,
        legal_entity=item.legal_entity,
        currency=item.currency,
        invoice_number=item.invoice_number,
        original_minor=amount,
        opened_version=item.item_version,
        releases="[]",
        status="open",
        resolution=None,
        resolved_version=None,
    )


def opened(case: Case, item: Item, disputed_minor: int) -> DisputeOpened:
    """So much of the item is contested by this case from now on; told again when that changes without cash."""
    return DisputeOpened(
        customer_id=case.customer_id,
        legal_entity=item.legal_entity,
        currency=item.currency,
        case_id=case.case_id,
        invoice_number=item.invoice_number,
        disputed_minor=disputed_minor,
        reason=case.reason,
    )


def amounts_on(work: WorkingSet, invoice_number: str) -> dict[tuple[str, int], Amounts]:
    """What became of every dispute of an item."""
    disputes = work.find(Dispute, invoice_number=invoice_number)
    return amounts_of(disputes, work.find(Movement, invoice_number=invoice_number))


def open_dispute(work: WorkingSet, case: Case) -> Dispute | None:
    """The case's dispute, while it lasts."""
    if case.invoice_number is None:
        return None
    found = work.find(Dispute, invoice_number=case.invoice_number)
    return next((d for d in found if d.case_id == case.case_id and d.status == "open"), None)
