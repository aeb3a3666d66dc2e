"""Money that names what it pays: by advice or reference, whichever comes first, and never by its amount instead."""

from datetime import timedelta

from o2c_chassis.testing import of
from o2c_contracts.bank import RemittanceLine
from o2c_contracts.cash import PaymentApplied, PaymentLeftUnapplied, ShortPaymentFound, WriteOffPosted
from o2c_contracts.shared import EscalationRaised

from tests.cash.scenes import (
    NOON,
    advised,
    books_are_in_order,
    contested,
    invoice,
    item,
    money,
    paid,
    pays,
    registered,
    resolved,
    rig,
)


def test_an_advice_before_the_payment_explains_it():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), advised("R-1", {"I-2": 10_000}))

    told = world.tell(paid("P-1", 10_000, reference="R-1"))

    assert [e.invoice_number for e in of(told, PaymentApplied)] == ["I-2"]
    books_are_in_order(world)


def test_an_advice_after_the_payment_explains_what_was_left():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), paid("P-1", 10_000))

    told = world.tell(advised("R-1", {"I-2": 10_000}, payment_id="P-1"))

    assert [e.invoice_number for e in of(told, PaymentApplied)] == ["I-2"]
    books_are_in_order(world)


def test_an_advice_without_a_payment_is_found_by_payer_and_total():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), advised("R-1", {"I-1": 10_000}))

    world.tell(paid("P-1", 10_000))

    assert pays(world, "P-1") == {"I-1": 10_000}


def test_two_advices_of_that_total_explain_nothing():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000))
    world.tell(advised("R-1", {"I-1": 10_000}), advised("R-2", {"I-2": 10_000}))

    told = world.tell(paid("P-1", 10_000))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["reference-ambiguous"]


def test_an_advice_explains_one_payment_only():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), advised("R-1", {"I-1": 10_000}))
    world.tell(paid("P-1", 10_000))

    told = world.tell(paid("P-2", 10_000))

    assert [e.invoice_number for e in of(told, PaymentApplied)] == ["I-2"]


def test_an_advice_cites_the_number_that_the_customer_knows():
    world = rig()
    world.tell(invoice("I-1", 10_000, external_ref="0000611365"), invoice("I-2", 10_000))
    line = RemittanceLine(external_ref="0000611365", amount_minor=10_000)

    world.tell(advised("R-1", {"I-1": 10_000}, lines=(line,), payment_id="P-1"), paid("P-1", 10_000))

    assert pays(world, "P-1") == {"I-1": 10_000}


def test_a_reference_names_invoices_in_the_payers_own_words():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), invoice("I-3", 5_000, external_ref="4711"))

    told = world.tell(paid("P-1", 15_000, reference="Invoices: I-2, (4711)."))

    assert pays(world, "P-1") == {"I-2": 10_000, "I-3": 5_000}
    assert "names what it pays" in of(told, PaymentApplied)[0].because


def test_a_reference_that_is_not_known_waits_although_one_item_is_exactly_the_amount():
    world = rig()
    world.tell(invoice("I-1", 10_000))

    told = world.tell(paid("P-1", 10_000, reference="I-2"))

    assert of(told, PaymentApplied) == of(told, PaymentLeftUnapplied) == []
    assert money(world, "P-1").status == "waiting"
    assert world.deadlines("cash") == {("reference", "P-1"): NOON + timedelta(days=5)}
    books_are_in_order(world)


def test_words_without_a_number_are_a_reference_too():
    world = rig()
    world.tell(invoice("I-1", 10_000))

    world.tell(paid("P-1", 10_000, reference="thank you"))

    assert money(world, "P-1").status == "waiting"


def test_what_is_named_is_paid_when_it_comes_and_the_deadline_is_gone():
    world = rig()
    world.tell(paid("P-1", 10_000, reference="I-1 I-2"), invoice("I-1", 4_000))
    assert money(world, "P-1").status == "waiting"

    told = world.tell(invoice("I-2", 6_000))

    assert {e.invoice_number for e in of(told, PaymentApplied)} == {"I-1", "I-2"}
    assert world.deadlines("cash") == {}
    books_are_in_order(world)


def test_after_its_deadline_it_is_left_and_a_person_is_told():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000, reference="I-2"))

    told = world.until(NOON + timedelta(days=6))

    [left] = of(told, PaymentLeftUnapplied)
    assert left.reason == "reference-unknown"
    assert [c.invoices for c in left.candidates] == [("I-1",)]
    assert [(e.level, e.to) for e in of(told, EscalationRaised)] == [("reference-overdue", "cash_lead")]
    assert pays(world, "P-1") == {}


def test_an_invoice_that_comes_after_the_deadline_is_still_paid():
    world = rig()
    world.tell(paid("P-1", 10_000, reference="I-2"))
    world.until(NOON + timedelta(days=6))

    world.tell(invoice("I-2", 10_000))

    assert pays(world, "P-1") == {"I-2": 10_000}


def test_an_advice_with_an_unknown_invoice_waits_whole():
    world = rig()
    world.tell(invoice("I-1", 4_000), advised("R-1", {"I-1": 4_000, "I-2": 6_000}))

    world.tell(paid("P-1", 10_000, reference="R-1"))
    assert money(world, "P-1").status == "waiting"
    world.tell(invoice("I-2", 6_000))

    assert pays(world, "P-1") == {"I-1": 4_000, "I-2": 6_000}


def test_a_payment_that_names_an_advice_waits_for_it():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), paid("P-1", 10_000, reference="R-1"))
    assert money(world, "P-1").status == "waiting"

    world.tell(advised("R-1", {"I-1": 10_000}))

    assert pays(world, "P-1") == {"I-1": 10_000}


def test_a_payment_that_is_off_its_advice_is_left():
    world = rig()
    world.tell(invoice("I-1", 10_000), advised("R-1", {"I-1": 10_000}))

    told = world.tell(paid("P-1", 9_000, reference="R-1"))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["remittance-differs"]


def test_a_family_member_may_pay_anothers_item_by_name():
    world = rig()
    world.tell(registered("ada"), registered("bob", root="ada"), invoice("I-1", 10_000, customer="bob"))

    told = world.tell(paid("P-1", 10_000, reference="I-1"))

    [applied] = of(told, PaymentApplied)
    assert applied.customer_id == "bob"
    books_are_in_order(world)


def test_money_that_waits_for_a_family_members_invoice_pays_it_when_it_comes():
    world = rig()
    world.tell(registered("ada"), registered("bob", root="ada"))
    world.tell(advised("R-1", {"I-1": 3_000}), paid("P-1", 3_000))

    told = world.tell(invoice("I-1", 5_000, customer="bob"))

    assert pays(world, "P-1") == {"I-1": 3_000}
    assert [(s.customer_id, s.short_minor) for s in of(told, ShortPaymentFound)] == [("bob", 2_000)]
    books_are_in_order(world)


def test_an_item_of_another_family_is_for_a_person():
    world = rig()
    world.tell(registered("ada"), registered("eve"), invoice("I-1", 10_000, customer="eve"))

    told = world.tell(paid("P-1", 10_000, reference="I-1"))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["other-family-or-money"]
    assert item(world, "I-1").open_minor == 10_000


def test_the_same_customer_number_at_somebody_else_is_not_meant():
    world = rig()
    world.tell(invoice("I-1", 10_000, customer="eve", external_ref="4711"))

    world.tell(paid("P-1", 10_000, reference="4711"))

    assert money(world, "P-1").status == "waiting"


def test_an_item_in_another_currency_is_never_paid():
    world = rig()
    world.tell(invoice("I-1", 10_000, currency="USD"))

    told = world.tell(paid("P-1", 10_000, reference="I-1"))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["other-family-or-money"]


def test_a_second_payment_of_a_settled_item_is_left():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000, reference="I-1"))

    told = world.tell(paid("P-2", 10_000, reference="I-1"))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["already-paid"]


def test_a_short_payment_beyond_tolerance_is_applied_coded_and_told():
    world = rig()
    world.tell(invoice("I-1", 100_000, tax_minor=16_000, net_minor=84_000))

    told = world.tell(paid("P-1", 84_000, reference="I-1"))

    assert item(world, "I-1").open_minor == 16_000
    [short] = of(told, ShortPaymentFound)
    assert (short.short_minor, short.reason) == (16_000, "TAX")
    books_are_in_order(world)


def test_a_short_payment_within_tolerance_is_given_up_with_the_sentence_of_its_row():
    world = rig()
    world.tell(invoice("I-1", 100_000))

    told = world.tell(paid("P-1", 99_600, reference="I-1"))

    [given_up] = of(told, WriteOffPosted)
    assert given_up.open_minor_after == 0
    assert "0.5 %" in given_up.because
    assert given_up.decision_id
    assert of(told, ShortPaymentFound) == []
    books_are_in_order(world)


def test_tolerance_waits_for_the_dispute_to_end():
    world = rig()
    world.tell(invoice("I-1", 100_000), contested("C-1", "I-1", 400))
    told = world.tell(paid("P-1", 99_600, reference="I-1"))
    assert of(told, WriteOffPosted) == []

    world.tell(resolved("C-1", "I-1", 400), invoice("I-2", 100_000))
    told = world.tell(paid("P-2", 99_600, reference="I-2"))

    assert [w.invoice_number for w in of(told, WriteOffPosted)] == ["I-2"]


def test_tolerance_gives_a_customer_at_most_its_monthly_sum():
    world = rig()
    world.tell(*[invoice(f"I-{n}", 100_000) for n in range(11)])

    told = world.tell(*[paid(f"P-{n}", 99_500, reference=f"I-{n}") for n in range(11)])

    assert sum(w.amount_minor for w in of(told, WriteOffPosted)) == 5_000
    assert len(of(told, ShortPaymentFound)) == 1


def test_a_short_reference_pays_the_oldest_due_first():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000, due_on=NOON.date()))

    world.tell(paid("P-1", 15_000, reference="I-1 I-2"))

    assert pays(world, "P-1") == {"I-2": 10_000, "I-1": 5_000}


def test_an_advice_after_an_automatic_application_confirms_it():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000))

    told = world.tell(advised("R-1", {"I-1": 10_000}, payment_id="P-1"))

    assert told == []


def test_an_advice_that_says_something_else_than_was_done_is_for_a_person():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 11_000), paid("P-1", 10_000))

    told = world.tell(advised("R-1", {"I-2": 10_000}, payment_id="P-1"))

    assert [e.level for e in of(told, EscalationRaised)] == ["remittance-disagrees"]
    assert pays(world, "P-1") == {"I-1": 10_000}
