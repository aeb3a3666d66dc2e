"""Open items as cash tells them, and money that pays none yet: what is paid may make room."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.cash import CustomerMoneyChanged, ItemChanged
from o2c_contracts.event import Event

from o2c_orders.domain.exposure import CustomerMoney, Item

from . import holds, ledger


def on_item_changed(event: ItemChanged, work: WorkingSet) -> Iterator[Event]:
    """Cash alone says what an item owes; a lower version never overwrites a higher one."""
    before = work.get(Item, customer_id=event.customer_id, invoice_number=event.invoice_number)
    if before and before.item_version >= event.item_version:
        return
    item = before or Item(event.customer_id, event.invoice_number, event.legal_entity, event.currency, 0, 0, open=False)
    after = replace(
        item,
        open_minor=event.open_minor_after,
        item_version=event.item_version,
        open=event.open_minor_after > 0,
    )
    ledger.record(before, after, work)
    yield from holds.release(event.customer_id, work)


def on_customer_money_changed(event: CustomerMoneyChanged, work: WorkingSet) -> Iterator[Event]:
    """Unapplied and on-account money lowers exposure."""
    place = event.legal_entity, event.currency
    rows = work.find(CustomerMoney, customer_id=event.customer_id)
    before = next((m for m in rows if (m.legal_entity, m.currency) == place), None)
    if before and before.version >= event.version:
        return
    work.put(
        CustomerMoney(
            event.customer_id,
            event.legal_entity,
            event.currency,
            event.unapplied_minor,
            event.on_account_minor,
            event.version,
        )
    )
    yield from holds.release(event.customer_id, work)
