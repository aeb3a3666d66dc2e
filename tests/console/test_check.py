"""`o2c rules check` as an analyst calls it: what it says, and what its exit code means."""

import json
from pathlib import Path

import pytest
from o2c_console.main import app
from o2c_rules.reading import read_table
from o2c_rules.rulebook import BOOKS, RuleBook
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

CREDIT = (BOOKS / "orders/tolerance.yaml").read_text()


def check(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", "check", *words, "--rules", "shipped"])


def test_the_shipped_books_are_clean() -> None:
    done = check("shipped", "--json")

    assert (done.exit_code, json.loads(done.stdout)) == (0, {"ok": True, "findings": []})


def test_a_draft_of_one_table_is_checked_among_the_books_that_hold(tmp_path: Path) -> None:
    draft = tmp_path / "my draft.yaml"
    draft.write_text(CREDIT.replace("risk_class: B", "risk_class: A"))

    told, as_json = check(str(draft)), check(str(draft), "--json")

    assert told.exit_code == as_json.exit_code == 1
    assert f"{draft}:18: masked" in told.stdout
    assert "for example: " in told.stdout
    (masked,) = [f for f in json.loads(as_json.stdout)["findings"] if f["kind"] == "masked"]
    assert (masked["table"], masked["rows"]) == ("orders/tolerance", ["order-b", "order-a"])
    assert set(masked) == {"kind", "severity", "table", "rows", "where", "text", "hint", "counter_example"}


@pytest.mark.parametrize("content", ["table: [", "table: t/x\nrows: []\n", None])
def test_what_cannot_be_read_is_said_with_its_place_in_both_forms(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "draft.yaml"
    if content is not None:
        file.write_text(content)

    told, as_json = check(str(file)), check(str(file), "--json")

    assert told.exit_code == as_json.exit_code == 2
    findings = json.loads(as_json.stdout)["findings"]
    assert {found["kind"] for found in findings} == {"unreadable"}
    assert all(found["where"] and found["where"] in told.stdout for found in findings)


@pytest.mark.parametrize(
    "words",
    [
        ("test", "{bad}"),
        ("test", "{bad}", "--mutate"),
        ("diff", "shipped", "{bad}"),
        ("diff", "{bad}", "{bad}"),
        ("whatif", "{bad}", "--set", "a=1"),
        ("convert", "{bad}", "{bad}.csv"),
        ("cases", "{bad}"),
        ("backtest", "{bad}"),
    ],
)
def test_a_program_reads_what_cannot_be_read_whatever_it_asked(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text("table: t/x\nrows: []\n")
    asked = [word.format(bad=file) for word in words]

    done = CliRunner().invoke(app, ["rules", *asked, "--json", "--rules", "shipped"])

    assert done.exit_code == 2
    found = json.loads(done.stdout)
    assert found["ok"] is False
    assert all(each["where"].startswith(str(file)) for each in found["findings"])


def test_a_folder_without_a_table_is_not_clean(tmp_path: Path) -> None:
    done = check(str(tmp_path))

    assert done.exit_code == 2
    assert "no table in this folder" in done.stdout


def test_the_people_of_the_books_are_the_people_of_this_machine() -> None:
    known = Path(__file__).parents[2] / "console/o2c_console/identities.yaml"
    people = YAML(typ="safe").load(known.read_text())["people"]
    table = read_table("reference/people.yaml", RuleBook.shipped().files["reference/people.yaml"])

    assert {row.id: str(row.outcome["roles"]).split() for row in table.rows} == {
        name: entry["roles"] for name, entry in people.items()
    }
