"""A number belongs to whoever gave it: only the same promise told again is a repeat, every other is answered."""

from dataclasses import replace
from datetime import date, timedelta

from o2c_chassis.testing import of
from o2c_collections.domain.letters import Activity, Escalation
from o2c_collections.domain.promises import Promise
from o2c_contracts.collections import PromiseBroken, PromiseKept, PromiseRecorded
from o2c_contracts.shared import EscalationRaised

from tests.collections.late_payer import DUE, World, on

BY = DUE + timedelta(days=10)


def made(world: World) -> dict[str, tuple[str, str]]:
    """Promise -> its customer and invoice."""
    return {p.promise_id: (p.customer_id, p.invoice_number) for p in world.rig.rows("collections", Promise)}


def invoiced(world: World) -> None:
    """One invoice of each of two customers."""
    world.invoice("R1")
    world.customer = "C2"
    world.invoice("R2")
    world.customer = "C1"


def promised_by_two(world: World, day: date = BY) -> str:
    """Both under the number V1; what the second is called."""
    invoiced(world)
    world.promised("R1", 100_000, day, on(2), "V1")
    world.customer = "C2"
    world.promised("R2", 100_000, day, on(3), "V1")
    world.customer = "C1"
    (name,) = made(world).keys() - {"V1"}
    return name


def test_the_same_promise_told_again_counts_once(world: World):
    world.invoice("R1")
    world.promised("R1", 100_000, BY, on(2), "V1")

    told = world.promised("R1", 100_000, BY, on(3), "V1")

    assert told == []
    assert made(world) == {"V1": ("C1", "R1")}
    assert "promise-repeated" in {a.kind for a in world.rig.rows("collections", Activity)}


def test_another_customers_promise_of_the_same_number_is_taken_under_a_name_of_its_own(world: World):
    name = promised_by_two(world)

    assert name.startswith("V1@test-")
    assert made(world) == {"V1": ("C1", "R1"), name: ("C2", "R2")}
    assert (world.item("R1").promised_minor, world.item("R2").promised_minor) == (100_000, 100_000)
    recorded = of([m.event for m in world.rig.told], PromiseRecorded)
    assert [(e.customer_id, e.promise_id) for e in recorded] == [("C1", "V1"), ("C2", name)]


def test_each_of_them_is_judged_and_told_of_by_itself(world: World):
    name = promised_by_two(world)
    world.paid("R1", 100_000, on(5))

    told = world.rig.until(on(14))

    assert [e.promise_id for e in of([m.event for m in world.rig.told], PromiseKept)] == ["V1"]
    assert [(e.customer_id, e.promise_id) for e in of(told, PromiseBroken)] == [("C2", name)]
    assert {e.document_id for e in world.rig.rows("collections", Escalation)} == {name}


def test_another_customers_promise_that_is_not_taken_goes_to_a_person(world: World):
    invoiced(world)
    world.promised("R1", 100_000, BY, on(2), "V1")
    world.customer = "C2"

    told = world.promised("R2", 100_000, DUE + timedelta(days=90), on(2), "V1")

    assert [(e.customer_id, e.level) for e in of(told, EscalationRaised)] == [("C2", "promise-refused")]


def test_what_the_customer_says_otherwise_under_its_number_takes_the_place_of_what_it_said(world: World):
    world.invoice("R1")
    world.promised("R1", 100_000, BY, on(2), "V1")

    world.promised("R1", 100_000, BY + timedelta(days=5), on(3), "V1")

    states = {p.promised_on: p.state for p in world.rig.rows("collections", Promise)}
    assert states == {BY: "superseded", BY + timedelta(days=5): "open"}


def test_a_promise_for_another_invoice_under_the_same_number_is_lost_no_more(world: World):
    world.invoice("R1")
    world.invoice("R2")
    world.promised("R1", 100_000, BY, on(2), "V1")

    world.promised("R2", 100_000, BY, on(3), "V1")

    assert (world.item("R1").promised_minor, world.item("R2").promised_minor) == (100_000, 100_000)


def test_two_channels_use_one_number_and_each_tells_its_own_once(world: World):
    world.invoice("R1")
    world.invoice("R2")
    world.promised("R1", 100_000, BY, on(2), "V1", source="portal")
    world.promised("R2", 100_000, BY, on(2), "V1", source="call-centre")

    told = [
        world.promised("R1", 100_000, BY, on(3), "V1", source="portal"),
        world.promised("R2", 100_000, BY, on(3), "V1", source="call-centre"),
    ]

    assert told == [[], []]
    assert len(made(world)) == 2


def test_what_repeats_a_promise_from_before_channels_were_told_apart_is_its_repeat(world: World):
    invoiced(world)
    world.promised("R1", 100_000, BY, on(2), "V1")
    (before,) = world.rig.rows("collections", Promise)
    world.rig.seed_rows("collections", replace(before, source=None, content=None))

    assert world.promised("R1", 100_000, BY, on(3), "V1", source="portal") == []
    world.customer = "C2"
    world.promised("R2", 100_000, BY, on(3), "V1", source="portal")

    assert sorted(made(world).values()) == [("C1", "R1"), ("C2", "R2")]
