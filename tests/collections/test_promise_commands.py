"""Promises taken, refused and withdrawn by people."""

from datetime import timedelta

import pytest
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_collections.commands import RecordPromise, WithdrawPromise
from o2c_collections.domain.promises import Promise
from o2c_contracts.collections import PromiseRecorded, PromiseWithdrawn

from tests.collections.late_payer import DUE, World, on

BY = DUE + timedelta(days=10)


def states(world: World) -> list[str]:
    return [p.state for p in world.rig.rows("collections", Promise)]


def test_a_collector_records_what_was_promised_on_the_telephone(world: World):
    world.invoice()
    world.disputed("R1", 20_000, on(0))
    world.rig.at = on(2)

    command = RecordPromise(customer_id="C1", invoice_number="R1", promised_on=BY, roles=("collector",))
    (recorded,) = of(world.rig.command("collections", command, "clara"), PromiseRecorded)

    assert recorded.amount_minor == 80_000
    assert world.item().claimed_minor == 0


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"invoice_number": "R7"}, "unknown-invoice"),
        ({"amount_minor": 100_001}, "promise-too-high"),
        ({"promised_on": DUE}, "promise-not-taken"),
        ({"roles": ("dispute_agent",)}, "no-authority"),
    ],
)
def test_a_promise_that_cannot_be_is_refused_with_its_reason(world: World, said: dict, code: str):
    world.invoice()
    world.rig.at = on(2)
    body = {"customer_id": "C1", "invoice_number": "R1", "promised_on": BY, "roles": ("collector",)} | said

    with pytest.raises(Refused) as refused:
        world.rig.command("collections", RecordPromise(**body), "clara")

    assert refused.value.code == code
    assert refused.value.hint
    assert states(world) == []


def test_after_two_broken_promises_for_an_invoice_a_third_is_not_taken(world: World):
    world.invoice()
    for n in (1, 2):
        world.promised("R1", 100_000, DUE + timedelta(days=10 * n), on(10 * n - 5), f"V{n}")
        world.rig.until(on(10 * n + 3, 19))
    assert states(world) == ["broken", "broken"]

    command = RecordPromise(
        customer_id="C1", invoice_number="R1", promised_on=DUE + timedelta(days=40), roles=("collector",)
    )
    with pytest.raises(Refused) as refused:
        world.rig.command("collections", command, "clara")

    assert refused.value.text == "2 promises for this invoice were broken; a further one is not taken"


def test_a_withdrawn_promise_counts_neither_way_and_the_item_is_reminded_again(world: World):
    world.invoice()
    world.promised("R1", 100_000, BY, on(2))

    command = WithdrawPromise(customer_id="C1", promise_id="V1", reason="typing error", roles=("ar_manager",))
    told = world.rig.command("collections", command, "anna")

    assert [e.reason for e in of(told, PromiseWithdrawn)] == ["withdrawn"]
    assert world.rig.deadlines("collections") == {("dunning", "C1/DE01"): on(3, 8)}
    with pytest.raises(Refused, match="V1 is withdrawn") as again:
        world.rig.command("collections", command, "anna")
    assert again.value.hint == "it counts no more as it is"
