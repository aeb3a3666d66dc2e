"""`o2c rules test` and `o2c rules cases` as an analyst calls them, also with files that are wrong."""

import json
import zipfile
from pathlib import Path

import pytest
from o2c_console.main import app
from typer.testing import CliRunner, Result

from tests.rules.by_hand import RULES, changed, workbook
from tests.rules.desks import store_in

TABLE = """
table: t/hold
title: Large orders
policy: F
version_by: recorded
facts: {amount_minor: money, currency: text}
outcome: {then: text}
default: {then: go}
rows:
  - {id: large, amount_minor: ">= 100.00 EUR", then: hold, basis: house}
"""
CASES = "- {case: large, facts: {amount_minor: 10000, currency: EUR}, expect: {rows: [large]}}\n"


def o2c(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", *words])


@pytest.mark.parametrize("option", [["--to", "x.yaml"], ["--append"]])
def test_where_to_write_missing_cases_is_no_question_without_them(option: list[str]) -> None:
    done = o2c("cases", "orders/credit", *option, "--rules", "shipped")

    assert done.exit_code == 2
    assert "for the cases that are missing" in done.stderr
    assert not Path("x.yaml").exists()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table of its own with one case beside it."""
    (tmp_path / "hold.cases.yaml").write_text(CASES)
    path = tmp_path / "hold.yaml"
    path.write_text(TABLE)
    return path


def test_cases_that_hold_are_counted_and_the_exit_is_clean(file: Path) -> None:
    answer = o2c("test", str(file))

    assert answer.exit_code == 0
    assert "1 of 1 golden cases of t/hold hold" in answer.stdout


def test_a_failing_case_is_shown_with_place_expectation_answer_and_reason(file: Path) -> None:
    file.write_text(TABLE.replace("100.00", "100.01"))

    answer = o2c("test", str(file))

    assert answer.exit_code == 1
    assert f"{file.with_name('hold.cases.yaml')}:1: large" in answer.stdout
    assert "expected rows ['large']" in answer.stdout
    assert "answered rows []" in answer.stdout
    assert "would be large if amount_minor were " in answer.stdout


def test_a_boundary_that_is_left_out_of_the_coverage_is_named(file: Path) -> None:
    narrow, wide = (f"rows:\n  - {{id: all, {cells}then: keep}}\n" for cells in ("currency: EUR, ", ""))
    file.with_name("hold.cases.yaml").write_text(CASES.replace("[large]", "[all]"))
    beyond = "amount_minor = 10001, one unit above the boundary 10000 of large"

    file.write_text(TABLE.replace("rows:\n", narrow))
    reached = o2c("test", str(file), "--coverage")
    file.write_text(TABLE.replace("rows:\n", wide))
    hidden = o2c("test", str(file), "--coverage")

    assert f"no case for boundary {beyond}" in reached.stdout
    assert f"not counted, as no facts were found with which it decides: {beyond}" in hidden.stdout


def test_coverage_below_a_threshold_is_a_finding(file: Path) -> None:
    enough, short = o2c("test", str(file), "--coverage"), o2c("test", str(file), "--coverage", "--min-boundary", "90")

    assert enough.exit_code == 0
    assert "no case for boundary amount_minor = 9999, one unit below the boundary 10000 of large" in enough.stdout
    assert short.exit_code == 1
    assert f"{file}: boundary coverage is 33 %, 90 % are wanted" in short.stdout


def test_a_mistake_that_no_case_notices_is_a_finding_with_its_line(file: Path) -> None:
    answer = o2c("test", str(file), "--mutate")

    assert answer.exit_code == 1
    assert f"no case notices {file}:10: row large, amount_minor: >= 9999 for >= 10000" in answer.stdout
    assert f"hint: o2c rules cases {file} --suggest --append" in answer.stderr


def test_the_report_for_machines_says_the_same(file: Path) -> None:
    told = json.loads(o2c("test", str(file), "--coverage", "--mutate", "--json").stdout)

    assert (told["ok"], told["cases"], told["failures"]) == (False, 1, [])
    assert told["coverage"][0]["boundary"]["percent"] == 33
    assert told["mutation"][0]["unnoticed"][0]["facts"] == {"amount_minor": 9999, "currency": "EUR"}


def test_suggested_cases_are_added_only_when_asked_and_close_the_boundary(file: Path) -> None:
    printed = o2c("cases", str(file), "--suggest")
    untouched = file.with_name("hold.cases.yaml").read_text()
    added = o2c("cases", str(file), "--suggest", "--append")
    after = o2c("test", str(file), "--coverage", "--mutate", "--min-boundary", "100")

    assert printed.stdout.startswith("# Suggested by")
    assert "a person must confirm" in printed.stdout
    assert "amount is 99.99 EUR, one step below the boundary 100.00 EUR of large" in printed.stdout
    assert untouched == CASES
    assert added.exit_code == 0
    assert after.exit_code == 0, after.stdout
    assert "wait for a person" in after.stderr


def test_all_tables_of_a_folder_get_their_missing_cases_in_one_go(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "t").mkdir(exist_ok=True)
        (tmp_path / f"t/{name}.yaml").write_text(TABLE.replace("t/hold", f"t/{name}"))

    added = o2c("cases", str(tmp_path), "--suggest", "--append")
    after = o2c("test", str(tmp_path), "--coverage", "--mutate", "--min-boundary", "100")

    assert added.exit_code == 0
    assert (tmp_path / "t/two.cases.yaml").read_text().startswith("# Suggested by")
    assert after.exit_code == 0, after.stdout


def test_the_cases_of_a_workbook_grow_in_it(tmp_path: Path) -> None:
    book = tmp_path / "mine.xlsx"
    o2c("new", "credit-hold", "--table", "orders/small", "--to", str(book))

    added = o2c("cases", str(book), "--suggest", "--append", "--rules", "shipped")
    after = o2c("test", str(book), "--coverage", "--min-boundary", "100", "--rules", "shipped")

    assert added.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine.xlsx"]
    assert after.exit_code == 0, after.stdout


def test_a_workbook_that_is_open_or_holds_a_persons_own_sheet_is_left_as_it_is(tmp_path: Path) -> None:
    book = tmp_path / "mine.xlsx"
    o2c("new", "credit-hold", "--table", "orders/small", "--to", str(book))
    lock = tmp_path / ".~lock.mine.xlsx#"
    lock.touch()

    opened = o2c("cases", str(book), "--suggest", "--append", "--rules", "shipped")
    lock.unlink()
    with zipfile.ZipFile(book) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'name="how to"', b'name="My notes"')
    with zipfile.ZipFile(book, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    before = book.read_bytes()
    noted = o2c("cases", str(book), "--suggest", "--append", "--rules", "shipped")

    assert (opened.exit_code, noted.exit_code) == (1, 1)
    assert "is open in a spreadsheet program" in opened.stderr
    assert "the sheet 'My notes' too, which would be lost" in noted.stderr
    assert book.read_bytes() == before


def test_a_file_that_is_there_is_not_overwritten_with_suggestions(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "missing.yaml"

    first, second = (o2c("cases", str(file), "--suggest", "--out", str(out)) for _ in range(2))

    assert first.exit_code == 0
    assert out.read_text().count("note: suggested") == 2
    assert second.exit_code == 1
    assert "is there already" in " ".join(second.stderr.split())


def test_the_cases_of_a_table_are_listed(file: Path) -> None:
    listed, plain = o2c("cases", str(file)), json.loads(o2c("cases", str(file), "--json").stdout)

    assert f"{file.with_name('hold.cases.yaml')}:1" in listed.stdout
    assert [case["case"] for case in plain] == ["large"]


def test_what_cannot_be_read_is_named_with_its_line(file: Path) -> None:
    file.with_name("hold.cases.yaml").write_text("- {case: large, facts: {}, expect: {rows: [lrge]}}")

    for answer in (o2c("test", str(file)), o2c("cases", str(file)), o2c("test", str(file), "--mutate")):
        assert answer.exit_code == 2
        assert f"{file.with_name('hold.cases.yaml')}:1: 'lrge' is no row of t/hold (it has large)" in answer.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["test", "no-such-file.yaml"], "no-such-file.yaml"),
        (["cases", "orders/credt"], "did you mean orders/credit"),
        (["cases", "shipped", "--suggest"], "cases of several tables"),
        (["cases", "orders/credit", "--rules", "shipped", "--suggest", "--append"], "name the rule file"),
    ],
)
def test_bad_use_is_answered_with_a_hint(words: list[str], said: str) -> None:
    answer = o2c(*words)

    assert answer.exit_code == 2
    assert said in answer.stderr


def test_all_shipped_books_are_tried_in_one_call() -> None:
    answer = o2c("test", "shipped", "--coverage")

    assert answer.exit_code == 0, answer.stdout
    assert "orders/credit.yaml" in answer.stdout


@pytest.mark.parametrize("command", ["test", "check", "cases", "convert"])
def test_what_is_wrong_with_a_workbooks_cases_is_named_where_the_person_keeps_it(tmp_path: Path, command: str) -> None:
    cases = [["case", "days", "matching rows"], ["no such row", 5, "R9"]]
    book = tmp_path / "my draft.xlsx"
    book.write_bytes(workbook({"cases": cases}))
    more = [str(tmp_path / "out.csv"), "--check", "--json"] if command == "convert" else []

    answer = o2c(command, str(book), *more, "--rules", "shipped")

    assert answer.exit_code == (1 if command in ("check", "convert") else 2)
    assert f"{book}:cases!C2" in answer.output
    assert "orders/credit.xlsx" not in answer.output


def test_proposed_files_are_named_where_the_person_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_in(tmp_path)
    (tmp_path / "drafts").mkdir()
    (tmp_path / "drafts" / "t2.xlsx").write_bytes(workbook({"rules": changed(RULES, 1, "days", "1,000")}))
    monkeypatch.chdir(tmp_path)

    answer = o2c("propose", "drafts/t2.xlsx", "--ticket", "RULE-1", "--store", str(store.folder))

    assert answer.exit_code == 2
    assert "drafts/t2.xlsx:rules!D2: days: '1,000' is one number or several values" in answer.stderr
