"""The characters of the tests: a good payer, one who pays late, one who disputes; amounts one can add in the head."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from o2c_contracts.bank import PaymentReceived, PaymentReturned, RemittanceAdvised, RemittanceLine
from o2c_contracts.event import Event
from o2c_contracts.intake import DeliveredLine, DeliveryConfirmed, OrderLine, OrderSubmitted, QueryReceived
from o2c_contracts.master import ContractProposed, CreditLimitSet, CustomerRegistered

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 3, 2)
"""A Monday."""
PROMPT, LATE, CONTRARY = "prompt", "late", "contrary"
MONEY = {"legal_entity": "DE01", "currency": "EUR"}


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    """Wall-clock time in Berlin, as UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def days(n: int) -> timedelta:
    return timedelta(days=n)


def arrives(customer: str, *, limit_minor: int | None = None, name: str = "") -> Iterable[Event]:
    """A customer with a contract on thirty days; outside credit management unless a limit is given."""
    yield CustomerRegistered(
        customer_id=customer,
        name=name or customer.title(),
        country="DE",
        email=f"{customer}@example.test",
        tax_id="DE123456789",
        accounts=(f"DE-{customer}",),
    )
    if limit_minor is None:
        yield CreditLimitSet(customer_id=customer, state="none")
    else:
        yield CreditLimitSet(customer_id=customer, state="amount", limit_minor=limit_minor, currency="EUR")
    yield ContractProposed(
        customer_id=customer,
        **MONEY,
        contract_id=f"K-{customer}",
        kind="spot",
        starts_on=FIRST - days(1),
        terms_days=30,
    )


def orders(customer: str, name: str, net_minor: int = 100_00) -> OrderSubmitted:
    """One line, one piece, no tax: what is ordered is what is owed."""
    line = OrderLine(
        line_id="1",
        product="paper",
        quantity=Decimal(1),
        unit_price=Decimal(net_minor) / 100,
        net_minor=net_minor,
        tax_code="none",
    )
    return OrderSubmitted(
        customer_id=customer,
        **MONEY,
        order_id=name,
        contract_id=f"K-{customer}",
        lines=(line,),
        total_minor=net_minor,
        external_ref=f"X-{name}",
    )


def delivered(customer: str, name: str, net_minor: int = 100_00, day: date = FIRST) -> DeliveryConfirmed:
    return DeliveryConfirmed(
        customer_id=customer,
        **MONEY,
        delivery_id=f"D-{name}",
        order_id=name,
        delivered_on=day,
        lines=(DeliveredLine(line_id="1", quantity=Decimal(1), net_minor=net_minor),),
        external_ref=f"X-{name}",
    )


def pays(customer: str, amount_minor: int, day: date, *names: str, number: str = "1") -> Iterable[Event]:
    """An advice citing the customer's own numbers, evenly, and the money; without names money only."""
    payment_id = f"P-{customer}-{number}"
    if names:
        yield RemittanceAdvised(
            customer_id=customer,
            **MONEY,
            remittance_id=f"R-{payment_id}",
            payment_id=payment_id,
            total_minor=amount_minor,
            lines=tuple(
                RemittanceLine(external_ref=f"X-{name}", amount_minor=amount_minor // len(names)) for name in names
            ),
        )
    yield PaymentReceived(
        customer_id=customer, **MONEY, payment_id=payment_id, amount_minor=amount_minor, value_date=day
    )


def returned(customer: str, amount_minor: int, day: date, number: str = "1") -> PaymentReturned:
    return PaymentReturned(
        customer_id=customer,
        **MONEY,
        return_id=f"B-{customer}-{number}",
        payment_id=f"P-{customer}-{number}",
        amount_minor=amount_minor,
        returned_on=day,
        reason="AM04",
    )


def contests(customer: str, name: str, amount_minor: int | None = None) -> QueryReceived:
    return QueryReceived(
        customer_id=customer,
        **MONEY,
        query_id=f"Q-{name}",
        channel="email",
        kind="dispute",
        reason="price",
        external_ref=f"X-{name}",
        amount_minor=amount_minor,
    )
