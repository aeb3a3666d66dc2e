"""Whatever comes, in whatever order and however often: the books stay in order, named money ends where it belongs."""

from contextlib import suppress
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_cash.commands import AllocatePayment, AllocationLine, ApproveRequest, PutOnAccount, RequestRefund
from o2c_cash.domain.items import OpenItem
from o2c_cash.domain.payments import CustomerMoney, Payment
from o2c_chassis.errors import Refused
from o2c_chassis.testing import Rig, of
from o2c_contracts.bank import PaymentReceived, RemittanceLine
from o2c_contracts.cash import ItemChanged
from o2c_contracts.event import Event, Message
from o2c_contracts.master import CustomerChanged, FamilyChanged
from o2c_contracts.shared import ApprovalRequested
from o2c_contracts.topics import topics_of

from tests.cash.scenes import (
    NOON,
    advised,
    books_are_in_order,
    contested,
    credited,
    discounted,
    invoice,
    item,
    money,
    paid,
    pays,
    registered,
    resolved,
    rig,
    sent_back,
)

NAMED = [
    registered("ada", "DE11"),
    invoice("I-1", 10_000),
    invoice("I-2", 10_000),
    invoice("I-3", 25_000, external_ref="4711"),
    advised("R-1", {"I-1": 10_000, "I-3": 25_000}),
    paid("P-1", 35_000, reference="R-1"),
    paid("P-2", 10_000, None, account="DE11", reference="I-2"),
    sent_back("B-1", "P-2", 10_000, None),
]


def publish(world: Rig, events: list[Event]) -> None:
    """Each under its own id, however often it is published."""
    for n, event in enumerate(events):
        envelope = world._envelope("test", f"e-{n}-{event.subject}", event, None)
        world.publish(topics_of(type(event))[0], Message(envelope, event))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.permutations(NAMED), st.integers(0, 1_000))
def test_money_that_names_what_it_pays_ends_there_in_any_order(events: list[Event], seed: int):
    world = rig(seed)

    for event in events:
        publish(world, [event])
        if seed % 2:
            world.settle()
    world.settle()

    assert pays(world, "P-1") == {"I-1": 10_000, "I-3": 25_000}
    assert pays(world, "P-2") == {}
    assert [i.open_minor for i in world.rows("cash", OpenItem)] == [0, 10_000, 0]
    assert [(p.status, p.open) for p in world.rows("cash", Payment)] == [("applied", False), ("returned", False)]
    assert [(m.unapplied_minor, m.on_account_minor) for m in world.rows("cash", CustomerMoney)] in ([], [(0, 0)])
    assert world.deadlines("cash") == {}
    books_are_in_order(world)


AMOUNTS = st.sampled_from([3_000, 5_000, 8_000, 10_000, 10_150, 99_600, 100_000])
CUSTOMERS = st.sampled_from(["ada", "bob", "eve"])
UNTIL = date(2026, 1, 12)
NUMBERS = st.integers(1, 5)


@st.composite
def happenings(draw: st.DrawFn) -> list[Event]:
    """Some weeks of events: numbers are few, so that many meet, repeat and contradict each other."""
    found: list[Event] = [registered("ada", "DE11"), registered("bob", "DE22", root="ada"), registered("eve", "DE33")]
    return found + [draw(_one(draw)) for _ in range(draw(st.integers(4, 16)))]


def _one(draw: st.DrawFn) -> st.SearchStrategy[Event]:
    number, amount, customer = draw(NUMBERS), draw(AMOUNTS), draw(CUSTOMERS)
    own, payment_id = f"I-{number}", f"P-{draw(NUMBERS)}"
    account = {"account": draw(st.sampled_from(["DE11", "DE22", "DE44"]))}
    named = {"reference": draw(st.sampled_from([None, None, None, own, f"R-{number}", "I-1 I-2", "47-1", "X-1"]))}
    root = draw(st.sampled_from([None, "ada"]))
    said = RemittanceLine(external_ref=f"47-{number}", amount_minor=amount)
    return st.sampled_from(
        [
            invoice(own, amount, customer, external_ref=f"47-{number % 3}"),
            discounted(own, amount, UNTIL),
            invoice(own, amount, customer, currency="USD"),
            paid(payment_id, amount, customer, **named),
            paid(payment_id, amount, None, **named, **account),
            paid(payment_id, amount * 98 // 100, "ada", **named),
            advised(f"R-{number}", {own: amount}, customer),
            advised(f"R-{number}", {own: amount}, None, payment_id=payment_id, **account),
            advised(f"R-{number}", {own: amount}, customer, lines=(said,), payment_id=payment_id),
            sent_back(f"B-{number}", payment_id, amount, None),
            sent_back(f"B-{number}", payment_id, amount, customer),
            credited(f"N-{number}", own, amount, customer),
            contested(f"C-{number}", own, amount, customer),
            resolved(f"C-{number}", own, amount, customer),
            FamilyChanged(customer_id=customer, root_id=root if customer != "ada" else None),
            CustomerChanged(customer_id=customer, accounts=(account["account"],)),
        ]
    )


@settings(max_examples=120, deadline=None, derandomize=True)
@given(happenings(), st.integers(0, 1_000), st.booleans(), st.integers(1, 2))
def test_the_identities_hold_after_every_event_of_any_sequence(
    events: list[Event], seed: int, twice: bool, gateways: int
):
    world = rig(seed)

    for n, event in enumerate(events):
        message = Message(world._envelope(f"bank-{n % gateways}", f"e-{n}", event, None), event)
        for _ in range(1 + twice):
            world.publish(topics_of(type(event))[0], message)
        world.settle()
        world.until(world.at + timedelta(days=n % 3))
        books_are_in_order(world)
    _no_receipt_is_lost(world, events, gateways)
    _people_interfere(world, seed)
    _credit_goes_back(world, seed)
    world.until(NOON + timedelta(days=100))

    books_are_in_order(world)
    _versions_are_gap_free(world)


def _no_receipt_is_lost(world: Rig, events: list[Event], gateways: int) -> None:
    """Each counts once: what one gateway said of one number in the same words is one receipt, all else another."""
    told = {(n % gateways, e) for n, e in enumerate(events) if isinstance(e, PaymentReceived)}
    assert sum(e.amount_minor for _, e in told) == sum(p.amount_minor for p in world.rows("cash", Payment))
    assert len(told) == len(world.rows("cash", Payment))


def _people_interfere(world: Rig, seed: int) -> None:
    """A person changes each allocation and puts money away, within what there is."""
    for payment in world.rows("cash", Payment, identified=True):
        usable = [i for i in world.rows("cash", OpenItem, open=True) if i.purse == payment.purse]
        each = min(
            [payment.amount_minor - payment.returned_minor - payment.taken_minor, *[i.open_minor for i in usable]]
        )
        who = {"customer_id": payment.customer_id, "payment_id": payment.payment_id, "roles": ("cash_lead",)}
        if usable and each // len(usable):
            said = tuple(
                AllocationLine(invoice_number=i.invoice_number, amount_minor=each // len(usable)) for i in usable
            )
            world.command("cash", AllocatePayment(**who, lines=said), "kim")
            books_are_in_order(world)
        if left := money(world, payment.payment_id).unapplied_minor:
            world.command("cash", PutOnAccount(**who, amount_minor=1 + seed % left), "kim")
            books_are_in_order(world)


def _credit_goes_back(world: Rig, seed: int) -> None:
    """Some of what is on account is refunded, or cannot be; then the bank wants all of every payment back."""
    for n, payment in enumerate(world.rows("cash", Payment, identified=True)):
        who = {"customer_id": payment.customer_id, "roles": ("cash_lead", "ar_manager", "controller", "cfo")}
        if payment.on_account_minor:
            amount = 1 + seed % payment.on_account_minor
            with suppress(Refused):  # Who owes something pays that first.
                wish = RequestRefund(**who, payment_id=payment.payment_id, amount_minor=amount, reason="overpaid")
                [asked] = of(world.command("cash", wish, "kim"), ApprovalRequested)
                world.undeliverable = {asked.document_id} if (seed + n) % 3 == 0 else set()
                world.command("cash", ApproveRequest(**who, approval_id=asked.approval_id), "lee")
                books_are_in_order(world)
        world.tell(
            sent_back(f"ALL-{payment.payment_id}", payment.payment_id, payment.amount_minor, payment.customer_id)
        )
        books_are_in_order(world)


def _versions_are_gap_free(world: Rig) -> None:
    """What was told of each item counts up from 1, and the last of it is what the item owes."""
    told = of([m.event for m in world.told], ItemChanged)
    for row in world.rows("cash", OpenItem):
        changes = [e for e in told if e.invoice_number == row.invoice_number]
        assert [e.item_version for e in changes] == list(range(1, row.item_version + 1))
        assert not changes or changes[-1].open_minor_after == row.open_minor


def test_who_pays_exactly_is_never_applied_to_a_wrong_item():
    world = rig(7)
    true: dict[str, set[str]] = {}
    for n in range(40):
        world.tell(invoice(f"I-{n:02}", 1_000 + 250 * (n * 7 % 9)))
        if n % 3 == 2:
            numbers = {f"I-{n - back:02}" for back in range(n % 4 or 1)} - set().union(*true.values(), set())
            total = sum(item(world, number).total_minor for number in numbers)
            true[f"P-{n:02}"] = numbers
            world.tell(paid(f"P-{n:02}", total))

    applied = {p.payment_id: set(pays(world, p.payment_id)) for p in world.rows("cash", Payment) if p.applied_minor}

    assert len(applied) >= 3
    assert applied == {payment_id: true[payment_id] for payment_id in applied}
    assert all(money(world, payment_id).status == "unapplied" for payment_id in true.keys() - applied.keys())
    books_are_in_order(world)
