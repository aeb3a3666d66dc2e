"""Money ends a case by itself and brings it back; no case ends without an answer, and each may return for a while."""

from datetime import timedelta

import pytest
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_contracts.cash import DiscountGranted, WriteOffPosted
from o2c_contracts.disputes import (
    CaseAnswered,
    CaseClosed,
    CaseReopened,
    CreditRequestWithdrawn,
    DisputeOpened,
    DisputeResolved,
)
from o2c_disputes import commands

from tests.disputes.desk import MONDAY, Desk, contested, the_request


def test_it_closes_itself_when_the_item_is_paid_and_the_customer_hears_in_the_own_language(desk: Desk) -> None:
    contested(desk)

    told = desk.pay(1000_00)

    (resolved,) = of(told, DisputeResolved)
    (answered,) = of(told, CaseAnswered)
    assert (resolved.resolution, resolved.paid_minor, resolved.undisputed_minor) == ("paid", 300_00, 0)
    assert answered.answered_by == "system"
    assert answered.answer.startswith("Le montant contesté de la facture INV-1 est soldé")
    assert [e.outcome for e in of(told, CaseClosed)] == ["paid"]


def test_money_pays_what_is_not_contested_first(desk: Desk) -> None:
    contested(desk, 300_00)

    told = desk.pay(700_00)

    assert not told
    assert (desk.amounts()[0].disputed_minor, desk.amounts()[0].paid_minor) == (300_00, 0)


def test_a_written_off_rest_ends_the_case_as_that(desk: Desk) -> None:
    contested(desk, 5_00)
    desk.pay(995_00)

    told = desk.rig.tell(desk.move(WriteOffPosted, "INV-1", 5_00, 1))

    assert [e.written_off_minor for e in of(told, DisputeResolved)] == [5_00]
    assert desk.case.outcome == "written-off"


def test_a_promised_credit_is_kept_although_the_customer_paid(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid")

    told = desk.pay(1000_00)

    assert not of(told, CreditRequestWithdrawn)
    assert desk.case.is_closed
    assert the_request(desk).status == "open"


def test_a_kept_credit_is_waited_for_again_when_the_payment_goes_back(desk: Desk) -> None:
    contested(desk)
    desk.resolve("valid", answer="A credit note follows.")
    desk.pay(1000_00)
    desk.reverse(1000_00)

    waiting = desk.case.status
    with pytest.raises(Refused) as refused:
        desk.resolve("valid")
    told = desk.credit(300_00, desk.case.case_id)

    assert waiting == "with-billing"
    assert refused.value.code == "credit-requested"
    assert [(e.resolution, e.credited_minor) for e in of(told, DisputeResolved)] == [("valid", 300_00)]


def test_a_credit_of_somebody_else_that_settles_it_takes_the_request_back(desk: Desk) -> None:
    contested(desk, None)
    desk.resolve("valid")

    told = desk.credit(1000_00, None)

    assert of(told, CreditRequestWithdrawn)
    assert desk.case.outcome == "credited"


def test_a_payment_that_went_back_reopens_the_dispute_for_what_is_owed_again(desk: Desk) -> None:
    contested(desk, 300_00)
    desk.pay(800_00)
    desk.pay(200_00)
    desk.rig.at = desk.at(14, 10)

    told = desk.reverse(200_00)

    assert of(told, CaseReopened)
    assert [e.disputed_minor for e in of(told, DisputeOpened)] == [200_00]
    assert (desk.case.status, desk.case.next_action) == ("open", "Tell the customer that the amount is owed again")
    assert desk.clock("resolution").started_at == desk.at(14, 10)
    assert desk.case.answered_at is None


def test_a_discount_belongs_to_the_credits(desk: Desk) -> None:
    contested(desk, 20_00)
    desk.pay(980_00)

    told = desk.rig.tell(desk.move(DiscountGranted, "INV-1", 20_00, 1, payment_id="p"))

    assert [e.credited_minor for e in of(told, DisputeResolved)] == [20_00]


def test_after_an_invalid_dispute_a_reversal_reopens_nothing(desk: Desk) -> None:
    contested(desk)
    desk.resolve("invalid", answer="No.")
    desk.pay(1000_00)

    assert not desk.reverse(1000_00)


def test_no_case_closes_without_an_answer(desk: Desk) -> None:
    desk.query(None, kind="question", reason="copy")

    with pytest.raises(Refused) as refused:
        desk.do(commands.CloseCase, case_id=desk.case.case_id)
    desk.answer()
    told = desk.do(commands.CloseCase, case_id=desk.case.case_id)

    assert (refused.value.code, refused.value.hint) == ("not-answered", "answer the customer first")
    assert [e.outcome for e in of(told, CaseClosed)] == ["answered"]


def test_no_case_closes_while_money_is_contested(desk: Desk) -> None:
    contested(desk)
    desk.answer("We look into it.")

    with pytest.raises(Refused) as refused:
        desk.do(commands.CloseCase, case_id=desk.case.case_id)

    assert (refused.value.code, refused.value.hint) == ("still-contested", "resolve the dispute first")


def test_a_reopened_dispute_contests_again_what_had_been_given_up(desk: Desk) -> None:
    contested(desk, 300_00)
    desk.resolve("invalid", answer="No.")
    desk.pay(900_00)

    told = desk.do(commands.ReopenCase, case_id=desk.case.case_id, reason="new proof")

    assert of(told, CaseReopened)
    assert [e.disputed_minor for e in of(told, DisputeOpened)] == [100_00]
    assert len(desk.amounts()) == 2


def test_after_the_window_a_case_is_not_reopened(desk: Desk) -> None:
    contested(desk)
    desk.resolve("invalid", answer="No.")
    desk.rig.until(MONDAY + timedelta(days=31))

    with pytest.raises(Refused) as refused:
        desk.do(commands.ReopenCase, case_id=desk.case.case_id, reason="new proof")

    assert refused.value.code == "window-over"
