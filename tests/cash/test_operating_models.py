"""An item of a contract with a model of its own: from its cut-over on that model says what becomes of its money."""

from datetime import timedelta

import pytest
from o2c_cash.app import service
from o2c_cash.commands import WriteOff
from o2c_chassis.testing import Rig, of
from o2c_contracts.cash import PaymentApplied, ShortPaymentFound, WriteOffPosted
from o2c_contracts.event import Event
from o2c_contracts.shared import ApprovalRequested
from o2c_rules.rulebook import BOOKS, RuleBook, read_files

from tests.cash.scenes import NOON, books_are_in_order, credited, invoice, item, paid
from tests.models import changed, of_a_contract

GENERAL = RuleBook({n: c for n, c in read_files(BOOKS).items() if n.startswith(("cash/", "reference/"))})
OWN = changed(
    changed(
        GENERAL,
        "cash/tolerance.yaml",
        {'residual_minor: "<= 5.00 EUR"': 'residual_minor: "<= 40.00 EUR"', 'percent: "<= 0.5"': 'percent: "<= 5"'},
    ),
    "cash/approvals.yaml",
    {"cash_lead:1": "controller:1"},
)
"""Gives up to 40.00 EUR of an item, and lets the controller agree where the house lets the cash lead."""
CUT_OVER, BACK = NOON + timedelta(days=1), NOON + timedelta(days=2)
BEFORE, DURING, AFTER = NOON, CUT_OVER, BACK


def world(seed: int | None = None) -> Rig:
    return Rig(service, book=of_a_contract(GENERAL, OWN, "K-1", CUT_OVER, BACK), at=NOON, seed=seed)


def bundles(world: Rig, subject: str) -> dict[str, set[str]]:
    """Table -> the bundles that decided about a document."""
    found: dict[str, set[str]] = {}
    for asked in world.decisions("cash"):
        if asked.subject == subject:
            found.setdefault(asked.decision.table, set()).add(asked.decision.bundle)
    return found


@pytest.mark.parametrize(
    ("at", "contract", "told", "by"),
    [
        (BEFORE, "K-1", ShortPaymentFound, GENERAL),
        (CUT_OVER - timedelta(microseconds=1), "K-1", ShortPaymentFound, GENERAL),
        (CUT_OVER, "K-1", WriteOffPosted, OWN),
        (AFTER, "K-1", ShortPaymentFound, GENERAL),
        (DURING, "K-2", ShortPaymentFound, GENERAL),
        (DURING, None, ShortPaymentFound, GENERAL),
    ],
)
def test_what_is_missing_of_an_item_is_decided_by_the_model_of_its_contract_at_that_instant(at, contract, told, by):
    rig = world()
    rig.tell(invoice("I-1", 100_000, contract_id=contract))

    found = rig.tell(paid("P-1", 97_000, reference="I-1"), at=at)

    assert len(of(found, told)) == 1
    assert len(of(found, ShortPaymentFound)) + len(of(found, WriteOffPosted)) == 1
    assert bundles(rig, "I-1")["cash/tolerance"] == {by.hash}
    assert bundles(rig, "P-1")["cash/matching"] == {by.hash}
    books_are_in_order(rig)


def test_a_payment_of_items_of_two_contracts_is_matched_by_the_house_and_each_item_by_its_own_model():
    rig = world()
    rig.tell(invoice("I-1", 50_000, contract_id="K-2"), invoice("I-2", 100_000, contract_id="K-1"), at=DURING)

    told = rig.tell(paid("P-1", 147_000, reference="I-1 I-2"))

    assert bundles(rig, "P-1")["cash/matching"] == {GENERAL.hash}
    assert [(e.invoice_number, e.amount_minor) for e in of(told, WriteOffPosted)] == [("I-2", 3_000)]
    assert bundles(rig, "I-2")["cash/tolerance"] == {OWN.hash}


def test_money_that_names_nothing_and_what_no_item_takes_of_it_are_the_house_s():
    rig = world()
    rig.tell(invoice("I-1", 100_000, contract_id="K-1"), at=DURING)

    rig.tell(paid("P-1", 100_150))

    assert bundles(rig, "P-1") == {"cash/matching": {GENERAL.hash}, "cash/tolerance": {GENERAL.hash}}
    assert bundles(rig, "I-1") == {"cash/tolerance": {OWN.hash}}
    assert item(rig, "I-1").open_minor == 0


@pytest.mark.parametrize(("at", "role"), [(BEFORE, "cash_lead"), (DURING, "controller"), (AFTER, "cash_lead")])
def test_who_must_agree_to_a_write_off_stands_in_the_matrix_of_the_item_s_contract(at, role):
    rig = world()
    rig.tell(invoice("I-1", 100_000, contract_id="K-1"), at=at)

    wanted = WriteOff(
        customer_id="ada", invoice_number="I-1", amount_minor=1_000, reason="small-difference", roles=("cash_lead",)
    )
    told = rig.command("cash", wanted, "anna")

    assert [step.role for e in of(told, ApprovalRequested) for step in e.steps] == [role]


def test_every_word_on_an_item_says_whose_contract_it_is():
    rig = world()
    rig.tell(invoice("I-1", 100_000, contract_id="K-1"))

    told = rig.tell(paid("P-1", 60_000, reference="I-1"), credited("CN-1", "I-1", 40_000))

    changes: list[Event] = [e for e in told if hasattr(e, "item_version") and hasattr(e, "open_minor_after")]
    assert len(of(changes, PaymentApplied)) == 1
    assert {e.contract_id for e in changes} == {"K-1"}


def test_money_that_came_before_its_invoice_is_decided_by_the_model_of_the_contract_once_that_is_known():
    rig = world()
    rig.tell(paid("P-1", 97_000, reference="I-1"), at=DURING)

    told = rig.tell(invoice("I-1", 100_000, contract_id="K-1"))

    assert len(of(told, WriteOffPosted)) == 1
    assert bundles(rig, "P-1")["cash/matching"] == {GENERAL.hash, OWN.hash}
    assert bundles(rig, "I-1")["cash/tolerance"] == {OWN.hash}
