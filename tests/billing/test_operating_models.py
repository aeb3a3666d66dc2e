"""A document of a contract with a model of its own: that model says who must agree and how it goes out."""

from datetime import datetime, timedelta

import pytest
from o2c_billing.commands import CancelCharge
from o2c_billing.domain.credits import CreditNote
from o2c_billing.domain.invoices import Invoice
from o2c_chassis.testing import of
from o2c_contracts.shared import ApprovalRequested, EscalationRaised
from o2c_rules.rulebook import RuleBook

from tests.billing.books import (
    START,
    Billing,
    book,
    contract,
    credit,
    customer,
    delivery,
    monthly,
    order,
    order_line,
)
from tests.models import changed, of_a_contract

HOUSE = book()
OWN = changed(
    changed(HOUSE, "billing/approvals.csv", {"-,-,billing_lead:1,72": "-,-,sales_director:1,24"}),
    "billing/channels.yaml",
    {"channel: email\n": "channel: folder\n"},
)
"""The sales director agrees within a day, and every document is printed."""
CUT_OVER, BACK = START + timedelta(days=1), START + timedelta(days=2)
WHEN = [
    (CUT_OVER - timedelta(microseconds=1), "K1", HOUSE),
    (CUT_OVER, "K1", OWN),
    (BACK, "K1", HOUSE),
    (CUT_OVER, "K2", HOUSE),
]


def billing(contract_id: str = "K1") -> Billing:
    """A customer with an order of this contract; K1 has the model from CUT_OVER until BACK."""
    made = Billing()
    made.rig.book = of_a_contract(HOUSE, OWN, "K1", CUT_OVER, BACK)
    made.tell(customer(), contract(contract_id=contract_id), order(order_line(10000, "10"), contract_id=contract_id))
    return made


def bundles(billing: Billing, table: str) -> list[str]:
    return [a.decision.bundle for a in billing.rig.decisions("billing") if a.decision.table == f"billing/{table}"]


@pytest.mark.parametrize(("at", "contract_id", "by"), WHEN)
def test_an_invoice_goes_out_by_the_channel_of_its_contract_s_model(
    at: datetime, contract_id: str, by: RuleBook
) -> None:
    made = billing(contract_id)

    made.tell(delivery(10000), at=at)

    [invoice] = made.rows(Invoice)
    assert (invoice.contract_id, made.invoices()[0].contract_id) == (contract_id, contract_id)
    [sent_by] = [a["channel"] for a in made.rig.decisions("billing") if a.decision.table == "billing/channels"]
    assert sent_by == ("folder" if by is OWN else "email")
    assert bundles(made, "channels") == bundles(made, "sellers") == [by.hash]


@pytest.mark.parametrize(("at", "contract_id", "by"), WHEN)
def test_who_must_agree_to_a_credit_stands_in_the_matrix_of_the_invoice_s_contract(
    at: datetime, contract_id: str, by: RuleBook
) -> None:
    made = billing(contract_id)
    made.tell(delivery(10000))

    [asked] = of(made.tell(credit(2380), at=at), ApprovalRequested)

    assert [step.role for step in asked.steps] == ["sales_director" if by is OWN else "billing_lead"]
    assert asked.expires_at - at == timedelta(hours=24 if by is OWN else 72)
    assert bundles(made, "credit-checks")[0] == bundles(made, "approvals")[0] == by.hash


def test_the_matrix_of_a_charge_s_contract_says_who_must_agree_that_it_is_cancelled() -> None:
    made = billing()
    made.tell(customer(instructions=monthly(25)), delivery(10000), at=CUT_OVER)
    [line_id] = made.unbilled()
    cancel = CancelCharge(customer_id="C1", line_id=line_id, reason="duplicate")

    [asked] = of(made.do(cancel, roles=("billing_lead",)), ApprovalRequested)

    assert [step.role for step in asked.steps] == ["sales_director"]
    assert bundles(made, "approvals") == [OWN.hash]


def test_a_credit_note_that_cannot_arrive_is_escalated_by_the_model_of_its_invoice_s_contract() -> None:
    made = billing()
    made.tell(delivery(10000), at=CUT_OVER)
    made.tell(credit(2380))
    made.rig.undeliverable.add("DE01-CN-2026-000001")

    told = made.approve("sam", "sales_director")

    [note] = made.rows(CreditNote)
    assert note.contract_id == "K1"
    assert [e.document_id for e in of(told, EscalationRaised)] == [note.number]
    assert bundles(made, "escalations") == [OWN.hash]
