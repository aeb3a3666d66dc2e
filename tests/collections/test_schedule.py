"""Looking ahead finds the very day on which asking every day would have found a step, whatever the ladder."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_chassis.working_set import WorkingSet
from o2c_collections import facts
from o2c_collections.app import service
from o2c_collections.domain.accounts import Account, Customer
from o2c_collections.domain.items import Item
from o2c_collections.handlers.schedule import TABLE, planned, step_of
from o2c_contracts.event import Envelope, Message
from o2c_contracts.master import CustomerChanged
from o2c_rules.rulebook import RuleBook

from tests.collections.late_payer import BERLIN, DUE, World, on

CUSTOMER, ACCOUNT = Customer("C1"), Account("C1", "DE01")
LADDER = """
table: collections/ladder
title: A ladder for tests
policy: F
version_by: recorded
{validity}
facts: {{level: number, days_past_due: number, days_since_letter: number, promise_broken: boolean, handed_over: boolean,
  claimed_minor: money, balance_minor: money, segment: text, currency: text}}
derived: {derived}
outcome: {{next_level: number, channel: text, hour: number, hand_over: {{type: text, optional: true}}}}
rows:
{rows}
"""


def ladder(book: RuleBook, rows: str, derived: str = "{}", validity: str = "", name: str = "ladder") -> RuleBook:
    files = {k: v for k, v in book.files.items() if not k.startswith("collections/ladder")} | {
        f"collections/{name}.yaml": LADDER.format(rows=rows, derived=derived, validity=validity).encode()
    }
    return RuleBook(files)


def work_at(book: RuleBook, instant) -> WorkingSet:
    work = WorkingSet("collections", service.keys, book)
    work.begin(Message(Envelope("t", "1", "t", instant, instant, instant.date()), CustomerChanged(customer_id="C1")))
    return work


def brute(book: RuleBook, item: Item, instant) -> tuple[date, str] | None:
    """Ask every morning from now on."""
    first = instant.astimezone(BERLIN).date()
    for n in range(200):
        day = first + timedelta(days=n)
        found = step_of(item, book.decide(TABLE, facts.ladder(item, CUSTOMER, day, 0), day))
        if found and (n or instant.astimezone(BERLIN).hour < found[0]):
            return day, found[1]
    return None


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    level=st.integers(0, 3),
    letter=st.integers(-5, 40),
    now=st.integers(-40, 60),
    hour=st.sampled_from([6, 8, 12]),
    broken=st.booleans(),
    handed=st.booleans(),
)
def test_looking_ahead_equals_asking_every_morning(book, level, letter, now, hour, broken, handed):
    item = Item(
        "R1", "C1", "DE01", "EUR", known=True, due_on=DUE, total_minor=1, open_minor=1, open=True, level=level,
        level_on=DUE + timedelta(days=letter) if level else None, promise_broken=broken,
        handed_over_on=DUE if handed else None,
    )  # fmt: skip
    instant = on(now, hour)

    ahead = planned(work_at(book, instant), CUSTOMER, ACCOUNT, item)

    wanted = brute(book, item, instant)
    found = (ahead.next_at.astimezone(BERLIN).date(), ahead.next_step) if ahead.next_at else None
    assert found == wanted
    assert ahead.next_at is None or ahead.next_at > instant


def test_an_item_says_what_comes_next_and_when(world: World):
    world.invoice()
    first = (world.item().next_step, world.item().next_at)
    world.rig.until(on(21))
    last = (world.item().next_step, world.item().next_at)

    assert first == ("level 1", on(1, 8))
    assert last == ("second-level", on(30, 8))


def test_a_courtesy_letter_before_the_due_date_needs_only_a_row(book: RuleBook, worlds: Callable[..., World]):
    rows = '- {id: A, level: 0, days_past_due: "[-5..0]", next_level: 1, channel: email, hour: 10}'
    world = worlds(other=ladder(book, rows))

    world.invoice()
    world.rig.until(on(10))

    assert world.letter_days() == [(-5, 1)]
    assert [line.raised for line in world.letters()[0].lines] == [True]


def test_a_minimum_balance_is_watched_although_another_item_moves_it(book: RuleBook, worlds: Callable[..., World]):
    rows = (
        '- {id: A, level: 0, days_past_due: ">= 1", balance_minor: ">= 100.00 EUR", '
        "next_level: 1, channel: email, hour: 8}"
    )
    world = worlds(other=ladder(book, rows))
    world.invoice("R1", 4_000)
    world.rig.until(on(5))
    assert world.letters() == []

    world.invoice("R2", 6_000, DUE + timedelta(days=60))
    world.rig.until(on(6, 9))

    assert [line.invoice_number for line in world.letters()[0].lines] == ["R1"]


def test_a_ladder_with_a_derived_fact_is_walked_day_by_day(book: RuleBook, worlds: Callable[..., World]):
    rows = '- {id: A, level: 0, doubled: ">= 6", next_level: 1, channel: email, hour: 8}'
    world = worlds(other=ladder(book, rows, "{doubled: days_past_due * 2}"))

    world.invoice()
    world.rig.until(on(10))

    assert world.letter_days() == [(3, 1)]


def test_a_new_version_of_the_ladder_is_foreseen(book: RuleBook, worlds: Callable[..., World]):
    new = "- {id: B, level: 0, next_level: 1, channel: email, hour: 8}"
    old = '- {id: A, level: 0, days_past_due: ">= 90", next_level: 1, channel: email, hour: 8}'
    first = ladder(book, old, validity="effective_to: 2026-03-10")
    both = RuleBook(
        {**first.files}
        | {n: c for n, c in ladder(book, new, validity="effective_from: 2026-03-11", name="ladder@2026").files.items()
           if n.startswith("collections/ladder")}
    )  # fmt: skip
    world = worlds(other=both)

    world.invoice()
    world.rig.until(on(30))

    assert world.letter_days() == [(9, 1)]


def test_another_segment_climbs_its_own_ladder_from_then_on(book: RuleBook, worlds: Callable[..., World]):
    rows = """
      - {id: A, segment: key, level: 0, days_past_due: ">= 15", next_level: 1, channel: letter, hour: 8}
      - {id: B, segment: not(key), level: 0, days_past_due: ">= 1", next_level: 1, channel: email, hour: 8}
    """
    world = worlds(other=ladder(book, rows))
    world.invoice()

    world.rig.tell(CustomerChanged(customer_id="C1", segment="key"), at=on(-1))
    world.rig.until(on(30))

    assert world.letter_days() == [(15, 1)]


def test_steps_at_different_hours_of_a_day_still_make_one_letter_a_day(book: RuleBook, worlds: Callable[..., World]):
    rows = """
      - {id: A, level: 0, days_past_due: ">= 1", next_level: 1, channel: email, hour: 8}
      - {id: B, level: 1, days_past_due: ">= 1", next_level: 2, channel: email, hour: 16}
    """
    world = worlds(other=ladder(book, rows))
    world.invoice()

    world.rig.until(on(1, 9))
    assert (world.item().next_step, world.item().next_at) == ("level 2", on(2, 16))
    world.rig.until(on(30))

    assert world.letter_days() == [(1, 1), (2, 2)]


def test_an_item_whose_hour_comes_after_the_days_letter_waits_for_the_next_day(
    book: RuleBook, worlds: Callable[..., World]
):
    rows = """
      - {id: A, level: 0, days_past_due: ">= 1", next_level: 1, channel: email, hour: 8}
      - {id: B, level: 1, days_past_due: ">= 3", next_level: 2, channel: email, hour: 16}
    """
    world = worlds(other=ladder(book, rows))
    world.invoice("R1")
    world.invoice("R2", due=DUE + timedelta(days=2))

    world.rig.until(on(4, 17))

    assert [day for day, _ in world.letter_days()] == [1, 3, 4]
    assert (world.item("R1").level, world.item("R2").level) == (2, 1)


def test_a_ladder_that_would_skip_a_level_cannot(book: RuleBook, worlds: Callable[..., World]):
    rows = '- {id: A, level: "< 3", days_past_due: ">= 1", next_level: 3, channel: email, hour: 8}'
    world = worlds(other=ladder(book, rows))

    world.invoice()
    world.rig.until(on(10))

    assert world.letter_days() == [(1, 1), (2, 2), (3, 3)]


def test_the_shipped_ladder_raises_by_one_level_in_every_row(book: RuleBook):
    for row in book.versions(TABLE)[0].rows:
        for level in range(4):
            sheet = {"level": level, "days_past_due": 99, "days_since_letter": 99, "promise_broken": True}
            decision = book.decide(TABLE, sheet | {"handed_over": False}, date(2026, 1, 1))

            assert decision["next_level"] == min(3, level + 1), row.id


@pytest.mark.parametrize("blank", [{"known": False}, {"open_minor": 0}, {"disputed_minor": 5}, {"promised_minor": 1}])
def test_what_is_unknown_paid_contested_or_promised_whole_waits_for_nothing(book: RuleBook, blank: dict):
    item = Item("R1", "C1", "DE01", "EUR", known=True, due_on=DUE, open_minor=1, open=True)

    assert planned(work_at(book, on(0)), CUSTOMER, ACCOUNT, replace(item, **blank)).next_at is None
