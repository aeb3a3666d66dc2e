"""Which rows decided, how often, about how much money, and when last."""

from datetime import timedelta
from pathlib import Path

import pytest
from o2c_rules.history import looking
from o2c_rules.history.looking import EVER, Window
from o2c_rules.history.usage import Usage, asked_of, usage

from tests.rules.histories import CREDIT, NOON, Recorder, book, facts

TABLES = ("orders/limits", "orders/fees")


@pytest.fixture
def recorder() -> Recorder:
    found = Recorder(book())
    found.ask(facts(40, risk="A", total_minor=700), subject="O-1")
    found.ask(facts(3, total_minor=100), subject="O-2")
    found.ask(facts(40, risk="A", total_minor=50, currency="USD"), subject="O-3")
    found.ask(facts(None), subject="O-4")
    found.ask(facts(total_minor=200_000), subject="O-5", table="orders/fees")
    return found


def used(recorder: Recorder, root: Path, window: Window = EVER, **more: str) -> dict[str, Usage]:
    now = book(**more) if more else recorder.by
    return {u.table: u for u in usage(now, asked_of(now, TABLES, window), recorder.export(root))}


def test_each_row_says_how_often_about_how_much_and_when_last(recorder: Recorder, tmp_path: Path) -> None:
    limits = used(recorder, tmp_path)["orders/limits"]

    assert {row: use.hits for row, use in limits.rows.items()} == {
        "late-a": 2,
        "late-b": 0,
        "default": 1,
        "undecided": 1,
    }
    assert limits.rows["late-a"].money == {"EUR": 700, "USD": 50}
    assert limits.rows["late-a"].first_at == NOON
    assert limits.rows["late-a"].last_at == NOON + timedelta(hours=2)
    assert (limits.decisions, limits.money) == (4, {"EUR": 1_800, "USD": 50})


def test_a_row_that_never_decided_is_dead_and_one_that_is_no_more_is_gone(recorder: Recorder, tmp_path: Path) -> None:
    limits = used(recorder, tmp_path, credit=CREDIT.replace("id: late-a", "id: later-a"))["orders/limits"]

    assert limits.dead == ("later-a", "late-b")
    assert limits.gone == ("late-a",)


def test_every_row_of_a_table_that_collects_is_hit_and_the_decision_counted_once(
    recorder: Recorder, tmp_path: Path
) -> None:
    fees = used(recorder, tmp_path)["orders/fees"]

    assert {row: use.hits for row, use in fees.rows.items()} == {"all": 1, "large": 1}
    assert (fees.decisions, fees.money) == (1, {"EUR": 200_000})


def test_only_the_window_counts(recorder: Recorder, tmp_path: Path) -> None:
    limits = used(recorder, tmp_path, Window(until=NOON))["orders/limits"]

    assert limits.decisions == 1


@pytest.mark.slow
def test_two_processes_count_what_one_counts(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = recorder.export(tmp_path)
    recorder.ask(facts(4), subject="O-6")
    recorder.export(tmp_path)
    asked = asked_of(recorder.by, TABLES)
    alone = usage(recorder.by, asked, root)
    monkeypatch.setattr(looking, "ALONE_LINES", 0)

    assert usage(recorder.by, asked, root, processes=2) == alone
