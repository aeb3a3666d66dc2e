"""Giving up what is owed: nothing is written off before those whom the matrix names have agreed."""

from collections.abc import Iterator

from o2c_chassis.approvals import Approval, payload_hash
from o2c_chassis.bands import Band, band_of
from o2c_chassis.errors import Refused
from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.money import as_text
from o2c_rules.values import Facts

from o2c_cash import facts
from o2c_cash.commands import WriteOff
from o2c_cash.domain.items import ItemDispute, OpenItem

from . import matrix, movements
from .desk import Desk, Step, Why
from .people import ITEMS_OF, authorise

ACTION = "write-off"


def on_write_off(event: WriteOff, work: WorkingSet) -> Iterator[Event]:
    """Asks for approval of giving up so much of an item."""
    actor = authorise(event, work, ACTION)
    item = work.get(OpenItem, invoice_number=event.invoice_number)
    if item is None or item.customer_id != event.customer_id:
        hint = ITEMS_OF.format(event.customer_id)
        raise Refused("unknown-item", f"{event.customer_id} has no invoice {event.invoice_number}", hint, 404)
    if event.amount_minor > item.open_minor:
        owes = as_text(item.open_minor, item.currency)
        raise Refused("more-than-open", f"{item.invoice_number} owes {owes}", "write off no more than that")
    approval = Approval(
        approval_id=work.new_id("approval", item.invoice_number),
        customer_id=item.customer_id,
        action=ACTION,
        document_id=item.invoice_number,
        legal_entity=item.legal_entity,
        currency=item.currency,
        amount_minor=event.amount_minor,
        reason=event.reason,
        requested_by=actor,
        requested_at=work.at,
        expires_at=work.at,
        steps="[]",
        payload_hash=_hash(item, event.amount_minor, event.reason),
    )
    yield from matrix.request(work, approval, band(approval, work))


def band(approval: Approval, work: WorkingSet) -> Band:
    """Who must agree to it."""
    item = _item(approval, work)
    contested = work.find(ItemDispute, customer_id=item.customer_id, open=True)
    disputed = any(d.invoice_number == item.invoice_number for d in contested)

    def sheet(besides_minor: int) -> Facts:
        return facts.write_off(item, approval.amount_minor, besides_minor, approval.reason, disputed=disputed)

    return band_of(matrix.TABLE, approval.approval_id, sheet, work)


def content(approval: Approval, work: WorkingSet) -> str:
    """What is agreed to as it is now; Refused where it is gone."""
    return _hash(_item(approval, work), approval.amount_minor, approval.reason)


def carry_out(approval: Approval, people: str, work: WorkingSet) -> Iterator[Event]:
    """Everybody has agreed."""
    desk, item = Desk(work), _item(approval, work)
    because = Why(f"{approval.reason}: agreed by {people}", None, approval.requested_by)
    step = Step("write-off", None, approval.approval_id, desk.today(item.legal_entity), because)
    yield from movements.write_off(desk, item, approval.amount_minor, step)
    yield from desk.close()


def ended(approval: Approval, work: WorkingSet) -> None:
    """Nothing is kept of a write-off that was not agreed to."""


def _item(approval: Approval, work: WorkingSet) -> OpenItem:
    item = work.get(OpenItem, invoice_number=approval.document_id)
    if item is None:
        hint = ITEMS_OF.format(approval.customer_id)
        raise Refused("unknown-item", f"there is no invoice {approval.document_id}", hint, 404)
    return item


def _hash(item: OpenItem, amount_minor: int, reason: str) -> str:
    """So much of an item that owes so much."""
    said = {"invoice_number": item.invoice_number, "amount_minor": amount_minor}
    return payload_hash(said | {"open_minor": item.open_minor, "reason": reason})
