"""An item of a contract with a model of its own climbs that contract's ladder from its cut-over until its return."""

from datetime import timedelta
from itertools import permutations

import pytest
from o2c_chassis.service import DeliveryEnded
from o2c_chassis.testing import Rig, of
from o2c_collections.app import service
from o2c_collections.domain.letters import Notice
from o2c_contracts.cash import PaymentApplied
from o2c_contracts.collections import DunningNoticeSent
from o2c_contracts.intake import PromiseMade
from o2c_rules.rulebook import RuleBook

from tests.collections.late_payer import DUE, World, from_cash, invoice, on
from tests.models import changed, of_a_contract

STANDARD_2 = 'level: 1\n    days_past_due: ">= 10"'
NO_PROMISES = {"title: Promises to pay": "title: Promises to pay, by FMO-1"}


@pytest.fixture(scope="module")
def own(book: RuleBook) -> RuleBook:
    """The second reminder as soon as a week has passed since the first, and a heading of its own in English."""
    quick = changed(book, "collections/ladder.yaml", {STANDARD_2: STANDARD_2.replace("10", "5")})
    named = changed(quick, "collections/letters.yaml", {"title: Second reminder": "title: Our second reminder"})
    return changed(named, "collections/promises.yaml", NO_PROMISES)


def a_world(book: RuleBook, own: RuleBook, since: int, until: int | None = None) -> World:
    """Contract K-1 has the model from the morning of so many days after the due date on."""
    rules = of_a_contract(book, own, "K-1", on(since, 0), None if until is None else on(until, 0))
    world = World(Rig(service, book=rules, at=on(-30, 6)))
    world.customer_is()
    return world


def bundles(world: World, table: str) -> list[tuple[int, str]]:
    """Days past due and bundle of each decision by a table that is dated by its day."""
    found = [asked.decision for asked in world.rig.decisions("collections")]
    return [((d.on - DUE).days, d.bundle) for d in found if d.table == f"collections/{table}" and d.on]


def test_an_item_climbs_the_ladder_of_its_contract_from_the_cut_over_on(book: RuleBook, own: RuleBook):
    world, house = a_world(book, own, since=2), a_world(book, own, since=2)
    world.invoice(contract_id="K-1")
    house.invoice(contract_id="K-2")

    for each in (world, house):
        each.rig.until(on(1))
        each.paid("R1", 1_000, on(3))
        each.rig.until(on(15))

    assert world.letter_days() == [(1, 1), (8, 2)]
    assert house.letter_days() == [(1, 1), (10, 2)]
    assert bundles(world, "ladder") == [(1, book.hash), (8, own.hash)]
    assert {bundle for _, bundle in bundles(house, "ladder")} == {book.hash}


def test_after_a_rollback_the_house_s_ladder_decides_and_nothing_is_taken_twice(book: RuleBook, own: RuleBook):
    world = a_world(book, own, since=-5, until=4)
    world.invoice(contract_id="K-1")

    world.rig.until(on(40))

    assert world.letter_days() == [(1, 1), (10, 2), (20, 3)]
    assert [bundle for day, bundle in bundles(world, "ladder") if day >= 4] == [book.hash] * 4
    assert (1, own.hash) in bundles(world, "ladder")


def test_a_letter_of_one_contract_is_written_by_its_model_and_one_of_several_by_the_house(
    book: RuleBook, own: RuleBook
):
    one, several = a_world(book, own, since=-5), a_world(book, own, since=-5)
    one.invoice("R1", contract_id="K-1")
    several.invoice("R1", contract_id="K-1")
    several.invoice("R2", contract_id="K-2")

    for each in (one, several):
        each.rig.until(on(1))

    assert bundles(one, "letters") == bundles(one, "channels") == [(1, own.hash)]
    assert bundles(several, "letters") == bundles(several, "channels") == [(1, book.hash)]
    assert sorted(bundles(several, "ladder")) == sorted([(1, own.hash), (1, book.hash)])
    assert [n.contract_id for n in one.rig.rows("collections", Notice)] == ["K-1"]
    assert [n.contract_id for n in several.rig.rows("collections", Notice)] == [None]


def test_who_hears_that_a_letter_did_not_arrive_is_said_by_the_model_that_wrote_it(book: RuleBook, own: RuleBook):
    world = a_world(book, own, since=-5)
    world.invoice(contract_id="K-1")
    world.rig.until(on(0))
    [letter] = of(world.rig.until(on(1)), DunningNoticeSent)

    ended = DeliveryEnded(
        kind="dunning-letter",
        subject_id=letter.notice_id,
        owner_key="c:C1",
        customer_id="C1",
        delivered=False,
        channel="email",
        problem="550 no such user",
    )
    from_cash(world, ended, on(1))

    assert bundles(world, "escalations") == [(1, own.hash)]


@pytest.mark.parametrize(("given", "promised"), [(-4, -1), (1, 4), (6, 9)])
def test_a_promise_is_taken_by_the_model_that_its_item_s_contract_has_on_the_promised_day(
    book: RuleBook, own: RuleBook, given: int, promised: int
):
    world = a_world(book, own, since=0, until=5)
    world.invoice(contract_id="K-1")
    world.rig.until(on(given, 10))

    world.promised("R1", 50_000, DUE + timedelta(days=promised), on(given, 11))

    by = own if 0 <= promised < 5 else book
    assert bundles(world, "promises") == [(promised, by.hash)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whichever_comes_first_the_item_learns_its_contract(book: RuleBook, own: RuleBook, order: tuple[int, ...]):
    world = a_world(book, own, since=-40)
    money = {"customer_id": "C1", "legal_entity": "DE01", "currency": "EUR", "invoice_number": "R1"}
    said = [
        invoice("C1", "R1", 100_000, DUE, contract_id="K-1"),
        PaymentApplied(
            **money,
            amount_minor=1_000,
            open_minor_after=99_000,
            item_version=1,
            value_date=DUE,
            payment_id="P1",
            contract_id="K-1",
        ),
        PromiseMade(**money, promise_id="V1", amount_minor=1_000, promised_on=DUE),
    ]

    for n in order:
        world.rig.tell(said[n])
    world.rig.until(on(15))

    assert world.item().contract_id == "K-1"
    assert {bundle for _, bundle in bundles(world, "ladder")} == {own.hash}
    assert world.item().level == 2
