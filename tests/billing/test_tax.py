"""Tax by table and tax point, rounded once per category and rate."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_billing.domain.taxes import Taxation, tax_on, tax_parts
from o2c_contracts.billing import InvoiceIssued

from tests.billing.books import Billing, contract, customer, delivery, order, order_line

STANDARD = Taxation("standard", "S", Decimal(19))


def taxed(entity: str, currency: str, tax_code: str, **buyer: object) -> InvoiceIssued:
    billing = Billing()
    billing.tell(customer(**buyer), contract(legal_entity=entity, currency=currency))
    billing.tell(order(order_line(10000, tax_code=tax_code), legal_entity=entity, currency=currency))
    billing.tell(delivery(10000, "1", legal_entity=entity, currency=currency))
    return billing.invoices()[0]


def test_tax_is_rounded_once_on_the_sum_and_not_per_line() -> None:
    parts = tax_parts([(3334, STANDARD)] * 3, "EUR")

    assert [(p.base_minor, p.tax_minor) for p in parts] == [(10002, 1900)]


def test_half_a_cent_is_rounded_up() -> None:
    assert tax_on(50, Decimal(1), "EUR") == 1
    assert tax_on(-50, Decimal(1), "EUR") == -1
    assert tax_on(49, Decimal(1), "EUR") == 0


def test_codes_with_one_category_and_rate_are_one_part() -> None:
    parts = tax_parts([(100, STANDARD), (200, Taxation("goods", "S", Decimal("19.0")))], "EUR")

    assert [(p.tax_code, p.base_minor, p.tax_minor) for p in parts] == [("standard", 300, 57)]


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(["19", "7", "5.5", "0"])), min_size=1, max_size=20))
def test_bases_add_up_to_the_net_and_tax_is_within_half_a_cent(lines: list[tuple[int, str]]) -> None:
    parts = tax_parts([(net, Taxation("x", "S", Decimal(rate))) for net, rate in lines], "EUR")

    assert sum(p.base_minor for p in parts) == sum(net for net, _ in lines)
    assert all(abs(p.tax_minor - p.base_minor * p.rate_percent / 100) <= Decimal("0.5") for p in parts)


@pytest.mark.parametrize(
    ("entity", "currency", "code", "country", "tax_id", "category", "tax"),
    [
        ("DE01", "EUR", "standard", "DE", None, "S", 1900),
        ("DE01", "EUR", "reduced", "DE", None, "S", 700),
        ("FR01", "EUR", "low", "FR", None, "S", 550),
        ("FR01", "EUR", "standard", "ES", "ESB1", "AE", 0),
        ("DE01", "EUR", "goods", "IT", "IT1", "K", 0),
        ("DE01", "EUR", "goods", "IT", None, "S", 1900),
        ("DE01", "EUR", "goods", "MA", None, "G", 0),
        ("UK01", "GBP", "standard", "GB", None, "S", 2000),
        ("UK01", "GBP", "zero", "GB", None, "Z", 0),
        ("US01", "USD", "none", "US", None, "O", 0),
    ],
)
def test_category_and_tax_follow_seller_buyer_and_code(
    entity: str, currency: str, code: str, country: str, tax_id: str | None, category: str, tax: int
) -> None:
    invoice = taxed(entity, currency, code, country=country, tax_id=tax_id)

    assert [(t.category, t.tax_minor) for t in invoice.taxes] == [(category, tax)]


def test_the_rate_is_that_of_the_day_of_supply() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order())

    billing.tell(delivery(delivered_on=date(2026, 2, 27)))

    (asked,) = [d for d in billing.rig.decisions("billing") if d.decision.table == "billing/tax"]
    assert asked.decision.on == date(2026, 2, 27)
    assert asked.decision.facts["tax_point"] == date(2026, 2, 27)


def test_outside_the_scope_does_not_share_a_document_with_taxed_lines() -> None:
    billing = Billing()
    billing.tell(customer(), contract())
    billing.tell(order(order_line(100), order_line(100, line_id="2", tax_code="none")))

    billing.tell(
        delivery(
            lines=tuple(line.model_copy(update={"line_id": name}) for name in "12" for line in delivery(100, "1").lines)
        )
    )

    assert billing.invoices() == []
    assert set(billing.unbilled().values()) == {(100, "mixed-outside-scope")}
