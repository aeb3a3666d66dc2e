"""Discounts, over-payments, returned money and credit notes: what changes an item besides a plain payment."""

from datetime import date, timedelta

import pytest
from o2c_cash.domain.payments import PaymentReturn
from o2c_chassis.testing import of
from o2c_contracts.cash import (
    CreditApplied,
    CustomerMoneyChanged,
    DiscountGranted,
    DiscountReversed,
    InvoiceCleared,
    PaymentApplicationReversed,
    PaymentApplied,
    PaymentReversed,
    ShortPaymentFound,
    WriteOffPosted,
    WriteOffReversed,
)
from o2c_contracts.shared import EscalationRaised

from tests.cash.scenes import (
    NOON,
    books_are_in_order,
    contested,
    credited,
    discounted,
    invoice,
    item,
    money,
    paid,
    pays,
    rig,
    sent_back,
)

UNTIL = date(2026, 1, 12)


def test_a_discount_is_earned_by_the_value_date():
    world = rig()
    world.tell(discounted("I-1", 100_000, UNTIL))

    told = world.tell(paid("P-1", 98_000, reference="I-1", value_date=UNTIL))

    [granted] = of(told, DiscountGranted)
    assert (granted.amount_minor, granted.open_minor_after, granted.item_version) == (2_000, 0, 2)
    assert [e.item_version for e in of(told, InvoiceCleared)] == [2]
    books_are_in_order(world)


def test_the_discounted_amount_explains_itself_without_a_reference():
    world = rig()
    world.tell(discounted("I-1", 100_000, UNTIL), invoice("I-2", 50_000))

    told = world.tell(paid("P-1", 148_000))

    assert pays(world, "P-1") == {"I-1": 98_000, "I-2": 50_000}
    assert [g.amount_minor for g in of(told, DiscountGranted)] == [2_000]
    books_are_in_order(world)


def test_who_pays_in_full_is_granted_nothing():
    world = rig()
    world.tell(discounted("I-1", 100_000, UNTIL))

    told = world.tell(paid("P-1", 100_000))

    assert of(told, DiscountGranted) == []
    assert pays(world, "P-1") == {"I-1": 100_000}


def test_a_discount_taken_too_late_is_a_short_payment():
    world = rig()
    world.tell(discounted("I-1", 100_000, UNTIL))

    told = world.tell(paid("P-1", 98_000, reference="I-1", value_date=UNTIL + timedelta(days=3)))

    [short] = of(told, ShortPaymentFound)
    assert (short.short_minor, short.reason) == (2_000, "DISC-LATE")
    assert item(world, "I-1").open_minor == 2_000
    books_are_in_order(world)


def test_a_part_payment_in_time_earns_no_discount():
    world = rig()
    world.tell(discounted("I-1", 100_000, UNTIL))

    told = world.tell(paid("P-1", 40_000, reference="I-1"))

    assert of(told, DiscountGranted) == []
    assert [s.short_minor for s in of(told, ShortPaymentFound)] == [60_000]


def test_a_contested_item_earns_no_discount():
    world = rig()
    world.tell(discounted("I-1", 100_000, UNTIL), contested("C-1", "I-1", 5_000))

    told = world.tell(paid("P-1", 98_000, reference="I-1"))

    assert of(told, DiscountGranted) == []


def test_nobody_earns_a_discount_by_backdating():
    world = rig()
    world.tell(discounted("I-1", 100_000, UNTIL))

    told = world.tell(
        paid("P-1", 98_000, reference="I-1", value_date=UNTIL),
        at=NOON + timedelta(days=30),
    )

    assert of(told, DiscountGranted) == []
    assert [s.short_minor for s in of(told, ShortPaymentFound)] == [2_000]


def test_what_is_paid_too_much_is_kept_on_account_and_told():
    world = rig()
    world.tell(invoice("I-1", 10_000))

    told = world.tell(paid("P-1", 12_500, reference="I-1"))

    [changed] = of(told, CustomerMoneyChanged)
    assert (changed.unapplied_minor, changed.on_account_minor, changed.version) == (0, 2_500, 1)
    assert money(world, "P-1").on_account_minor == 2_500
    assert world.deadlines("cash") == {}
    books_are_in_order(world)


def test_a_small_over_payment_that_nobody_claims_becomes_income():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_150, reference="I-1"))
    assert money(world, "P-1").on_account_minor == 150

    told = world.until(NOON + timedelta(days=91))

    assert money(world, "P-1").taken_minor == 150
    assert [(e.on_account_minor, e.version) for e in of(told, CustomerMoneyChanged)] == [(0, 2)]
    books_are_in_order(world)


def test_money_of_a_customer_is_told_only_when_it_changed():
    world = rig()
    world.tell(invoice("I-1", 10_000))

    told = world.tell(paid("P-1", 10_000))

    assert of(told, CustomerMoneyChanged) == []


def test_a_returned_payment_is_owed_again_and_versions_go_on():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 20_000), paid("P-1", 30_000))

    told = world.tell(sent_back("B-1", "P-1", 30_000))

    reversals = {e.invoice_number: (e.open_minor_after, e.item_version) for e in of(told, PaymentApplicationReversed)}
    assert reversals == {"I-1": (10_000, 2), "I-2": (20_000, 2)}
    [back] = of(told, PaymentReversed)
    assert (back.amount_minor, back.reason) == (30_000, "AM04")
    assert money(world, "P-1").status == "returned"
    assert of(told, CustomerMoneyChanged) == []
    books_are_in_order(world)


def test_what_was_granted_because_of_a_payment_goes_back_with_it():
    world = rig()
    world.tell(discounted("I-1", 100_000, UNTIL), invoice("I-2", 100_000))
    world.tell(paid("P-1", 98_000, reference="I-1"), paid("P-2", 99_600, reference="I-2"))

    told = world.tell(sent_back("B-1", "P-1", 98_000), sent_back("B-2", "P-2", 99_600))

    assert [e.amount_minor for e in of(told, DiscountReversed)] == [2_000]
    assert [e.amount_minor for e in of(told, WriteOffReversed)] == [400]
    assert item(world, "I-1").open_minor == item(world, "I-2").open_minor == 100_000
    books_are_in_order(world)


def test_tolerance_may_be_granted_again_after_it_was_taken_back():
    world = rig()
    world.tell(invoice("I-1", 100_000), paid("P-1", 99_600, reference="I-1"), sent_back("B-1", "P-1", 99_600))

    told = world.tell(paid("P-2", 99_600, reference="I-1"))

    assert [w.amount_minor for w in of(told, WriteOffPosted)] == [400]


def test_a_part_that_goes_back_takes_free_money_first():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 12_500, reference="I-1"))

    told = world.tell(sent_back("B-1", "P-1", 4_000))

    assert item(world, "I-1").open_minor == 1_500
    assert [e.on_account_minor for e in of(told, CustomerMoneyChanged)] == [0]
    books_are_in_order(world)


def test_a_part_that_goes_back_leaves_the_item_that_fell_due_first_paid():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000, due_on=date(2026, 1, 20)), paid("P-1", 20_000))

    world.tell(sent_back("B-1", "P-1", 4_000))

    assert (item(world, "I-1").open_minor, item(world, "I-2").open_minor) == (4_000, 0)


def test_a_return_before_its_payment_waits_for_it():
    world = rig()
    world.tell(invoice("I-1", 10_000))
    assert world.tell(sent_back("B-1", "P-1", 10_000)) == []

    told = world.tell(paid("P-1", 10_000))

    assert [e.return_id for e in of(told, PaymentReversed)] == ["B-1"]
    assert of(told, PaymentApplied) == []
    assert item(world, "I-1").open_minor == 10_000
    books_are_in_order(world)


def test_more_going_back_than_came_goes_back_once_and_a_person_is_told():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000))
    world.tell(sent_back("B-1", "P-1", 10_000))

    told = world.tell(sent_back("B-2", "P-1", 10_000))

    assert [e.level for e in of(told, EscalationRaised)] == ["return-exceeds"]
    assert of(told, PaymentReversed) == []
    books_are_in_order(world)


def test_the_same_return_counts_once():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000), sent_back("B-1", "P-1", 6_000))

    assert world.tell(sent_back("B-1", "P-1", 6_000)) == []

    assert len(world.rows("cash", PaymentReturn)) == 1
    assert item(world, "I-1").open_minor == 6_000


def test_money_that_waits_for_a_reference_and_goes_back_waits_no_more():
    world = rig()
    world.tell(paid("P-1", 10_000, reference="I-1"))

    world.tell(sent_back("B-1", "P-1", 10_000))

    assert world.deadlines("cash") == {}
    assert world.until(NOON + timedelta(days=9)) == []
    books_are_in_order(world)


def test_what_is_left_of_money_that_waits_goes_on_waiting():
    world = rig()
    world.tell(paid("P-1", 10_000, reference="I-1"))

    world.tell(sent_back("B-1", "P-1", 4_000))
    assert money(world, "P-1").status == "waiting"
    world.tell(invoice("I-1", 6_000))

    assert pays(world, "P-1") == {"I-1": 6_000}
    assert world.deadlines("cash") == {}
    books_are_in_order(world)


def test_a_credit_note_reduces_its_invoice_and_says_for_which_case():
    world = rig()
    world.tell(invoice("I-1", 10_000))

    told = world.tell(credited("N-1", "I-1", 4_000, case_id="C-1"))

    [applied] = of(told, CreditApplied)
    assert (applied.open_minor_after, applied.item_version, applied.case_id) == (6_000, 1, "C-1")
    books_are_in_order(world)


def test_a_credit_note_over_all_of_it_clears_the_invoice():
    world = rig()
    world.tell(invoice("I-1", 10_000))

    told = world.tell(credited("N-1", "I-1", 10_000))

    assert len(of(told, InvoiceCleared)) == 1


def test_credit_beyond_what_is_open_is_kept_on_account():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 8_000, reference="I-1"))

    told = world.tell(credited("N-1", "I-1", 5_000))

    assert [e.amount_minor for e in of(told, CreditApplied)] == [2_000]
    assert [e.on_account_minor for e in of(told, CustomerMoneyChanged)] == [3_000]
    books_are_in_order(world)


def test_credit_for_an_invoice_that_is_paid_is_kept_whole():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000))

    told = world.tell(credited("N-1", "I-1", 5_000))

    assert of(told, CreditApplied) == []
    assert [e.on_account_minor for e in of(told, CustomerMoneyChanged)] == [5_000]
    books_are_in_order(world)


def test_the_same_credit_note_counts_once():
    world = rig()
    world.tell(invoice("I-1", 10_000), credited("N-1", "I-1", 4_000))

    assert world.tell(credited("N-1", "I-1", 4_000)) == []


def test_kept_money_is_not_used_for_later_invoices_by_itself():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 12_500, reference="I-1"))

    told = world.tell(invoice("I-2", 2_500))

    assert told == []


@pytest.mark.parametrize("missing", [1, 501])
def test_a_payment_that_names_its_item_pays_what_it_can(missing: int):
    world = rig()
    world.tell(invoice("I-1", 100_000))

    world.tell(paid("P-1", 100_000 - missing, reference="I-1"))

    assert pays(world, "P-1") == {"I-1": 100_000 - missing}
    books_are_in_order(world)
