"""Money whose payer is not known: unidentified until one customer owns the account, or a person says who paid."""

from datetime import date

import pytest
from o2c_cash.commands import AllocatePayment, IdentifyPayment
from o2c_cash.domain.payments import Payment, Remittance
from o2c_chassis.errors import NoBooks, Refused
from o2c_chassis.testing import of
from o2c_contracts.cash import (
    CustomerMoneyChanged,
    PaymentApplied,
    PaymentIdentified,
    PaymentLeftUnapplied,
    PaymentReversed,
)
from o2c_contracts.event import payer_key
from o2c_contracts.master import CustomerChanged, FamilyChanged

from tests.cash.scenes import (
    advised,
    books_are_in_order,
    invoice,
    item,
    money,
    paid,
    pays,
    registered,
    rig,
    sent_back,
)


def test_an_account_of_one_customer_names_the_payer_and_is_decided_under_its_key():
    world = rig()
    world.tell(registered("ada", "DE11"), invoice("I-1", 10_000))

    told = world.tell(paid("P-1", 10_000, None, account="DE11"))

    [identified] = of(told, PaymentIdentified)
    assert (identified.key, identified.document_id) == ("c:ada", "P-1")
    assert identified.origin_key == payer_key("DE11", "P-1")
    assert "DE11" not in identified.model_dump_json()
    assert pays(world, "P-1") == {"I-1": 10_000}
    books_are_in_order(world)


def test_until_it_is_heard_again_the_money_is_unidentified():
    world = rig()

    told = world.tell(paid("P-1", 10_000, None, account="DE11"))

    assert told == []
    payment = money(world, "P-1")
    assert (payment.status, payment.unidentified_minor, payment.reason) == ("unidentified", 10_000, "unknown-payer")
    books_are_in_order(world)


def test_an_account_that_two_customers_share_is_never_a_silent_pick():
    world = rig()
    world.tell(registered("ada", "DE11"), registered("bob", "DE11"), invoice("I-1", 10_000))

    told = world.tell(paid("P-1", 10_000, None, account="DE11"))

    assert told == []
    assert money(world, "P-1").reason == "ambiguous-account"


def test_a_customer_that_registers_later_with_the_account_gets_the_waiting_money():
    world = rig()
    world.tell(paid("P-1", 10_000, None, account="DE11"), invoice("I-1", 10_000))

    told = world.tell(registered("ada", "DE11"))

    assert [e.document_id for e in of(told, PaymentIdentified)] == ["P-1"]
    assert pays(world, "P-1") == {"I-1": 10_000}
    books_are_in_order(world)


def test_one_of_two_owners_giving_up_the_account_makes_it_clear():
    world = rig()
    world.tell(registered("ada", "DE11"), registered("bob", "DE11"), paid("P-1", 10_000, None, account="DE11"))

    told = world.tell(CustomerChanged(customer_id="bob", accounts=("DE22",)))

    assert [e.customer_id for e in of(told, PaymentIdentified)] == ["ada"]


def test_a_change_that_says_nothing_of_accounts_changes_none():
    world = rig()
    world.tell(registered("ada", "DE11"), CustomerChanged(customer_id="ada", segment="key"))

    told = world.tell(paid("P-1", 10_000, None, account="DE11"))

    assert [e.customer_id for e in of(told, PaymentIdentified)] == ["ada"]


def test_a_person_names_the_payer():
    world = rig()
    world.tell(registered("ada"), invoice("I-1", 10_000), paid("P-1", 10_000, None))

    told = world.command("cash", IdentifyPayment(customer_id="ada", payment_id="P-1", roles=("cash_lead",)), "kim")

    assert [e.invoice_number for e in of(told, PaymentApplied)] == ["I-1"]
    books_are_in_order(world)


def test_a_person_moves_money_to_the_right_payer_as_long_as_it_pays_nothing():
    world = rig()
    world.tell(registered("ada"), registered("bob"), paid("P-1", 10_000))

    told = world.command("cash", IdentifyPayment(customer_id="bob", payment_id="P-1", roles=("cash_lead",)), "kim")

    after = {(e.customer_id, e.unapplied_minor) for e in of(told, CustomerMoneyChanged)}
    assert after == {("ada", 0), ("bob", 10_000)}
    assert [left.customer_id for left in of(told, PaymentLeftUnapplied)] == ["bob"]
    books_are_in_order(world)


def test_money_that_pays_items_is_not_moved_to_another_payer():
    world = rig()
    world.tell(registered("bob"), invoice("I-1", 10_000), paid("P-1", 10_000))
    command = IdentifyPayment(customer_id="bob", payment_id="P-1", roles=("cash_lead",))

    with pytest.raises(Refused, match="pays items of ada"):
        world.command("cash", command, "kim")

    world.command("cash", AllocatePayment(customer_id="ada", payment_id="P-1", lines=(), roles=("cash_lead",)), "kim")
    world.command("cash", command, "kim")
    assert money(world, "P-1").customer_id == "bob"
    books_are_in_order(world)


@pytest.mark.parametrize(
    ("payment_id", "customer", "roles", "code"),
    [
        ("P-9", "ada", ("cash_lead",), "unknown-payment"),
        ("P-1", "eve", ("cash_lead",), "unknown-customer"),
        ("P-1", "ada", ("collector",), "no-authority"),
        ("P-2", "ada", ("cash_lead",), "already-identified"),
    ],
)
def test_naming_a_payer_is_refused_with_a_reason(payment_id: str, customer: str, roles: tuple[str, ...], code: str):
    world = rig()
    world.tell(registered("ada"), paid("P-1", 10_000, None), paid("P-2", 10_000))

    with pytest.raises(Refused) as refused:
        world.command("cash", IdentifyPayment(customer_id=customer, payment_id=payment_id, roles=roles), "kim")

    assert refused.value.code == code
    assert refused.value.hint


def test_an_advice_of_an_unknown_payer_is_identified_by_its_account():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), paid("P-1", 10_000, reference="R-1"))
    world.tell(advised("R-1", {"I-2": 10_000}, None, account="DE11"))
    assert money(world, "P-1").status == "waiting"

    world.tell(registered("ada", "DE11"))

    assert pays(world, "P-1") == {"I-2": 10_000}


def test_an_advice_of_an_unknown_payer_is_identified_by_its_payment():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), paid("P-1", 10_000))

    world.tell(advised("R-1", {"I-2": 10_000}, None, payment_id="P-1"))

    assert pays(world, "P-1") == {"I-2": 10_000}


def test_a_payment_whose_advice_has_no_payer_yet_waits_for_it_and_gives_it_one():
    world = rig()
    world.tell(invoice("I-1", 10_000), advised("R-1", {"I-1": 10_000}, None, payment_id="P-1"))

    told = world.tell(paid("P-1", 10_000))

    assert [(e.document_kind, e.document_id) for e in of(told, PaymentIdentified)] == [("remittance", "R-1")]
    assert pays(world, "P-1") == {"I-1": 10_000}
    assert [r.used_by for r in world.rows("cash", Remittance)] == ["P-1"]


def test_unidentified_money_that_goes_back_leaves_nothing():
    world = rig()
    world.tell(paid("P-1", 10_000, None, account="DE11"), sent_back("B-1", "P-1", 10_000, None))

    told = world.tell(registered("ada", "DE11"))

    assert of(told, PaymentApplied) == of(told, CustomerMoneyChanged) == []
    assert money(world, "P-1").returned_minor == 10_000
    books_are_in_order(world)


def test_a_return_under_an_unknown_key_is_told_again_under_the_payers():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000))

    told = world.tell(sent_back("B-1", "P-1", 10_000, None))

    assert [(e.document_kind, e.key) for e in of(told, PaymentIdentified)] == [("return", "c:ada")]
    assert [e.return_id for e in of(told, PaymentReversed)] == ["B-1"]
    assert item(world, "I-1").open_minor == 10_000
    books_are_in_order(world)


def test_a_customer_that_joins_a_family_may_be_paid_for_by_it():
    world = rig()
    world.tell(registered("ada"), registered("bob"), invoice("I-1", 10_000, customer="bob"))

    world.tell(FamilyChanged(customer_id="bob", root_id="ada"))
    world.tell(paid("P-1", 10_000, reference="I-1"))

    assert pays(world, "P-1") == {"I-1": 10_000}


def test_a_customer_that_left_its_family_is_not():
    world = rig()
    world.tell(registered("ada"), registered("bob", root="ada"), invoice("I-1", 10_000, customer="bob"))

    world.tell(FamilyChanged(customer_id="bob", root_id=None))
    told = world.tell(paid("P-1", 10_000, reference="I-1"))

    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["other-family-or-money"]


def test_the_same_receipt_under_another_event_counts_once():
    world = rig()
    world.tell(paid("P-1", 10_000))

    assert world.tell(paid("P-1", 10_000)) == []

    assert len(world.rows("cash", Payment)) == 1
    books_are_in_order(world)


def test_a_value_date_does_not_choose_the_day_of_the_receipt():
    world = rig()

    world.tell(paid("P-1", 10_000, value_date=date(2020, 1, 1)))

    assert money(world, "P-1").received_on == date(2026, 1, 5)


@pytest.mark.parametrize("customer", ["ada", None])
def test_money_for_a_company_without_books_is_nothing_that_cash_can_keep(customer: str | None):
    world = rig()

    with pytest.raises(NoBooks, match="XX99"):
        world.tell(paid("P-1", 10_000, customer, legal_entity="XX99"))

    assert world.rows("cash", Payment) == []
