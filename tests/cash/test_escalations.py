"""Whatever a person is told of a payment is kept with it until somebody takes care."""

from datetime import timedelta

import pytest
from o2c_cash.commands import IdentifyPayment
from o2c_cash.domain.notices import Escalation
from o2c_cash.domain.refunds import Refund
from o2c_chassis.errors import Refused
from o2c_chassis.testing import Rig, of
from o2c_contracts.shared import EscalationRaised

from tests.cash.scenes import advised, books_are_in_order, invoice, paid, registered, rig, sent_back
from tests.cash.troubles import LATER, TWICE, acknowledge, kept, troubled, unclear, unlike

ABOUT = {
    "receipt-differs": (TWICE, TWICE, "kim", 6_000, "ar_manager"),
    "return-exceeds": ("P-back", "R-back", "joe", 9_000, "ar_manager"),
    "remittance-disagrees": ("P-unlike", "A-unlike", "eve", 10_000, "cash_lead"),
    "reference-overdue": ("P-late", "P-late", "bob", 10_000, "cash_lead"),
    "unidentified-overdue": ("P-nobody", "P-nobody", None, 7_000, "cash_lead"),
}
"""Level -> payment, what it happened with, who heard, how much, and who is told."""


@pytest.fixture(scope="module")
def world() -> Rig:
    """Only looked at."""
    return troubled()


@pytest.mark.parametrize("level", ABOUT)
def test_it_is_kept_with_its_payment_and_what_it_happened_with(world: Rig, level: str):
    found = kept(world, level)

    assert ABOUT[level] == (
        found.payment_id, found.document_id, found.customer_id, found.amount_minor, found.recipient,
    )  # fmt: skip
    assert (found.acknowledged_at, found.acknowledged_by) == (None, None)


def test_a_refund_that_could_not_be_ordered_is_kept_with_the_refund(world: Rig):
    found = kept(world, "refund-failed")

    assert (found.payment_id, found.amount_minor, found.recipient) == ("P-refund", 20_000, "ar_manager")
    assert [r.status for r in world.rows("cash", Refund, refund_id=found.document_id)] == ["failed"]


def test_what_a_customers_followers_hear_is_what_is_kept(world: Rig):
    told = of([m.event for m in world.told], EscalationRaised)

    rows = [e for e in world.rows("cash", Escalation) if e.customer_id]
    assert sorted((e.escalation_id, e.customer_id, e.level, e.to, e.text, e.decision_id) for e in told) == sorted(
        (e.escalation_id, e.customer_id, e.level, e.recipient, e.text, e.decision_id) for e in rows
    )
    assert len(told) == 5


def test_nothing_is_kept_of_money_that_is_as_it_should_be():
    world = rig()

    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000), advised("R-1", {"I-1": 10_000}, payment_id="P-1"))
    world.tell(sent_back("B-1", "P-1", 10_000))
    world.until(LATER)

    assert world.rows("cash", Escalation) == []


def test_a_person_who_takes_care_is_named_and_tells_nobody():
    world = troubled()

    told = acknowledge(world, kept(world, "return-exceeds"))

    found = kept(world, "return-exceeds")
    assert told == []
    assert (found.acknowledged_by, found.acknowledged_at) == ("kim", LATER)
    assert len([e for e in world.rows("cash", Escalation) if e.acknowledged_by]) == 1
    books_are_in_order(world)


def test_each_return_beyond_what_is_left_is_for_a_person_of_its_own():
    world = rig()
    unclear(world)
    world.tell(sent_back("R-again", "P-back", 8_000, "joe"))

    first, second = sorted(world.rows("cash", Escalation, level="return-exceeds"), key=lambda e: e.document_id)
    acknowledge(world, second)

    assert (first.document_id, second.document_id) == ("R-again", "R-back")
    left = [e.document_id for e in world.rows("cash", Escalation, level="return-exceeds") if not e.acknowledged_by]
    assert left == ["R-again"]


def test_who_takes_care_of_the_last_report_takes_care_of_those_before():
    world = rig()
    world.tell(registered("kim"), registered("bob"))
    unclear(world)
    for customer in ("bob", "kim"):
        world.at += timedelta(days=1)
        whose = IdentifyPayment(customer_id=customer, payment_id=TWICE, roles=("cash_lead",))
        world.command("cash", whose, "lee")
    first, last = sorted(world.rows("cash", Escalation, customer_id="kim"), key=lambda e: e.raised_at)

    acknowledge(world, last)

    taken = [e.escalation_id for e in world.rows("cash", Escalation) if e.acknowledged_by]
    assert sorted(taken) == sorted([first.escalation_id, last.escalation_id])


def test_a_report_after_somebody_took_care_waits_again():
    world = rig()
    world.tell(paid("P-1", 5_000), paid("P-1", 6_000))
    acknowledge(world, kept(world, "receipt-differs"))

    world.tell(paid("P-1", 7_000), at=LATER)

    found = {e.amount_minor: e.acknowledged_by for e in world.rows("cash", Escalation)}
    assert found == {6_000: "kim", 7_000: None}


def test_the_second_to_take_care_hears_who_did():
    world = rig()
    unlike(world)
    acknowledge(world, kept(world, "remittance-disagrees"))

    with pytest.raises(Refused) as twice:
        acknowledge(world, kept(world, "remittance-disagrees"), "lee", "ar_manager")

    assert (twice.value.code, twice.value.text) == ("acknowledged-already", "kim takes care of it")


@pytest.mark.parametrize(
    ("role", "customer", "code", "status"),
    [("collector", "eve", "no-authority", 403), ("cash_lead", "bob", "no-such-escalation", 404)],
)
def test_neither_a_stranger_nor_another_customers_name_takes_it_from_the_list(
    role: str, customer: str, code: str, status: int
):
    world = rig()
    unlike(world)

    with pytest.raises(Refused) as refused:
        acknowledge(world, kept(world, "remittance-disagrees"), "ann", role, customer)

    assert (refused.value.code, refused.value.status) == (code, status)
    assert kept(world, "remittance-disagrees").acknowledged_by is None


def test_money_without_a_payer_is_not_waved_through(world: Rig):
    with pytest.raises(Refused) as refused:
        acknowledge(world, kept(world, "unidentified-overdue"))

    assert refused.value.code == "no-such-escalation"
