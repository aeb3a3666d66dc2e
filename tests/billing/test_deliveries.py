"""One-off lines from confirmed deliveries: partial ones, in any order with the order, invoiced at once."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_billing.domain.charges import Charge
from o2c_billing.domain.escalations import Escalation
from o2c_billing.domain.invoices import Invoice
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.testing import of
from o2c_contracts.billing import ChargeAccrued, InvoiceIssued, InvoiceWithheld, UnbilledChanged
from o2c_contracts.intake import DeliveredLine
from o2c_contracts.orders import OrderAmended
from o2c_contracts.shared import EscalationRaised

from tests.billing.books import Billing, berlin, contract, customer, delivery, monthly, order, order_line


def test_a_delivery_is_invoiced_in_the_same_handling_exactly_as_it_was_delivered() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(5594, tax_code="none"), external_ref="0000611365"))

    told = billing.tell(delivery(5594, "1"))

    assert [type(e).__name__ for e in told] == ["ChargeAccrued", "InvoiceIssued", "InvoiceDelivered"]
    (invoice,) = of(told, InvoiceIssued)
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (5594, 0, 5594)
    assert invoice.external_ref == "0000611365"
    assert invoice.lines[0].delivery_id == "D1"
    assert invoice.issued_on == date(2026, 3, 2)
    assert invoice.due_on == date(2026, 4, 1)


def test_the_reference_of_the_delivery_wins_over_that_of_the_order() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(external_ref="from-order"))

    billing.tell(delivery(external_ref="from-delivery"))

    assert billing.invoices()[0].external_ref == "from-delivery"


def test_a_delivery_before_its_order_waits_and_is_invoiced_when_the_order_is_accepted() -> None:
    billing = Billing()
    billing.tell(customer(), contract())

    before = billing.tell(delivery())
    after = billing.tell(order())

    (withheld,) = of(before, InvoiceWithheld)
    assert [r.row for r in withheld.reasons] == ["unknown-order"]
    assert of(before, UnbilledChanged)[-1].blocker == "unknown-order"
    assert of(after, InvoiceIssued)[0].total_minor == 11900
    assert of(after, UnbilledChanged)[-1].unbilled_minor == 0
    assert billing.unbilled() == {}


def test_three_thirds_of_an_order_line_add_up_to_it_to_the_cent() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(10000, "3")))

    for n in range(3):
        billing.tell(delivery(3333, "1", name=f"D{n}"))

    assert [i.net_minor for i in billing.invoices()] == [3333, 3334, 3333]


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(1, 10**9), st.lists(st.integers(1, 1000), min_size=1, max_size=6))
def test_any_partial_deliveries_of_a_line_add_up_to_it_to_the_cent(net: int, parts: list[int]) -> None:
    quantity, billing = sum(parts), Billing()
    billing.tell(customer(), contract(), order(order_line(net, str(quantity))))

    for n, part in enumerate(parts):
        billing.tell(delivery(net * part // quantity, str(part), name=f"D{n}"))

    charges = billing.rows(Charge)
    assert sum(c.net_minor for c in charges) == net
    assert all(abs(c.net_minor - Decimal(net) * c.quantity / quantity) <= 1 for c in charges)


def test_the_same_delivery_told_twice_under_two_identities_is_charged_once() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(), delivery())

    again = billing.tell(delivery())

    assert again == []
    assert len(billing.rows(Charge)) == 1


def pieces(*lines: tuple[str, str, int]) -> tuple[DeliveredLine, ...]:
    return tuple(DeliveredLine(line_id=n, quantity=Decimal(q), net_minor=net) for n, q, net in lines)


OTHERS = {
    "another order": ({"order_id": "O2"}, ["other-order"]),
    "another day": ({"delivered_on": date(2026, 3, 3)}, ["other-day"]),
    "fewer pieces": ({"lines": pieces(("1", "6", 10000))}, ["other-lines"]),
    "another amount": ({"lines": pieces(("1", "10", 9999))}, ["other-lines"]),
    "another line": ({"lines": pieces(("2", "10", 10000))}, ["other-lines"]),
    "a line more": ({"lines": pieces(("1", "10", 10000), ("2", "1", 10000))}, ["other-lines"]),
    "another company": ({"legal_entity": "FR01"}, ["other-money"]),
    "another currency": ({"currency": "USD"}, ["other-money"]),
    "all of it": (
        {"order_id": "O2", "delivered_on": date(2026, 3, 3), "lines": pieces(("1", "6", 6000)), "currency": "USD"},
        ["other-order", "other-day", "other-lines", "other-money"],
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_number_of_a_delivery_told_again_with_other_content_is_refused_and_told_with_its_reasons(name: str) -> None:
    changes, rows = OTHERS[name]
    billing = Billing()
    billing.tell(customer(), contract(), order(), order(order_id="O2"), delivery())
    before = billing.rows(Charge)

    told = billing.tell(delivery(**changes))

    (escalation,) = of(told, EscalationRaised)
    assert (escalation.document_id, escalation.level, escalation.to) == ("D1", "number-taken", "billing_lead")
    asked, _ = billing.rig.decisions("billing")[-2:]
    assert [row.id for row in asked.rows] == rows
    assert escalation.text == f"delivery D1 was told again and not taken: {'; '.join(asked.because)}"
    assert told == [escalation]
    assert billing.rows(Charge) == before


def test_a_delivery_is_the_same_however_its_lines_are_split_and_whatever_became_of_its_charge() -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(31)), contract(), order(), delivery())
    billing.tell(order(order_line(20000, "10"), kind=OrderAmended, amendment_id="A1"))

    waiting = billing.tell(delivery(lines=pieces(("1", "4", 4000), ("1", "6.0", 6000))))
    billing.until(berlin("2026-04-01"))
    invoiced = billing.tell(delivery())

    assert (waiting, invoiced) == ([], [])


def test_each_time_that_a_taken_number_is_told_waits_for_a_person_by_itself() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(), delivery())
    (first,) = of(billing.tell(delivery(6000, "6")), EscalationRaised)

    command = AcknowledgeEscalation(customer_id="C1", escalation_id=first.escalation_id)
    billing.do(command, roles=["billing_lead"])
    (again,) = of(billing.tell(delivery(6000, "6")), EscalationRaised)

    kept = {e.escalation_id: (e.kind, e.acknowledged_by) for e in billing.rows(Escalation)}
    assert kept == {first.escalation_id: ("delivery", "bea"), again.escalation_id: ("delivery", None)}


def test_several_lines_of_a_delivery_stand_on_one_invoice() -> None:
    billing = Billing()
    lines = (order_line(10000, "10"), order_line(2000, "1", line_id="2", tax_code="reduced"))
    billing.tell(customer(), contract(), order(*lines))

    billing.tell(
        delivery(
            lines=(
                DeliveredLine(line_id="1", quantity=Decimal(10), net_minor=10000),
                DeliveredLine(line_id="2", quantity=Decimal(1), net_minor=2000),
            )
        )
    )

    (invoice,) = billing.invoices()
    assert [(t.category, t.rate_percent, t.base_minor, t.tax_minor) for t in invoice.taxes] == [
        ("S", Decimal(19), 10000, 1900),
        ("S", Decimal(7), 2000, 140),
    ]
    assert invoice.total_minor == 14040


def test_an_amendment_prices_what_is_not_invoiced_yet() -> None:
    billing = Billing()
    billing.tell(customer(instructions=monthly(31)), contract(), order(), delivery(5000, "5"))

    told = billing.tell(order(order_line(20000, "10"), kind=OrderAmended, amendment_id="A1"))

    assert billing.unbilled() == {"D1/1": (10000, "billing-day")}
    assert of(told, UnbilledChanged)[0].unbilled_minor == 10000


def test_an_amendment_leaves_what_is_invoiced_as_it_is() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(), delivery(5000, "5", name="D1"))

    billing.tell(order(order_line(20000, "10"), kind=OrderAmended, amendment_id="A1"))
    billing.tell(delivery(10000, "5", name="D2"))

    assert [i.net_minor for i in billing.rows(Invoice)] == [5000, 10000]


def test_names_of_any_length_that_others_give_are_taken() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order(order_line(10000, "10")))

    billing.tell(delivery(5000, "5", name="D" * 200), delivery(5000, "5", name="D" * 199 + "E"))

    assert len({c.line_id for c in billing.rows(Charge)}) == 2
    assert [i.net_minor for i in billing.invoices()] == [5000, 5000]


def test_every_charge_is_told_once_with_its_amount_and_day() -> None:
    billing = Billing()
    billing.tell(customer(), contract(), order())

    (accrued,) = of(billing.tell(delivery()), ChargeAccrued)

    assert (accrued.line_id, accrued.net_minor, accrued.service_from) == ("D1/1", 10000, date(2026, 3, 2))
