"""One changed file among the books that hold, or a folder of books."""

from pathlib import Path

import pytest
from o2c_rules.candidate import candidate, candidates
from o2c_rules.cases import cases_of
from o2c_rules.formats import load, save
from o2c_rules.rulebook import BOOKS, BadTable, RuleBook

from tests.rules.by_hand import HEAD, RULES, Formula, changed, workbook


def test_a_file_takes_the_place_of_the_table_it_names_wherever_it_lies(tmp_path: Path) -> None:
    changed = (BOOKS / "orders/credit.yaml").read_text().replace('overdue_days: "> 30"', 'overdue_days: "> 45"')
    file = tmp_path / "my draft.yaml"
    file.write_text(changed)

    found = candidate(file, RuleBook.shipped())

    assert found.tables == ("orders/credit",)
    assert found.book.files["orders/credit.yaml"] == changed.encode()
    assert set(found.book.files) == set(RuleBook.shipped().files)


def test_another_format_replaces_the_file_and_its_cases_come_along(tmp_path: Path) -> None:
    (tmp_path / "tax.csv").write_bytes((BOOKS / "billing/tax.csv").read_bytes())
    (tmp_path / "tax.cases.yaml").write_text("- case: none\n  facts: {}\n  expect: {undecided: true}\n")

    found = candidate(tmp_path / "tax.csv", RuleBook.shipped())

    assert found.book.files["billing/tax.cases.yaml"].startswith(b"- case: none")


def test_all_that_is_wrong_is_told_at_the_place_of_the_file(tmp_path: Path) -> None:
    draft = workbook({"rules": changed(RULES, 1, "days", Formula("=2+3", 5)), "head": changed(HEAD, 3, "value", "X")})
    (tmp_path / "my draft.xlsx").write_bytes(draft)

    with pytest.raises(BadTable) as refused:
        candidate(tmp_path / "my draft.xlsx", RuleBook.shipped())

    places = [finding.where.removeprefix(f"{tmp_path}/") for finding in refused.value.findings]
    assert places == ["my draft.xlsx:head!B4", "my draft.xlsx:rules!D2"]


TERMS = """\
table: a/terms
policy: F
version_by: recorded
{dates}
facts: {{level: number}}
outcome: {{days: number}}
default: {{days: 0}}
rows:
  - {{id: R1, level: "> 3", days: {days}}}
"""
OLD = TERMS.format(dates="effective_to: 2026-12-31", days=10)
NEW = TERMS.format(dates="effective_from: 2027-01-01", days=20)


@pytest.fixture
def two_versions() -> RuleBook:
    return RuleBook({"a/terms.yaml": OLD.encode(), "a/terms@2027.yaml": NEW.encode()})


@pytest.mark.parametrize(("text", "place"), [(OLD, "a/terms.yaml"), (NEW, "a/terms@2027.yaml")])
def test_a_file_takes_the_place_of_the_version_of_its_first_day_whatever_it_is_called(
    tmp_path: Path, two_versions: RuleBook, text: str, place: str
) -> None:
    (tmp_path / "my terms.yaml").write_text(text.replace("> 3", "> 4"))

    found = candidate(tmp_path / "my terms.yaml", two_versions)

    assert found.book.files == {**two_versions.files, place: text.replace("> 3", "> 4").encode()}
    assert found.homes == {place: str(tmp_path / "my terms.yaml")}


def test_a_version_whose_first_day_changes_goes_by_the_mark_in_its_files_name(
    tmp_path: Path, two_versions: RuleBook
) -> None:
    (tmp_path / "terms.yaml").write_text(OLD.replace("2026-12-31", "2026-06-30"))
    (tmp_path / "terms@2027.yaml").write_text(NEW.replace("2027-01-01", "2026-07-01"))

    found = candidates([tmp_path / "terms.yaml", tmp_path / "terms@2027.yaml"], two_versions)

    assert found.tables == ("a/terms",)
    assert [(v.file, str(v.effective_from)) for v in found.book.versions("a/terms")] == [
        ("a/terms.yaml", "0001-01-01"),
        ("a/terms@2027.yaml", "2026-07-01"),
    ]


def test_two_files_for_one_version_are_refused(tmp_path: Path, two_versions: RuleBook) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(NEW)

    with pytest.raises(BadTable, match=r"two\.yaml: it stands for the same version as .*one\.yaml"):
        candidates([tmp_path / "one.yaml", tmp_path / "two.yaml"], two_versions)


def test_a_folder_is_taken_as_it_is() -> None:
    assert candidate(BOOKS, RuleBook.shipped()).tables == RuleBook.shipped().tables


@pytest.mark.parametrize(("name", "content"), [("a.yaml", "rows: []\n"), ("b.yaml", "table: [\n"), ("c.yaml", None)])
def test_what_names_no_table_is_refused_with_its_place(tmp_path: Path, name: str, content: str | None) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)

    with pytest.raises(BadTable) as refused:
        candidate(tmp_path / name, RuleBook.shipped())

    assert name in refused.value.findings[0].where


def test_mistakes_in_the_table_and_in_its_cases_come_in_one_run_from_one_workbook(tmp_path: Path) -> None:
    cases = [
        ["case", "days", "matching rows", "expect then", "expect level"],
        ["no such row", 5, "R9", "hold", 1],
        ["a formula", Formula("=2+3", 5), "R1", "hold", 1],
        ["no such answer", 5, "R1", "perhaps", "one"],
        ["nothing expected", 5, "", "", ""],
    ]
    draft = workbook({"rules": changed(RULES, 1, "days", "around 5"), "cases": cases})
    (tmp_path / "draft.xlsx").write_bytes(draft)

    with pytest.raises(BadTable) as refused:
        candidate(tmp_path / "draft.xlsx", RuleBook.shipped())

    places = [finding.where.removeprefix(f"{tmp_path}/draft.xlsx:") for finding in refused.value.findings]
    assert places == ["cases!C2", "cases!B3", "cases!E4", "cases!A5", "rules!D2"]


def test_mistakes_in_a_folders_tables_and_cases_come_in_one_run(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(
        "table: t\npolicy: F\nversion_by: recorded\nfacts: {a: number}\noutcome: {b: text}\n"
        "rows:\n  - {id: R1, a: '1,000', b: x}\n"
    )
    (tmp_path / "t.cases.yaml").write_text("- {case: c, facts: {a: 1}, expect: {rows: [R2]}}\n")

    with pytest.raises(BadTable) as refused:
        candidate(tmp_path, RuleBook.shipped())

    assert [finding.where for finding in refused.value.findings] == ["t.cases.yaml:1", "t.yaml:7"]


def test_a_workbook_without_cases_keeps_those_of_the_book_at_their_own_place(tmp_path: Path) -> None:
    (tmp_path / "draft.xlsx").write_bytes(
        save(load("orders/credit.yaml", (BOOKS / "orders/credit.yaml").read_bytes()), "orders/credit.xlsx")
    )

    found = candidate(tmp_path / "draft.xlsx", RuleBook.shipped())

    (first, *_) = cases_of(found.book, "orders/credit")
    assert found.at_home(first.where) == first.where == "orders/credit.cases.yaml:1"
