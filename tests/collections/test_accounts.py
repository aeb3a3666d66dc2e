"""Accounts stopped and resumed, calls, what waits for a person, and what master data changes."""

import pytest
from o2c_chassis.errors import Refused
from o2c_chassis.testing import of
from o2c_collections.commands import CloseEscalation, LogCall, ResumeAccount, StopAccount
from o2c_collections.domain.accounts import Customer
from o2c_collections.domain.letters import Activity, Escalation
from o2c_contracts.cash import PaymentReversed
from o2c_contracts.collections import AccountResumed, AccountStopped, CallLogged, PromiseBroken
from o2c_contracts.master import CustomerChanged

from tests.collections.late_payer import DUE, World, on

BOSS = ("collections_manager",)


def stop(**more) -> StopAccount:
    return StopAccount(**{"customer_id": "C1", "reason": "three months of silence", "roles": BOSS} | more)


def resume(**more) -> ResumeAccount:
    return ResumeAccount(**{"customer_id": "C1", "reason": "paid by phone", "roles": BOSS} | more)


def test_a_manager_stops_and_resumes_an_account_and_orders_hears_who_and_why(world: World):
    stopped = world.rig.command("collections", stop(), "maria")
    resumed = world.rig.command("collections", resume(), "maria")

    assert stopped == [AccountStopped(customer_id="C1", reason="three months of silence", stopped_by="maria")]
    assert resumed == [AccountResumed(customer_id="C1", reason="paid by phone", resumed_by="maria")]


@pytest.mark.parametrize("command", [stop(roles=("collector",)), resume(roles=("collector",))])
def test_a_collector_may_neither_stop_nor_resume(world: World, command: StopAccount | ResumeAccount):
    with pytest.raises(Refused) as refused:
        world.rig.command("collections", command, "clara")

    assert (refused.value.code, refused.value.status) == ("no-authority", 403)
    assert refused.value.hint == "who may: collections_manager, credit_manager"


def test_an_account_is_stopped_once_and_resumed_only_when_stopped(world: World):
    with pytest.raises(Refused, match="not stopped"):
        world.rig.command("collections", resume(), "maria")

    world.rig.command("collections", stop(), "maria")

    with pytest.raises(Refused, match="maria stopped the account"):
        world.rig.command("collections", stop(), "otto")


def test_what_a_person_stopped_no_rule_resumes(world: World):
    world.invoice()
    world.rig.command("collections", stop(), "maria")

    told = world.paid("R1", 100_000, on(0))

    assert of(told, AccountResumed) == []
    (customer,) = world.rig.rows("collections", Customer)
    assert customer.stopped_by == "maria"


def test_what_a_person_stopped_no_rule_stops_again(world: World):
    world.rig.command("collections", stop(), "maria")
    for n in (1, 2, 3):
        world.invoice(f"R{n}")
        world.promised(f"R{n}", 100_000, DUE, on(0), f"V{n}")

    told = world.rig.until(on(3, 18))

    assert len(of(told, PromiseBroken)) == 3
    assert of(told, AccountStopped) == []
    (customer,) = world.rig.rows("collections", Customer)
    assert (customer.stopped_by, customer.stopped_by_rule) == ("maria", False)


def test_a_stopped_account_is_reminded_all_the_same(world: World):
    world.invoice()
    world.rig.command("collections", stop(), "maria")

    world.rig.until(on(1, 9))

    assert world.letter_days() == [(1, 1)]


def test_a_call_is_logged_with_what_comes_next(world: World):
    command = LogCall(customer_id="C1", outcome="RPC-COPY", note="never saw R1", roles=("collector",))

    (logged,) = of(world.rig.command("collections", command, "clara"), CallLogged)

    (entry,) = world.rig.rows("collections", Activity)
    assert (logged.outcome, logged.direction, logged.note) == ("RPC-COPY", "out", "never saw R1")
    assert (entry.actor, entry.document_id) == ("clara", logged.call_id)
    assert entry.text == "RPC-COPY, lacks the invoice. Next: send the copy today and call in three days. never saw R1"


def test_an_outcome_nobody_listed_is_refused(world: World):
    with pytest.raises(Refused) as refused:
        world.rig.command("collections", LogCall(customer_id="C1", outcome="MAYBE", roles=("collector",)), "clara")

    assert refused.value.code == "unknown-outcome"
    assert world.rig.rows("collections", Activity) == []


def test_what_waits_for_a_person_is_closed_by_one_and_only_once(world: World):
    world.invoice()
    world.promised("R1", 1_000, DUE.replace(year=2027), on(0))
    (waiting,) = world.rig.rows("collections", Escalation)
    command = CloseEscalation(
        customer_id="C1", escalation_id=waiting.escalation_id, note="called", roles=("collector",)
    )

    world.rig.command("collections", command, "clara")

    (closed,) = world.rig.rows("collections", Escalation)
    assert (closed.closed_by, closed.closed_at) == ("clara", on(0))
    with pytest.raises(Refused, match="was closed by clara"):
        world.rig.command("collections", command, "otto")


def test_nobody_closes_what_is_another_customers(world: World):
    world.invoice()
    world.promised("R1", 1_000, DUE.replace(year=2027), on(0))
    (waiting,) = world.rig.rows("collections", Escalation)

    with pytest.raises(Refused) as refused:
        world.rig.command(
            "collections",
            CloseEscalation(customer_id="C2", escalation_id=waiting.escalation_id, roles=("collector",)),
            "clara",
        )

    assert refused.value.status == 404


def test_a_letter_is_in_the_language_the_customer_reads_today(world: World):
    world.customer_is(language="ro")
    world.invoice()
    world.rig.until(on(1, 9))

    world.rig.tell(CustomerChanged(customer_id="C1", language="it"))
    world.rig.until(on(10, 9))

    assert [letter.language for letter in world.letters()] == ["ro", "it"]


def test_a_language_that_is_not_kept_is_answered_in_english(world: World):
    world.customer_is(language="de")
    world.invoice()

    world.rig.until(on(1, 9))

    assert world.letters()[0].language == "en"


def test_a_change_of_one_thing_leaves_the_others(world: World):
    world.customer_is(language="fr", segment="key", address=("Rue 1", "Paris"))

    world.rig.tell(CustomerChanged(customer_id="C1", email="new@adler.example"))

    (customer,) = world.rig.rows("collections", Customer)
    assert (customer.email, customer.language, customer.segment) == ("new@adler.example", "fr", "key")
    assert customer.address == '["Rue 1", "Paris"]'


def test_a_customer_without_email_gets_paper(world: World):
    world.customer_is(email=None, address=("Rue 1", "Paris"))
    world.invoice()

    world.rig.until(on(1, 9))

    (entry,) = [a for a in world.rig.rows("collections", Activity) if a.kind == "letter"]
    assert entry.text == "level 1 by letter: R1 to level 1"


def test_the_invoice_of_a_customer_nobody_registered_yet_is_reminded_in_english(world: World):
    world.customer = "C9"
    world.invoice("R9")

    world.rig.until(on(1, 9))

    (letter,) = world.letters()
    assert (letter.customer_id, letter.language) == ("C9", "en")


def test_a_returned_payment_is_in_the_customers_record_with_its_reason(world: World):
    world.rig.tell(
        PaymentReversed(
            customer_id="C1",
            legal_entity="DE01",
            currency="EUR",
            payment_id="P1",
            return_id="B1",
            amount_minor=12_345,
            reason="AM04",
        )
    )

    (entry,) = world.rig.rows("collections", Activity)
    assert entry.text == "123.45 EUR went back to the payer's bank: AM04"
