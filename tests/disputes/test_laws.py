"""What holds whatever happens: amounts add up, open cases are cared for, notices exist once, order does not matter."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_chassis.errors import Refused
from o2c_chassis.testing import Rig, of
from o2c_contracts.cash import PaymentApplicationReversed, PaymentApplied, WriteOffPosted, WriteOffReversed
from o2c_contracts.disputes import DisputeOpened, DisputeResolved
from o2c_contracts.event import Envelope, Event, Message
from o2c_contracts.topics import topics_of
from o2c_disputes import commands
from o2c_disputes.app import service
from o2c_disputes.domain.amounts import Dispute, amounts_of
from o2c_disputes.domain.cases import Case, CreditRequest
from o2c_disputes.domain.clocks import Clock, Escalation
from o2c_disputes.domain.items import Item, Movement

from tests.disputes.desk import BOOK, LEAD, MONDAY, Desk, assert_every_open_case_is_cared_for, new_desk

EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True)
TOTAL = 1000_00
FEW = st.integers(1, 9)


def _amount(tenths: int) -> int:
    return tenths * 100_00


def _open(desk: Desk) -> int:
    return desk.open.get("INV-1", TOTAL)


def _pay(desk: Desk, tenths: int) -> None:
    if amount := min(_amount(tenths), _open(desk)):
        desk.pay(amount)


def _reverse(desk: Desk, tenths: int) -> None:
    if amount := min(_amount(tenths), TOTAL - _open(desk)):
        desk.reverse(amount)


def _write_off(desk: Desk, tenths: int) -> None:
    if amount := min(tenths * 1_00, _open(desk)):
        desk.rig.tell(desk.move(WriteOffPosted, "INV-1", amount, 1))


def _write_back(desk: Desk, tenths: int) -> None:
    if amount := min(tenths * 1_00, TOTAL - _open(desk)):
        desk.rig.tell(desk.move(WriteOffReversed, "INV-1", amount, -1))


def _query(desk: Desk, tenths: int) -> None:
    desk.query(id=f"q-{tenths % 4}", amount_minor=None if tenths == 9 else _amount(tenths))


def _credit(desk: Desk, tenths: int) -> None:
    """Cash applies what billing credits: to the newest request, at most what is open."""
    requests = [r for r in desk.rig.rows("disputes", CreditRequest) if r.is_open]
    if requests and (amount := min(requests[-1].amount_minor, _open(desk))):
        desk.credit(amount, requests[-1].case_id)


def _on_a_case(command: Callable[[Desk, Case, int], Any]) -> Callable[[Desk, int], None]:
    def run(desk: Desk, tenths: int) -> None:
        if cases := desk.cases:
            command(desk, cases[tenths % len(cases)], tenths)

    return run


def _do(desk: Desk, kind: type[Any], case: Case, **body: Any) -> None:
    desk.do(kind, roles=LEAD, case_id=case.case_id, **body)


def _decide(desk: Desk, case: Case, tenths: int) -> None:
    resolution = ("valid", "partly_valid", "invalid", "withdrawn")[tenths % 4]
    credit = {"credit_minor": 50_00} if resolution == "partly_valid" else {}
    answer = {"answer": "So it is."} if tenths > 4 else {}
    _do(desk, commands.ResolveDispute, case, resolution=resolution, **credit, **answer)


def _wait(desk: Desk, tenths: int) -> None:
    desk.rig.until(desk.rig.at + timedelta(hours=5 * tenths))


STEPS: dict[str, Callable[[Desk, int], None]] = {
    "query": _query,
    "pay": _pay,
    "reverse": _reverse,
    "write off": _write_off,
    "write back": _write_back,
    "credit": _credit,
    "decide": _on_a_case(_decide),
    "answer": _on_a_case(lambda d, c, n: _do(d, commands.AnswerCase, c, answer="Thank you.")),
    "close": _on_a_case(lambda d, c, n: _do(d, commands.CloseCase, c)),
    "reopen": _on_a_case(lambda d, c, n: _do(d, commands.ReopenCase, c, reason="again")),
    "pause": _on_a_case(lambda d, c, n: _do(d, commands.PauseCase, c, reason="waiting-customer")),
    "resume": _on_a_case(lambda d, c, n: _do(d, commands.ResumeCase, c)),
    "prioritise": _on_a_case(lambda d, c, n: _do(d, commands.PrioritiseCase, c, priority=f"P{1 + n % 4}", reason="")),
    "wait": _wait,
}
SCRIPTS = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), FEW), min_size=3, max_size=18)


def play(script: list[tuple[str, int]], after_each: Callable[[Desk], None]) -> Desk:
    """A refused step changes nothing and is passed over."""
    desk = new_desk()
    desk.invoice(total=TOTAL)
    for name, number in script:
        try:
            STEPS[name](desk, number)
        except Refused:
            continue
        finally:
            after_each(desk)
    return desk


def amounts_add_up(desk: Desk) -> None:
    """Original = disputed + paid + credited + written off + undisputed; never more contested than is open."""
    disputes = desk.rig.rows("disputes", Dispute)
    found = amounts_of(disputes, desk.rig.rows("disputes", Movement))
    for dispute in disputes:
        a = found[dispute.key]
        parts = (a.disputed_minor, a.paid_minor, a.credited_minor, a.written_off_minor, a.undisputed_minor)
        assert min(parts) >= 0
        assert sum(parts) == a.original_minor == dispute.original_minor
        assert (a.disputed_minor > 0) == (dispute.status == "open")
    assert sum(a.disputed_minor for a in found.values()) <= _open(desk)


@EXAMPLES
@given(SCRIPTS)
def test_amounts_add_up_after_every_step_of_any_story(script: list[tuple[str, int]]) -> None:
    desk = play(script, amounts_add_up)

    for resolved in of([m.event for m in desk.rig.told], DisputeResolved):
        parts = resolved.paid_minor + resolved.credited_minor + resolved.written_off_minor + resolved.undisputed_minor
        assert parts == resolved.original_minor


def cared_for(desk: Desk) -> None:
    assert_every_open_case_is_cared_for(desk.rig)
    armed = desk.rig.deadlines("disputes")
    for case in desk.rig.rows("disputes", Case):
        assert (("pause", case.case_id) in armed) == (case.status == "paused")
        for clock in desk.rig.rows("disputes", Clock, case_id=case.case_id, cycle=case.reopenings):
            running = not clock.has_stopped and case.status != "paused"
            assert clock.has_stopped or not case.is_closed
            assert (("sla", clock.subject) in armed) == (running and clock.next_at is not None)
    closed = [c for c in desk.rig.rows("disputes", Case) if c.is_closed]
    assert all(c.answered_at for c in closed)


@EXAMPLES
@given(SCRIPTS)
def test_every_open_case_is_cared_for_after_every_step_of_any_story(script: list[tuple[str, int]]) -> None:
    desk = play(script, cared_for)

    ids = [m.event.escalation_id for m in desk.rig.told if hasattr(m.event, "escalation_id")]
    assert len(set(ids)) == len(ids) == len(desk.rig.rows("disputes", Escalation))


def _story() -> list[Event]:
    """Independent facts about one item that reach disputes on three topics."""
    desk = Desk(Rig(service, book=BOOK))
    moves = [
        desk.move(PaymentApplied, "INV-1", 600_00, 1, payment_id="p-1"),
        desk.move(PaymentApplicationReversed, "INV-1", 600_00, -1, payment_id="p-1"),
        desk.move(PaymentApplied, "INV-1", 200_00, 1, payment_id="p-2"),
    ]
    return [desk.issued(ref="4711"), desk.asked(None, external_ref="4711", amount_minor=300_00), *moves]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_topics_in_any_order_give_the_same_item_and_the_same_contest(seed: int) -> None:
    rig = Rig(service, book=BOOK, at=MONDAY, seed=seed)
    for number, event in enumerate(_story()):
        envelope = Envelope("test", f"e-{number}", type(event).__name__, MONDAY, MONDAY, MONDAY.date())
        rig.publish(topics_of(type(event))[0], Message(envelope, event))

    rig.settle()

    (item,) = rig.rows("disputes", Item)
    (dispute,) = rig.rows("disputes", Dispute)
    amounts = amounts_of([dispute], rig.rows("disputes", Movement))[dispute.key]
    assert (item.open_minor, item.item_version, item.known, item.total_minor) == (800_00, 3, True, TOTAL)
    assert (dispute.status, amounts.disputed_minor, amounts.paid_minor) == ("open", 300_00, 0)
    assert [e.disputed_minor for e in of([m.event for m in rig.told], DisputeOpened)] == [300_00]


def test_a_lower_version_never_overwrites_a_higher_one() -> None:
    desk = new_desk()
    desk.invoice()
    first = desk.move(PaymentApplied, "INV-1", 100_00, 1, payment_id="p-1")
    second = desk.move(PaymentApplied, "INV-1", 100_00, 1, payment_id="p-2")

    desk.rig.tell(second)
    desk.rig.tell(first)

    (item,) = desk.rig.rows("disputes", Item)
    assert (item.open_minor, item.item_version) == (800_00, 2)


def test_items_nobody_contests_keep_one_row_each() -> None:
    desk = new_desk()
    desk.invoice()

    desk.pay(100_00)
    desk.pay(900_00)

    assert len(desk.rig.rows("disputes", Item)) == 1
    assert not desk.rig.rows("disputes", Movement)
    assert not desk.rig.decisions("disputes")
