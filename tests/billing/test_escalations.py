"""Who was told of a document that did not arrive is kept with it, until a person takes care."""

import pytest
from o2c_billing.domain.escalations import Escalation
from o2c_chassis.errors import Refused
from o2c_chassis.escalations import AcknowledgeEscalation
from o2c_chassis.testing import of
from o2c_contracts.event import Event
from o2c_contracts.shared import EscalationRaised
from o2c_rules.rulebook import RuleBook

from tests.billing.books import START, Billing, book, contract, credit, customer, delivery, order, with_invoice
from tests.models import changed

INVOICE, NOTE = "DE01-INV-2026-000001", "DE01-CN-2026-000001"


def told_of_a_lost_invoice(rules: RuleBook | None = None) -> Billing:
    billing = Billing()
    billing.rig.book = rules or book()
    billing.rig.undeliverable.add(INVOICE)
    billing.tell(customer(), contract(), order(), delivery())
    return billing


def acknowledge(billing: Billing, who: str = "bea", role: str = "billing_lead", customer_id: str = "C1") -> list[Event]:
    command = AcknowledgeEscalation(customer_id=customer_id, escalation_id=f"{INVOICE}:undeliverable:1")
    return billing.do(command, who, (role,))


def test_who_was_told_of_an_invoice_is_kept_as_it_was_told() -> None:
    billing = told_of_a_lost_invoice()

    [kept] = billing.rows(Escalation)

    [told] = of([m.event for m in billing.rig.told], EscalationRaised)
    assert (kept.document_id, kept.kind, kept.level, kept.recipient) == (
        INVOICE, "invoice", "undeliverable", "billing_lead",
    )  # fmt: skip
    assert (kept.escalation_id, kept.text, kept.decision_id) == (told.escalation_id, told.text, told.decision_id)
    assert (kept.raised_at, kept.acknowledged_at, kept.acknowledged_by) == (START, None, None)


def test_who_was_told_of_a_credit_note_is_kept_with_the_note() -> None:
    billing = with_invoice()
    billing.rig.undeliverable.add(NOTE)
    billing.tell(credit(2380))

    billing.approve("max", "billing_lead")

    [kept] = billing.rows(Escalation)
    assert (kept.document_id, kept.kind, kept.recipient) == (NOTE, "credit-note", "dispute_manager")


def test_nothing_is_kept_of_a_document_that_arrived() -> None:
    billing = with_invoice()

    assert billing.rows(Escalation) == []


def test_a_person_who_takes_care_is_named_and_tells_nobody() -> None:
    billing = told_of_a_lost_invoice()

    told = acknowledge(billing)

    [kept] = billing.rows(Escalation)
    assert told == []
    assert (kept.acknowledged_by, kept.acknowledged_at) == ("bea", billing.rig.at)


def test_one_person_takes_care_and_the_next_hears_who() -> None:
    billing = told_of_a_lost_invoice()
    acknowledge(billing)

    with pytest.raises(Refused) as twice:
        acknowledge(billing, "max", "billing_manager")

    assert (twice.value.code, twice.value.text) == ("acknowledged-already", "bea takes care of it")


def test_who_has_no_part_in_billing_may_not_take_it_from_the_list() -> None:
    billing = told_of_a_lost_invoice()

    with pytest.raises(Refused) as refused:
        acknowledge(billing, "cora", "collector")

    assert (refused.value.code, refused.value.status) == ("no-authority", 403)
    assert [e.acknowledged_by for e in billing.rows(Escalation)] == [None]


def test_another_customers_is_not_found() -> None:
    billing = told_of_a_lost_invoice()

    with pytest.raises(Refused) as refused:
        acknowledge(billing, customer_id="C2")

    assert (refused.value.code, refused.value.status) == ("no-such-escalation", 404)


def test_each_whom_the_table_names_is_told_once_and_answers_alone() -> None:
    both = {"document: credit-note\n": "document: [invoice, credit-note]\n"}

    billing = told_of_a_lost_invoice(changed(book(), "billing/escalations.yaml", both))
    acknowledge(billing)

    assert [(e.escalation_id[-1], e.recipient, e.acknowledged_by) for e in billing.rows(Escalation)] == [
        ("1", "billing_lead", "bea"),
        ("2", "dispute_manager", None),
    ]
