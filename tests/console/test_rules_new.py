"""`o2c rules new` and `o2c rules docs` as an analyst calls them."""

import json
from pathlib import Path

import pytest
from o2c_console.main import app
from typer.testing import CliRunner, Result


def o2c(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", *words])


def said(answer: Result) -> str:
    return " ".join((answer.stdout + answer.stderr).split())


@pytest.mark.parametrize("name", ["mine.yaml", "mine.csv", "mine.xlsx"])
def test_a_new_table_is_written_and_tested(tmp_path: Path, name: str) -> None:
    file = tmp_path / name

    made = o2c("new", "credit-hold", "--table", "orders/small", "--to", str(file))
    tried = o2c("test", str(file), "--rules", "shipped", "--coverage", "--mutate")

    assert made.exit_code == 0
    assert f"o2c rules test {file}" in said(made)
    assert tried.exit_code == 0, said(tried)
    assert "12 of 12 golden cases of orders/small hold" in tried.stdout


def test_without_a_kind_all_kinds_are_listed_with_a_sentence() -> None:
    listed, plain = o2c("new"), json.loads(o2c("new", "--json").stdout)

    assert "dunning-ladder" in listed.stdout
    assert len(plain) == 18
    assert plain["credit-hold"].startswith("which orders are held")


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("mine")

    answer = o2c("new", "tax", "--to", str(file))

    assert answer.exit_code == 1
    assert "is there already" in said(answer)
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["credit-hld"], "did you mean credit-hold"),
        (["tax", "--table", "Big Tax"], "small letters, digits"),
        (["tax", "--to", "tax.doc"], "no format of this ending"),
    ],
)
def test_bad_use_is_answered_with_a_hint(words: list[str], hint: str) -> None:
    answer = o2c("new", *words)

    assert answer.exit_code == 2
    assert hint in said(answer)


@pytest.fixture
def books(tmp_path: Path) -> str:
    """A folder of books with one table."""
    o2c("new", "credit-hold", "--table", "orders/credit", "--to", str(tmp_path / "books/orders/credit.yaml"))
    return str(tmp_path / "books")


def test_pages_are_written_and_stale_ones_named(tmp_path: Path, books: str) -> None:
    folder = tmp_path / "sop"
    words = ("docs", "--rules", books, "--to", str(folder))

    missing, written, fresh = o2c(*words, "--check"), o2c(*words), o2c(*words, "--check")
    (folder / "orders" / "credit.md").write_text("by hand")
    stale = o2c(*words, "--check", "--json")

    assert (missing.exit_code, written.exit_code, fresh.exit_code, stale.exit_code) == (1, 0, 0, 1)
    assert "orders/credit.md is missing" in missing.stdout
    assert json.loads(stale.stdout)["stale"] == ["orders/credit.md is not what the table says today"]


def test_a_page_of_a_person_is_not_swept_away(tmp_path: Path, books: str) -> None:
    folder = tmp_path / "sop"
    folder.mkdir()
    (folder / "notes.md").write_text("mine")

    answer = o2c("docs", "--rules", books, "--to", str(folder))

    assert answer.exit_code == 1
    assert "notes.md belongs to no table" in said(answer)
    assert [path.name for path in folder.iterdir()] == ["notes.md"]
