"""Money whose payer nobody knows does not wait unseen: in time somebody is told, once, until the payer is known."""

from datetime import timedelta

from o2c_cash.domain.notices import Escalation
from o2c_chassis.testing import Rig

from tests.cash.scenes import NOON, books_are_in_order, paid, registered, rig, sent_back
from tests.cash.troubles import acknowledge, kept

SOON, LATER = NOON + timedelta(days=1), NOON + timedelta(days=3)


def told(world: Rig) -> list[tuple[str, str, int, str]]:
    return [(e.payment_id, e.recipient, e.amount_minor, e.text) for e in world.rows("cash", Escalation)]


def test_somebody_is_told_of_money_without_a_payer_when_its_time_has_come():
    world = rig()
    world.tell(paid("P-1", 10_000, None, account="DE99"))

    world.until(SOON)
    before = told(world)
    world.until(LATER)

    assert before == []
    assert told(world) == [("P-1", "cash_lead", 10_000, "nobody knows yet who paid 100.00 EUR")]
    books_are_in_order(world)


def test_nobody_is_told_of_money_whose_payer_was_found_in_time():
    world = rig()
    world.tell(paid("P-1", 10_000, None, account="DE99"))

    world.tell(registered("ada", "DE99"), at=SOON)
    world.until(LATER)

    assert told(world) == []


def test_nobody_is_told_of_what_the_bank_took_back_whole():
    world = rig()
    world.tell(paid("P-1", 10_000, None, account="DE99"), sent_back("B-1", "P-1", 10_000, None))

    world.until(LATER)

    assert told(world) == []


def test_money_of_a_known_account_is_not_waited_for():
    world = rig()
    world.tell(registered("ada", "DE99"), paid("P-1", 10_000, None, account="DE99"))

    assert "unidentified" not in {kind for kind, _ in world.deadlines("cash")}


def test_more_going_back_than_came_without_a_payer_is_kept_until_somebody_says_whose_it_is():
    world = rig()
    world.tell(paid("P-1", 7_000, None, account="DE99"))

    heard = world.tell(sent_back("R-1", "P-1", 9_000, None))

    found = kept(world, "return-exceeds")
    assert (heard, found.customer_id, found.amount_minor) == ([], None, 9_000)
    acknowledge(world, found, customer="zoe")
    assert (kept(world, "return-exceeds").customer_id, kept(world, "return-exceeds").acknowledged_by) == ("zoe", "kim")
    books_are_in_order(world)
