"""Promises to pay: taken, kept, partly kept, broken, restored, replaced, withdrawn."""

from datetime import timedelta

from o2c_chassis.testing import of
from o2c_collections.domain.accounts import Customer
from o2c_collections.domain.letters import Escalation
from o2c_collections.domain.promises import Promise
from o2c_contracts.cash import CreditApplied, DiscountGranted, WriteOffPosted
from o2c_contracts.collections import (
    AccountEscalated,
    AccountResumed,
    AccountStopped,
    PromiseBroken,
    PromiseJudged,
    PromiseKept,
    PromisePartlyKept,
    PromiseRecorded,
    PromiseRestored,
    PromiseWithdrawn,
)
from o2c_contracts.shared import CustomerBlocked, CustomerUnblocked, EscalationRaised

from tests.collections.late_payer import DUE, World, from_cash, on

BY = DUE + timedelta(days=10)


def states(world: World) -> list[str]:
    return [p.state for p in world.rig.rows("collections", Promise)]


def test_a_promise_is_recorded_with_the_day_on_which_it_is_judged(world: World):
    world.invoice()

    (recorded,) = of(world.promised("R1", 60_000, BY, on(2)), PromiseRecorded)

    assert (recorded.amount_minor, recorded.promised_on) == (60_000, BY)
    assert recorded.judged_at == BY + timedelta(days=3)
    assert world.rig.deadlines("collections")["promise", "V1"] == on(13, 18)


def test_the_promised_part_leaves_dunning_and_the_rest_is_claimed(world: World):
    world.invoice()
    world.promised("R1", 60_000, BY, on(0))

    world.rig.until(on(1, 9))

    assert [line.claimed_minor for line in world.letters()[0].lines] == [40_000]


def test_an_item_promised_whole_gets_no_letter_before_the_promise_is_judged(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(0))

    world.rig.until(on(13, 17))

    assert world.letters() == []


def test_what_is_paid_of_a_promise_is_no_longer_promised(world: World):
    world.invoice()
    world.promised("R1", 60_000, BY, on(0))

    world.paid("R1", 20_000, on(0, 13))

    assert (world.item().promised_minor, world.item().claimed_minor) == (40_000, 40_000)


def test_a_promise_is_kept_the_moment_enough_has_come(world: World):
    world.invoice()
    world.promised("R1", 60_000, BY, on(2))

    first = world.paid("R1", 20_000, on(4), id_="P1")
    second = world.paid("R1", 40_000, on(5), id_="P2")

    assert of(first, PromiseJudged) == []
    (kept,) = of(second, PromiseKept)
    assert (kept.paid_minor, kept.broken_promises) == (60_000, 0)
    assert ("promise", "V1") not in world.rig.deadlines("collections")


def test_two_days_late_by_value_date_is_still_in_time(world: World):
    world.invoice()
    world.promised("R1", 60_000, BY, on(2))

    told = world.paid("R1", 60_000, on(13), value=BY + timedelta(days=2))

    assert [type(e) for e in told] == [PromiseKept]


def test_three_days_late_is_not(world: World):
    world.invoice()
    world.promised("R1", 60_000, BY, on(2))

    world.paid("R1", 60_000, on(13), value=BY + timedelta(days=3))
    told = world.rig.until(on(13, 18))

    (broken,) = of(told, PromiseBroken)
    assert broken.paid_minor == 0


def test_money_that_lay_there_before_the_promise_does_not_keep_it(world: World):
    world.invoice()
    world.paid("R1", 60_000, on(1))
    world.promised("R1", 40_000, BY, on(2))

    told = world.rig.until(on(13, 18))

    assert len(of(told, PromiseBroken)) == 1


def test_money_of_the_very_moment_of_the_promise_is_no_answer_to_it(world: World):
    world.invoice()
    world.promised("R1", 60_000, BY, on(2))

    told = world.paid("R1", 60_000, on(2))

    assert of(told, PromiseJudged) == []


def test_a_promise_of_which_something_came_is_partly_kept_and_the_collector_hears(world: World):
    world.invoice()
    world.promised("R1", 60_000, BY, on(2))
    world.paid("R1", 25_000, on(5))

    told = world.rig.until(on(13, 18))

    (partly,) = of(told, PromisePartlyKept)
    (raised,) = of(told, EscalationRaised)
    assert (partly.paid_minor, partly.broken_promises) == (25_000, 0)
    assert (raised.to, raised.level) == ("collector", "promise-partly-kept")


def test_a_broken_promise_resumes_without_grace_one_level_up_and_escalates(world: World):
    world.invoice()
    world.rig.until(on(10, 9))
    world.promised("R1", 100_000, DUE + timedelta(days=11), on(10, 10))

    told = world.rig.until(on(14, 18))
    world.rig.until(on(15, 9))

    (broken,) = of(told, PromiseBroken)
    (raised,) = of(told, EscalationRaised)
    assert broken.broken_promises == 1
    assert (raised.escalation_id, raised.to) == ("V1:promise-broken:1", "collector")
    assert world.letter_days() == [(1, 1), (10, 2), (15, 3)]


def test_a_broken_promise_of_an_item_not_yet_due_reminds_nobody_before_its_time(world: World):
    world.invoice(due=DUE + timedelta(days=30))
    world.promised("R1", 100_000, DUE + timedelta(days=5), on(0))

    world.rig.until(on(30, 9))
    assert world.letters() == []
    world.rig.until(on(31, 9))

    assert world.item().level == 1


def test_a_payment_posted_later_with_an_earlier_value_date_restores_the_promise(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))
    world.rig.until(on(13, 18))
    assert states(world) == ["broken"]

    told = world.paid("R1", 100_000, on(14), value=BY)

    (restored,) = of(told, PromiseRestored)
    assert (restored.paid_minor, restored.broken_promises) == (100_000, 0)
    assert states(world) == ["kept"]
    assert world.item().promise_broken is False


def test_a_late_part_makes_a_broken_promise_partly_kept(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))
    world.rig.until(on(13, 18))

    told = world.paid("R1", 30_000, on(14), value=BY)

    assert [type(e) for e in told] == [PromisePartlyKept]


def test_a_later_payment_of_a_later_day_restores_nothing(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))
    world.rig.until(on(13, 18))

    told = world.paid("R1", 100_000, on(14))

    assert of(told, PromiseJudged) == []
    assert states(world) == ["broken"]


def test_money_that_goes_back_before_the_judgement_leaves_the_promise_open_again(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))
    world.paid("R1", 100_000, on(4))

    told = world.returned("R1", 100_000, on(6))

    assert len(of(told, PromiseRecorded)) == 1
    assert (states(world), world.item().claimed_minor) == (["open"], 0)
    assert len(of(world.rig.until(on(13, 18)), PromiseBroken)) == 1


def test_money_that_goes_back_after_the_judgement_breaks_the_promise(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))
    world.paid("R1", 100_000, on(4))

    told = world.returned("R1", 100_000, on(20))

    assert [type(e) for e in told] == [PromiseBroken, EscalationRaised]


def test_a_discount_or_a_small_write_off_of_those_days_does_not_break_a_promise(world: World):
    world.invoice("R1")
    world.invoice("R2")
    world.promised("R1", 100_000, BY, on(2), "V1")
    world.promised("R2", 100_000, BY, on(2), "V2")

    world.paid("R1", 98_000, on(5), id_="P1")
    discount = world.item_event(DiscountGranted, "R1", 2_000, on(5), payment_id="P1")
    world.paid("R2", 99_960, on(5), id_="P2")
    residual = world.item_event(WriteOffPosted, "R2", 40, on(5))

    assert len(of(discount, PromiseKept)) == 1
    assert len(of(residual, PromiseKept)) == 1


def test_an_item_given_up_later_does_not_turn_a_broken_promise_into_a_kept_one(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))
    world.paid("R1", 10_000, on(5))
    world.rig.until(on(13, 18))

    world.item_event(WriteOffPosted, "R1", 90_000, on(60))

    assert states(world) == ["partly_kept"]


def test_a_promise_for_an_item_that_was_credited_in_full_simply_lapses(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))

    told = world.item_event(CreditApplied, "R1", 100_000, on(5), credit_note_number="G1")

    assert [e.reason for e in of(told, PromiseWithdrawn)] == ["lapsed"]
    assert of(world.rig.until(on(30)), PromiseJudged) == []


def test_a_new_promise_takes_the_place_of_the_open_one(world: World):
    world.invoice()
    world.promised("R1", 50_000, BY, on(2), "V1")

    told = world.promised("R1", 80_000, BY + timedelta(days=5), on(3), "V2")

    assert [e.reason for e in of(told, PromiseWithdrawn)] == ["superseded"]
    assert states(world) == ["superseded", "open"]
    assert world.item().promised_minor == 80_000
    assert of(world.rig.until(on(14)), PromiseJudged) == []


def test_the_second_broken_promise_takes_the_account_to_the_manager(world: World):
    world.invoice("R1")
    world.invoice("R2")
    world.promised("R1", 100_000, BY, on(2), "V1")
    world.promised("R2", 100_000, BY, on(2), "V2")

    told = world.rig.until(on(13, 18))

    assert [b.broken_promises for b in of(told, PromiseBroken)] == [1, 2]
    (escalated,) = of(told, AccountEscalated)
    assert (escalated.to, escalated.invoice_number) == ("collections_manager", "R2")
    assert [e.to_role for e in world.rig.rows("collections", Escalation)] == ["collector", "collections_manager"]
    assert of(told, AccountStopped) == []


def test_the_third_broken_promise_stops_the_account_by_rule_and_payment_resumes_it(world: World):
    for n in (1, 2, 3):
        world.invoice(f"R{n}")
        world.promised(f"R{n}", 100_000, BY, on(2), f"V{n}")

    told = world.rig.until(on(13, 18))
    (stopped,) = of(told, AccountStopped)
    resumed = [world.paid(f"R{n}", 100_000, on(20, 9 + n), id_=f"P{n}") for n in (1, 2, 3)]

    assert stopped.stopped_by == "collections/stops/PROMISES"
    assert stopped.reason == "3 broken promises and 3 items past due"
    assert [len(of(events, AccountResumed)) for events in resumed] == [0, 0, 1]


def test_no_promise_is_judged_while_cash_is_blocked_and_all_are_when_it_goes_on(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))
    blocked = CustomerBlocked(customer_id="C1", service="cash", parked_id="7", reason="unreadable")
    from_cash(world, blocked, on(3))

    assert world.rig.until(on(20)) == []
    told = from_cash(world, CustomerUnblocked(customer_id="C1", service="cash"), on(20))

    assert len(of(told, PromiseBroken)) == 1
    assert world.rig.deadlines("collections") == {("dunning", "C1/DE01"): on(21, 8)}


def test_a_promise_from_outside_that_cannot_be_taken_goes_to_a_person(world: World):
    world.invoice()

    told = world.promised("R1", 100_000, DUE + timedelta(days=90), on(0))

    (raised,) = of(told, EscalationRaised)
    assert (raised.level, raised.to) == ("promise-refused", "collector")
    assert "more than 60 need an instalment plan" in raised.text
    assert states(world) == ["refused"]
    assert world.item().promised_minor == 0


def test_a_promise_before_its_invoice_counts_when_the_invoice_comes(world: World):
    world._open["R1"], world._versions["R1"] = 100_000, 0
    world.promised("R1", 100_000, BY, on(-20))

    world.invoice()
    world.rig.until(on(13, 17))

    assert (world.letters(), world.item().promised_minor) == ([], 100_000)


def test_a_customer_nobody_registered_yet_can_promise_all_the_same(world: World):
    world.customer = "C9"
    world.invoice("R9")

    world.promised("R9", 100_000, BY, on(2), "V9")

    assert world.item("R9").promised_minor == 100_000
    assert world.rig.rows("collections", Customer, customer_id="C9") == []
    assert len(of(world.rig.until(on(13, 18)), PromiseBroken)) == 1


def test_a_promise_for_somebody_elses_invoice_is_not_taken_and_touches_nothing(world: World):
    world.invoice()
    before = world.item()
    world.customer = "C2"

    told = world.promised("R1", 100_000, BY, on(0), "V2")

    (raised,) = of(told, EscalationRaised)
    assert (raised.customer_id, raised.level) == ("C2", "promise-refused")
    assert world.item() == before


def test_a_promise_in_another_currency_is_not_taken(world: World):
    world.invoice(currency="USD")

    told = world.promised("R1", 100_000, BY, on(0))

    assert [type(e) for e in told] == [EscalationRaised]
    assert world.item().promised_minor == 0


def test_a_promise_that_came_before_somebody_elses_invoice_blames_nobody(world: World):
    world._versions["R1"] = 0
    world.customer = "C2"
    world.promised("R1", 100_000, BY, on(-29), "V2")

    world.customer = "C1"
    world.invoice()
    told = world.rig.until(on(13, 18))

    assert of(told, PromiseJudged) == []
    assert [e.reason for e in of(told, PromiseWithdrawn)] == ["refused"]
    assert (world.item().customer_id, world.letter_days()) == ("C1", [(1, 1), (10, 2)])


def test_a_promise_for_an_invoice_that_never_came_blames_nobody(world: World):
    world.promised("R1", 100_000, BY, on(0))

    told = world.rig.until(on(13, 18))

    assert [e.reason for e in of(told, PromiseWithdrawn)] == ["refused"]
    assert states(world) == ["refused"]
