"""Money that names nothing: only what its amount explains in exactly one way."""

from datetime import date

import pytest
from o2c_cash.domain.items import OpenItem
from o2c_chassis.testing import of
from o2c_contracts.cash import InvoiceCleared, PaymentApplied, PaymentLeftUnapplied, WriteOffPosted

from tests.cash.scenes import books_are_in_order, contested, invoice, item, money, paid, pays, registered, rig


def test_one_item_of_exactly_that_amount_is_paid_and_cleared():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 25_000))

    told = world.tell(paid("P-1", 25_000))

    [applied] = of(told, PaymentApplied)
    assert (applied.invoice_number, applied.open_minor_after, applied.item_version) == ("I-2", 0, 1)
    assert "exactly one open item" in applied.because
    [cleared] = of(told, InvoiceCleared)
    assert (cleared.invoice_number, cleared.item_version) == ("I-2", 1)
    assert money(world, "P-1").status == "applied"
    books_are_in_order(world)


def test_the_only_combination_is_paid_oldest_due_first():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 25_000, due_on=date(2026, 1, 20)), invoice("I-3", 7_000))

    told = world.tell(paid("P-1", 35_000))

    assert [e.invoice_number for e in of(told, PaymentApplied)] == ["I-2", "I-1"]
    assert item(world, "I-3").open_minor == 7_000
    books_are_in_order(world)


def test_the_same_amount_twice_is_left_with_both_as_candidates():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000))

    told = world.tell(paid("P-1", 10_000))

    [left] = of(told, PaymentLeftUnapplied)
    assert left.reason == "several-explanations"
    assert sorted(c.invoices for c in left.candidates) == [("I-1",), ("I-2",)]
    assert of(told, PaymentApplied) == []
    books_are_in_order(world)


def test_a_single_item_and_a_combination_of_the_same_sum_are_not_unique():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 4_000), invoice("I-3", 6_000))

    told = world.tell(paid("P-1", 10_000))

    [left] = of(told, PaymentLeftUnapplied)
    assert {(c.invoices, c.total_minor) for c in left.candidates} == {(("I-1",), 10_000), (("I-2", "I-3"), 10_000)}
    assert pays(world, "P-1") == {}


def test_candidates_are_a_few_even_where_there_are_many():
    world = rig()
    world.tell(*[invoice(f"I-{n:02}", 1_000) for n in range(20)])

    told = world.tell(paid("P-1", 5_000))

    [left] = of(told, PaymentLeftUnapplied)
    assert len(left.candidates) == 5


def test_a_combination_of_thirteen_items_is_for_a_person():
    world = rig()
    world.tell(*[invoice(f"I-{n:02}", 1_000 << n) for n in range(13)])

    told = world.tell(paid("P-1", 1_000 * ((1 << 13) - 1)))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["large-combination"]


def test_more_open_items_than_can_be_counted_are_not_decided():
    world = rig()
    world.tell(*[invoice(f"I-{n:02}", 1_000 + n) for n in range(61)])

    told = world.tell(paid("P-1", 2_003))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["too-many-items"]


def test_items_of_another_currency_or_legal_entity_explain_nothing():
    world = rig()
    world.tell(invoice("I-1", 10_000, currency="USD"), invoice("I-2", 10_000, legal_entity="FR01"))

    told = world.tell(paid("P-1", 10_000))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["nothing-fits"]
    books_are_in_order(world)


def test_items_of_the_family_explain_nothing_without_a_word_from_the_payer():
    world = rig()
    world.tell(registered("ada"), registered("bob", root="ada"), invoice("I-1", 10_000, customer="bob"))

    told = world.tell(paid("P-1", 10_000))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["nothing-fits"]


def test_a_payment_before_its_invoice_is_applied_by_the_invoice():
    world = rig()
    world.tell(paid("P-1", 10_000))

    told = world.tell(invoice("I-1", 10_000))

    assert [e.payment_id for e in of(told, PaymentApplied)] == ["P-1"]
    assert item(world, "I-1").open is False
    books_are_in_order(world)


def test_a_later_invoice_tries_waiting_money_in_the_order_of_its_value_dates():
    world = rig()
    world.tell(paid("P-1", 10_000, value_date=date(2026, 1, 4)), paid("P-2", 10_000, value_date=date(2026, 1, 3)))

    world.tell(invoice("I-1", 10_000))

    assert pays(world, "P-2") == {"I-1": 10_000}
    assert money(world, "P-1").unapplied_minor == 10_000


def test_being_left_for_the_same_reason_again_is_not_told_again():
    world = rig()
    world.tell(paid("P-1", 10_000))

    told = world.tell(invoice("I-1", 70_000))

    assert of(told, PaymentLeftUnapplied) == []


@pytest.mark.parametrize(
    ("total", "amount", "given_up"),
    [(100_000, 99_500, True), (100_000, 99_499, False), (10_000, 9_950, True), (10_000, 9_949, False)],
)
def test_a_residual_within_the_lower_of_cap_and_percent_is_given_up(total: int, amount: int, given_up: bool):
    world = rig()
    world.tell(invoice("I-1", total))

    told = world.tell(paid("P-1", amount))

    assert [w.amount_minor for w in of(told, WriteOffPosted)] == ([total - amount] if given_up else [])
    assert item(world, "I-1").open == (not given_up)
    assert money(world, "P-1").applied_minor == (amount if given_up else 0)
    books_are_in_order(world)


def test_two_items_near_the_amount_are_not_unique():
    world = rig()
    world.tell(invoice("I-1", 100_000), invoice("I-2", 100_100))

    told = world.tell(paid("P-1", 99_900))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["only-near"]


def test_nothing_is_given_up_while_a_dispute_is_open():
    world = rig()
    world.tell(contested("C-1", "I-1", 1_000), invoice("I-1", 100_000))

    told = world.tell(paid("P-1", 99_500))

    assert of(told, WriteOffPosted) == []
    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["only-near"]


def test_an_invoice_over_nothing_is_cleared_at_once():
    world = rig()

    told = world.tell(invoice("I-1", 0))

    assert [(e.invoice_number, e.item_version) for e in of(told, InvoiceCleared)] == [("I-1", 1)]
    assert world.rows("cash", OpenItem, open=True) == []
