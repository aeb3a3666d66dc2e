"""A table with two versions, as an analyst changes one of them or both."""

from pathlib import Path

import pytest
from o2c_console.main import app
from typer.testing import CliRunner, Result

from tests.rules.test_candidate import NEW, OLD

CASE = "- case: {name}\n  on: {day}\n  facts: {{level: {level}}}\n  expect: {{rows: [{rows}]}}\n"


@pytest.fixture
def books(tmp_path: Path) -> Path:
    folder = tmp_path / "books" / "a"
    folder.mkdir(parents=True)
    for name, text, day in (("terms", OLD, "2026-05-01"), ("terms@2027", NEW, "2027-05-01")):
        (folder / f"{name}.yaml").write_text(text)
        cases = [
            CASE.format(name="above", day=day, level=4, rows="R1"),
            CASE.format(name="at", day=day, level=3, rows=""),
        ]
        (folder / f"{name}.cases.yaml").write_text("".join(cases))
    return folder.parent


def rules(books: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["rules", *words, "--rules", str(books)])


def test_convert_says_which_versions_it_did_not_write(books: Path, tmp_path: Path) -> None:
    newest = rules(books, "convert", "a/terms", str(tmp_path / "t.yaml"))
    first = rules(books, "convert", "a/terms", str(tmp_path / "first.yaml"), "--on", "2026-05-01")

    assert "a/terms has other versions, which are not written: --on 2026-12-31" in newest.stdout
    assert "effective_from: 2027-01-01" in (tmp_path / "t.yaml").read_text()
    assert "effective_to: 2026-12-31" in (tmp_path / "first.yaml").read_text()
    assert first.exit_code == 0


def test_a_converted_version_is_compared_with_itself_and_not_with_the_other(books: Path, tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    rules(books, "convert", "a/terms", str(file))

    same = rules(books, "diff", "a/terms", str(file))
    file.write_text(file.read_text().replace("> 3", "> 5"))
    changed = rules(books, "diff", "a/terms", str(file))

    assert (same.exit_code, same.stdout) == (0, "both decide the same\n")
    assert changed.stdout.splitlines() == ["a/terms: 1 change", "  level above 3 up to 5: days 20 -> 0"]


def test_both_versions_are_checked_at_once(books: Path, tmp_path: Path) -> None:
    files = [tmp_path / "terms.yaml", tmp_path / "terms@2027.yaml"]
    for file, text in zip(files, (OLD, NEW), strict=True):
        file.write_text(text.replace("2026-12-31", "2026-06-30").replace("2027-01-01", "2026-07-01"))
        name = "terms" if file == files[0] else "terms@2027"
        (tmp_path / f"{name}.cases.yaml").write_text((books / "a" / f"{name}.cases.yaml").read_text())

    alone = rules(books, "check", str(files[1]))
    both = rules(books, "check", *map(str, files))

    assert alone.exit_code == 2
    assert (both.exit_code, both.stdout) == (0, "clean: 1 table\n")


def test_a_folder_among_files_is_refused(books: Path) -> None:
    done = rules(books, "check", str(books), str(books / "a/terms.yaml"))

    assert done.exit_code == 2
    assert "a folder or a table comes alone" in done.stdout + done.stderr
