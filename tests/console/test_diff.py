"""`o2c rules diff` as an analyst calls it: drafts, folders, released bundles, and names that are none of these."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from o2c_console.main import app
from o2c_rules.bundles import seed
from o2c_rules.rulebook import BOOKS
from typer.testing import CliRunner, Result

APPROVALS = (BOOKS / "orders/approvals.yaml").read_text()


def diff(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", "diff", *words])


@pytest.fixture
def draft(tmp_path: Path) -> str:
    file = tmp_path / "draft.yaml"
    file.write_text(APPROVALS.replace('"<= 25"', '"<= 20"'))
    return str(file)


def test_a_draft_is_compared_with_the_table_it_would_replace(draft: str) -> None:
    told, as_json = diff("shipped", draft), diff("shipped", draft, "--json")

    assert told.exit_code == as_json.exit_code == 1
    assert "over_percent above 20 up to 25" in told.stdout
    assert "steps credit_manager:1 -> controller:1 sales_director:1" in told.stdout
    (one,) = json.loads(as_json.stdout)["differences"]
    assert (one["table"], len(one["changes"])) == ("orders/approvals", 1)
    assert one["changes"][0]["before"][0]["steps"] == "credit_manager:1"


def test_what_the_head_says_otherwise_is_counted_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text(APPROVALS.replace('"<= 25"', '"<= 20"').replace("title: ", "title: Draft of ", 1))

    told = diff("shipped", str(file)).stdout.splitlines()

    assert told[0] == "orders/approvals: 1 change, and 1 in the head"
    assert told[1].startswith("  head: title: ")
    assert len(told) == 3


def test_the_same_books_decide_the_same() -> None:
    done = diff("shipped", str(BOOKS))

    assert (done.exit_code, done.stdout) == (0, "both decide the same\n")


def test_a_released_bundle_goes_by_the_beginning_of_its_hash(tmp_path: Path, draft: str) -> None:
    store = seed(tmp_path / "rules", datetime(2026, 1, 1, tzinfo=UTC))
    bundle = store.releases()[-1].bundle

    done = diff(bundle[:12], draft, "--rules", str(tmp_path / "rules"))

    assert done.exit_code == 1
    assert "orders/approvals: 1 change" in done.stdout


@pytest.mark.parametrize("words", [("shipped", "nowhere.yaml"), ("shipped", "shipped", "--table", "orders/none")])
def test_what_is_not_there_is_said(words: tuple[str, ...]) -> None:
    done = diff(*words)

    assert done.exit_code == 2
    assert done.stderr
