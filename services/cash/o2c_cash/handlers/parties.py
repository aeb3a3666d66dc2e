"""Customers, their families and the accounts they pay from; money that waited for its payer is tried again."""

from collections.abc import Iterator
from dataclasses import replace

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event, payer_key
from o2c_contracts.master import CustomerChanged, CustomerRegistered, FamilyChanged

from o2c_cash.domain.parties import Party, PayerAccount
from o2c_cash.domain.payments import Payment, Remittance
from o2c_cash.tables.needs import accounts_touched

from .identifying import name_payer


def on_customer_registered(event: CustomerRegistered, work: WorkingSet) -> Iterator[Event]:
    work.put(Party(event.customer_id, event.root_id))
    yield from _accounts(event, work)


def on_customer_changed(event: CustomerChanged, work: WorkingSet) -> Iterator[Event]:
    """Accounts that are given replace those before."""
    yield from _accounts(event, work)


def on_family_changed(event: FamilyChanged, work: WorkingSet) -> Iterator[Event]:
    party = work.get(Party, customer_id=event.customer_id) or Party(event.customer_id, None)
    work.put(replace(party, root_id=event.root_id))
    yield from ()


def _accounts(event: CustomerRegistered | CustomerChanged, work: WorkingSet) -> Iterator[Event]:
    now = {payer_key(account, "") for account in event.accounts or ()}
    touched = sorted(accounts_touched(event, work))
    for key in touched:
        work.put(PayerAccount(key, event.customer_id, key in now))
    for key in touched:
        waiting: list[Payment | Remittance] = [
            *work.find(Payment, origin_key=key, identified=False),
            *work.find(Remittance, origin_key=key, identified=False),
        ]
        for document in waiting:
            if document.named_customer_id is None:
                yield from name_payer(work, document)
