"""`o2c rules convert` as its user meets it."""

from pathlib import Path

import orjson
import pytest
from o2c_console.main import app
from o2c_rules import formats
from o2c_rules.rulebook import BOOKS
from typer.testing import CliRunner, Result

TABLE = """\
# who may wait
table: t/waiting
title: Waiting
policy: F
version_by: recorded
facts: {days: number}
outcome: {then: text}
rows:
  - {id: R1, days: "< 5", then: wait, because: not yet, basis: house}
"""
CASES = "- {case: early, facts: {days: 1}, expect: {rows: [R1]}}\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "draft.yaml").write_text(TABLE)
    (tmp_path / "draft.cases.yaml").write_text(CASES)


def convert(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", "convert", *words, "--rules", "shipped"])


def test_a_shipped_table_becomes_a_workbook_with_its_cases_and_comes_back() -> None:
    there = convert("orders/credit", "credit.xlsx")
    back = convert("credit.xlsx", "credit.yaml")

    assert (there.exit_code, back.exit_code) == (0, 0), there.output + back.output
    shipped, cases = (BOOKS / "orders/credit.yaml").read_bytes(), (BOOKS / "orders/credit.cases.yaml").read_bytes()
    own = formats.load("orders/credit.yaml", Path("credit.yaml").read_bytes(), Path("credit.cases.yaml").read_bytes())
    assert formats.lost(formats.load("orders/credit.yaml", shipped, cases), own) == ()


@pytest.mark.parametrize("ending", ["yaml", "csv", "dmn"])
def test_beside_a_text_format_the_cases_are_a_file(ending: str) -> None:
    done = convert("draft.yaml", f"other.{ending}")

    assert done.exit_code == 0, done.output
    assert Path("other.cases.yaml").read_text().startswith("- case: early")
    assert done.stdout.splitlines()[:2] == [f"wrote other.{ending}", "wrote other.cases.yaml"]


def test_what_is_no_part_of_the_table_is_named() -> None:
    done = convert("draft.yaml", "draft.xlsx")

    assert "not carried, as it is no part of the table: comments in 1 line of draft.yaml" in done.stdout


def test_nothing_is_overwritten_unless_asked_and_then_neither_is_half_of_it() -> None:
    Path("draft.csv").write_text("mine")

    refused = convert("draft.yaml", "draft.csv")
    assert refused.exit_code == 1
    assert "draft.csv and draft.cases.yaml exists already" in refused.stderr
    assert Path("draft.csv").read_text() == "mine"

    assert convert("draft.yaml", "draft.csv", "--force").exit_code == 0
    assert Path("draft.csv").read_text().startswith("# table: t/waiting")


def test_findings_of_a_check_go_into_the_workbook_and_into_the_exit_code() -> None:
    done = convert("draft.yaml", "checked.xlsx", "--check", "--json")

    told = orjson.loads(done.stdout)
    assert done.exit_code == 1
    assert told["written"] == ["checked.xlsx"]
    assert {found["kind"] for found in told["findings"]} >= {"gap"}
    assert told["lost"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("draft.yaml", "draft.doc"), "draft.doc: no file of a table, by its ending"),
        (("draft.yaml", "draft.cases.yaml"), "draft.cases.yaml: no file of a table, by its ending"),
        (("nowhere.xlsx", "a.csv"), "nowhere.xlsx: No such file or directory"),
        (("no/table", "a.csv"), "no/table is neither a file nor a table"),
        (("draft.yaml", "nowhere/a.csv"), "nowhere/a.csv cannot be written: No such file or directory"),
        (("bad.yaml", "a.csv"), "bad.yaml:4: policy 'X' is unknown"),
        (("bad.yaml", "a.csv"), "bad.yaml:9: days: 'soon' is no number"),
        (("half.xlsx", "a.csv"), "half.xlsx:1: no workbook, or not all of it"),
    ],
)
def test_bad_use_ends_with_2_with_a_place_and_a_hint(words: tuple[str, str], said: str) -> None:
    Path("bad.yaml").write_text(TABLE.replace("policy: F", "policy: X").replace("< 5", "soon"))
    Path("half.xlsx").write_bytes(b"PK\x03\x04")

    done = convert(*words)

    assert done.exit_code == 2, done.output
    assert said in " ".join(done.stderr.split())
    assert not Path("a.csv").exists()
