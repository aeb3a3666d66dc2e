"""Whatever order the topics come in, the same facts lead to the same invoices, charges and balances."""

from collections import Counter as Tally
from collections.abc import Callable
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.invoices import Invoice
from o2c_contracts.billing import ChargeAccrued, InvoiceIssued, UnbilledChanged
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveryConfirmed
from o2c_contracts.orders import OrderAmended
from o2c_contracts.postings import Posting

from tests.billing.books import Billing, berlin, contract, customer, delivery, monthly, order, order_line

MASTER: list[Event] = [customer()]
ORDERS: list[Event] = [
    contract(),
    order(order_line(10000, "3"), purchase_order="PO-1"),
    order(order_line(20000, "4"), kind=OrderAmended, amendment_id="A1", purchase_order="PO-1"),
    order(order_line(5000, "1"), order_id="O2"),
]
INTAKE: list[Event] = [
    delivery(5000, "1", name="D1"),
    delivery(10000, "2", name="D2"),
    delivery(5000, "1", name="D3", order_id="O2"),
]


def merged(draw: Callable[[st.SearchStrategy[Any]], Any], *streams: list[Event]) -> list[Event]:
    """One interleaving of the topics; within a topic the order stays."""
    left = [list(s) for s in streams]
    out = []
    while any(left):
        stream = draw(st.sampled_from([s for s in left if s]))
        out.append(stream.pop(0))
    return out


def summary(billing: Billing) -> dict[str, Any]:
    """What must not depend on the order: every charge with its amount, every invoice by its content, the books."""
    charges = {c.line_id: (c.net_minor, c.status, c.contract_id, c.external_ref) for c in billing.rows(Charge)}
    invoices = sorted((i.contract_id, i.purchase_order or "", i.net_minor, i.tax_minor) for i in billing.rows(Invoice))
    books: Tally[str] = Tally()
    for p in billing.rows(Posting):
        books[p.account] += p.amount_minor
    return {"charges": charges, "invoices": invoices, "books": dict(books), "unbilled": billing.unbilled()}


def assert_identities(billing: Billing) -> None:
    told = [m.event for m in billing.rig.told]
    charges = billing.rows(Charge)
    unbilled: dict[str, int] = {}
    for event in told:
        if isinstance(event, UnbilledChanged):
            unbilled[event.line_id] = event.unbilled_minor
    assert {k: v for k, v in unbilled.items() if v} == {k: v for k, (v, _) in billing.unbilled().items() if v}
    invoiced = sum(c.net_minor for c in charges if c.status == "invoiced")
    assert invoiced == sum(e.net_minor for e in told if isinstance(e, InvoiceIssued))
    assert sum(p.amount_minor for p in billing.rows(Posting)) == 0
    assert len({e.line_id for e in told if isinstance(e, ChargeAccrued)}) == len(charges)
    numbers = sorted(i.invoice_number for i in billing.rows(Invoice))
    assert numbers == [f"DE01-INV-2026-{n:06d}" for n in range(1, len(numbers) + 1)]


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.data())
def test_a_delivery_may_overtake_customer_contract_and_order_on_the_billing_day(data: st.DataObject) -> None:
    straight, shuffled = Billing(), Billing()
    master: list[Event] = [customer(instructions=monthly(10))]
    straight.tell(*master, *ORDERS, *INTAKE)

    for event in merged(data.draw, master, ORDERS, INTAKE):
        shuffled.tell(event)

    for billing in (straight, shuffled):
        billing.until(berlin("2026-03-10", 8))
        assert_identities(billing)
    left, right = summary(straight), summary(shuffled)
    assert (left["charges"], left["books"], left["unbilled"]) == (right["charges"], right["books"], right["unbilled"])


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.data())
def test_at_once_every_delivery_ends_on_one_invoice_in_any_order(data: st.DataObject) -> None:
    straight, shuffled = Billing(), Billing()
    orders = [ORDERS[0], ORDERS[2].model_copy(), ORDERS[3]]
    straight.tell(*MASTER, *orders, *INTAKE)

    for event in merged(data.draw, MASTER, orders, INTAKE):
        shuffled.tell(event)

    assert_identities(shuffled)
    assert summary(straight) == summary(shuffled)
    assert all(c.status == "invoiced" for c in shuffled.rows(Charge))


def test_partial_deliveries_add_up_in_any_order_of_arrival() -> None:
    parts = [delivery(1, quantity, name=f"D{n}") for n, quantity in enumerate(("1", "2", "4"))]

    for arrival in permutations(parts):
        billing = Billing()
        billing.tell(customer(instructions=monthly(10)), contract(), order(order_line(9998, "7")), *arrival)

        assert sum(c.net_minor for c in billing.rows(Charge)) == 9998
        assert all(isinstance(d, DeliveryConfirmed) for d in arrival)
