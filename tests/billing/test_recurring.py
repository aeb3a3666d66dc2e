"""Monthly lines of contracts: charged as each month begins, prorated by days, corrected when a contract changes."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.periods import DAY, Period, next_on, period
from o2c_chassis.approvals import Approval
from o2c_chassis.testing import of
from o2c_contracts.billing import CreditNoteIssued, InvoiceIssued, UnbilledChanged
from o2c_contracts.orders import ContractEnded
from o2c_contracts.shared import ApprovalRequested

from tests.billing.books import Billing, amended, berlin, contract, customer, monthly, service_line


def subscribed(
    price: str = "310.00", starts_on: date = date(2026, 3, 1), at: str = "2026-02-20", **changes: object
) -> Billing:
    billing = Billing(at=berlin(at).astimezone(UTC))
    line = service_line(price, starts_on)
    billing.tell(customer(), contract(**({"lines": (line,), "starts_on": starts_on} | changes)))
    return billing


def ended(on: date) -> ContractEnded:
    return ContractEnded(customer_id="C1", legal_entity="DE01", currency="EUR", contract_id="K1", ends_on=on)


def periods(billing: Billing) -> list[tuple[date, date, int]]:
    return [(x.service_from, x.service_to, x.net_minor) for i in billing.invoices() for x in i.lines]  # type: ignore[misc]


def test_a_month_is_charged_and_invoiced_at_five_in_the_morning_of_its_first_day() -> None:
    billing = subscribed()

    before = billing.until(berlin("2026-03-01", 4, 59))
    told = billing.until(berlin("2026-03-01", 5))

    assert of(before, InvoiceIssued) == []
    (invoice,) = of(told, InvoiceIssued)
    assert (invoice.net_minor, invoice.tax_minor) == (31000, 5890)
    assert (invoice.lines[0].service_from, invoice.lines[0].service_to) == (date(2026, 3, 1), date(2026, 3, 31))
    assert invoice.contract_id == "K1"


def test_months_are_counted_from_the_start_day_and_day_31_is_the_last_of_a_shorter_month() -> None:
    billing = subscribed(starts_on=date(2026, 1, 31), at="2026-01-20")

    billing.until(berlin("2026-04-30", 23))

    assert [(first, last) for first, last, _ in periods(billing)] == [
        (date(2026, 1, 31), date(2026, 2, 27)),
        (date(2026, 2, 28), date(2026, 3, 30)),
        (date(2026, 3, 31), date(2026, 4, 29)),
        (date(2026, 4, 30), date(2026, 5, 30)),
    ]
    assert {net for _, _, net in periods(billing)} == {31000}


def test_in_a_leap_year_the_month_of_day_31_begins_on_29_february() -> None:
    billing = subscribed(starts_on=date(2028, 1, 31), at="2028-01-20")

    billing.until(berlin("2028-03-01"))

    assert [first for first, _, _ in periods(billing)] == [date(2028, 1, 31), date(2028, 2, 29)]


def test_a_line_that_ends_within_a_month_is_prorated_by_its_days() -> None:
    line = service_line("310.00", date(2026, 3, 1), ends_on=date(2026, 3, 10))
    billing = subscribed(lines=(line,))

    billing.until(berlin("2026-05-01"))

    assert periods(billing) == [(date(2026, 3, 1), date(2026, 3, 10), 10000)]
    assert billing.rig.deadlines("billing") == {}


def test_a_contract_by_calendar_months_prorates_the_first_one() -> None:
    billing = subscribed(starts_on=date(2026, 3, 22), at="2026-03-20", kind="framework")

    billing.until(berlin("2026-04-01"))

    assert periods(billing) == [
        (date(2026, 3, 22), date(2026, 3, 31), 10000),
        (date(2026, 4, 1), date(2026, 4, 30), 31000),
    ]


def test_a_contract_activated_late_charges_the_months_that_have_begun() -> None:
    billing = subscribed(starts_on=date(2026, 1, 15), at="2026-03-20")

    assert [first for first, _, _ in periods(billing)] == [date(2026, 1, 15), date(2026, 2, 15), date(2026, 3, 15)]
    assert len(billing.invoices()) == 1


def test_two_companies_charge_in_their_own_zones() -> None:
    billing = subscribed()
    billing.tell(
        contract(
            contract_id="K2",
            legal_entity="US01",
            currency="USD",
            lines=(service_line("100.00", date(2026, 3, 1), tax_code="none"),),
        )
    )

    billing.until(datetime(2026, 3, 1, 9, 59, tzinfo=UTC))
    assert [i.legal_entity for i in billing.invoices()] == ["DE01"]
    billing.until(datetime(2026, 3, 1, 10, tzinfo=UTC))

    assert [i.legal_entity for i in billing.invoices()] == ["DE01", "US01"]
    assert billing.invoices()[1].issued_on == date(2026, 3, 1)


def test_monthly_charges_of_a_monthly_customer_wait_for_its_day() -> None:
    billing = Billing(at=berlin("2026-02-20").astimezone(UTC))
    billing.tell(customer(instructions=monthly(10)), contract(lines=(service_line("310.00", date(2026, 3, 1)),)))

    billing.until(berlin("2026-03-09"))
    assert billing.unbilled() == {"K1/L1/2026-03-01": (31000, "billing-day")}

    assert of(billing.until(berlin("2026-03-10", 7)), InvoiceIssued)[0].net_minor == 31000


def test_an_amendment_within_a_month_that_is_still_to_come_splits_it_by_days() -> None:
    billing = subscribed()
    billing.tell(amended(date(2026, 3, 11), starts_on=date(2026, 3, 1), lines=(service_line("620", date(2026, 3, 1)),)))

    billing.until(berlin("2026-03-01", 5))

    assert periods(billing) == [
        (date(2026, 3, 1), date(2026, 3, 10), 10000),
        (date(2026, 3, 11), date(2026, 3, 31), 42000),
    ]


def test_an_amendment_that_changes_no_price_changes_no_charge() -> None:
    billing = subscribed()
    billing.tell(amended(date(2026, 3, 11), starts_on=date(2026, 3, 1), lines=(service_line("310", date(2026, 3, 1)),)))

    billing.until(berlin("2026-03-01", 5))

    assert periods(billing) == [(date(2026, 3, 1), date(2026, 3, 31), 31000)]


def test_a_higher_price_within_an_invoiced_month_charges_the_difference() -> None:
    billing = subscribed()
    billing.until(berlin("2026-03-05"))

    told = billing.tell(
        amended(date(2026, 3, 11), starts_on=date(2026, 3, 1), lines=(service_line("620", date(2026, 3, 1)),))
    )

    (invoice,) = of(told, InvoiceIssued)
    assert invoice.net_minor == 10000 + 42000 - 31000


def test_an_end_within_an_invoiced_month_asks_for_a_credit_through_the_matrix() -> None:
    billing = subscribed()
    billing.until(berlin("2026-03-05"))

    told = billing.tell(ended(date(2026, 3, 10)))

    (asked,) = of(told, ApprovalRequested)
    assert (asked.requested_by, asked.reason) == ("billing", "contract-change")
    assert asked.amount_minor == 21000 + 3990
    (note,) = of(billing.approve("max", "billing_lead"), CreditNoteIssued)
    assert (note.net_minor, note.tax_minor) == (21000, 3990)
    assert of(billing.until(berlin("2026-06-01")), InvoiceIssued) == []


def test_the_same_end_twice_asks_for_one_credit() -> None:
    billing = subscribed()
    billing.until(berlin("2026-03-05"))

    billing.tell(ended(date(2026, 3, 10)))
    billing.tell(ended(date(2026, 3, 10)))

    assert len(billing.rows(Approval)) == 1


def test_an_end_within_a_month_that_waits_replaces_its_charge() -> None:
    billing = Billing(at=berlin("2026-02-20").astimezone(UTC))
    line = service_line("310.00", date(2026, 3, 1))
    billing.tell(customer(instructions=monthly(31)), contract(lines=(line,), starts_on=date(2026, 3, 1)))
    billing.until(berlin("2026-03-05"))

    told = billing.tell(ended(date(2026, 3, 10)))

    assert [(u.unbilled_minor, u.blocker) for u in of(told, UnbilledChanged)] == [(0, ""), (10000, "billing-day")]
    billing.until(berlin("2026-03-31", 7))
    assert [net for _, _, net in periods(billing)] == [10000]


def test_a_line_that_is_added_by_an_amendment_is_charged_from_its_own_start() -> None:
    billing = subscribed()
    billing.until(berlin("2026-03-05"))
    lines = (service_line("310.00", date(2026, 3, 1)), service_line("50.00", date(2026, 3, 20), line_id="L2"))

    billing.tell(amended(date(2026, 3, 20), starts_on=date(2026, 3, 1), lines=lines))
    billing.until(berlin("2026-03-20", 5))

    assert periods(billing)[-1] == (date(2026, 3, 20), date(2026, 4, 19), 5000)


def test_a_year_of_months_is_twelve_invoices() -> None:
    billing = subscribed()

    billing.until(berlin("2027-02-28"))

    assert len(billing.invoices()) == 12
    assert {c.status for c in billing.rows(Charge)} == {"invoiced"}


@settings(max_examples=200, derandomize=True)
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 60))
def test_months_follow_each_other_without_gap_or_overlap(anchor: date, index: int) -> None:
    this, following = period(anchor, index), period(anchor, index + 1)

    assert this.last + DAY == following.first
    assert 28 <= this.days <= 31
    assert following.first.day == anchor.day or following.last.month != following.first.month


@pytest.mark.parametrize(
    ("day", "after", "expected"),
    [
        (31, date(2026, 1, 31), date(2026, 2, 28)),
        (31, date(2028, 1, 31), date(2028, 2, 29)),
        (30, date(2026, 2, 28), date(2026, 3, 30)),
        (1, date(2026, 12, 31), date(2027, 1, 1)),
        (15, date(2026, 3, 14), date(2026, 3, 15)),
        (15, date(2026, 3, 15), date(2026, 4, 15)),
    ],
)
def test_the_next_day_of_a_month_is_the_last_where_the_month_lacks_it(day: int, after: date, expected: date) -> None:
    assert next_on(day, after) == expected


def test_a_month_counts_its_days() -> None:
    assert Period(date(2028, 2, 1), date(2028, 2, 29)).days == 29
