"""A workbook is written for a person: what it shows, offers and says; another reader sees the same values."""

import re
from datetime import date
from io import BytesIO

import pytest
from lxml import etree
from o2c_rules import formats
from o2c_rules.checking.flaws import Flaw, FlawKind, Severity
from o2c_rules.formats import Document
from o2c_rules.source import BadTable
from python_calamine import CalamineWorkbook

from tests.rules.by_hand import part_of

BOOK = b"""
table: t/credit
title: May this order go ahead
policy: F
version_by: recorded
facts:
  amount_minor: {type: money, note: of the order}
  risk: {type: text, allowed: [low, medium, high]}
  country: {type: text, allowed: [%s]}
  asked_on: date
  vip: boolean
  days: number 0.01
  never_asked: text
outcome: {then: {type: text, allowed: [hold, accept]}, level: {type: number, optional: true}}
default: {then: hold, because: nobody knows better}
rows:
  - id: "007"
    amount_minor: "< 100.00 EUR"
    risk: not(high)
    asked_on: 2026-01-31
    vip: true
    then: accept
    level: 1
  - {id: R2, days: 0.25, country: c1, then: hold, because: =1+1}
""" % ", ".join(f"c{n}" for n in range(100)).encode()
CASES = b"""
- {case: small, on: 2026-03-01, facts: {amount_minor: 1, risk: low, vip: true}, expect: {rows: ["007"]}}
- {case: unknown, facts: {days: null}, expect: {rows: [], outcome: {then: hold, level: null}}}
"""
GAP = Flaw(FlawKind.GAP, Severity.ERROR, "t/credit", (), "t/credit.yaml:1", "nobody answers", "add a row", {"days": 3})
MASKED = Flaw(
    FlawKind.MASKED, Severity.WARNING, "t/credit", ("R2",), "t/credit.yaml:9", "never answers", "take it away"
)


def document() -> Document:
    return formats.load("t/credit.yaml", BOOK, CASES)


def written(*flaws: Flaw) -> bytes:
    return formats.save(document(), "t/credit.xlsx", flaws)


def sheet(number: int, content: bytes) -> str:
    return part_of(content, f"xl/worksheets/sheet{number}.xml").decode()


def test_another_reader_sees_typed_values_under_the_headings() -> None:
    rows = CalamineWorkbook.from_filelike(BytesIO(written())).get_sheet_by_name("rules").to_python()

    named = [dict(zip(rows[1], row, strict=True)) for row in rows[2:]]
    assert [row["id"] for row in named] == ["007", "R2", "(otherwise)"]
    assert (named[0]["asked_on"], named[0]["vip"], named[0]["level"]) == (date(2026, 1, 31), True, 1.0)
    assert (named[1]["days"], named[1]["because"], named[1]["risk"]) == (0.25, "=1+1", "-")
    assert (named[2]["then"], named[2]["because"], named[2]["days"]) == ("hold", "nobody knows better", "")


def test_the_sheets_begin_with_what_a_person_came_for() -> None:
    names = CalamineWorkbook.from_filelike(BytesIO(written())).sheet_names

    assert names == ["rules", "cases", "columns", "head", "how to", "lists"]
    assert (
        'state="hidden"' in re.search(r'<sheet name="lists"[^>]*>', part_of(written(), "xl/workbook.xml").decode())[0]
    )


def test_headings_stay_in_view_and_facts_nobody_asks_about_are_folded_away() -> None:
    page = sheet(1, written())

    assert re.search(r'<pane xSplit="1" ySplit="2" topLeftCell="B3"[^>]*state="frozen"', page)
    rows = CalamineWorkbook.from_filelike(BytesIO(written())).get_sheet_by_name("rules").to_python()
    hidden = [col for col in re.findall("<col [^>]*>", page) if 'hidden="1"' in col and 'outlineLevel="1"' in col]
    folded = [int(at) for col in hidden for at in re.findall(r'min="(\d+)"', col)]
    assert [rows[1][at - 1] for at in folded] == ["never_asked"]


def test_allowed_values_are_offered_and_for_answers_nothing_else_is_taken() -> None:
    rules = etree.fromstring(sheet(1, written()).encode())
    offered = {
        rule.findtext("{*}formula1"): rule.get("showErrorMessage") for rule in rules.iterfind(".//{*}dataValidation")
    }

    assert offered['"low,medium,high,-"'] is None
    assert offered['"TRUE,FALSE,-"'] is None
    assert offered['"hold,accept"'] == "1"
    assert offered["lists!$A$1:$A$101"] is None
    assert '"U,A,P,F,R,O,C"' in sheet(4, written())


def test_findings_are_comments_on_the_rows_concerned() -> None:
    content = written(GAP, MASKED)
    said = etree.fromstring(part_of(content, "xl/comments1.xml"))

    told = {each.get("ref"): "".join(each.itertext()) for each in said.iterfind(".//{*}comment")}

    assert told["A2"].startswith("error, gap: nobody answers")
    assert "For example: days = 3" in told["A2"]
    assert told["A4"] == "warning, masked: never answers\ntake it away"
    assert formats.lost(document(), formats.load("t/credit.xlsx", content)) == ()


def test_the_same_table_is_the_same_file() -> None:
    assert written(GAP) == written(GAP)


def test_what_no_format_can_hold_is_said() -> None:
    with pytest.raises(BadTable, match=r"t/credit\.doc: no format of this ending"):
        formats.save(document(), "t/credit.doc")


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (b"case: x", "t/credit.cases.yaml:1: the file holds no cases"),
        (b"- 5", "t/credit.cases.yaml:1: a case is no set of names"),
        (b"- {case: x, fatcs: {}, facts: {}, expect: {}}", "t/credit.cases.yaml:1: 'fatcs' is unknown here"),
        (b"- {case: x, facts: [], expect: {}}", "t/credit.cases.yaml:1: facts is not a set of names"),
        (b"- {case: x, facts: {days: [1]}, expect: {}}", "t/credit.cases.yaml:1: days is not one value"),
        (b"- {case: x, facts: {}, expect: {rows: R1}}", "t/credit.cases.yaml:1: rows is not a list"),
        (b"- {case: x, facts: {}, expect: {outcome: {then: [1]}}}", "t/credit.cases.yaml:1: then is not one value"),
    ],
)
def test_cases_that_are_none_are_refused_beside_what_is_wrong_with_the_table(cases: bytes, said: str) -> None:
    with pytest.raises(BadTable) as refused:
        formats.load("t/credit.yaml", BOOK.replace(b"policy: F", b"policy: X"), cases)

    found = [f"{finding.where}: {finding.text}" for finding in refused.value.findings]
    assert found[0].startswith("t/credit.cases.yaml") or found[1].startswith("t/credit.cases.yaml")
    assert said in found
    assert "t/credit.yaml:4: policy 'X' is unknown" in found
