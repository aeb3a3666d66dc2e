"""`o2c rules whatif` as an analyst calls it: fact sheets of one's own, drafts, and words that are no facts."""

import json
from pathlib import Path
from typing import Any

import pytest
from o2c_console.main import app
from typer.testing import CliRunner, Result

TABLE = """
table: t/release
policy: F
version_by: recorded
effective_from: 2026-01-01
facts: {over_minor: money, share: number 0.01, due: date, risk: text, currency: text}
outcome: {role: text, level: number}
rows:
  - {id: small, over_minor: "<= 100.00 EUR", risk: not(high), role: clerk, level: 1, because: "{over_minor} is little"}
  - {id: late, due: '< date("2026-03-01")', role: director, level: 3}
  - {id: share, share: "> 0.25", role: manager, level: 2, because: "{share} of the limit"}
"""
SHEET = "over_minor: 250.00 EUR\nshare: 0.20\ndue: 2026-03-15\nrisk: low\ncurrency: EUR\n"


@pytest.fixture
def books(tmp_path: Path) -> Path:
    (tmp_path / "books/t").mkdir(parents=True)
    (tmp_path / "books/t/release.yaml").write_text(TABLE)
    (tmp_path / "sheet.yaml").write_text(SHEET)
    return tmp_path


def whatif(books: Path, *words: str, said: str = "") -> Result:
    return CliRunner().invoke(app, ["rules", "whatif", *words, "--rules", str(books / "books")], input=said)


def asked(books: Path, *words: str, said: str = "") -> dict[str, Any]:
    result = whatif(books, "t/release", *words, "--json", said=said)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_nobody_answers_and_the_nearest_three_are_named_with_their_values(books: Path) -> None:
    told = whatif(books, "t/release", "--facts", str(books / "sheet.yaml"), "--on", "2026-05-01")

    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "t/release on 2026-05-01: nothing",
        "  no row matches",
        "  would be small if over_minor were 100.00 EUR (it is 250.00 EUR, 150.00 EUR away)",
        "  would be late if due were 2026-02-28 (it is 2026-03-15, 15 days away)",
        "  would be share if share were 0.26 (it is 0.20, 0.06 away)",
        "  matched: no row",
    ]


def test_a_fact_set_afterwards_wins_and_the_answer_turns_at_the_named_value_and_not_before(books: Path) -> None:
    sheet = str(books / "sheet.yaml")

    before = asked(books, "--facts", sheet, "--set", "share=0.25")
    at = asked(books, "--facts", sheet, "--set", "share=0.26")
    money = asked(books, "--facts", sheet, "--set", "over_minor=100.00 EUR")

    assert (before["winners"], at["winners"], money["winners"]) == ([], ["share"], ["small"])
    assert at["because"] == ["0.26 of the limit"]
    assert money["outcome"] == {"role": "clerk", "level": 1}
    assert [(m["row"], m["distance"]) for m in before["misses"]][:2] == [("small", 15_000), ("late", 15)]
    assert before["misses"][2]["nearest"] == {"d": "0.26"}


def test_facts_come_as_json_from_stdin_or_as_a_golden_case_has_them(books: Path) -> None:
    bare = '{"over_minor": "250.00 EUR", "share": 0.20, "due": "2026-03-15", "risk": "low", "currency": "EUR"}'

    from_file = asked(books, "--facts", str(books / "sheet.yaml"))

    assert asked(books, "--facts", "-", said=bare) == from_file
    assert asked(books, "--facts", "-", said=f'{{"facts": {bare}}}') == from_file


def test_a_draft_that_nobody_released_is_asked_by_its_file(books: Path) -> None:
    draft = books / "draft.yaml"
    draft.write_text(TABLE.replace("100.00 EUR", "300.00 EUR"))

    told = whatif(books, str(draft), "--facts", str(books / "sheet.yaml"))

    assert "small: 250.00 EUR is little" in told.stdout


def test_what_is_left_out_and_what_the_table_does_not_know_is_named(books: Path) -> None:
    told = whatif(books, "t/release", "--set", "shar=0.5", "--set", "risk=high")

    assert told.exit_code == 0
    assert "t/release has no such fact: shar" in told.stderr
    assert "did you mean share?" in told.stderr
    assert "not said, so missing: over_minor, share, due" in told.stderr


def test_where_the_table_cannot_decide_a_person_must_look(books: Path) -> None:
    wrong = whatif(books, "t/release", "--set", "share=much")
    early = whatif(books, "t/release", "--set", "share=0.5", "--on", "2025-12-31")

    assert wrong.exit_code == early.exit_code == 1
    assert "cannot decide: share is 'much'" in wrong.stdout
    assert "no version of t/release is in force on 2025-12-31" in early.stdout


@pytest.mark.parametrize(
    ("words", "said", "stdin"),
    [
        (["t/releas", "--set", "share=1"], "did you mean t/release", ""),
        (["t/release", "--facts", "none.yaml"], "no file of facts", ""),
        (["t/release", "--set", "=5"], "names no fact", ""),
        (["t/release"], "no facts to ask about", ""),
        (["t/release", "--facts", "-"], "no fact sheet", "- a\n- b\n"),
        (["t/release", "--facts", "-"], "a fact is one value", '{"share": [1]}'),
        (["t/release", "--facts", "-"], "share", "share: 1\nshare: 2\n"),
        (["t/release", "--set", "share=1", "--on", "tomorrow"], "is no day", ""),
    ],
)
def test_what_cannot_be_read_is_said_and_the_exit_code_is_2(
    books: Path, words: list[str], said: str, stdin: str
) -> None:
    told = whatif(books, *words, said=stdin)

    assert told.exit_code == 2
    assert said in told.stderr
    assert told.stdout == ""
