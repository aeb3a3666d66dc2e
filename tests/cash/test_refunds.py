"""Credit goes back to the customer: three different hands, never more than there is, never twice."""

from datetime import timedelta

import pytest
from o2c_cash.commands import ApproveRequest, IdentifyPayment, PutOnAccount, RefuseRequest, RequestRefund
from o2c_cash.domain.refunds import Refund
from o2c_cash.rendering import render
from o2c_chassis.errors import Refused
from o2c_chassis.testing import Rig, of
from o2c_contracts.cash import CustomerMoneyChanged, PaymentReversed, RefundPaid
from o2c_contracts.event import Event
from o2c_contracts.shared import ApprovalGranted, ApprovalRequested, ApprovalVoided, EscalationRaised

from tests.cash.scenes import NOON, books_are_in_order, invoice, money, paid, registered, rig, sent_back

LEAD, MANAGER = ("cash_lead",), ("ar_manager",)


def overpaid(amount_minor: int = 50_000) -> Rig:
    """Ada has so much on account, and owes nothing."""
    world = rig()
    world.tell(registered("ada"), paid("P-1", amount_minor))
    keep = PutOnAccount(customer_id="ada", payment_id="P-1", amount_minor=amount_minor, roles=LEAD)
    world.command("cash", keep, "kim")
    return world


def ask(world: Rig, amount_minor: int, actor: str = "kim", roles: tuple[str, ...] = LEAD) -> list[Event]:
    command = RequestRefund(
        customer_id="ada", payment_id="P-1", amount_minor=amount_minor, reason="overpaid", roles=roles
    )
    return world.command("cash", command, actor)


def agree(world: Rig, told: list[Event], actor: str = "lee", roles: tuple[str, ...] = MANAGER) -> list[Event]:
    [requested] = of(told, ApprovalRequested)
    command = ApproveRequest(customer_id="ada", approval_id=requested.approval_id, roles=roles)
    return world.command("cash", command, actor)


def status(world: Rig) -> list[str]:
    return [r.status for r in world.rows("cash", Refund)]


def test_a_refund_is_asked_for_agreed_to_and_paid_by_the_treasury():
    world = overpaid()

    asked = ask(world, 20_000)
    before = status(world), money(world, "P-1").on_account_minor
    told = agree(world, asked)

    assert before == (["requested"], 50_000)
    assert [e.approved_by for e in of(told, ApprovalGranted)] == [("lee",)]
    assert [(e.amount_minor, e.payment_id) for e in of(told, RefundPaid)] == [(20_000, "P-1")]
    assert [e.on_account_minor for e in of(told, CustomerMoneyChanged)] == [30_000]
    assert status(world) == ["paid"]
    assert (money(world, "P-1").on_account_minor, money(world, "P-1").refunded_minor) == (30_000, 20_000)
    books_are_in_order(world)


def test_all_of_it_may_go_back():
    world = overpaid()

    agree(world, ask(world, 50_000))

    assert (money(world, "P-1").status, money(world, "P-1").open) == ("refunded", False)
    books_are_in_order(world)


def test_more_than_is_on_account_may_not_even_be_asked_for():
    world = overpaid()

    with pytest.raises(Refused, match=r"500\.00 EUR on account"):
        ask(world, 50_001)


def test_who_owes_something_pays_that_first():
    world = overpaid()
    world.tell(invoice("I-1", 1_000))

    with pytest.raises(Refused, match=r"owes 10\.00") as refused:
        ask(world, 20_000)

    assert refused.value.code == "no-refund"
    assert status(world) == []


def test_nobody_agrees_to_the_own_request_nor_asks_without_the_role():
    world = overpaid()
    asked = ask(world, 20_000, "kim", (*LEAD, *MANAGER))

    with pytest.raises(Refused, match="may not approve it"):
        agree(world, asked, "kim")
    with pytest.raises(Refused, match="this is for"):
        ask(world, 20_000, "col", ("collector",))


def test_the_larger_the_refund_the_more_must_agree_and_splitting_it_does_not_help():
    world = overpaid(200_000)

    [one] = of(ask(world, 90_000), ApprovalRequested)
    [two] = of(ask(world, 90_000), ApprovalRequested)

    assert [s.role for s in one.steps] == ["ar_manager"]
    assert [s.role for s in two.steps] == ["ar_manager", "controller"]


def test_the_same_credit_is_not_refunded_twice():
    world = overpaid()
    first, second = ask(world, 40_000), ask(world, 40_000, "pat")

    agree(world, first)
    again = agree(world, second)

    assert len(of(again, ApprovalVoided)) == 1
    assert sorted(status(world)) == ["paid", "voided"]
    assert money(world, "P-1").refunded_minor == 40_000
    books_are_in_order(world)


def test_what_could_not_be_ordered_is_credit_again_and_somebody_is_told():
    world = overpaid()
    asked = ask(world, 20_000)
    world.undeliverable = {r.refund_id for r in world.rows("cash", Refund)}

    told = agree(world, asked)

    assert of(told, RefundPaid) == []
    assert [(e.level, e.to) for e in of(told, EscalationRaised)] == [("refund-failed", "ar_manager")]
    assert [e.on_account_minor for e in of(told, CustomerMoneyChanged)] == [30_000, 50_000]
    assert status(world) == ["failed"]
    books_are_in_order(world)


def test_who_says_no_or_nothing_ends_it():
    world = overpaid()
    [requested] = of(ask(world, 20_000), ApprovalRequested)
    world.command("cash", RefuseRequest(customer_id="ada", approval_id=requested.approval_id, roles=MANAGER), "lee")
    ask(world, 10_000)

    world.until(NOON + timedelta(hours=49))

    assert sorted(status(world)) == ["expired", "refused"]
    assert money(world, "P-1").on_account_minor == 50_000


def test_the_bank_takes_back_no_more_than_is_left_after_a_refund():
    world = overpaid()
    agree(world, ask(world, 20_000))

    told = world.tell(sent_back("B-1", "P-1", 50_000))

    assert [e.amount_minor for e in of(told, PaymentReversed)] == [30_000]
    assert [e.level for e in of(told, EscalationRaised)] == ["return-exceeds"]
    books_are_in_order(world)


def test_a_payment_that_was_refunded_is_nobody_elses():
    world = overpaid()
    world.tell(registered("bob"))
    agree(world, ask(world, 20_000))

    with pytest.raises(Refused, match="went back to ada"):
        world.command("cash", IdentifyPayment(customer_id="bob", payment_id="P-1", roles=LEAD), "kim")


def test_the_order_to_the_treasury_names_amount_payment_and_people():
    said = {"refund_id": "F-1", "payment_id": "P-1", "customer_id": "ada", "legal_entity": "DE01", "reason": "overpaid"}

    document = render(said | {"amount": "200.00 EUR", "requested_by": "kim", "approved_by": "lee"})

    assert (document.name, document.media_type) == ("refund-F-1.txt", "text/plain")
    for line in ("amount: 200.00 EUR", "of payment: P-1", "requested by: kim", "approved by: lee"):
        assert line in document.text
