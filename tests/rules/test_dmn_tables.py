"""Decision tables as DMN and back: nothing lost of ours, those of other programs read, changes in a modeler kept."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from o2c_rules.compiled import compile_table
from o2c_rules.dmn.model import Model
from o2c_rules.dmn.tables import write
from o2c_rules.formats.form import tree_of
from o2c_rules.reading import read_table
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BadTable
from o2c_rules.table import Outcome, Policy, Table
from o2c_rules.values import Kind

from tests.rules.generated import tables

TCK = Path(__file__).resolve().parents[3] / "shared" / "data" / "dmn-tck-level-2"
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
FULL = """\
table: examples/fees
title: "What a late payer owes: fees & interest <2 %>"
policy: F
version_by: document
effective_from: 2026-01-01
effective_to: 2026-12-31
facts:
  balance_minor: {type: money, missing: undecided, null: default 0, note: "open items, gross"}
  rate: {type: number, unit: 0.001, wrong: no_match}
  region: {type: text, allowed: [north, "far east", "a,b"]}
  due_on: date
  disputed: {type: boolean, missing: default false}
  never_asked: text
derived:
  half_minor: {is: balance_minor / 2, unit: 2, missing: undecided}
outcome:
  fee_minor: {type: money, computed: true, note: charged at once}
  letter: {type: text, allowed: [soft, "hard, final", null]}
  days: {type: number, optional: true}
  until: {type: date, optional: true}
  stop: boolean
default: {fee_minor: "0", letter: soft, stop: false, because: "nothing to charge ({never_asked})"}
notes: {scope: "all of Europe", author: nobody}
rows:
  - id: 1.a
    balance_minor: "[1.00 EUR..5000]"
    rate: "< 0.05, [0.1..0.2)"
    region: [north, '"far east"']
    due_on: "< 2026-06-01"
    disputed: not(true)
    fee_minor: round(balance_minor * 0.02, 0)
    letter: "hard, final"
    days: 14
    until: 2026-12-31
    stop: true
    because: "{balance_minor} & more\\nthan \\"that\\""
    basis: house
    source: "§ 5 <a>"
    note: "  spaced  "
  - id: B-2
    half_minor: ">= 2"
    region: not("a,b")
    fee_minor: if(disputed, 0, max(100, half_minor * rate))
    letter: "null"
    stop: false
"""


def read_back(table: Table, content: bytes | None = None) -> Table:
    return read_table(table.file.rpartition(".")[0] + ".dmn", content or write(table))


def same(one: Table, other: Table) -> bool:
    return replace(one, file="") == replace(other, file="") and tree_of(one) == tree_of(other)


def test_every_part_of_a_table_comes_back() -> None:
    table = read_table("examples/fees.yaml", FULL.encode())

    assert same(read_back(table), table)


@pytest.mark.parametrize("name", RuleBook.shipped().tables)
def test_every_shipped_table_comes_back(name: str) -> None:
    for table in RuleBook.shipped().versions(name):
        assert same(read_back(table), table)


@given(tables())
@settings(max_examples=25)
def test_any_table_comes_back(table: Table) -> None:
    table = replace(table, name="t", file="t.yaml")

    assert same(read_back(table), table)


def test_what_is_written_stands_where_dmn_wants_it() -> None:
    """The order of elements and the references that the DMN 1.3 schema demands."""
    root = etree.fromstring(write(read_table("examples/fees.yaml", FULL.encode())))
    decision = root.find(f"{DMN}decision")
    assert decision is not None
    table, rule = decision.find(f"{DMN}decisionTable"), decision.find(f".//{DMN}rule")
    assert table is not None
    assert rule is not None
    ids = [each.get("id") for each in root.iter() if each.get("id")]

    def order(element: Any) -> list[str]:
        names = [etree.QName(each).localname for each in element if isinstance(each.tag, str)]
        return list(dict.fromkeys(names))

    assert order(root) == ["decision", "inputData", "DMNDI"]
    assert order(decision) == ["extensionElements", "variable", "informationRequirement", "decisionTable"]
    assert order(table) == ["input", "output", "annotation", "rule"]
    assert order(rule) == ["description", "inputEntry", "outputEntry", "annotationEntry"]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", str(each)) for each in ids)
    assert {each.get("dmnElementRef") for each in root.iter("{*}DMNShape", "{*}DMNEdge")} <= set(ids)
    assert {str(each.get("href"))[1:] for each in root.iter(f"{DMN}requiredInput")} <= set(ids)
    assert {each.get("dmnElementRef") for each in root.iter("{*}DMNShape")} == {
        each.get("id") for each in root.iter(f"{DMN}decision", f"{DMN}inputData")
    }
    assert root.find("{*}DMNDI/{*}DMNDiagram/{*}DMNShape/{*}Bounds") is not None


@given(tables(), st.data())
@settings(max_examples=40)
def test_the_dmn_of_a_table_decides_as_the_table_does(table: Table, data: st.DataObject) -> None:
    table = replace(table, name="t", file="t.yaml", title="answer")
    asked = Model.of(write(table))
    cuts = {fact.name: _interesting(table, fact.name) for fact in table.facts}
    facts = {name: data.draw(st.sampled_from(values)) for name, values in cuts.items()}

    decision = compile_table(table).decide(facts, date(2026, 3, 1), "b")
    found = asked.decide("answer", facts)

    if decision.undecided is not None:
        assert found is None
    elif not decision.rows and table.default is None:
        assert found in (None, 0)
    elif table.policy.is_single or table.aggregation:
        assert found == (decision.outcome if len(table.outcomes) > 1 else next(iter(decision.outcome.values())))
    elif decision.rows:
        assert found == [
            dict(row.outcome) if len(table.outcomes) > 1 else next(iter(row.outcome.values())) for row in decision.rows
        ]


def _interesting(table: Table, name: str) -> list[Any]:
    """The bounds of a column, something else, and null; but no null where a cell is negated: not("a") of S-FEEL takes
    it, of our cells only the dash does."""
    cells = [row.cells[name] for row in table.rows if name in row.cells]
    tests = [test for cell in cells for test in cell.tests]
    bounds = [b for t in tests for b in ((t,) if isinstance(t, str | bool) else (t.low, t.high)) if b is not None]
    kind = next(fact.kind for fact in table.facts if fact.name == name)
    other = {Kind.NUMBER: 7, Kind.MONEY: 7, Kind.TEXT: "zz", Kind.BOOLEAN: True, Kind.DATE: date(2020, 1, 1)}[kind]
    return [*bounds, other, *([] if any(cell.negated for cell in cells) else [None])]


def changed(old: str, new: str) -> Table:
    table = read_table("examples/fees.yaml", FULL.encode())
    content = write(table).decode()
    assert old in content
    return read_back(table, content.replace(old, new).encode())


def test_what_a_modeler_changes_holds() -> None:
    cell = changed("[100..5000]", "[200..6000]").rows[0].cells["balance_minor"]
    policy = changed('hitPolicy="FIRST"', 'hitPolicy="COLLECT"').policy
    title = changed('decision" name="What a late payer owes', 'decision" name="Fees').title
    allowed = changed('"north", "far east", "a,b"', '"north", "far east", "a,b", "south"').facts[2].allowed
    answer = changed("<text>14</text>", "<text>21</text>").rows[0].outcome["days"]
    formula = changed("round(balance_minor * 0.02, 0)", "round(balance_minor * 0.03, 0)").rows[0].computed["fee_minor"]

    assert cell.text == "[200..6000]"
    assert policy is Policy.COLLECT
    assert title.startswith("Fees: fees &")
    assert allowed == ("north", "far east", "a,b", "south")
    assert answer == 21
    assert formula.text == "round(balance_minor * 0.03, 0)"


def test_a_row_that_a_modeler_adds_is_read() -> None:
    table = read_table("examples/fees.yaml", FULL.encode())
    content = write(table).decode()
    last = content[content.rindex("<rule ") : content.rindex("</rule>") + 7]
    added = last.replace("rule_B-2", "DecisionRule_0acwtg0").replace("not(&quot;a,b&quot;)", "-")

    read = read_back(table, content.replace(last, last + added).encode())

    assert [row.id for row in read.rows] == ["1.a", "B-2", "DecisionRule_0acwtg0"]


FOREIGN = """\
<?xml version="1.0"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20211108/MODEL/" name="x" namespace="n">
 <itemDefinition name="tRisk"><typeRef>string</typeRef>
  <allowedValues><text>"High","Low"</text></allowedValues></itemDefinition>
 <decision id="d" name="Handling Fee">
  <variable name="Handling Fee" typeRef="number"/>
  <decisionTable>
   <input><inputExpression><text>Net Amount</text></inputExpression></input>
   <input label="Risk"><inputExpression typeRef="tRisk"><text>riskCategory</text></inputExpression></input>
   <output><defaultOutputEntry><text>0</text></defaultOutputEntry></output>
   <annotation name="why"/>
   <rule id="_1">
    <inputEntry><text>&lt;= 10.50</text></inputEntry>
    <inputEntry><text>-</text></inputEntry>
    <outputEntry><text>1</text></outputEntry>
    <annotationEntry><text>{small}</text></annotationEntry>
   </rule>
   <rule id="big">
    <inputEntry><text>&gt; 10.5</text></inputEntry>
    <inputEntry><text>"High"</text></inputEntry>
    <outputEntry><text>Net  Amount * 0.1</text></outputEntry>
    <annotationEntry><text/></annotationEntry>
   </rule>
  </decisionTable>
 </decision>
 <inputData id="a" name="Net Amount"><variable name="Net Amount" typeRef="number"/></inputData>
 <inputData id="b" name="riskCategory"><variable name="riskCategory" typeRef="tRisk"/></inputData>
</definitions>
"""


def foreign(text: str = FOREIGN) -> Table:
    return read_table("fees/handling.dmn", text.encode())


def test_a_table_of_another_program_becomes_one_of_ours() -> None:
    table = foreign()

    assert (table.name, table.title, table.policy) == ("fees/handling", "Handling Fee", Policy.UNIQUE)
    assert [(fact.name, fact.kind, fact.unit, fact.allowed) for fact in table.facts] == [
        ("net_amount", Kind.NUMBER, Decimal("0.01"), ()),
        ("risk_category", Kind.TEXT, 1, ("High", "Low")),
    ]
    assert table.outcomes == (Outcome("handling_fee", Kind.NUMBER, computed=True),)
    assert [(row.id, row.note, row.line) for row in table.rows] == [("R1", "{small}", 12), ("big", "", 18)]


def test_a_table_of_another_program_decides() -> None:
    compiled = compile_table(foreign())

    def fee(amount: str) -> Any:
        return compiled.decide({"net_amount": Decimal(amount), "risk_category": "High"}, date(2026, 1, 1), "b")

    assert fee("10.50")["handling_fee"] == 1
    assert fee("10.51")["handling_fee"] == Decimal("1.051")
    assert compiled.decide({"net_amount": 11, "risk_category": "Low"}, date(2026, 1, 1), "b")["handling_fee"] == 0


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("<text>Net Amount</text>", "<text>Net Amount * 2</text>", 8, "which is no single fact"),
        ("<text>riskCategory</text>", "<text>Net Amount</text>", 9, "a second column about 'Net Amount'"),
        ("&lt;= 10.50", "&lt;= limit", 13, "net_amount: '<= limit': it calculates"),
        ("&lt;= 10.50", "&lt;= ", 13, "ends too early"),
        ('"High"</text>', "null</text>", 20, "asks for null"),
        ("<outputEntry><text>1<", "<outputEntry><text>(1<", 15, "ends too early"),
        ('name="Handling Fee" typeRef="number"', 'name="Handling Fee" typeRef="time"', 10, "is a time"),
        ("<inputEntry><text>-</text></inputEntry>", "", 12, "a rule with 1 inputs and 1 outputs"),
        (
            "</decision>",
            "</decision><decision name='e'><literalExpression/></decision>",
            25,
            "'e' is no decision table",
        ),
        ("decisionTable>", "context>", 2, "the file holds 0 decision tables"),
        ('<?xml version="1.0"?>', "<!DOCTYPE x>", 1, "entities and document types"),
        ("</rule>", "", 24, "no XML"),
    ],
)
def test_what_our_tables_cannot_say_is_named_with_its_line(old: str, new: str, line: int, text: str) -> None:
    with pytest.raises(BadTable) as refused:
        foreign(FOREIGN.replace(old, new))

    found = next(finding for finding in refused.value.findings if text in finding.text)
    assert found.where == f"fees/handling.dmn:{line}"
    assert found.hint


def test_a_text_that_xml_cannot_hold_is_refused() -> None:
    table = replace(read_table("examples/fees.yaml", FULL.encode()), title="a\x01b")

    with pytest.raises(BadTable, match="control characters"):
        write(table)


@pytest.mark.skipif(not TCK.is_dir(), reason="the public DMN cases do not lie beside the project")
def test_public_tables_decide_the_same_as_models_and_as_tables_of_ours() -> None:
    compared = 0
    for file in sorted(TCK.glob("*/*.dmn")):
        text = file.read_text(encoding="utf-8")
        if "<decisionTable" in text:
            compared += _compare(Model.read(file), foreign(text))

    assert compared > 200


def _compare(model: Model, table: Table) -> int:
    compiled, (name,) = compile_table(table), model.decisions
    given = [[value for value in _interesting(table, fact.name)[:8] if value is not None] for fact in table.facts]
    sheets = list(product(*given))
    for values in sheets:
        decision = compiled.decide(dict(zip((f.name for f in table.facts), values, strict=True)), date(2026, 1, 1), "b")
        found = model.decide(name, dict(zip(_asked(model, table), values, strict=True)))
        told = found if isinstance(found, list) else [found]
        own = [decision.outcome] if table.policy.is_single or not decision.rows else [r.outcome for r in decision.rows]
        own = [decision.outcome] if table.aggregation else own
        if found is not None or decision.rows:  # A sum of nothing is null there, and 0 here.
            assert [_values(each) for each in told] == [_values(each) for each in own], (name, values)
    return len(sheets)


def _values(outcome: Any) -> tuple[Any, ...]:
    values = tuple(outcome.values()) if isinstance(outcome, Mapping) else (outcome,)
    return values if any(value is not None for value in values) else ()


def _asked(model: Model, table: Table) -> list[str]:
    by_own = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): name for name in model.inputs}
    return [by_own[fact.name] for fact in table.facts]
