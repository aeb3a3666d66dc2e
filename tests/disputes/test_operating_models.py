"""A case about an invoice of a contract with a model of its own is aimed, told on and closed by that model."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from o2c_chassis.testing import Rig, of
from o2c_contracts.cash import PaymentApplied, ShortPaymentFound
from o2c_contracts.disputes import CaseOpened
from o2c_contracts.master import CustomerRegistered
from o2c_disputes import commands
from o2c_disputes.app import service
from o2c_rules.rulebook import RuleBook

from tests.disputes.desk import BOOK, LEAD, MONDAY, MONEY, Desk, assert_every_open_case_is_cared_for
from tests.models import changed, of_a_contract

OWN = changed(
    changed(BOOK, "disputes/targets.csv", {"S-3,P3,-,480,2400,": "S-3,P3,-,120,600,"}),
    "calendars.yaml",
    {"de-office:": "fmo-office:"},
)
OWN = changed(OWN, "disputes/calendars.csv", {",de-office,": ",fmo-office,"})
"""Four times as fast, and on hours of its own that the house does not know by that name."""
CUT_OVER, BACK = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def a_desk(until: datetime | None = None) -> Desk:
    desk = Desk(Rig(service, book=of_a_contract(BOOK, OWN, "K-1", CUT_OVER, until), at=MONDAY))
    desk.rig.tell(CustomerRegistered(customer_id="acme", name="Acme", country="DE"))
    return desk


def issued(desk: Desk, number: str = "INV-1", contract: str | None = "K-1") -> Any:
    return desk.issued(number).model_copy(update={"contract_id": contract})


def bundles(desk: Desk, table: str) -> list[str]:
    return [a.decision.bundle for a in desk.rig.decisions("disputes") if a.decision.table == f"disputes/{table}"]


@pytest.mark.parametrize(
    ("at", "contract", "by"),
    [
        (CUT_OVER - timedelta(microseconds=1), "K-1", BOOK),
        (CUT_OVER, "K-1", OWN),
        (BACK, "K-1", BOOK),
        (CUT_OVER, "K-2", BOOK),
        (CUT_OVER, None, BOOK),
    ],
)
def test_a_case_is_aimed_by_the_model_of_its_invoice_s_contract(at: datetime, contract: str | None, by: RuleBook):
    desk = a_desk(BACK)
    desk.rig.tell(issued(desk, contract=contract))

    [opened] = of(desk.rig.tell(desk.asked(), at=at), CaseOpened)

    assert (opened.respond_by - at == timedelta(hours=2)) is (by is OWN)
    assert {bundles(desk, t)[0] for t in ("kinds", "triage", "targets", "calendars", "escalations")} == {by.hash}
    assert_every_open_case_is_cared_for(desk.rig)


def test_a_case_of_before_the_cut_over_goes_on_by_the_model_and_by_the_house_again_after_the_rollback():
    desk = a_desk(BACK)
    desk.rig.tell(issued(desk), desk.asked())
    seen = []

    for at in (MONDAY + timedelta(hours=1), CUT_OVER, BACK):
        desk.rig.until(at)
        desk.do(commands.AnswerCase, case_id=desk.case.case_id, answer="We look into it.")
        seen.append(bundles(desk, "next-actions")[-1])

    assert seen == [BOOK.hash, OWN.hash, BOOK.hash]
    assert set(bundles(desk, "triage")) == {BOOK.hash}


def test_a_clock_whose_calendar_went_with_the_model_runs_on_the_one_that_the_house_gives_it():
    desk = a_desk(BACK)
    desk.rig.at = CUT_OVER
    desk.rig.tell(issued(desk), desk.asked())
    assert desk.clock("resolution").calendar == "fmo-office"

    desk.rig.at = BACK
    desk.answer()

    assert desk.clock("response").is_met is False
    assert bundles(desk, "calendars") == [OWN.hash, BOOK.hash]
    assert_every_open_case_is_cared_for(desk.rig)


def test_a_reopened_case_runs_on_the_hours_of_the_model_that_has_it_by_then():
    desk = a_desk()
    desk.rig.tell(issued(desk), desk.asked())
    desk.resolve("invalid", answer="The price is the agreed one.")
    before = desk.clock("resolution").calendar

    desk.rig.at = CUT_OVER
    desk.do(commands.ReopenCase, case_id=desk.case.case_id, reason="It is not.", roles=LEAD)
    desk.do(commands.PauseCase, case_id=desk.case.case_id, reason="waiting-customer")
    desk.rig.at = CUT_OVER + timedelta(hours=1)
    desk.do(commands.ResumeCase, case_id=desk.case.case_id)

    assert (before, desk.clock("resolution").calendar) == ("de-office", "fmo-office")
    assert {bundles(desk, t)[-1] for t in ("reopening", "targets", "pauses", "next-actions")} == {OWN.hash}
    assert bundles(desk, "closing")[-1] == BOOK.hash


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whichever_comes_first_the_case_learns_the_contract_of_its_invoice(order: tuple[int, ...]):
    desk = a_desk()
    desk.rig.at = CUT_OVER
    applied = PaymentApplied(
        **MONEY,
        invoice_number="INV-1",
        amount_minor=100_00,
        open_minor_after=900_00,
        item_version=1,
        value_date=MONDAY.date(),
        payment_id="p",
        contract_id="K-1",
    )
    said = [issued(desk), applied, desk.asked(kind="question", reason="copy")]

    for n in order:
        desk.rig.tell(said[n])
    desk.rig.at = CUT_OVER + timedelta(minutes=1)
    desk.do(commands.AnswerCase, case_id=desk.case.case_id, answer="Here it is.")

    assert desk.case.contract_id == "K-1"
    assert bundles(desk, "next-actions")[-1] == OWN.hash


def test_a_short_payment_opens_its_case_by_the_model_of_the_item_s_contract_before_the_invoice_is_heard_of():
    desk = a_desk()
    desk.rig.at = CUT_OVER
    applied = desk.move(PaymentApplied, "INV-1", 900_00, 1, payment_id="p", contract_id="K-1")
    short = ShortPaymentFound(**MONEY, invoice_number="INV-1", payment_id="p", short_minor=100_00, reason="DEDUCTION")

    desk.rig.tell(applied, short)

    assert bundles(desk, "triage") == [OWN.hash]
    assert desk.case.contract_id == "K-1"
