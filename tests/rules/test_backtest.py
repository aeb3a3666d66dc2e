"""A candidate over recorded decisions: exactly what changes, for whom, how much money, and what happened later."""

import pickle
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from o2c_rules.history import looking
from o2c_rules.history.backtest import Question, backtest, question, unlike
from o2c_rules.history.changes import About, Changes, Way
from o2c_rules.history.looking import Window
from o2c_rules.history.page import page
from o2c_rules.history.report import Report, report
from o2c_rules.rulebook import RuleBook

from tests.bench.backtest import COUNT, main
from tests.rules.histories import CREDIT, NOON, Recorder, book, facts, invoice

STRICTER = CREDIT.replace('"> 15"', '"> 5"')
TODAY = date(2026, 6, 1)


@pytest.fixture
def recorder() -> Recorder:
    """Orders of three customers, 0 to 19 days overdue, of 10.00 and more."""
    found = Recorder(book())
    for n in range(20):
        found.ask(
            facts(n, total_minor=1_000 + n, currency="USD" if n == 10 else "EUR"),
            subject=f"O-{n}",
            customer=f"c{n % 3}",
        )
    return found


def tried(recorder: Recorder, root: Path, candidate: RuleBook, window: Window | None = None, **more: date) -> Changes:
    asked = question(candidate, candidate.tables, recorder.by, window or Window(), **more)
    return backtest(asked, recorder.export(root))


def test_the_same_bundle_over_its_own_history_changes_nothing(recorder: Recorder, tmp_path: Path) -> None:
    found = tried(recorder, tmp_path, recorder.by)

    tally = found.tables["orders/limits"]
    assert (tally.decisions, tally.same, tally.not_asked, found.ways) == (20, 20, 0, {})


def test_what_cannot_change_is_not_asked(recorder: Recorder, tmp_path: Path) -> None:
    recorder.ask(facts(), subject="O-1", table="orders/fees")
    candidate = book(STRICTER)
    asked = question(candidate, candidate.tables, recorder.by)

    found = backtest(unlike(asked, {recorder.by.hash: recorder.by.files}), recorder.export(tmp_path))

    assert found.tables["orders/fees"].not_asked == 1
    assert (found.tables["orders/limits"].not_asked, found.tables["orders/limits"].changed) == (0, 10)


def test_a_moved_boundary_changes_exactly_what_lies_between(recorder: Recorder, tmp_path: Path) -> None:
    found = tried(recorder, tmp_path, book(STRICTER))

    tally = found.tables["orders/limits"]
    assert (tally.decisions, tally.same, tally.changed) == (20, 10, 10)
    ((way, moved),) = found.ways.items()
    assert way == Way("orders/limits", "default", "late-b", "then: accept → hold, percent: nothing → 2")
    assert moved.decisions == 10
    assert {about.subject for about in moved.documents} == {f"O-{n}" for n in range(6, 16)}
    assert moved.documents[About("c1", "O-10", "USD")] == 1_010


def test_the_report_says_for_whom_how_much_and_what_happened_later(recorder: Recorder, tmp_path: Path) -> None:
    due = date(2026, 4, 1)
    recorder.export(
        tmp_path,
        [
            invoice("I-6", "O-6", due, due),
            invoice("I-7", "O-7", due, due + timedelta(days=20)),
            invoice("I-8", "O-8", due, due + timedelta(days=10), disputed=True),
            invoice("I-9", "O-9", due, None, written_off_minor=3),
            invoice("I-99", "O-1", due, due + timedelta(days=99)),
        ],
    )

    found = reported(recorder, tmp_path, book(STRICTER))

    (part,) = found.tables
    assert part.money == {"EUR": sum(1_000 + n for n in range(6, 16) if n != 10), "USD": 1_010}
    assert (part.customers, part.documents) == (3, 10)
    assert part.fate.as_json() == {
        "documents": 10,
        "disputed": 1,
        "overdue": 1,
        "paid_late": 2,
        "paid_on_time": 1,
        "unknown": 6,
        "written_off": 1,
        "days_late_mean": 15.0,
        "days_late_most": 20,
    }
    assert part.by_customer[0] == ("c0", 4, {"EUR": 1_006 + 1_009 + 1_012 + 1_015})
    assert "What earlier decisions led to stays as it was" in found.as_json()["note"]
    assert found.as_json()["tables"][0]["turns"][0]["became"]["paid_late"] == 2


def reported(recorder: Recorder, root: Path, candidate: RuleBook, **more: date) -> Report:
    asked = question(candidate, ("orders/limits",), recorder.by, **more)
    return report(candidate.hash, asked, backtest(asked, recorder.export(root)), root, TODAY)


def test_a_document_asked_about_ten_times_counts_its_money_once(tmp_path: Path) -> None:
    recorder = Recorder(book())
    for n in range(10):
        recorder.ask(facts(6 + n, total_minor=1_000 + n), subject="O-1")

    (part,) = reported(recorder, tmp_path, book(STRICTER)).tables

    assert (part.tally.changed, part.documents, part.money) == (10, 1, {"EUR": 1_009})


def test_another_row_with_the_same_outcome_is_no_change_but_is_counted(tmp_path: Path) -> None:
    recorder = Recorder(book())
    recorder.ask(facts(20), subject="O-1")

    found = tried(recorder, tmp_path, book(CREDIT.replace("id: late-b", "id: renamed")))

    tally = found.tables["orders/limits"]
    assert (tally.other_row, tally.changed, found.ways) == (1, 0, {})


def test_a_number_written_otherwise_is_no_change(tmp_path: Path) -> None:
    recorder = Recorder(book())
    recorder.ask(facts(40, risk="A"), subject="O-1")

    found = tried(recorder, tmp_path, book(CREDIT.replace("percent: 1.50", "percent: 1.5")))

    assert found.tables["orders/limits"].same == 1


def test_decisions_become_undecided_and_decided(tmp_path: Path) -> None:
    recorder = Recorder(book())
    recorder.ask(facts(None), subject="O-1")
    recorder.ask(facts(3), subject="O-2")
    turned = CREDIT.replace("missing: undecided", "missing: default 40").replace("[A, B, C]", "[A, C]")

    found = tried(recorder, tmp_path, book(turned.replace("[B, C]", "[A, C]")))

    tally = found.tables["orders/limits"]
    assert (tally.newly_undecided, tally.newly_decided, tally.same) == (1, 0, 1)
    found = tried(recorder, tmp_path, book(CREDIT.replace("missing: undecided", "missing: default 40")))
    tally = found.tables["orders/limits"]
    assert (tally.newly_undecided, tally.newly_decided, tally.same) == (0, 1, 1)
    assert [(way.before, way.after) for way in found.ways] == [("undecided", "late-b")]


def test_a_sum_over_rows_is_compared_as_a_sum(tmp_path: Path) -> None:
    recorder = Recorder(book())
    recorder.ask(facts(total_minor=200_000), subject="O-1", table="orders/fees")
    recorder.ask(facts(total_minor=2_000), subject="O-2", table="orders/fees")
    files = dict(recorder.by.files)
    files["orders/fees.yaml"] = files["orders/fees.yaml"].replace(b"900", b"700")

    found = tried(recorder, tmp_path, RuleBook(files))

    ((way, moved),) = found.ways.items()
    assert (way.effect, moved.decisions) == ("fee_minor: 1000 → 800", 1)


def test_only_the_window_is_asked(recorder: Recorder, tmp_path: Path) -> None:
    window = Window(NOON + timedelta(hours=7), NOON + timedelta(hours=9))

    found = tried(recorder, tmp_path, book(STRICTER), window)

    assert found.tables["orders/limits"].decisions == 3


def test_a_fact_that_history_does_not_hold_is_said(recorder: Recorder, tmp_path: Path) -> None:
    candidate = CREDIT.replace("  total_minor: money", "  total_minor: money\n  region: text")

    found = reported(recorder, tmp_path, book(candidate.replace("risk: A,", "risk: A, region: north,")))

    assert [hint for part in found.tables for hint in part.hints] == [
        "no recorded fact sheet of orders/limits holds region: it was missing wherever it was asked about"
    ]


def test_another_date_for_the_version_cannot_be_tried_unless_a_day_is_given(recorder: Recorder, tmp_path: Path) -> None:
    candidate = book(STRICTER.replace("version_by: recorded", "version_by: service"))

    tally = tried(recorder, tmp_path, candidate).tables["orders/limits"]

    assert (tally.untried, tally.decisions) == (20, 20)
    assert list(tally.reasons) == [
        "history holds its recorded date, the candidate chooses its version by the service date"
    ]
    assert tried(recorder, tmp_path, candidate, on=TODAY).tables["orders/limits"].changed == 10


def test_a_version_of_tomorrow_is_tried_by_naming_its_day(recorder: Recorder, tmp_path: Path) -> None:
    older = CREDIT.replace("version_by", "effective_to: 2026-12-31\nversion_by")
    newer = STRICTER.replace("version_by", "effective_from: 2027-01-01\nversion_by")
    files = {"orders/limits.yaml": older.encode(), "orders/limits@2027.yaml": newer.encode()}
    candidate = RuleBook(files)

    found = reported(recorder, tmp_path, candidate)

    assert found.differing == 0
    assert "--on 2027-01-01 tries it on all of them" in found.tables[0].hints[0]
    assert reported(recorder, tmp_path, candidate, on=date(2027, 1, 1)).differing == 10


def test_a_table_that_the_candidate_lacks_is_counted_as_untried(recorder: Recorder, tmp_path: Path) -> None:
    candidate = RuleBook({"orders/fees.yaml": recorder.by.files["orders/fees.yaml"]})
    asked = question(candidate, ("orders/limits",), recorder.by)

    tally = backtest(asked, recorder.export(tmp_path)).tables["orders/limits"]

    assert dict(tally.reasons) == {"the candidate has no such table": 20}


def test_the_index_alone_answers_as_the_book_does(tmp_path: Path) -> None:
    chance = random.Random(7)
    recorder, candidate = Recorder(book()), book(STRICTER.replace("[B, C]", "[A, C]"))
    sheets = [
        facts(chance.choice([None, *range(40)]), risk=chance.choice("ABCX"), total_minor=chance.randrange(-5, 200_000))
        for _ in range(400)
    ]
    for n, sheet in enumerate(sheets):
        recorder.ask(sheet, subject=f"O-{n}", table=chance.choice(["orders/limits", "orders/fees"]))
    expected = {"same": 0, "different": 0}
    for line, sheet in zip(recorder.lines, sheets, strict=True):
        table = "orders/fees" if b'"table":"orders/fees"' in line.body else "orders/limits"
        was, now = (by.decide(table, sheet, NOON.date()) for by in (recorder.by, candidate))
        undecided = was.undecided is not None, now.undecided is not None
        same = all(undecided) or (not any(undecided) and was.outcome == now.outcome)
        expected["same" if same else "different"] += 1

    found = tried(recorder, tmp_path, candidate)

    assert sum(tally.differing for tally in found.tables.values()) == expected["different"] > 50
    assert sum(tally.same + tally.other_row for tally in found.tables.values()) == expected["same"]


@pytest.mark.slow
def test_two_processes_find_what_one_finds(recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        recorder.ask(facts(10 + n), subject=f"N-{n}", customer="x")
        recorder.export(tmp_path)
    candidate = book(STRICTER)
    asked = question(candidate, candidate.tables, recorder.by)
    alone, seen = backtest(asked, tmp_path), list[int]()
    monkeypatch.setattr(looking, "ALONE_LINES", 0)

    together = backtest(asked, tmp_path, processes=2, done=seen.append)

    assert together == alone
    assert sum(seen) == 23


def test_the_page_opens_without_network_and_shows_what_an_id_holds_as_text(tmp_path: Path) -> None:
    recorder = Recorder(book())
    recorder.ask(facts(10), subject="O-1", customer="<script>alert(1)</script>")

    text = page(reported(recorder, tmp_path, book(STRICTER))).decode()

    assert "1 of 1 recorded decisions would change" in text
    assert "<svg" in text
    assert not any(loaded in text for loaded in ("http:", "https:", "src=", "<link", "<script"))
    assert "&lt;script&gt;" in text


def test_the_question_travels_to_other_processes(recorder: Recorder) -> None:
    asked = question(book(STRICTER), ("orders/limits",), recorder.by)

    assert isinstance(pickle.loads(pickle.dumps(asked)), Question)
    assert set(asked.files) == {"orders/limits.yaml"}


def test_an_outcome_that_is_computed_is_computed_for_every_sheet(tmp_path: Path) -> None:
    fees = """
table: orders/interest
policy: F
version_by: recorded
facts:
  total_minor: money
outcome:
  interest_minor: {type: money, computed: true}
rows:
  - {id: all, total_minor: ">= 0", interest_minor: total_minor * 2}
"""
    recorder = Recorder(book(interest=fees))
    for n in range(5):
        recorder.ask(facts(total_minor=100 + n), subject=f"O-{n}", table="orders/interest")

    same = tried(recorder, tmp_path, recorder.by).tables["orders/interest"]
    other = tried(recorder, tmp_path, book(interest=fees.replace("* 2", "* 3")))

    assert (same.same, same.differing) == (5, 0)
    assert min(way.effect for way in other.ways) == "interest_minor: 200 → 300"
    assert other.tables["orders/interest"].changed == 5


@pytest.mark.prove
def test_a_million_decisions_are_asked_again_within_a_minute() -> None:
    assert main(COUNT) == 0
