"""Exchange rates: what was decided stays decided; what waited for a rate is decided now."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from o2c_chassis.working_set import WorkingSet
from o2c_contracts.event import Event
from o2c_contracts.reference import ExchangeRatePublished

from o2c_orders.domain.customers import Customer
from o2c_orders.domain.exposure import Rate, pair_of, retired
from o2c_orders.domain.orders import Hold

from . import holds

_KEPT = timedelta(days=35)
"""How long a rate that a newer one overtook stays at hand for orders that are read late."""


def on_exchange_rate_published(event: ExchangeRatePublished, work: WorkingSet) -> Iterator[Event]:
    pair = pair_of(event.base, event.quote)
    work.put(Rate(event.base, event.quote, event.valid_on, event.rate, pair))
    for rate in retired(work.find(Rate, pair=pair, counts=True), work.at.date() - _KEPT):
        work.put(replace(rate, counts=False))
    waiting = {h.customer_id for h in work.find(Hold, rate_pair=pair, open=True)}
    roots = {(work.get(Customer, customer_id=c) or Customer.unknown(c)).root_id for c in waiting}
    for root_id in sorted(roots):
        yield from holds.release(root_id, work)
