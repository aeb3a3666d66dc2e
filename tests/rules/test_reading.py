"""A file is read whole: every error with its line and a hint, in one run; nothing unsafe is ever built."""

from decimal import Decimal

import pytest
from o2c_rules.cells import Cell
from o2c_rules.reading import read_table
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BYTES_MOST, BadTable
from o2c_rules.table import Aggregation, Policy, Reply, Response
from o2c_rules.values import Kind

MATRIX = """\
table: orders/credit
title: May this order go ahead
policy: F
version_by: recorded
facts:
  amount_minor: money
  reason: {type: text, allowed: [price, goodwill], missing: undecided}
  days: {type: number, unit: 0.5, missing: default 0, null: {default: 1}, wrong: no_match}
derived:
  late: days > 30
outcome:
  then: {type: text, allowed: [hold, accept]}
  level: {type: number, optional: true}
rows:
  - {id: R1, amount_minor: "< 100.00 EUR", reason: [price, goodwill], then: hold, because: "{days} days"}
  - {id: R2, late: true, then: accept, level: 2, basis: house}
"""


def problems(text: str | bytes, path: str = "orders/credit.yaml") -> list[str]:
    with pytest.raises(BadTable) as refused:
        read_table(path, text if isinstance(text, bytes) else text.encode())
    assert all(finding.hint for finding in refused.value.findings)
    return [f"{finding.where}: {finding.text}" for finding in refused.value.findings]


def test_a_table_reads_as_it_is_written() -> None:
    table = read_table("orders/credit.yaml", MATRIX.encode())

    amount, reason, days, late = table.facts
    assert (table.policy, table.title) == (Policy.FIRST, "May this order go ahead")
    assert (amount.kind, reason.allowed, reason.missing.response) == (
        Kind.MONEY,
        ("price", "goodwill"),
        Response.UNDECIDED,
    )
    assert (days.missing, days.null) == (Reply(Response.DEFAULT, 0), Reply(Response.DEFAULT, 1))
    assert late.kind is Kind.BOOLEAN
    assert table.rows[0].outcome == {"then": "hold", "level": None}
    assert table.rows[0].cells["reason"].tests == ("price", "goodwill")
    assert table.rows[1].outcome == {"then": "accept", "level": 2}
    assert (table.rows[1].basis, table.rows[1].line) == ("house", 16)


def test_all_errors_of_a_file_come_in_one_run_each_with_its_line() -> None:
    broken = (
        MATRIX.replace("policy: F", "policy: X")
        .replace("< 100.00 EUR", "cheap")
        .replace("then: accept", "then: acept")
        .replace("late: true", "lte: true")
        .replace("days > 30", "days > word")
    )

    assert [problem.split(": ")[0] for problem in problems(broken)] == [
        "orders/credit.yaml:3",
        "orders/credit.yaml:10",
        "orders/credit.yaml:15",
        "orders/credit.yaml:16",
        "orders/credit.yaml:16",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title:", "titel:", "2: 'titel' is not part of a table"),
        ("version_by: recorded", "version_by: whenever", "4: version_by 'whenever' is unknown"),
        ("orders/credit\n", "orders/cash\n", "1: the table is called 'orders/cash' but its file is orders/credit.yaml"),
        ("policy: F\n", "policy: F\npolicy: C\n", "4: 'policy' a second time"),
        ("id: R2", "id: R1", "16: row 'R1' a second time"),
        ("id: R2, ", "", "16: a row with the id ''"),
        (", then: accept", "", "16: row R2 does not say then"),
        ("{days} days", "{hours} hours", "15: because: {hours} names no column of this table"),
        ("{days} days", "{days days", "15: because: a bracket without its partner"),
        ("days > 30", "days > days + late", "10: 'days > days + late': 'late' is no fact declared above"),
        ("unit: 0.5", "unit: -1", "8: a unit of -1"),
        ("unit: 0.5", "unit: [0.5]", "8: a unit is one number"),
        ("May this order go ahead", "[May, this]", "2: the title is no text"),
        ('because: "{days} days"', "because: [a, b]", "15: because is no text"),
        ("missing: undecided}", "missing: undecided, note: [a]}", "7: a note is one text"),
        ("rows:", "notes: {a: [b]}\nrows:", "14: the note 'a' is no text"),
        ("amount_minor: money", "amount_minor: cash", "6: 'cash' is no type"),
        ("amount_minor: money", "Amount: money", "6: 'Amount' cannot name a column"),
        ("[price, goodwill], then", "[prize], then", "15: reason: 'prize' is not an allowed value"),
        ("late: true", "days: 30.2", "16: days: 30.2 is finer than its unit 0.5"),
        ("missing: undecided", "missing: perhaps", "7: this is no answer to an absent fact"),
        ("rows:", "effective_from: 2026-02-30\nrows:", "14: '2026-02-30' is no day of the calendar"),
        (
            "rows:",
            "effective_from: 2026-02-01\neffective_to: 2026-01-01\nrows:",
            "15: effective to 2026-01-01, from 2026-02-01",
        ),
        ("policy: F", "policy: F\naggregation: SUM", "4: policy F does not aggregate"),
        ("policy: F", "policy: C\naggregation: SUM", "4: SUM over 2 outcomes"),
        ("level: {type", "late: {type", "11: 'late' is a fact and an outcome"),
    ],
)
def test_a_mistake_is_named_where_it_stands(old: str, new: str, said: str) -> None:
    assert old in MATRIX

    assert any(problem.startswith(f"orders/credit.yaml:{said}") for problem in problems(MATRIX.replace(old, new)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: the file is empty"),
        ("- a", "1: the file holds no table"),
        ("table: [", "no YAML"),
        ("rows:\n\t- a", "2: no YAML"),
        ("a: > 10", "1: no YAML"),
        ("a: &bomb [x]\nb: [*bomb, *bomb]", "1: an anchor (&name) is not read"),
        ("a: !!python/object/apply:os.system [ls]", "1: a tag (tag:yaml.org,2002:python/object/apply:os.system)"),
        ("a: " + "[" * 20 + "]" * 20, "1: nested more than 12 deep"),
        ("a: " + "x" * 5_000, "1: a text of 5,000 characters"),
        ("? [a]\n: b", "1: a name that is no text"),
        ("a: 1\n---\nb: 2", "no YAML"),
        (b"table: \xff\xfe", "1: byte 0xff is not UTF-8"),
        (b"a: 1\nb: \0", "2: a NUL character"),
        (b" " * (BYTES_MOST + 1), "1: the file has 2,000,001 bytes"),
    ],
)
def test_what_is_unsafe_or_unreadable_is_refused(text: str | bytes, said: str) -> None:
    assert any(said in problem for problem in problems(text))


def test_a_policy_by_priority_needs_an_order_of_outcomes() -> None:
    bare = MATRIX.replace("policy: F", "policy: P").replace(", allowed: [hold, accept]", "")

    assert problems(bare) == ["orders/credit.yaml:3: policy P needs to know which outcome goes before which"]


CSV = """\
# table: cash/tolerance
# title: Small differences
# policy: C
# aggregation: MAX
# version_by: value
# effective_from: 2026-01-01
# fact.short_minor.missing: undecided
# fact.share: number 0.001
# derived.small: short_minor < 100
id,in:currency:text,in:short_minor:money,in:small,out:level:number,note:because,note:basis
T1,"EUR, USD",[-500..500],-,1,{short_minor:money} is small,house
,,,,,,
T2,,"<= 5.00 EUR",true,2,,practice
"""


def test_csv_becomes_the_same_form() -> None:
    table = read_table("cash/tolerance.csv", CSV.encode())

    assert (table.policy, table.aggregation, str(table.effective_from)) == (
        Policy.COLLECT,
        Aggregation.MAX,
        "2026-01-01",
    )
    facts = {fact.name: fact for fact in table.facts}
    assert (facts["short_minor"].kind, facts["short_minor"].missing.response) == (Kind.MONEY, Response.UNDECIDED)
    assert (facts["share"].unit, facts["small"].kind) == (Decimal("0.001"), Kind.BOOLEAN)
    assert [row.id for row in table.rows] == ["T1", "T2"]
    assert table.rows[0].cells["currency"].tests == ("EUR", "USD")
    assert set(table.rows[1].cells) == {"short_minor", "small"}
    assert (table.rows[1].line, table.rows[1].basis) == (13, "practice")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("in:currency:text", "currency", "10: the column 'currency' is not marked"),
        ("in:small", "in:short_minor:money", "10: the column 'short_minor' a second time"),
        ("# policy: C", "# policy: C\n# policy: F", "4: 'policy' a second time"),
        ("2,,practice", "2,,practice,too", "13: 8 cells under 7 columns"),
        ("[-500..500]", "around 5", "11: short_minor: 'around 5' is no number"),
        ('"EUR, USD"', '"EUR, USD', "no CSV"),
        ("# table", "table", "1: the column 'table: cash/tolerance' is not marked"),
    ],
)
def test_a_mistake_in_csv_is_named_where_it_stands(old: str, new: str, said: str) -> None:
    assert old in CSV

    with pytest.raises(BadTable) as refused:
        read_table("cash/tolerance.csv", CSV.replace(old, new).encode())

    assert any(said in str(finding) for finding in refused.value.findings), refused.value


def test_a_bundle_names_what_is_wrong_in_all_its_files() -> None:
    files = {
        "orders/credit.yaml": MATRIX.replace("policy: F", "policy: X").encode(),
        "cash/tolerance.csv": CSV.replace("policy: C", "policy: X").encode(),
        "cash/lonely.cases.yaml": b"[]",
        "calendars.yaml": b"calendars: {night: {zone: Mars/Base}}",
    }

    with pytest.raises(BadTable) as refused:
        RuleBook(files)

    assert {finding.where.split(":")[0] for finding in refused.value.findings} == set(files)


@pytest.mark.parametrize(("mark", "said"), [(";", "semicolons"), ("\t", "tabulators")])
def test_csv_of_another_separator_is_one_finding_that_says_so(mark: str, said: str) -> None:
    content = "\n".join(
        line.replace(",", mark) + (2 * mark if line.startswith("#") else "") for line in CSV.splitlines()
    )

    with pytest.raises(BadTable) as refused:
        read_table("cash/tolerance.csv", content.encode())

    (finding,) = refused.value.findings
    assert f"separated by {said}" in finding.text
    assert "commas" in finding.hint


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("cash/tolerance.xlsm", b"PK\x03\x04\x14\xaf"),
        ("cash/tolerance.xls", b"\xd0\xcf\x11\xe0\xa1\xb1"),
        ("cash/tolerance.ods", b""),
        ("cash/tolerance.csv", b"PK\x03\x04\x14\xaf"),
    ],
)
def test_another_programs_workbook_is_to_be_saved_as_xlsx(path: str, content: bytes) -> None:
    with pytest.raises(BadTable) as refused:
        read_table(path, content)

    (finding,) = refused.value.findings
    assert "save it as .xlsx" in finding.hint


def test_truths_in_capitals_are_truths_in_csv_too() -> None:
    text = "# table: t/x\n# policy: F\n# version_by: recorded\nid,in:late:boolean,out:then:boolean\nR1,TRUE,FALSE\n"

    (row,) = read_table("t/x.csv", text.encode()).rows

    assert (row.cells["late"], row.outcome) == (Cell("true", (True,)), {"then": False})
