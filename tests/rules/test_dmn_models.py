"""DMN models: what each form of expression decides, and files that are refused with their place and a hint."""

import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from o2c_rules.dmn.documents import NAMESPACES, BadModel
from o2c_rules.dmn.model import BadFact, Model, UnknownDecision
from o2c_rules.feel.running import TooMuch

NEWEST = "https://www.omg.org/spec/DMN/20230324/MODEL/"
INPUT = '<inputData id="i" name="Net Amount"><variable name="Net Amount" typeRef="number"/></inputData>\n'
LOANS = f"""\
<itemDefinition name="tLoan">
 <itemComponent name="amount"><typeRef>number</typeRef></itemComponent>
 <itemComponent name="kind">
  <typeRef>string</typeRef><allowedValues><text>"a", "b"</text></allowedValues>
 </itemComponent>
</itemDefinition>
<itemDefinition name="tLoans" isCollection="true"><typeRef>tLoan</typeRef></itemDefinition>
{INPUT}"""


def model(inside: str, namespace: str = NEWEST) -> Model:
    return Model.of(f'<definitions xmlns="{namespace}" name="m" namespace="n">\n{inside}</definitions>'.encode())


def decision(expression: str, name: str = "d", needs: tuple[str, ...] = ("i",), type_: str = "Any") -> str:
    sorts = {each: "requiredInput" if each == "i" else "requiredDecision" for each in needs}
    required = "".join(
        f'<informationRequirement><{sort} href="#{each}"/></informationRequirement>' for each, sort in sorts.items()
    )
    variable = f'<variable name="{name}" typeRef="{type_}"/>'
    return f'<decision id="{name}" name="{name}">{variable}{required}{expression}</decision>\n'


def literal(text: str) -> str:
    return f"<literalExpression><text><![CDATA[{text}]]></text></literalExpression>"


def decided(expression: str, **facts: Any) -> Any:
    return model(INPUT + decision(expression)).decide("d", {"Net Amount": 100, **facts})


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_version_of_dmn_is_read(namespace: str) -> None:
    prefix = "feel:" if NAMESPACES[namespace] == "1.1" else ""
    asked = model(INPUT.replace('"number"', f'"{prefix}number"') + decision(literal("Net Amount * 2")), namespace)

    assert asked.decide("d", {"Net Amount": Decimal("1.05")}) == Decimal("2.10")
    assert (asked.decisions, asked.inputs) == (("d",), ("Net Amount",))


def test_values_go_both_ways() -> None:
    asked = model('<inputData id="i" name="x"/>' + decision(literal("x")))
    values = [1, Decimal("1.5"), "a", True, date(2026, 1, 1), timedelta(hours=1), [1, "a"], {"k": [None, True]}, None]

    for each in values:
        assert asked.decide("d", {"x": each}) == each
    assert type(asked.decide("d", {"x": 1})) is Decimal


def test_decisions_require_decisions_each_made_once() -> None:
    chain = INPUT + decision(literal("Net Amount + 1"), "d0")
    for n in range(1, 30):
        chain += decision(literal(f"d{n - 1} + d{n - 1}"), f"d{n}", (f"d{n - 1}",))

    assert model(chain).decide("d29", {"Net Amount": 1}) == 2**30


def test_a_context_names_its_parts_and_its_last_entry_answers() -> None:
    entry = '<contextEntry><variable name="{0}"/>{1}</contextEntry>'
    first = entry.format("vat rate", literal("0.2"))
    second = entry.format("vat", literal("Net Amount * vat rate"))

    assert decided(f"<context>{first}{second}</context>") == {"vat rate": Decimal("0.2"), "vat": Decimal("20.0")}
    assert decided(f"<context>{first}{second}<contextEntry>{literal('vat + 1')}</contextEntry></context>") == 21


def test_a_function_of_business_knowledge_is_called_and_invoked() -> None:
    knowledge = (
        '<businessKnowledgeModel id="b" name="With Tax"><variable name="With Tax" typeRef="number"/><encapsulatedLogic>'
        '<formalParameter name="net" typeRef="number"/><formalParameter name="rate" typeRef="number"/>'
        f"{literal('net * (1 + rate)')}</encapsulatedLogic></businessKnowledgeModel>"
    )
    needs = '<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>'
    binding = '<binding><parameter name="{0}"/>{1}</binding>'
    invoked = (
        f"<invocation>{literal('With Tax')}{binding.format('rate', literal('0.1'))}"
        f"{binding.format('net', literal('Net Amount'))}</invocation>"
    )
    called = literal("With Tax(Net Amount, 0.1) + With Tax(rate: 0, net: 1)")
    asked = model(INPUT + knowledge + decision(needs + invoked, "d1") + decision(needs + called, "d2"))

    assert asked.decide("d1", {"Net Amount": 50}) == 55
    assert asked.decide("d2", {"Net Amount": 50}) == 56


def test_lists_and_relations_are_values() -> None:
    relation = (
        '<relation><column name="from"/><column name="to"/>'
        f"<row>{literal('1')}{literal('Net Amount')}</row><row>{literal('2')}{literal('null')}</row></relation>"
    )

    assert decided(f"<list>{literal('1')}{literal('Net Amount')}</list>") == [1, 100]
    assert decided(relation) == [{"from": 1, "to": 100}, {"from": 2, "to": None}]


def table(policy: str, answers: list[tuple[str, str]], outputs: str = "<output/>", more: str = "") -> str:
    rules = "".join(
        f"<rule><inputEntry><text><![CDATA[{test}]]></text></inputEntry>"
        + "".join(f"<outputEntry><text>{each}</text></outputEntry>" for each in answer.split("|"))
        + "</rule>"
        for test, answer in answers
    )
    asked = "<input><inputExpression><text>Net Amount</text></inputExpression></input>"
    return f'<decisionTable hitPolicy="{policy}" {more}>{asked}{outputs}{rules}</decisionTable>'


ORDERED = '<output><outputValues><text>"high","low"</text></outputValues></output>'
BANDS = [("> 10", '"low"'), ("> 50", '"high"'), ("> 60", '"low"')]


@pytest.mark.parametrize(
    ("policy", "amount", "expected"),
    [
        ("UNIQUE", 20, "low"),
        ("UNIQUE", 60, None),
        ("ANY", 55, None),
        ("FIRST", 100, "low"),
        ("PRIORITY", 100, "high"),
        ("RULE ORDER", 100, ["low", "high", "low"]),
        ("OUTPUT ORDER", 100, ["high", "low", "low"]),
        ("COLLECT", 100, ["low", "high", "low"]),
        ("COLLECT", 1, None),
        ("FIRST", None, None),
    ],
)
def test_every_hit_policy(policy: str, amount: int | None, expected: Any) -> None:
    assert decided(table(policy, BANDS, ORDERED), **{"Net Amount": amount}) == expected


@pytest.mark.parametrize(("by", "expected"), [("SUM", 13), ("MIN", 3), ("MAX", 10), ("COUNT", 2)])
def test_collected_numbers_are_aggregated(by: str, expected: int) -> None:
    asked = table("COLLECT", [("> 10", "Net Amount / 10"), ("> 20", "3"), ("> 200", "9")], more=f'aggregation="{by}"')

    assert decided(asked) == expected


def test_several_outputs_make_a_context_with_its_defaults() -> None:
    default = '<defaultOutputEntry><text>"nobody"</text></defaultOutputEntry>'
    outputs = f'<output name="who">{default}</output><output name="days"/>'
    asked = table("UNIQUE", [("[1..5]", '"clerk"|2')], outputs)

    assert decided(asked, **{"Net Amount": 3}) == {"who": "clerk", "days": 2}
    assert decided(asked, **{"Net Amount": 9}) == {"who": "nobody", "days": None}


def test_a_value_of_another_type_is_null() -> None:
    typed = model(
        LOANS.replace('typeRef="number"/></inputData>', 'typeRef="tLoans"/></inputData>')
        + decision(literal("Net Amount"))
    )
    loan = {"amount": Decimal(1), "kind": "a"}

    def read(given: Any) -> Any:
        return typed.decide("d", {"Net Amount": given})

    assert read([loan]) == [loan]
    assert read(loan) == [loan]
    assert read([loan | {"kind": "c"}]) is None
    assert read([loan | {"amount": "1"}]) is None
    assert read("loan") is None
    assert read([{"amount": 1}]) == [{"amount": 1, "kind": None}]


@pytest.mark.parametrize(
    "bad", [1.5, object(), Decimal("NaN"), [1.5], {"a": {1.5}}, pytest.param(10**7_000, id="huge"), Decimal("1E+7000")]
)
def test_a_float_or_an_object_is_no_fact(bad: Any) -> None:
    with pytest.raises(BadFact, match="give int"):
        decided(literal("1"), **{"Net Amount": bad})


def test_an_unknown_decision_names_the_known_ones() -> None:
    with pytest.raises(UnknownDecision, match=r"does not decide 'x'; it decides d"):
        model(INPUT + decision(literal("1"))).decide("x", {})


def refused(content: bytes) -> list[tuple[str, str, str]]:
    with pytest.raises(BadModel) as bad:
        Model.of(content, "m.dmn")

    return [(finding.where, finding.text, finding.hint) for finding in bad.value.findings]


BOMB = b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n<definitions>&b;</definitions>'
OUTSIDE = b'<!DOCTYPE definitions SYSTEM "file:///etc/passwd">\n<definitions/>'
INCLUDED = (
    f'<definitions xmlns="{NEWEST}" xmlns:xi="http://www.w3.org/2001/XInclude" name="m">\n'
    '<xi:include href="file:///etc/hostname" parse="text"/></definitions>'
).encode()


@pytest.mark.parametrize(
    ("content", "where", "text"),
    [
        (BOMB, "m.dmn:2", "entities and document types are not read"),
        (OUTSIDE, "m.dmn:1", "entities and document types are not read"),
        (INCLUDED, "m.dmn:2", "XInclude is not read"),
        (BOMB.decode().encode("utf-16"), "m.dmn:1", "is not UTF-8"),
        (b"<definitions>\n<decision>", "m.dmn:2", "no XML"),
        (b"", "m.dmn:1", "no XML"),
        (b"<definitions/>", "m.dmn:1", "is no DMN model"),
        (b"<a>" * 300, "m.dmn:1", "no XML"),
        (b" " * 10_000_001, "m.dmn:1", "10,000,001 bytes"),
    ],
)
def test_unsafe_and_broken_files_are_refused_with_their_place(content: bytes, where: str, text: str) -> None:
    ((found, said, hint),) = refused(content)

    assert found == where
    assert text in said
    assert hint


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (
            decision(literal("b"), "a", ("b",)) + decision(literal("a"), "b", ("a",)),
            "'a' requires itself: a requires b",
        ),
        (decision(literal("1 +")), "ends too early"),
        (decision(literal("unheard + 1")), "'unheard' is not known"),
        (decision(literal("now()")), "'now' is not known"),
        (decision(literal("1"), type_="tNothing"), "the type 'tNothing' is not known"),
        (decision(literal("1"), needs=("gone",)), "'#gone' is required and not there"),
        (decision(""), "has no expression"),
        (decision("<conditional/>"), "<conditional> is not read"),
        (decision(table("BEST", BANDS)), "the hit policy 'BEST' is not known"),
        (decision(table("UNIQUE", [("> 10 20", "1")])), "should stand"),
        (decision(table("UNIQUE", [("> 10", "1|2")])), "a rule with 1 inputs and 2 outputs"),
        ('<itemDefinition name="t"><typeRef>t</typeRef></itemDefinition>', "the type 't' is made of itself: t of t"),
        ('<import name="x" namespace="n"/>', "other files are not imported"),
        (
            decision("<context><contextEntry>" * 60 + literal("1") + "</contextEntry></context>" * 60),
            "nested too deeply",
        ),
        (decision(literal("(" * 60 + "1" + ")" * 60)), "nested too deeply"),
    ],
)
def test_what_is_wrong_in_a_model_is_named_with_its_line(inside: str, text: str) -> None:
    content = f'<definitions xmlns="{NEWEST}" name="m" namespace="n">\n{INPUT}{inside}</definitions>'.encode()

    where, said, hint = next(found for found in refused(content) if text in found[1])

    assert where == "m.dmn:3"
    assert text in said
    assert hint


def test_a_name_belongs_to_one_decision() -> None:
    twice = decision(literal("1")) * 2
    content = f'<definitions xmlns="{NEWEST}" name="m" namespace="n">\n{INPUT}{twice}</definitions>'.encode()

    assert [(where, text) for where, text, _ in refused(content)] == [("m.dmn:4", "'d' a second time")]


def test_everything_wrong_comes_at_once() -> None:
    bad = decision(literal("1 +"), "a") + decision(literal("?? "), "b") + decision(literal("x y"), "c")
    content = f'<definitions xmlns="{NEWEST}" name="m" namespace="n">\n{INPUT}{bad}</definitions>'.encode()

    assert [where for where, _, _ in refused(content)] == ["m.dmn:3", "m.dmn:4", "m.dmn:5"]


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..100000000 return i",
        "sum(for i in 1..9000 return sum(for j in 1..9000 return j))",
        'matches(string join(for i in 1..9000 return "aaaaaaaaa", ""), "^(a|aa)+(b|c)?(a*)*$x")',
    ],
)
def test_a_decision_that_would_never_end_is_stopped(text: str) -> None:
    began = time.process_time()

    with pytest.raises(TooMuch):
        decided(literal(text))

    assert time.process_time() - began < 5


def test_a_function_that_calls_itself_is_a_circle() -> None:
    knowledge = (
        '<businessKnowledgeModel id="b" name="b"><variable name="b"/><encapsulatedLogic><formalParameter name="n"/>'
        f"{literal('b(n)')}</encapsulatedLogic>"
        '<knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement></businessKnowledgeModel>'
    )
    content = f'<definitions xmlns="{NEWEST}" name="m" namespace="n">\n{knowledge}</definitions>'.encode()

    assert [text for _, text, _ in refused(content)] == ["'b' requires itself: b requires b"]


@pytest.mark.parametrize("text", ["1 / 0", "10 ** (10 ** 10)", "Net Amount / (Net Amount - 100)", 'matches("a", "(")'])
def test_what_has_no_value_is_null(text: str) -> None:
    assert decided(literal(text)) is None


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel) as bad:
        Model.read(tmp_path / "none.dmn")

    assert bad.value.findings[0].hint
