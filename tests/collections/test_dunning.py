"""Who is reminded, when, and how far: the standard ladder, told as calendars."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from o2c_chassis.service import DeadlineReached, DeliveryEnded
from o2c_chassis.testing import of
from o2c_collections.domain.accounts import Account
from o2c_collections.domain.letters import Activity, Escalation, Notice
from o2c_contracts.cash import CreditApplied, CustomerMoneyChanged, WriteOffPosted
from o2c_contracts.collections import AccountEscalated, AccountStopped, DunningNoticeSent, NoticeUndeliverable
from o2c_contracts.shared import CustomerBlocked, CustomerUnblocked, EscalationRaised

from tests.collections.late_payer import DUE, World, at, from_cash, invoice, on


def test_the_standard_ladder_reminds_on_days_1_10_and_20_and_hands_over_on_day_30(world: World):
    world.invoice()

    told = world.rig.until(on(120))

    assert world.letter_days() == [(1, 1), (10, 2), (20, 3)]
    (handed,) = of(told, AccountEscalated)
    assert (handed.to, handed.invoice_number) == ("second-level", "R1")
    assert world.item().handed_over_on == DUE + timedelta(days=30)
    assert not of(told, AccountStopped)


def test_a_letter_goes_out_at_eight_in_the_morning_of_the_legal_entity(world: World):
    world.invoice()

    assert world.rig.until(on(1, 7)) == []
    told = world.rig.until(on(1, 8))

    assert [letter.sent_on for letter in of(told, DunningNoticeSent)] == [DUE + timedelta(days=1)]
    assert world.rig.at == at(DUE + timedelta(days=1), 8)


def test_an_american_company_writes_at_eight_in_new_york(world: World):
    world.invoice("US1", currency="USD", legal_entity="US01")

    assert world.rig.until(on(1, 8)) == []
    told = world.rig.until(at(DUE + timedelta(days=1), 8, zone=ZoneInfo("America/New_York")))

    assert [letter.legal_entity for letter in of(told, DunningNoticeSent)] == ["US01"]


def test_an_item_paid_at_noon_of_the_day_after_its_due_date_has_reached_level_1(world: World):
    world.invoice()

    world.rig.until(on(1, 12))
    world.paid("R1", 100_000, on(1, 12))
    world.rig.until(on(90))

    assert world.letter_days() == [(1, 1)]
    assert (world.item().level, world.item().open) == (1, False)


def test_an_item_paid_on_its_due_date_reaches_no_level(world: World):
    world.invoice()

    world.paid("R1", 100_000, on(0, 12))
    world.rig.until(on(90))

    assert world.letters() == []
    assert world.item().level == 0


def test_a_cent_is_reminded_as_well(world: World):
    world.invoice(minor=1)

    world.rig.until(on(30))

    assert world.letter_days() == [(1, 1), (10, 2), (20, 3)]


def test_an_item_contested_before_it_was_due_starts_at_level_1_the_morning_after_the_contest_ended(world: World):
    world.invoice()
    world.disputed("R1", 100_000, on(-29, 14))

    world.rig.until(on(1, 14))
    world.resolved("R1", 100_000, on(1, 14))
    world.rig.until(on(60))

    assert world.letter_days() == [(2, 1), (10, 2), (20, 3)]


def test_an_item_comes_back_from_a_dispute_at_the_level_it_had(world: World):
    world.invoice()
    world.rig.until(on(11))

    world.disputed("R1", 100_000, on(11, 14))
    world.rig.until(on(45))
    world.resolved("R1", 100_000, on(45, 14))
    world.rig.until(on(60))

    assert world.letter_days() == [(1, 1), (10, 2), (46, 3)]


def test_levels_are_never_skipped_and_lie_seven_days_apart_however_late_an_item_is_found(world: World):
    world.rig.until(on(40))

    world.invoice()
    world.rig.until(on(90))

    assert world.letter_days() == [(41, 1), (48, 2), (55, 3)]
    assert world.item().handed_over_on == DUE + timedelta(days=62)


def test_only_the_contested_part_leaves_dunning(world: World):
    world.invoice()
    world.disputed("R1", 30_000, on(-5))

    world.rig.until(on(1, 9))

    (letter,) = world.letters()
    assert [(line.open_minor, line.claimed_minor) for line in letter.lines] == [(100_000, 70_000)]


def test_two_disputes_of_an_item_add_up_to_no_more_than_is_open(world: World):
    world.invoice()
    world.disputed("R1", 60_000, on(-5), case="K1")
    world.disputed("R1", 60_000, on(-4), case="K2")

    world.rig.until(on(5))
    world.resolved("R1", 60_000, on(5, 14), case="K1")
    world.rig.until(on(6, 9))

    (letter,) = world.letters()
    assert (letter.sent_on - DUE).days == 6
    assert [line.claimed_minor for line in letter.lines] == [40_000]


def test_one_letter_a_day_lists_all_late_items_with_their_levels_and_marks_the_raised(world: World):
    world.invoice("R1", 100_000, DUE)
    world.invoice("R2", 20_000, DUE + timedelta(days=9))
    world.invoice("R3", 5_000, DUE + timedelta(days=4))
    world.invoice("R9", 7_000, DUE + timedelta(days=40))

    world.rig.until(on(10, 9))

    letter = world.letters()[-1]
    assert (letter.sent_on, letter.level) == (DUE + timedelta(days=10), 2)
    assert [(line.invoice_number, line.level, line.raised) for line in letter.lines] == [
        ("R1", 2, True),
        ("R3", 1, False),
        ("R2", 1, True),
    ]
    assert [line.open_minor for line in letter.lines] == [100_000, 5_000, 20_000]


def test_the_tone_is_that_of_the_highest_item_and_lifts_no_other(world: World):
    world.invoice("R1", 100_000, DUE)
    world.invoice("R2", 20_000, DUE + timedelta(days=19))

    world.rig.until(on(20, 9))

    assert world.letters()[-1].level == 3
    assert (world.item("R1").level, world.item("R2").level) == (3, 1)


def test_each_legal_entity_writes_its_own_letter(world: World):
    world.invoice("R1", 100_000)
    world.invoice("F1", 50_000, legal_entity="FR01")

    told = world.rig.until(on(1, 9))

    assert sorted((n.legal_entity, len(n.lines)) for n in of(told, DunningNoticeSent)) == [("DE01", 1), ("FR01", 1)]


def test_currencies_stand_side_by_side_in_one_letter_and_are_never_added(world: World):
    world.invoice("R1", 100_000)
    world.invoice("R2", 90_000, currency="USD")

    world.rig.until(on(1, 9))

    (letter,) = world.letters()
    assert [(line.currency, line.claimed_minor) for line in letter.lines] == [("EUR", 100_000), ("USD", 90_000)]


def test_unapplied_money_and_credit_are_shown_and_not_netted(world: World):
    world.invoice()
    money = {"customer_id": "C1", "legal_entity": "DE01", "currency": "EUR"}
    world.rig.tell(CustomerMoneyChanged(**money, unapplied_minor=4_000, on_account_minor=1_000, version=2))
    world.rig.tell(CustomerMoneyChanged(**money, unapplied_minor=9_000, on_account_minor=0, version=1))

    world.rig.until(on(1, 9))

    (letter,) = world.letters()
    assert letter.credits == {"EUR": 5_000}
    assert letter.lines[0].claimed_minor == 100_000


def test_credits_and_write_offs_end_a_reminder_like_money(world: World):
    world.invoice()

    world.item_event(CreditApplied, "R1", 60_000, on(0), credit_note_number="G1")
    world.item_event(WriteOffPosted, "R1", 40_000, on(0, 13))
    world.rig.until(on(90))

    assert world.letters() == []


def test_a_part_payment_keeps_the_level_and_the_rest_is_claimed(world: World):
    world.invoice()
    world.rig.until(on(2))

    world.paid("R1", 99_900, on(2))
    world.rig.until(on(10, 9))

    assert [line.claimed_minor for line in world.letters()[-1].lines] == [100]
    assert world.letter_days() == [(1, 1), (10, 2)]


def test_a_returned_payment_finds_the_item_at_the_level_it_had(world: World):
    world.invoice()
    world.rig.until(on(11))
    world.paid("R1", 100_000, on(11, 13))

    world.rig.until(on(40))
    world.returned("R1", 100_000, on(40))
    assert (world.item().open, world.item().level) == (True, 2)
    world.rig.until(on(41, 9))

    assert world.letter_days() == [(1, 1), (10, 2), (41, 3)]


def test_an_older_word_of_cash_never_overwrites_a_newer(world: World):
    world.invoice()
    world._versions["R1"], world._open["R1"] = 4, 60_000
    world.paid("R1", 10_000, on(-3), id_="P5")
    world._versions["R1"], world._open["R1"] = 1, 100_000

    world.paid("R1", 20_000, on(-2), id_="P2")

    assert (world.item().open_minor, world.item().item_version) == (50_000, 5)


def test_a_payment_before_its_invoice_makes_the_row_and_the_invoice_completes_it(world: World):
    world._open["R1"], world._versions["R1"] = 100_000, 0
    world.paid("R1", 40_000, on(-10))

    world.rig.tell(invoice("C1", "R1", 100_000, DUE), at=on(-9))
    world.rig.until(on(1, 9))

    assert (world.item().total_minor, world.item().open_minor) == (100_000, 60_000)
    assert world.letters()[0].lines[0].claimed_minor == 60_000


def test_nothing_is_sent_while_cash_is_blocked_and_the_rest_follows_the_morning_after(world: World):
    world.invoice()
    blocked = CustomerBlocked(customer_id="C1", service="cash", parked_id="7", reason="a payment cannot be read")
    from_cash(world, blocked, on(0))

    assert world.rig.until(on(5)) == []
    from_cash(world, CustomerUnblocked(customer_id="C1", service="cash"), on(5))
    world.rig.until(on(30))

    assert world.letter_days() == [(6, 1), (13, 2), (20, 3)]


def test_a_letter_hour_that_strikes_just_as_cash_is_blocked_sends_nothing(world: World):
    world.invoice()
    from_cash(world, CustomerBlocked(customer_id="C1", service="cash", parked_id="7", reason="unreadable"), on(0))
    struck = DeadlineReached(kind="dunning", subject_id="C1/DE01", owner_key="c:C1", customer_id="C1", armed=1)

    told = from_cash(world, struck, on(1, 8))

    assert told == []
    assert world.rig.deadlines("collections") == {}


def test_another_service_being_blocked_stops_no_letter(world: World):
    world.invoice()
    world.rig.tell(
        CustomerBlocked(customer_id="C1", service="billing", parked_id="7", reason="x"), source="billing", at=on(0)
    )

    world.rig.until(on(1, 9))

    assert world.letter_days() == [(1, 1)]


def test_an_undeliverable_letter_becomes_somebodys_work_and_the_items_keep_their_level(world: World):
    world.invoice()
    world.rig.until(on(1, 7))
    world.rig.undeliverable = Everything()

    told = world.rig.until(on(1, 9))

    (lost,) = of(told, NoticeUndeliverable)
    (raised,) = of(told, EscalationRaised)
    (waiting,) = world.rig.rows("collections", Escalation)
    (notice,) = world.rig.rows("collections", Notice)
    assert (raised.to, raised.document_id, waiting.closed_at) == ("collector", lost.notice_id, None)
    assert (notice.status, notice.problem, world.item().level) == ("undeliverable", "refused", 1)


def test_a_reason_of_several_lines_is_told_in_one(world: World):
    world.invoice()
    world.rig.until(on(1, 9))
    (notice,) = world.rig.rows("collections", Notice)
    ended = DeliveryEnded(
        kind="dunning-letter",
        subject_id=notice.notice_id,
        owner_key="c:C1",
        customer_id="C1",
        delivered=False,
        channel="email",
        problem="550 no such user\r\n  here",
    )

    (lost, _) = from_cash(world, ended, on(1, 9))

    assert isinstance(lost, NoticeUndeliverable)
    assert lost.reason == "550 no such user here"


def test_a_dispute_that_names_somebody_elses_invoice_leaves_it_alone(world: World):
    world.invoice()
    world.customer = "C2"

    world.disputed("R1", 100_000, on(-5))
    world.rig.until(on(1, 9))

    assert world.letter_days() == [(1, 1)]


def test_a_delivered_letter_says_so(world: World):
    world.invoice()

    world.rig.until(on(1, 9))

    (notice,) = world.rig.rows("collections", Notice)
    assert (notice.status, notice.channel) == ("delivered", "email")


def test_nobody_is_woken_before_anything_can_become_due_nor_after_everything_is_paid(world: World):
    world.invoice("R1")
    world.invoice("R2", due=DUE + timedelta(days=3))
    armed = world.rig.deadlines("collections")
    assert armed == {("dunning", "C1/DE01"): on(1, 8)}

    world.paid("R1", 100_000, on(0))
    assert world.rig.deadlines("collections") == {("dunning", "C1/DE01"): on(4, 8)}
    world.paid("R2", 100_000, on(0, 13))

    assert world.rig.deadlines("collections") == {}
    (account,) = world.rig.rows("collections", Account)
    assert account.next_at is None


def test_the_decision_behind_each_raise_is_recorded_and_named_in_the_letter(world: World):
    world.invoice()

    world.rig.until(on(1, 9))

    asked = {a.id: a for a in world.rig.decisions("collections")}
    (letter,) = world.letters()
    (decision,) = [asked[i] for i in letter.decision_ids]
    assert (decision.subject, decision.rows[0].id) == ("R1", "STANDARD-1")
    assert decision.because == ("1 days past due; the first reminder goes out on day 1",)
    assert [a.decision.table for a in asked.values()].count("collections/ladder") == 1


def test_everything_done_is_in_the_customers_record(world: World):
    world.invoice()
    world.disputed("R1", 10_000, on(-5))

    world.rig.until(on(31))

    done = [a.kind for a in sorted(world.rig.rows("collections", Activity), key=lambda a: a.at)]
    assert done == ["dispute-opened", "letter", "letter", "letter", "handed-over"]


class Everything(set[str]):
    def __contains__(self, subject: object) -> bool:
        return True
