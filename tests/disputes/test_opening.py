"""How cases begin: by a query, a short payment, a person; triaged, owned and timed from their first moment."""

from typing import Any

import pytest
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.cash import PaymentApplied, ShortPaymentFound
from o2c_contracts.disputes import CaseOpened, CaseReopened, DisputeOpened
from o2c_contracts.master import CustomerChanged
from o2c_disputes import commands
from o2c_disputes.domain.amounts import Dispute
from o2c_disputes.domain.cases import Case, Entry

from tests.disputes.desk import MONEY, Desk


def test_a_query_opens_a_case_with_owner_next_action_and_due_times(desk: Desk) -> None:
    desk.invoice()

    told = desk.query(reason="price", text="You charged 12, we agreed on 10.")

    opened = desk.opened(told)
    assert (opened.priority, opened.queue, opened.owner) == ("P3", "pricing", "dispute_agent")
    assert opened.next_action == "Compare the price with the contract of the day"
    assert opened.respond_by == desk.at(12, 16)
    assert opened.resolve_by == desk.at(16, 16)
    assert desk.case.due_at == opened.respond_by
    assert opened.decision_id in {d.id for d in desk.rig.decisions("disputes")}


def test_a_dispute_over_no_stated_amount_is_over_all_that_is_open(desk: Desk) -> None:
    desk.invoice(total=1000_00)
    desk.pay(400_00)

    (opened,) = of(desk.query(), DisputeOpened)

    assert opened.disputed_minor == 600_00


def test_the_disputed_amount_never_exceeds_what_is_open(desk: Desk) -> None:
    desk.invoice(total=1000_00)
    desk.pay(900_00)

    (opened,) = of(desk.query(amount_minor=500_00), DisputeOpened)

    assert opened.disputed_minor == 100_00


def test_a_question_contests_no_money(desk: Desk) -> None:
    desk.invoice()

    told = desk.query(kind="question", reason="copy")

    assert not of(told, DisputeOpened)
    assert desk.opened(told).priority == "P4"
    assert not desk.rig.rows("disputes", Dispute)


def test_a_complaint_goes_to_a_senior_and_leaves_the_money_alone(desk: Desk) -> None:
    desk.invoice()

    told = desk.query(kind="complaint", reason="late-answer")

    assert desk.opened(told).owner == "dispute_manager"
    assert not of(told, DisputeOpened)


def test_a_premium_customer_is_a_priority_higher(desk: Desk) -> None:
    desk.invoice()
    desk.rig.tell(CustomerChanged(customer_id="acme", tier="premium"))

    told = desk.query(reason="price")

    assert desk.opened(told).priority == "P2"


def test_a_large_amount_goes_to_a_manager(desk: Desk) -> None:
    desk.invoice(total=20_000_00)

    told = desk.query(reason="price")

    assert (desk.opened(told).priority, desk.opened(told).queue) == ("P2", "large")


def test_a_query_about_an_unknown_invoice_waits_and_contests_it_when_it_is_known(desk: Desk) -> None:
    told = desk.query(number="INV-1", amount_minor=300_00)
    assert not of(told, DisputeOpened)
    assert desk.case.next_action == "Find the invoice that the customer names"

    (opened,) = desk.invoice("INV-1")

    assert isinstance(opened, DisputeOpened)
    assert (opened.case_id, opened.disputed_minor) == (desk.case.case_id, 300_00)
    assert desk.case.next_action == "Tell the customer that we look into it"


def test_a_query_may_name_the_invoice_as_the_customer_calls_it(desk: Desk) -> None:
    desk.invoice("INV-1", ref="4711")

    told = desk.query(number=None, external_ref="4711")

    (opened,) = of(told, DisputeOpened)
    assert opened.invoice_number == "INV-1"
    assert desk.case.invoice_number == "INV-1"


def test_a_case_waits_for_the_invoice_by_the_customers_name_of_it(desk: Desk) -> None:
    desk.query(number=None, external_ref="4711")

    (opened,) = desk.invoice("INV-1", ref="4711")

    assert opened.invoice_number == desk.case.invoice_number == "INV-1"


def test_an_item_that_cash_names_before_billing_can_be_contested(desk: Desk) -> None:
    desk.query(amount_minor=900_00)

    told = desk.rig.tell(desk.move(PaymentApplied, "INV-1", 400_00, 1, payment_id="p"))
    late = desk.rig.tell(desk.issued())

    assert [e.disputed_minor for e in of(told, DisputeOpened)] == [600_00]
    assert not late


def test_a_query_without_any_invoice_asks_the_customer_which_it_is(desk: Desk) -> None:
    desk.query(number=None)

    assert desk.case.next_action == "Ask the customer which invoice is contested"


def test_another_customers_invoice_is_no_invoice_of_this_one(desk: Desk) -> None:
    desk.rig.tell(desk.issued("INV-9").model_copy(update={"customer_id": "other"}))

    told = desk.query("INV-9")

    assert not of(told, DisputeOpened)
    assert desk.case.next_action == "Find the invoice that the customer names"


def test_an_amount_in_another_currency_is_not_compared(desk: Desk) -> None:
    desk.invoice()

    told = desk.rig.tell(desk.asked(amount_minor=10_00).model_copy(update={"currency": "USD"}))

    assert not of(told, DisputeOpened)
    assert "another currency" in desk.case.next_action


def test_a_paid_invoice_leaves_nothing_to_contest_and_the_case_stays_with_a_person(desk: Desk) -> None:
    desk.invoice()
    desk.pay(1000_00)

    told = desk.query()

    assert not of(told, DisputeOpened)
    assert desk.case.status == "open"
    assert "still owes" in desk.case.next_action


def test_two_cases_on_an_invoice_contest_no_cent_twice(desk: Desk) -> None:
    desk.invoice(total=1000_00)
    desk.query(id="q-1", amount_minor=700_00)

    told = desk.query(id="q-2", amount_minor=700_00)

    (second,) = of(told, DisputeOpened)
    assert second.disputed_minor == 300_00


def short(minor: int = 60_00) -> ShortPaymentFound:
    return ShortPaymentFound(**MONEY, payment_id="p", invoice_number="INV-1", short_minor=minor, reason="FREIGHT")


def test_a_short_payment_opens_a_dispute_over_what_is_missing(desk: Desk) -> None:
    desk.invoice()
    desk.pay(940_00)

    told = desk.rig.tell(short())

    (opened,) = of(told, DisputeOpened)
    assert (opened.disputed_minor, opened.reason) == (60_00, "FREIGHT")
    assert (desk.case.origin, desk.case.queue) == ("short-payment", "deliveries")


def test_a_short_payment_opens_nothing_where_a_dispute_is_open(desk: Desk) -> None:
    desk.invoice()
    desk.query(amount_minor=60_00)
    desk.pay(940_00)

    told = desk.rig.tell(short())

    assert not told
    history = desk.rig.rows("disputes", Entry, case_id=desk.case.case_id)
    assert history[-1].text == "FREIGHT: 60.00 EUR short in p"


def test_a_person_opens_a_dispute_and_a_question(desk: Desk) -> None:
    desk.invoice()

    dispute = desk.do(commands.OpenDispute, invoice_number="INV-1", amount_minor=50_00, reason="price", **_money())
    question = desk.do(commands.OpenCase, reason="copy", **_money())

    assert [e.disputed_minor for e in of(dispute, DisputeOpened)] == [50_00]
    assert [e.kind for e in of(question, CaseOpened)] == ["question"]
    assert {c.origin for c in desk.cases} == {"person"}


def _money() -> dict[str, Any]:
    return {name: value for name, value in MONEY.items() if name != "customer_id"}


def test_nobody_disputes_an_invoice_of_somebody_else(desk: Desk) -> None:
    desk.rig.tell(desk.issued("INV-9").model_copy(update={"customer_id": "other"}))

    with pytest.raises(Refused) as refused:
        desk.do(commands.OpenDispute, invoice_number="INV-9", reason="price", **_money())

    assert refused.value.code == "not-their-invoice"


def test_an_auditor_opens_no_case(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.do(commands.OpenCase, roles=("auditor",), reason="copy", **_money())

    assert (refused.value.code, refused.value.status) == ("no-authority", 403)
    assert "dispute_agent" in refused.value.hint


def test_the_same_query_told_again_continues_its_case(desk: Desk) -> None:
    desk.query(kind="question", reason="copy", text="Where is it?")

    told = desk.query(kind="question", reason="copy", text="Still waiting")

    assert not told
    assert desk.case.next_action == "Read what the customer added and answer"
    texts = [e.text for e in desk.rig.rows("disputes", Entry, case_id=desk.case.case_id)]
    assert texts == ["Where is it?", "Still waiting"]


def test_the_same_query_told_again_reopens_its_closed_case_within_the_window(desk: Desk) -> None:
    desk.query(kind="question", reason="copy")
    desk.answer()
    desk.do(commands.CloseCase, case_id=desk.case.case_id)

    told = desk.query(kind="question", reason="copy", text="I cannot open the file")

    assert of(told, CaseReopened)
    assert desk.case.status == "open"


def test_after_the_window_it_is_a_new_case(desk: Desk) -> None:
    desk.query(kind="question", reason="copy")
    desk.answer()
    desk.do(commands.CloseCase, case_id=desk.case.case_id)
    desk.rig.until(desk.at(28, 9))

    told = desk.query(kind="question", reason="copy", text="Once more")

    assert of(told, CaseOpened)
    assert len(desk.rig.rows("disputes", Case)) == 2


def test_a_reason_is_understood_however_it_is_written(desk: Desk) -> None:
    told = desk.query(None, kind="question", reason="Legal_Letter")

    assert (desk.opened(told).queue, desk.opened(told).priority) == ("legal", "P1")
