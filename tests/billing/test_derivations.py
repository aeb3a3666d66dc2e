"""Every invoiced line can be computed again, to the cent, from what is stored with it."""

import json
from datetime import UTC, date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_billing.domain.charges import recompute
from o2c_billing.domain.invoices import InvoicedLine
from o2c_contracts.money import to_minor
from o2c_contracts.orders import ContractEnded

from tests.billing.books import (
    Billing,
    amended,
    berlin,
    contract,
    customer,
    delivery,
    order,
    order_line,
    service_line,
    with_invoice,
)


def assert_every_line_recomputes(billing: Billing) -> None:
    lines = billing.rows(InvoicedLine)
    assert lines != []
    for line in lines:
        assert recompute(json.loads(line.derivation), line.currency) == line.net_minor
    for invoice in billing.invoices():
        own = [line for line in lines if line.invoice_number == invoice.invoice_number]
        assert sum(line.net_minor for line in own) == invoice.net_minor


def test_a_delivered_line_knows_its_order_line_and_what_came_before() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(10000, "3")))
    billing.tell(delivery(3333, "1", name="D1"), delivery(3333, "1", name="D2"))

    how = json.loads(billing.rows(InvoicedLine)[1].derivation)

    assert (how["by"], how["line_net_minor"], how["line_quantity"], how["before"]) == ("order-share", 10000, "3", "1")
    assert_every_line_recomputes(billing)


@settings(max_examples=30, derandomize=True, deadline=None)
@given(
    price=st.decimals(Decimal("0.01"), Decimal(9999), places=4),
    quantity=st.decimals(Decimal("0.5"), Decimal(99), places=2),
    starts=st.dates(date(2027, 1, 1), date(2028, 3, 1)),
    change=st.integers(0, 70),
    new_price=st.decimals(Decimal("0.01"), Decimal(9999), places=4),
    ends=st.integers(0, 120),
)
def test_monthly_lines_recompute_whatever_changes_in_the_middle(
    price: Decimal, quantity: Decimal, starts: date, change: int, new_price: Decimal, ends: int
) -> None:
    billing = Billing(at=berlin(starts.isoformat(), 1).astimezone(UTC))
    line = service_line(str(price), starts, quantity=quantity)
    billing.tell(customer(), contract(starts_on=starts, lines=(line,)))
    billing.until(berlin(starts.isoformat(), 6))
    later = service_line(str(new_price), starts, quantity=quantity)
    effective = date.fromordinal(starts.toordinal() + change)
    billing.tell(amended(effective, starts_on=starts, lines=(later,)))
    last = date.fromordinal(starts.toordinal() + ends)
    billing.tell(ContractEnded(customer_id="C1", legal_entity="DE01", currency="EUR", contract_id="K1", ends_on=last))

    billing.until(berlin(date.fromordinal(last.toordinal() + 40).isoformat()))

    assert_every_line_recomputes(billing)


def test_a_whole_month_is_price_times_quantity() -> None:
    how = {"by": "month", "unit_price": "33.335", "quantity": "3", "days": 28, "of_days": 28}

    assert recompute(how, "EUR") == to_minor(Decimal("100.005"), "EUR") == 10001


def test_a_currency_without_cents_is_charged_in_whole_units() -> None:
    how = {"by": "month", "unit_price": "1000.5", "quantity": "1", "days": 15, "of_days": 30}

    assert recompute(how, "JPY") == 500


def test_an_unknown_way_of_computing_is_refused() -> None:
    with pytest.raises(ValueError, match="guess"):
        recompute({"by": "guess"}, "EUR")


def test_what_was_invoiced_keeps_its_derivation_when_the_order_changes() -> None:
    billing = with_invoice()
    before = billing.rows(InvoicedLine)

    billing.tell(order(order_line(50000, "10")))

    assert billing.rows(InvoicedLine) == before
    assert_every_line_recomputes(billing)
