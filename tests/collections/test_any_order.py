"""Topics race: whatever order their records come in, the same facts give the same rows, letters and levels."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from o2c_collections.domain.accounts import Account, Credit, Customer, Dispute
from o2c_collections.domain.items import Item, ItemChange
from o2c_collections.domain.promises import Promise
from o2c_contracts.cash import CreditApplied, CustomerMoneyChanged, PaymentApplicationReversed, PaymentApplied
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.intake import PromiseMade
from o2c_contracts.master import CustomerChanged
from o2c_contracts.topics import topics_of

from tests.collections.late_payer import DUE, World, invoice, on

MONEY = {"customer_id": "C1", "legal_entity": "DE01", "currency": "EUR"}
KINDS = (Customer, Account, Credit, Dispute, Item, ItemChange, Promise)


def changed(number: str, minor: int, left: int, version: int) -> dict:
    when = DUE - timedelta(days=10)
    return MONEY | {
        "invoice_number": number, "amount_minor": minor, "open_minor_after": left, "item_version": version,
        "value_date": when,
    }  # fmt: skip


def disputed(number: str, minor: int, case: str) -> DisputeOpened:
    return DisputeOpened(**MONEY, case_id=case, invoice_number=number, disputed_minor=minor, reason="QTY")


def promised(number: str, minor: int, id_: str, days: int = 5) -> PromiseMade:
    day = DUE + timedelta(days=days)
    return PromiseMade(**MONEY, promise_id=id_, invoice_number=number, amount_minor=minor, promised_on=day)


# Hours after the day's beginning, in the order in which things happened.
FACTS: tuple[Event, ...] = (
    # Not the segment: a promise taken before it is known is rightly decided by the segment of that moment.
    CustomerChanged(customer_id="C1", language="it", risk_class="C"),
    invoice("C1", "R1", 100_000, DUE),
    invoice("C1", "R2", 50_000, DUE + timedelta(days=3)),
    invoice("C1", "R3", 70_000, DUE),
    disputed("R1", 30_000, "K1"),
    disputed("R3", 70_000, "K3"),
    promised("R2", 50_000, "V1"),
    promised("R3", 20_000, "V2"),
    PaymentApplied(**changed("R1", 20_000, 80_000, 1), payment_id="P1"),
    PaymentApplied(**changed("R2", 50_000, 0, 1), payment_id="P2"),
    PaymentApplicationReversed(**changed("R1", 20_000, 100_000, 2), payment_id="P1"),
    CreditApplied(**changed("R3", 10_000, 60_000, 1), credit_note_number="G1"),
    CustomerMoneyChanged(**MONEY, unapplied_minor=500, on_account_minor=0, version=1),
    CustomerMoneyChanged(**MONEY, unapplied_minor=0, on_account_minor=70, version=2),
    DisputeResolved(
        **MONEY, case_id="K3", invoice_number="R3", resolution="invalid", original_minor=70_000, undisputed_minor=70_000
    ),
)


def played(world: World, which: set[int]) -> tuple[dict, list, dict]:
    """Rows once everything was heard, letters and levels a month later."""
    for n in sorted(which):
        event, at = FACTS[n], on(-20, 0) + timedelta(hours=n)
        world.rig.publish(topics_of(type(event))[0], Message(envelope(event, at, n), event))
    world.rig.settle()
    world.rig.at = on(-19)
    heard = {kind: [comparable(row) for row in world.rig.rows("collections", kind)] for kind in KINDS}
    world.rig.until(on(60))
    letters = [(n.sent_on, n.level, n.credits, n.lines) for n in world.letters()]
    return heard, letters, {i.invoice_number: i.level for i in world.rig.rows("collections", Item)}


def envelope(event: Event, at: datetime, n: int) -> Envelope:
    return Envelope("test", f"fact-{n}", type(event).__name__, at, at, at.date())


def comparable(row: object) -> object:
    """Which decision took a promise depends on what was known when it came; that it was taken does not."""
    return replace(row, decision_id=None) if isinstance(row, Promise) else row


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.sets(st.integers(0, len(FACTS) - 1), min_size=2), seed=st.integers(0, 10_000))
def test_any_order_across_topics_gives_the_same_rows_letters_and_levels(
    worlds: Callable[..., World], which: set[int], seed: int
):
    in_order = played(worlds(), which)

    shuffled = played(worlds(seed=seed), which)

    assert shuffled == in_order


@settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.sets(st.integers(0, len(FACTS) - 1), min_size=2))
def test_no_letter_skips_a_level_claims_too_much_or_comes_twice_a_day(worlds: Callable[..., World], which: set[int]):
    world = worlds()
    played(world, which)

    letters = world.letters()
    assert len({n.sent_on for n in letters}) == len(letters)
    for number in ("R1", "R2", "R3"):
        levels = [line.level for n in letters for line in n.lines if line.invoice_number == number and line.raised]
        assert levels == list(range(1, len(levels) + 1))
    assert all(0 < line.claimed_minor <= line.open_minor for n in letters for line in n.lines)
    assert all(n.level == max(line.level for line in n.lines) for n in letters)
