"""Orders and billing read amendments alike: what a customer is charged depends on their dates, not on their arrival."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from o2c_chassis.testing import of
from o2c_contracts.billing import InvoiceIssued
from o2c_contracts.event import Event
from o2c_contracts.master import ContractAmendRequested, ContractLine, ContractProposed
from o2c_contracts.orders import ContractEnded

from tests.cast import FIRST, MONEY, PROMPT, arrives
from tests.flows.conftest import Town


def care(price: int) -> ContractLine:
    return ContractLine(
        line_id="1",
        product="support",
        quantity=Decimal(1),
        unit_price=Decimal(price),
        starts_on=date(2026, 1, 1),
        tax_code="none",
    )


SUBSCRIPTION = ContractProposed(
    customer_id=PROMPT,
    **MONEY,
    contract_id="SUB",
    kind="subscription",
    starts_on=date(2026, 1, 1),
    ends_on=date(2026, 6, 30),
    terms_days=30,
    attributes={"signatory": "A. Berg", "notice_days": "30"},
    lines=(care(100),),
)


def amended(amendment_id: str, effective_on: date, **said: object) -> ContractAmendRequested:
    content: dict[str, object] = {"customer_id": PROMPT, "contract_id": "SUB", "amendment_id": amendment_id}
    return ContractAmendRequested.model_validate(content | {"effective_on": effective_on} | said)


TERMS = amended("terms", date(2026, 5, 1), terms_days=45)
PRICE = amended("price", date(2026, 6, 1), lines=(care(200),), ends_on=date(2026, 9, 30))
RISE = amended("rise", date(2026, 8, 1), lines=(care(250),))


def charged(events: list[Event]) -> list[tuple[date | None, int, int]]:
    """First day of the month charged, net in whole euros, days to pay."""
    return sorted(
        (line.service_from, line.net_minor // 100, (invoice.due_on - invoice.issued_on).days)
        for invoice in of(events, InvoiceIssued)
        for line in invoice.lines
    )


AGREED = pytest.mark.parametrize(
    "agreed", list(permutations((TERMS, PRICE, RISE))), ids=lambda a: " ".join(e.amendment_id for e in a)
)


@AGREED
def test_whatever_the_order_in_which_amendments_are_agreed_the_customer_is_charged_the_same(
    agreed: tuple[ContractAmendRequested, ...],
) -> None:
    town = Town()
    town.on(FIRST, 5, *arrives(PROMPT))
    told = town.on(FIRST, 6, SUBSCRIPTION)

    told += town.on(FIRST, 7, *agreed)
    told += town.pass_to(date(2026, 11, 1))

    assert charged(told) == [
        *((date(2026, month, 1), 100, 30) for month in (1, 2, 3, 4)),
        (date(2026, 5, 1), 100, 45),
        *((date(2026, month, 1), 200, 45) for month in (6, 7)),
        *((date(2026, month, 1), 250, 45) for month in (8, 9)),
    ]
    assert [e.ends_on for e in of(told, ContractEnded)] == [date(2026, 9, 30)]


@AGREED
def test_amendments_that_reach_back_into_charged_months_come_to_the_same_in_any_order(
    agreed: tuple[ContractAmendRequested, ...],
) -> None:
    town = Town()
    town.on(FIRST, 5, *arrives(PROMPT))
    told = town.on(FIRST, 6, SUBSCRIPTION)

    for day, amendment in enumerate(agreed, start=10):
        told += town.on(date(2026, 6, day), 7, amendment)
    told += town.pass_to(date(2026, 11, 1))

    months: dict[int, int] = {}
    for service_from, euros, _ in charged(told):
        assert service_from is not None
        months[service_from.month] = months.get(service_from.month, 0) + euros
    assert months == {**dict.fromkeys(range(1, 6), 100), 6: 200, 7: 200, 8: 250, 9: 250}
