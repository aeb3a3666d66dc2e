"""What people decide: allocation other than automatic, credit, and write-offs that others must agree to."""

from datetime import date, timedelta

import pytest
from o2c_cash.commands import (
    AllocatePayment,
    AllocationLine,
    ApplyCredit,
    ApproveRequest,
    PutOnAccount,
    RefuseRequest,
    WriteOff,
)
from o2c_chassis.approvals import Approval
from o2c_chassis.commands import Command
from o2c_chassis.errors import Refused
from o2c_chassis.testing import Rig, of
from o2c_contracts.cash import (
    CreditApplied,
    CustomerMoneyChanged,
    PaymentApplicationReversed,
    PaymentApplied,
    PaymentLeftUnapplied,
    WriteOffPosted,
)
from o2c_contracts.event import Event
from o2c_contracts.shared import (
    ApprovalExpired,
    ApprovalGranted,
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
)

from tests.cash.scenes import (
    NOON,
    books_are_in_order,
    credited,
    discounted,
    invoice,
    item,
    money,
    paid,
    pays,
    rig,
)

LEAD = ("cash_lead",)


def allocate(world: Rig, payment_id: str, lines: dict[str, int], customer: str = "ada", roles=LEAD) -> list[Event]:
    said = tuple(AllocationLine(invoice_number=n, amount_minor=a) for n, a in lines.items())
    command = AllocatePayment(customer_id=customer, payment_id=payment_id, lines=said, roles=roles)
    return world.command("cash", command, "kim")


def ask(world: Rig, number: str, amount: int, reason: str = "small-difference", actor: str = "kim") -> list[Event]:
    command = WriteOff(customer_id="ada", invoice_number=number, amount_minor=amount, reason=reason, roles=LEAD)
    return world.command("cash", command, actor)


def agree(world: Rig, approval_id: str, actor: str, *roles: str) -> list[Event]:
    return world.command("cash", ApproveRequest(customer_id="ada", approval_id=approval_id, roles=roles), actor)


def test_a_person_chooses_among_the_candidates():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000), paid("P-1", 10_000))

    told = allocate(world, "P-1", {"I-2": 10_000})

    assert [e.invoice_number for e in of(told, PaymentApplied)] == ["I-2"]
    assert money(world, "P-1").manual
    books_are_in_order(world)


def test_a_person_moves_money_from_one_item_to_another():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 30_000), paid("P-1", 10_000))

    told = allocate(world, "P-1", {"I-1": 4_000, "I-2": 6_000})

    [back] = of(told, PaymentApplicationReversed)
    assert (back.invoice_number, back.amount_minor, back.open_minor_after, back.item_version) == (
        "I-1",
        6_000,
        6_000,
        2,
    )
    assert pays(world, "P-1") == {"I-1": 4_000, "I-2": 6_000}
    books_are_in_order(world)


def test_taking_everything_back_leaves_the_money_unapplied_and_nothing_automatic_touches_it():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000))

    told = allocate(world, "P-1", {})
    assert [e.unapplied_minor for e in of(told, CustomerMoneyChanged)] == [10_000]
    assert [left.reason for left in of(told, PaymentLeftUnapplied)] == ["left-by-person"]
    world.tell(invoice("I-2", 10_000))

    assert money(world, "P-1").unapplied_minor == 10_000
    books_are_in_order(world)


def test_moving_money_takes_the_discount_back_that_it_earned():
    world = rig()
    world.tell(discounted("I-1", 100_000, date(2026, 1, 12)), paid("P-1", 98_000))

    allocate(world, "P-1", {})

    assert item(world, "I-1").open_minor == 100_000
    books_are_in_order(world)


def test_a_person_may_pay_another_familys_item_on_purpose():
    world = rig()
    world.tell(invoice("I-1", 10_000, customer="eve"), paid("P-1", 10_000))

    told = allocate(world, "P-1", {"I-1": 10_000})

    assert [e.customer_id for e in of(told, PaymentApplied)] == ["eve"]
    books_are_in_order(world)


def test_money_on_account_may_be_allocated():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 12_500, reference="I-1"), invoice("I-2", 2_500))

    allocate(world, "P-1", {"I-1": 10_000, "I-2": 2_500})

    assert item(world, "I-2").open is False
    books_are_in_order(world)


@pytest.mark.parametrize(
    ("payment_id", "lines", "customer", "roles", "code"),
    [
        ("P-9", {"I-1": 100}, "ada", LEAD, "unknown-payment"),
        ("P-1", {"I-1": 100}, "bob", LEAD, "not-this-customer"),
        ("P-1", {"I-9": 100}, "ada", LEAD, "unknown-item"),
        ("P-1", {"I-2": 100}, "ada", LEAD, "other-money"),
        ("P-1", {"I-1": 10_001}, "ada", LEAD, "more-than-open"),
        ("P-1", {"I-1": 10_000, "I-3": 10_000}, "ada", LEAD, "more-than-paid"),
        ("P-1", {"I-1": 100}, "ada", ("collector",), "no-authority"),
    ],
)
def test_an_allocation_that_cannot_be_is_refused_and_changes_nothing(payment_id, lines, customer, roles, code):
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000, currency="USD"), invoice("I-3", 10_000))
    world.tell(paid("P-1", 15_000))

    with pytest.raises(Refused) as refused:
        allocate(world, payment_id, lines, customer, roles)

    assert refused.value.code == code
    assert refused.value.hint
    assert pays(world, "P-1") == {}
    books_are_in_order(world)


def test_unapplied_money_is_put_on_account_and_stays_there():
    world = rig()
    world.tell(paid("P-1", 10_000))

    command = PutOnAccount(customer_id="ada", payment_id="P-1", amount_minor=10_000, roles=LEAD)
    told = world.command("cash", command, "kim")
    world.tell(invoice("I-1", 10_000))

    assert [(e.unapplied_minor, e.on_account_minor) for e in of(told, CustomerMoneyChanged)] == [(0, 10_000)]
    assert money(world, "P-1").status == "on-account"
    with pytest.raises(Refused, match=r"0\.00 EUR unapplied"):
        world.command("cash", command, "kim")
    books_are_in_order(world)


def test_kept_credit_reduces_an_item_that_a_person_names():
    world = rig()
    world.tell(invoice("I-1", 10_000), paid("P-1", 10_000))
    world.tell(credited("N-1", "I-1", 4_000, case_id="C-1"), invoice("I-2", 7_000))

    command = ApplyCredit(
        customer_id="ada", credit_note_number="N-1", invoice_number="I-2", amount_minor=3_000, roles=LEAD
    )
    told = world.command("cash", command, "kim")

    [applied] = of(told, CreditApplied)
    assert (applied.invoice_number, applied.open_minor_after, applied.case_id) == ("I-2", 4_000, None)
    assert [e.on_account_minor for e in of(told, CustomerMoneyChanged)] == [1_000]
    with pytest.raises(Refused, match=r"10\.00 EUR left"):
        world.command("cash", command, "kim")
    books_are_in_order(world)


def test_a_write_off_waits_for_another_person():
    world = rig()
    world.tell(invoice("I-1", 10_000))

    [requested] = of(ask(world, "I-1", 5_000), ApprovalRequested)
    assert [(s.role, s.count) for s in requested.steps] == [("cash_lead", 1)]
    assert item(world, "I-1").open_minor == 10_000
    with pytest.raises(Refused, match="may not approve it"):
        agree(world, requested.approval_id, "kim", "cash_lead")
    told = agree(world, requested.approval_id, "lee", "cash_lead")

    assert [e.approved_by for e in of(told, ApprovalGranted)] == [("lee",)]
    [posted] = of(told, WriteOffPosted)
    assert (posted.amount_minor, posted.open_minor_after) == (5_000, 5_000)
    assert "lee" in posted.because
    assert world.deadlines("cash") == {}
    books_are_in_order(world)


def test_two_people_of_two_roles_agree_to_the_largest():
    world = rig()
    world.tell(invoice("I-1", 20_000_000))
    [requested] = of(ask(world, "I-1", 15_000_000, "bad-debt"), ApprovalRequested)

    assert agree(world, requested.approval_id, "lee", "cfo") == []
    told = agree(world, requested.approval_id, "max", "controller")

    assert [e.approved_by for e in of(told, ApprovalGranted)] == [("lee", "max")]
    assert item(world, "I-1").open_minor == 5_000_000


def test_who_splits_a_write_off_meets_the_band_of_the_whole():
    world = rig()
    world.tell(invoice("I-1", 10_000), invoice("I-2", 10_000))
    ask(world, "I-1", 4_000)

    [second] = of(ask(world, "I-2", 4_000), ApprovalRequested)
    [other] = of(ask(world, "I-2", 4_000, actor="pat"), ApprovalRequested)

    assert [s.role for s in second.steps] == ["ar_manager"]
    assert [s.role for s in other.steps] == ["cash_lead"]


def test_who_asked_for_the_rest_of_what_nobody_may_write_off_hears_why_and_another_may_agree():
    world = rig()
    world.tell(invoice("I-1", 100_000), invoice("I-2", 100_000))
    [of_lena] = of(ask(world, "I-1", 20_000, actor="lena"), ApprovalRequested)
    ask(world, "I-2", 20_000, actor="pat")

    with pytest.raises(Refused, match="ask for it as bad-debt") as refused:
        agree(world, of_lena.approval_id, "pat", "ar_manager")
    told = agree(world, of_lena.approval_id, "max", "ar_manager")

    assert (refused.value.code, refused.value.status) == ("not-approvable", 403)
    assert [e.approved_by for e in of(told, ApprovalGranted)] == [("max",)]


def test_a_small_difference_may_not_be_large():
    world = rig()
    world.tell(invoice("I-1", 100_000))

    with pytest.raises(Refused, match="ask for it as bad-debt"):
        ask(world, "I-1", 25_001)

    assert world.rows("cash", Approval) == []


def test_an_approval_is_void_when_what_the_item_owes_has_changed():
    world = rig()
    world.tell(invoice("I-1", 10_000))
    [requested] = of(ask(world, "I-1", 4_000), ApprovalRequested)
    world.tell(paid("P-1", 7_000, reference="I-1"))

    told = agree(world, requested.approval_id, "lee", "cash_lead")

    assert [type(e) for e in told] == [ApprovalVoided]
    assert item(world, "I-1").open_minor == 3_000
    assert world.deadlines("cash") == {}


def test_one_no_is_the_end_of_it():
    world = rig()
    world.tell(invoice("I-1", 10_000))
    [requested] = of(ask(world, "I-1", 4_000), ApprovalRequested)
    no = RefuseRequest(customer_id="ada", approval_id=requested.approval_id, comment="ask again", roles=LEAD)

    told = world.command("cash", no, "lee")

    assert [(e.refused_by, e.comment) for e in of(told, ApprovalRefused)] == [("lee", "ask again")]
    with pytest.raises(Refused, match="is refused"):
        agree(world, requested.approval_id, "lee", "cash_lead")


def test_an_approval_that_nobody_decides_expires():
    world = rig()
    world.tell(invoice("I-1", 10_000))
    [requested] = of(ask(world, "I-1", 4_000), ApprovalRequested)

    told = world.until(NOON + timedelta(hours=49))

    assert [e.approval_id for e in of(told, ApprovalExpired)] == [requested.approval_id]
    with pytest.raises(Refused, match="is expired"):
        agree(world, requested.approval_id, "lee", "cash_lead")


def forgive(number: str, amount: int, customer: str = "ada", roles: tuple[str, ...] = LEAD) -> WriteOff:
    return WriteOff(customer_id=customer, invoice_number=number, amount_minor=amount, reason="bad-debt", roles=roles)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (forgive("I-9", 1), "unknown-item"),
        (forgive("I-1", 1, "bob"), "unknown-item"),
        (forgive("I-1", 10_001), "more-than-open"),
        (forgive("I-1", 1, roles=("collector",)), "no-authority"),
        (ApproveRequest(customer_id="ada", approval_id="A-9", roles=LEAD), "unknown-approval"),
        (
            ApplyCredit(customer_id="ada", credit_note_number="N-9", invoice_number="I-1", amount_minor=1, roles=LEAD),
            "unknown-credit",
        ),
    ],
)
def test_what_may_not_be_asked_is_refused(command: Command, code: str):
    world = rig()
    world.tell(invoice("I-1", 10_000))

    with pytest.raises(Refused) as refused:
        world.command("cash", command, "kim")

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (forgive("I-9", 1), "what is owed: GET /v1/cash/customers/ada/items"),
        (forgive("I-1", 10_001), "write off no more than that"),
        (
            ApplyCredit(customer_id="ada", credit_note_number="N-9", invoice_number="I-1", amount_minor=1, roles=LEAD),
            "its credit notes: GET /v1/cash/customers/ada/money",
        ),
        (
            AllocatePayment(customer_id="ada", payment_id="P-9", lines=(), roles=LEAD),
            "what waits: GET /v1/cash/waiting",
        ),
    ],
)
def test_who_is_refused_hears_what_to_do_next(command: Command, hint: str):
    world = rig()
    world.tell(invoice("I-1", 10_000))

    with pytest.raises(Refused) as refused:
        world.command("cash", command, "kim")

    assert refused.value.hint == hint
