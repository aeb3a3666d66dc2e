"""Amendments hold by their dates: what is charged in the end does not depend on when they were agreed or heard."""

from dataclasses import replace
from datetime import UTC, date
from itertools import permutations

import pytest
from o2c_billing.domain.contracts import Contract
from o2c_billing.domain.credits import Request
from o2c_chassis.approvals import Approval
from o2c_contracts.orders import ContractAmended

from tests.billing.books import Billing, amended, berlin, contract, customer, service_line

START = date(2026, 3, 1)


def version(number: int, effective_on: date, price: str = "100", **terms: object) -> ContractAmended:
    lines = (service_line(price, START),)
    return amended(effective_on, **({"version": number, "starts_on": START, "lines": lines} | terms))


def subscribed(**terms: object) -> Billing:
    billing = Billing(at=berlin("2026-02-20").astimezone(UTC))
    lines = (service_line("100", START),)
    billing.tell(customer(), contract(**({"starts_on": START, "lines": lines} | terms)))
    return billing


def charged(billing: Billing) -> dict[date, int]:
    """Month -> what was charged for it, less what people were asked to credit of it."""
    found: dict[date, int] = {}
    for invoice in billing.invoices():
        for line in invoice.lines:
            assert line.service_from is not None
            month = line.service_from.replace(day=1)
            found[month] = found.get(month, 0) + line.net_minor
    return found


def months(*numbers: int, net: int) -> dict[date, int]:
    return {date(2026, n, 1): net for n in numbers}


def test_terms_that_hold_from_an_earlier_day_leave_a_later_price_as_it_is() -> None:
    billing = subscribed()
    billing.tell(version(2, date(2026, 6, 1), "200"))

    billing.tell(version(3, date(2026, 5, 1), terms_days=45))
    billing.until(berlin("2026-07-31"))

    assert charged(billing) == months(3, 4, 5, net=10000) | months(6, 7, net=20000)
    assert [(i.due_on - i.issued_on).days for i in billing.invoices()] == [30, 30, 45, 30, 30]


def test_a_version_that_is_told_again_with_what_an_earlier_one_gave_replaces_itself() -> None:
    billing = subscribed()
    billing.tell(version(2, date(2026, 6, 1), "200"))

    billing.tell(version(3, date(2026, 5, 1), terms_days=45), version(2, date(2026, 6, 1), "200", terms_days=45))
    billing.until(berlin("2026-07-31"))

    assert charged(billing) == months(3, 4, 5, net=10000) | months(6, 7, net=20000)
    assert [(i.due_on - i.issued_on).days for i in billing.invoices()] == [30, 30, 45, 45, 45]


def test_the_contract_ends_as_the_version_says_that_is_the_last_to_hold() -> None:
    billing = subscribed(ends_on=date(2026, 4, 30))
    billing.tell(version(2, date(2026, 4, 15), ends_on=date(2026, 6, 30)))

    billing.tell(version(3, date(2026, 4, 1), ends_on=date(2026, 4, 30)))
    billing.until(berlin("2026-12-31"))

    assert charged(billing) == months(3, 4, 5, 6, net=10000)


def test_a_contract_that_goes_on_leaves_no_gap_between_its_old_end_and_the_new_terms() -> None:
    billing = subscribed(ends_on=date(2026, 4, 15))
    billing.until(berlin("2026-06-10"))
    before = charged(billing)

    billing.tell(version(2, date(2026, 6, 1), "200", ends_on=date(2026, 6, 30)))
    billing.until(berlin("2026-12-31"))

    assert before == months(3, net=10000) | months(4, net=5000)
    assert charged(billing) == months(3, 4, 5, net=10000) | months(6, net=20000)


def test_a_line_that_begins_earlier_than_it_was_charged_is_charged_from_there() -> None:
    billing = subscribed()
    later = (service_line("100", START), service_line("310", date(2026, 5, 1), line_id="L2"))
    billing.tell(version(2, date(2026, 5, 1), lines=later))
    billing.until(berlin("2026-05-20"))

    sooner = (service_line("100", START), service_line("300", date(2026, 4, 21), line_id="L2"))
    billing.tell(version(3, date(2026, 4, 21), lines=sooner))
    billing.until(berlin("2026-06-20"))

    assert charged(billing) == {
        date(2026, 3, 1): 10000,
        date(2026, 4, 1): 20000,
        date(2026, 5, 1): 41000,
        date(2026, 6, 1): 41000,
    }


def test_months_that_were_counted_before_they_had_an_anchor_are_not_charged_again() -> None:
    billing = subscribed()
    billing.until(berlin("2026-04-20"))
    (known,) = billing.rows(Contract)
    assert known.charged == '{"L1": ["2026-03-01", 0, 2]}'

    billing.rig.seed_rows("billing", replace(known, charged='{"L1": 2}'))
    billing.tell(version(2, date(2026, 4, 1), "200"))
    billing.until(berlin("2026-05-31"))

    assert charged(billing) == months(3, net=10000) | months(4, 5, net=20000)


VERSIONS = (
    version(2, date(2026, 4, 1), "120", ends_on=date(2026, 5, 31)),
    version(3, date(2026, 6, 1), "150", ends_on=date(2026, 7, 31)),
    version(4, date(2026, 6, 1), "160", ends_on=date(2026, 7, 31)),
    version(5, date(2026, 5, 1), "130", ends_on=date(2026, 5, 31), terms_days=45),
)
IN_THE_END = (10000, 12000, 13000, 16000, 16000)
"""Net of March to July."""


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
@pytest.mark.parametrize(
    "days", [[], ["2026-03-10", "2026-05-10", "2026-06-10", "2026-07-20"]], ids=["before", "as time goes"]
)
def test_versions_heard_in_any_order_and_at_any_time_come_to_the_same(order: tuple[int, ...], days: list[str]) -> None:
    billing = subscribed()

    for n, heard in enumerate(order):
        if days:
            billing.until(berlin(days[n]))
        billing.tell(VERSIONS[heard])
        for asked in billing.rows(Approval, status="open"):
            billing.approve("max", "billing_manager", "billing_lead", "controller", approval_id=asked.approval_id)
    billing.until(berlin("2026-12-31"))

    credited = sum(r.amount_minor for r in billing.rows(Request, status="granted"))
    invoiced = sum(i.total_minor for i in billing.invoices())
    assert invoiced - credited == sum(IN_THE_END) * 119 // 100
    assert billing.rows(Contract)[0].terms[-1].version == 4
