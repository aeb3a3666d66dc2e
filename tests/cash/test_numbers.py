"""Every bank gives its own numbers: the same number of another, or in other words, is a document of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_cash.domain.notices import Escalation
from o2c_cash.domain.payments import Payment, PaymentReturn, Remittance
from o2c_chassis.testing import Rig, of
from o2c_contracts.bank import BankEvent
from o2c_contracts.cash import PaymentApplied, PaymentIdentified, PaymentLeftUnapplied, PaymentReversed
from o2c_contracts.documents import content_of, namesake
from o2c_contracts.shared import EscalationRaised

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
from tests.cash.troubles import acknowledge, allocate

ADA, BOB = paid("1001", 10_000, reference="A-1"), paid("1001", 10_000, "bob", reference="B-1")


def called(event: BankEvent, source: str) -> str:
    """What a further document of its number is called."""
    return namesake(event.document_id, source, content_of(event))


BOBS = called(BOB, "bank-b")


def owing() -> Rig:
    """Ada and Bob each owe 100.00."""
    world = rig()
    world.tell(registered("ada", "DE11"), registered("bob", "DE22"))
    world.tell(invoice("A-1", 10_000), invoice("B-1", 10_000, "bob"))
    return world


def both_paid() -> Rig:
    world = owing()
    world.tell(ADA, source="bank-a")
    world.tell(BOB, source="bank-b")
    return world


def test_two_banks_use_one_number_and_both_payments_pay():
    world = owing()
    world.tell(ADA, source="bank-a")

    told = world.tell(BOB, source="bank-b")

    assert [(e.customer_id, e.payment_id, e.invoice_number) for e in of(told, PaymentApplied)] == [("bob", BOBS, "B-1")]
    assert (pays(world, "1001"), pays(world, BOBS)) == ({"A-1": 10_000}, {"B-1": 10_000})
    assert money(world, BOBS).number == "1001"
    assert world.rows("cash", Escalation) == []
    books_are_in_order(world)


def test_the_name_of_the_second_says_whose_number_it_is_and_is_safe_in_an_address():
    assert BOBS.startswith("1001@bank-b-")
    assert namesake("7", "https://bank.example/gw?a=b", "x").startswith("7@https-bank.example-gw-a-b-")
    assert len(namesake("7" * 200, "b" * 900, "x")) <= 200


def test_what_a_document_leaves_out_is_no_part_of_what_it_says():
    back = sent_back("R-1", "1001", 10_000)

    assert content_of(back.model_copy(update={"account": None})) == content_of(back)
    assert content_of(back.model_copy(update={"reason": "MS03"})) != content_of(back)


@pytest.mark.parametrize("source", ["bank-a", "bank-b"])
def test_either_banks_repeat_counts_once(source: str):
    world = both_paid()

    assert world.tell(ADA if source == "bank-a" else BOB, source=source) == []

    assert len(world.rows("cash", Payment)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_minor": 9_000},
        {"value_date": ADA.value_date + timedelta(days=1)},
        {"reference": "A-1 again"},
        {"customer_id": "bob"},
        {"account": "DE77"},
        {"currency": "USD"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_one_bank_reports_otherwise_is_booked_and_pays_nothing_by_itself(
    changes: dict[str, object],
):
    world = owing()
    world.tell(ADA, source="bank-a")
    again = ADA.model_copy(update=changes)

    told = world.tell(again, source="bank-a")

    name = called(again, "bank-a")
    assert [(e.payment_id, e.reason) for e in of(told, PaymentLeftUnapplied)] == [(name, "number-told-otherwise")]
    assert [(e.document_id, e.level, e.to) for e in of(told, EscalationRaised)] == [
        (name, "receipt-differs", "ar_manager")
    ]
    assert (pays(world, "1001"), pays(world, name)) == ({"A-1": 10_000}, {})
    assert money(world, name).unapplied_minor == again.amount_minor
    books_are_in_order(world)


def test_what_was_told_otherwise_waits_for_a_person_whatever_comes_and_is_theirs_to_allocate():
    world = owing()
    again = paid("1001", 7_000)
    world.tell(ADA, again, source="bank-a")
    name = called(again, "bank-a")

    world.tell(invoice("A-2", 7_000))
    assert pays(world, name) == {}
    allocate(world, name, "ada", A_2=7_000)

    assert pays(world, name) == {"A-2": 7_000}
    books_are_in_order(world)


def test_money_without_a_payer_is_identified_and_found_again_under_the_name_of_its_own():
    world = owing()
    world.tell(ADA, source="bank-a")
    event = paid("1001", 10_000, None, account="DE22", reference="B-1")

    told = world.tell(event, source="bank-b")

    name = called(event, "bank-b")
    assert [(e.document_id, e.key) for e in of(told, PaymentIdentified)] == [(name, "c:bob")]
    assert pays(world, name) == {"B-1": 10_000}
    books_are_in_order(world)


def test_of_two_receipts_without_a_payer_or_an_account_neither_is_lost():
    world = rig()

    world.tell(paid("1001", 10_000, None), source="bank-a")
    world.tell(paid("1001", 10_000, None), source="bank-b")

    assert [p.unidentified_minor for p in world.rows("cash", Payment)] == [10_000, 10_000]
    books_are_in_order(world)


def test_what_was_told_otherwise_without_a_payer_is_told_of_when_the_payer_is_known():
    world = rig()
    world.tell(paid("1001", 10_000, None, account="DE22"), source="bank-b")
    world.tell(paid("1001", 8_000, None, account="DE22"), source="bank-b")

    told = world.tell(registered("bob", "DE22"))

    assert [(e.customer_id, e.level) for e in of(told, EscalationRaised)] == [("bob", "receipt-differs")]
    books_are_in_order(world)


def test_a_return_takes_back_the_payment_of_its_own_bank():
    world = both_paid()

    told = world.tell(sent_back("R-1", "1001", 10_000, None), source="bank-b")

    assert [(e.payment_id, e.customer_id) for e in of(told, PaymentReversed)] == [(BOBS, "bob")]
    assert (item(world, "A-1").open_minor, item(world, "B-1").open_minor) == (0, 10_000)
    books_are_in_order(world)


@pytest.mark.parametrize("customer", ["bob", None])
def test_a_return_before_its_payment_leaves_the_other_banks_alone(customer: str | None):
    world = owing()
    back = sent_back("R-1", "1001", 10_000, customer).model_copy(update={"account": "DE22"})
    world.tell(back, source="bank-b")
    world.tell(ADA, source="bank-a")
    assert pays(world, "1001") == {"A-1": 10_000}

    world.tell(BOB, source="bank-b")

    assert money(world, BOBS).status == "returned"
    assert world.deadlines("cash") == {}
    books_are_in_order(world)


def test_a_return_by_another_gateway_is_its_payers():
    world = both_paid()

    world.tell(sent_back("R-1", "1001", 10_000, "bob"), source="clearing")

    assert (item(world, "A-1").open_minor, item(world, "B-1").open_minor) == (0, 10_000)


def test_two_banks_use_one_number_for_their_returns_and_both_are_booked():
    world = owing()
    world.tell(paid("P-1", 10_000), source="bank-a")
    world.tell(paid("P-2", 10_000, "bob"), source="bank-b")

    world.tell(sent_back("R-1", "P-1", 10_000), source="bank-a")
    told = world.tell(sent_back("R-1", "P-2", 10_000, "bob"), source="bank-b")
    again = world.tell(sent_back("R-1", "P-2", 10_000, "bob"), source="bank-b")

    assert [e.payment_id for e in of(told, PaymentReversed)] == ["P-2"]
    assert again == []
    assert (item(world, "A-1").open_minor, item(world, "B-1").open_minor) == (10_000, 10_000)
    books_are_in_order(world)


def test_a_return_that_its_bank_tells_otherwise_is_booked_too_and_a_person_looks():
    world = owing()
    world.tell(paid("P-1", 10_000), sent_back("R-1", "P-1", 4_000), source="bank-a")

    told = world.tell(sent_back("R-1", "P-1", 5_000), source="bank-a")

    assert [e.amount_minor for e in of(told, PaymentReversed)] == [5_000]
    assert [(e.level, e.to) for e in of(told, EscalationRaised)] == [("return-differs", "ar_manager")]
    assert money(world, "P-1").returned_minor == 9_000
    books_are_in_order(world)


def test_a_return_whose_payment_nobody_knows_is_told_of_in_time_and_placed_when_it_comes():
    world = owing()
    world.tell(sent_back("R-1", "1001", 10_000, "bob"), source="bank-b")

    told = world.until(world.at + timedelta(days=2))

    assert [(e.customer_id, e.level, e.to) for e in of(told, EscalationRaised)] == [
        ("bob", "return-unplaced", "cash_lead")
    ]
    world.tell(BOB, source="bank-b")
    assert [r.done for r in world.rows("cash", PaymentReturn)] == [True]
    books_are_in_order(world)


def test_a_return_that_could_mean_either_payment_takes_back_neither_and_waits_for_a_person():
    world = both_paid()
    world.tell(sent_back("R-1", "1001", 10_000, None), source="clearing")

    world.until(world.at + timedelta(days=2))

    [raised] = world.rows("cash", Escalation)
    assert (raised.level, raised.customer_id) == ("return-unplaced", None)
    assert {p.returned_minor for p in world.rows("cash", Payment)} == {0}
    acknowledge(world, raised, customer="bob")
    assert [(e.customer_id, e.acknowledged_by) for e in world.rows("cash", Escalation)] == [("bob", "kim")]


def test_a_return_may_use_the_name_that_only_one_of_them_has():
    world = both_paid()

    world.tell(sent_back("R-1", BOBS, 10_000, None), source="clearing")

    assert (item(world, "A-1").open_minor, item(world, "B-1").open_minor) == (0, 10_000)


@pytest.mark.parametrize("advice_first", [True, False])
def test_advices_of_one_number_each_explain_their_own_payers_payment(advice_first: bool):
    world = owing()
    world.tell(invoice("A-2", 10_000), invoice("B-2", 10_000, "bob"))
    money_in = [
        (paid("1001", 10_000, reference="RA-1"), "bank-a"),
        (paid("1001", 10_000, "bob", reference="RA-1"), "bank-b"),
    ]
    advices = [
        (advised("RA-1", {"A-2": 10_000}), "ada-portal"),
        (advised("RA-1", {"B-2": 10_000}, "bob"), "bob-mail"),
    ]

    for event, source in advices + money_in if advice_first else money_in + advices:
        world.tell(event, source=source)

    assert (pays(world, "1001"), pays(world, called(money_in[1][0], "bank-b"))) == ({"A-2": 10_000}, {"B-2": 10_000})
    books_are_in_order(world)


def test_an_advice_that_names_a_number_of_two_banks_explains_its_payers_payment():
    world = owing()
    world.tell(invoice("A-2", 10_000), invoice("B-2", 10_000, "bob"))
    bobs = paid("1001", 10_000, "bob")
    world.tell(paid("1001", 10_000), source="bank-a")
    world.tell(bobs, source="bank-b")

    world.tell(advised("RA-1", {"B-2": 10_000}, "bob", payment_id="1001"), source="portal")
    world.tell(advised("RA-2", {"A-2": 10_000}, "ada", payment_id="1001"), source="portal")

    assert (pays(world, "1001"), pays(world, called(bobs, "bank-b"))) == ({"A-2": 10_000}, {"B-2": 10_000})


def test_a_payer_that_tells_its_advice_otherwise_leaves_the_payment_to_a_person():
    world = owing()
    world.tell(invoice("A-2", 10_000))
    world.tell(advised("RA-1", {"A-1": 10_000}), advised("RA-1", {"A-2": 10_000}), source="portal")

    told = world.tell(paid("1001", 10_000, reference="RA-1"), source="bank-a")

    assert len(world.rows("cash", Remittance)) == 2
    assert [e.reason for e in of(told, PaymentLeftUnapplied)] == ["reference-ambiguous"]


def test_what_repeats_a_receipt_from_before_gateways_were_told_apart_is_its_repeat():
    world = owing()
    world.tell(ADA, source="bank-a")
    world.seed_rows("cash", replace(money(world, "1001"), source=None, content=None))

    assert world.tell(ADA, source="bank-b") == []

    other = paid("1001", 9_000, reference="A-1")
    world.tell(other, source="bank-b")
    assert money(world, called(other, "bank-b")).doubted


TOLD = [
    (ADA, "bank-a"),
    (BOB, "bank-b"),
    (sent_back("R-1", "1001", 4_000), "bank-a"),
    (sent_back("R-1", "1001", 3_000, "bob"), "bank-b"),
    (advised("RA-1", {"A-1": 10_000}, payment_id="1001"), "bank-a"),
    (advised("RA-1", {"B-1": 10_000}, "bob", payment_id="1001"), "bank-b"),
]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.permutations(TOLD), st.integers(0, 5))
def test_documents_of_two_banks_under_the_same_numbers_end_alike_in_any_order(
    told: list[tuple[BankEvent, str]], again: int
):
    world = owing()

    for event, source in [*told, told[again]]:
        world.tell(event, source=source)
        books_are_in_order(world)

    ends = {p.customer_id: (p.applied_minor, p.returned_minor) for p in world.rows("cash", Payment)}
    assert ends == {"ada": (6_000, 4_000), "bob": (7_000, 3_000)}
    assert (item(world, "A-1").open_minor, item(world, "B-1").open_minor) == (4_000, 3_000)
    assert {r.done for r in world.rows("cash", PaymentReturn)} == {True}
    assert len(world.rows("cash", Remittance)) == 2
    assert world.deadlines("cash") == {}
