"""A workbook is read as a person meant it, and what cannot be meant is named with its sheet and cell."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from o2c_rules import formats
from o2c_rules.candidate import candidate
from o2c_rules.cases import cases_of
from o2c_rules.cells import parse
from o2c_rules.formats import Document
from o2c_rules.formats.form import tree_of
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BadTable
from o2c_rules.values import Kind

from tests.rules.by_hand import (
    CASES,
    COLUMNS,
    HEAD,
    RULES,
    Formatted,
    Formula,
    Rows,
    changed,
    part_of,
    with_part,
    workbook,
)

FILE = "orders/credit.xlsx"


def read(content: bytes) -> Document:
    return formats.load(FILE, content)


def cell(heading: str, found: Any) -> str:
    """What the first row asks of a column when a person has put this into its cell."""
    row = read(workbook({"rules": changed(RULES, 1, heading, found)})).table.rows[0]
    return row.cells[heading].text


def problems(content: bytes) -> list[str]:
    with pytest.raises(BadTable) as refused:
        read(content)
    assert all(finding.hint for finding in refused.value.findings)
    return [f"{finding.where}: {finding.text}" for finding in refused.value.findings]


def spaced(rows: Rows) -> list[list[Any]]:
    """A blank row after each, and a blank column after the first."""
    return [found for row in rows for found in ([row[0], "", *row[1:]], [])]


@pytest.mark.parametrize(
    "moved",
    [
        workbook(down=7, right=3),
        workbook({"rules": [["Credit rules, as agreed"], [], *RULES]}),
        workbook({"rules": spaced(RULES), "columns": spaced(COLUMNS), "head": spaced(HEAD)}),
        workbook({"rules": [[*row[1:], row[0]] for row in RULES], "columns": [row[::-1] for row in COLUMNS]}),
        workbook({"my sums": [[1, 2], [Formula("=A1+B1", 3)]], "empty": []}, down=1),
        workbook({"rules": [[f" {text.upper()} " for text in RULES[0]], *RULES[1:]]}),
        workbook({"rules": [[f"  {v} " if isinstance(v, str) and v else v for v in row] for row in RULES]}),
    ],
    ids="moved headline blanks reordered sheets-of-ones-own capitals stray-spaces".split(),
)
def test_what_a_person_moved_or_spaced_out_reads_the_same(moved: bytes) -> None:
    assert tree_of(read(moved).table) == tree_of(read(workbook()).table)


@pytest.mark.parametrize(
    ("heading", "found", "meant"),
    [
        ("days", "5", "5"),
        ("days", 5, "5"),
        ("days", -3.0, "-3"),
        ("days", "\u00a05 ", "5"),
        ("share", 0.1, "0.1"),
        ("share", Formatted(0.05, "0%"), "0.05"),
        ("share", "5 %", "0.05"),
        ("risk", 7, "7"),
        ("asked_on", date(2026, 1, 31), "2026-01-31"),
        ("asked_on", "2026-01-31", "2026-01-31"),
        ("asked_on", 'date("2026-01-31")', 'date("2026-01-31")'),
        ("late", True, "true"),
        ("late", "true", "true"),
        ("late", "FALSE", "false"),
        ("late", " Wahr", "true"),
        ("late", Formula("=FALSE()", 0), "false"),
        ("amount_minor", 2500, "2500"),
        ("amount_minor", Formatted(2500, '#,##0.00 "EUR"'), "2500 EUR"),
        ("amount_minor", Formatted(2500.5, "#,##0.00 [$€-407]"), "2500.5 EUR"),
        ("amount_minor", Formatted(99, "[$USD] #,##0"), "99 USD"),
        ("amount_minor", Formatted(2500, "#,##0.00"), "2500"),
    ],
)
def test_a_value_counts_however_it_was_typed(heading: str, found: Any, meant: str) -> None:
    assert cell(heading, found) == meant


def test_what_a_sheet_computes_with_two_digits_too_many_is_what_it_shows() -> None:
    assert cell("share", Formatted(0.30000000000000004, "0.00")) == "0.3"


def test_answers_and_head_are_typed_as_freely_as_conditions() -> None:
    head = [*HEAD, ["effective_from", date(2026, 3, 1)], ["effective_to", "2026-12-31"], ["notes.scope", 7]]
    rules = changed(changed(RULES, 1, "level", "1"), 2, "then", "  hold ")

    table = read(workbook({"rules": rules, "head": head})).table

    assert (table.effective_from, table.effective_to) == (date(2026, 3, 1), date(2026, 12, 31))
    assert table.notes == {"scope": "7"}
    assert [row.outcome for row in table.rows] == [{"then": "hold", "level": 1}, {"then": "hold", "level": 2}]
    assert table.facts[3].unit == Decimal("0.01")
    assert table.rows[0].cells["days"] == parse("[1..10]", Kind.NUMBER)


def test_every_mistake_is_named_by_sheet_and_cell_in_one_run() -> None:
    rules = changed(changed(changed(RULES, 1, "days", "around 5"), 1, "asked_on", "31.01.2026"), 2, "then", "hlod")
    columns = changed(COLUMNS, 3, "unit", -1)
    head = changed(HEAD, 3, "value", "X")

    found = problems(workbook({"rules": rules, "columns": columns, "head": head}, down=1, right=1))

    assert found == [
        f"{FILE}:columns!E5: a unit of -1",
        f"{FILE}:head!C5: policy 'X' is unknown",
        f"{FILE}:rules!E3: days: 'around 5' is no number",
        f"{FILE}:rules!G3: asked_on: '31.01.2026' is no date",
        f"{FILE}:rules!I4: then 'hlod' is not allowed",
    ]


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({"rules": changed(RULES, 1, "days", "around 5")}, "rules!D2: days: 'around 5' is no number"),
        ({"rules": changed(RULES, 1, "days", Formula("=2+3", 5))}, "rules!D2: a formula =2+3"),
        ({"rules": changed(RULES, 2, "because", Formula("=A1", "x"))}, "rules!J3: a formula =A1"),
        ({"head": changed(HEAD, 3, "value", Formula('="F"', "F"))}, 'head!B4: a formula ="F"'),
        ({"rules": changed(RULES, 1, "days", 1e15)}, "rules!D2: a number of more than 15 digits"),
        (
            {"rules": changed(RULES, 1, "asked_on", Formatted(46053.5, "dd.mm.yyyy hh:mm"))},
            "rules!F2: a day with",
        ),
        ({"rules": changed(RULES, 1, "amount_minor", Formatted(5, "$#,##0.00"))}, "rules!B2: 5 in a currency that its"),
        (
            {"rules": changed(RULES, 1, "amount_minor", Formatted(5.5, "#,##0.00"))},
            "rules!B2: amount_minor: '5.5'",
        ),
        (
            {"rules": changed(RULES, 1, "risk", date(2026, 2, 1))},
            "rules!C2: risk: '2026-02-01' is not",
        ),
        ({"rules": changed(RULES, 2, "id", "R1")}, "rules!A3: row 'R1' a second time"),
        ({"rules": changed(RULES, 2, "id", "")}, "rules!B3: a row with the id ''"),
        ({"rules": changed(RULES, 0, "days", "dsay")}, "rules!D1: 'dsay' is no column of this table"),
        ({"rules": changed(RULES, 0, "days", "risk")}, "rules!D1: the heading 'risk' a second time"),
        ({"rules": changed(RULES, 0, "days", "")}, "rules!D2: a cell under no heading"),
        ({"rules": changed(RULES, 0, "days", 5)}, "rules!D1: '5' as a heading"),
        ({"rules": [["hello"]]}, "rules!A1: no row of headings with 'id'"),
        ({"rules": [*RULES, ["(otherwise)", "", "low", "", "", "", "", "hold", 1]]}, "rules!C4: 'risk' is no column"),
        ({"rules": [*RULES, *[["(otherwise)"] + [""] * 6 + ["hold", 1]] * 2]}, "rules!A5: a second answer"),
        ({"columns": changed(COLUMNS, 2, "role", "fcat")}, "columns!B3: a column without name or role"),
        ({"columns": changed(COLUMNS, 3, "name", "risk")}, "columns!A4: the column 'risk' a second time"),
        ({"columns": changed(COLUMNS, 0, "unit", "untis")}, "columns!D5: 'untis' is unknown here"),
        ({"head": [*HEAD, ["polciy", "F"]]}, "head!A6: 'polciy' is not part of a table"),
        ({"head": [*HEAD, ["", "F"]]}, "head!B6: a value without its entry"),
        ({"head": [*HEAD, ["policy", "C"]]}, "head!A6: 'policy' a second time"),
        ({"head": HEAD[:1] + HEAD[2:]}, "head!A1: the table is called '' but its file is"),
        ({"cases": [*CASES, ["x", Formula("=1", 1), "", "", ""]]}, "cases!B3: a formula =1"),
    ],
)
def test_a_mistake_in_a_workbook_is_named_where_it_stands(sheets: dict[str, Rows], said: str) -> None:
    found = problems(workbook(sheets))

    assert any(problem.startswith(f"{FILE}:{said}") for problem in found), found


def test_findings_stand_in_the_order_of_a_sheet_not_of_its_letters() -> None:
    wide = [f"x{n}" for n in range(30)]

    found = problems(workbook({"rules": [[*RULES[0], *wide], *RULES[1:]]}))

    assert [problem.split("!")[1].split(":")[0] for problem in found][:2] == ["L1", "M1"]
    assert found[-1].startswith(f"{FILE}:rules!AO1")


def test_a_missing_sheet_is_told_with_those_that_are_there() -> None:
    book = workbook({"Rulez": RULES})
    renamed = with_part(
        book, "xl/workbook.xml", part_of(book, "xl/workbook.xml").replace(b'name="rules"', b'name="was"')
    )

    assert problems(renamed) == [f"{FILE}:1: there is no sheet 'rules'"]


def test_a_workbook_in_a_folder_counts_with_its_cases(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / FILE).write_bytes(workbook({"cases": CASES}))
    (tmp_path / "orders" / "~$credit.xlsx").write_bytes(b"what a spreadsheet program leaves beside an open workbook")

    book = RuleBook.of(tmp_path)

    assert (
        book.decide("orders/credit", {"days": 5, "risk": "low", "late": True, "amount_minor": 1}, date(2026, 1, 1))[
            "then"
        ]
        == "hold"
    )
    assert [case.where for case in cases_of(book, "orders/credit")] == [f"{FILE}:cases!A2"]


def test_a_wrong_case_is_named_by_its_cell(tmp_path: Path) -> None:
    file = tmp_path / "draft.xlsx"
    file.write_bytes(workbook({"cases": [*CASES, ["lost", 5, True, "R9", "hold"]]}))
    proposed = candidate(file, RuleBook({}))

    with pytest.raises(BadTable) as refused:
        cases_of(proposed.book, "orders/credit")

    assert [finding.where for finding in refused.value.findings] == [f"{FILE}:cases!D3"]


def test_the_cases_of_a_workbook_take_the_place_of_those_that_held(tmp_path: Path) -> None:
    before = RuleBook({"orders/credit.xlsx": workbook(), "orders/credit.cases.yaml": b"[]"})
    file = tmp_path / "draft.xlsx"

    file.write_bytes(workbook({"cases": CASES}))
    with_cases = candidate(file, before).book
    file.write_bytes(workbook())
    without = candidate(file, before).book

    assert set(with_cases.files) == {"orders/credit.xlsx"}
    assert set(without.files) == set(before.files)
