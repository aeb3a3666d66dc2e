"""A table is the same table in every format, and so are its golden cases."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from o2c_rules import formats
from o2c_rules.cases import _fact as meant
from o2c_rules.formats import Document
from o2c_rules.rulebook import BOOKS, read_files, table_files
from o2c_rules.source import Findings, Listing, Node, Scalar
from o2c_rules.table import Fact, Table
from o2c_rules.values import Kind

from tests.rules.generated import documents

FILES = read_files(BOOKS)
BOOKS_OF_TABLES = list(table_files(FILES))
ENDINGS = (".yaml", ".csv", ".xlsx", ".dmn")


def through(document: Document, ending: str) -> Document:
    path = document.table.name + ending
    return formats.load(path, formats.save(document, path), formats.save_cases(document, path))


def said(document: Document) -> tuple[Any, ...]:
    """All that a document says, without where it says it."""
    kinds = {fact.name: fact.kind for fact in document.table.facts}
    return _table(document.table), _node(document.cases), _facts(document.cases, kinds)


def _table(table: Table) -> Table:
    rows = tuple(replace(row, computed={n: c.text for n, c in row.computed.items()}) for row in table.rows)
    return replace(table, file="", facts=tuple(map(_fact, table.facts)), rows=rows)


def _fact(fact: Fact) -> tuple[Fact, str]:
    return replace(fact, expression=None), fact.expression.text if fact.expression else ""


def _node(node: Node | None) -> Any:
    """A set of names without any says nothing."""
    if isinstance(node, Scalar):
        return node.text, node.is_null
    if isinstance(node, Listing):
        return [_node(item) for item in node.items]
    return {name: found for name, item in node.items.items() if (found := _node(item)) != {}} if node else None


def _facts(cases: Listing | None, kinds: dict[str, Kind]) -> list[dict[str, Any]]:
    """What a case's facts mean: a number or a text that looks like one."""
    return [
        {name: repr(meant(fact, kinds.get(name), Findings(""))) for name, fact in case.items["facts"].items.items()}
        for case in (cases.items if cases else ())
    ]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
@given(document=documents())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_document_comes_back_from_every_format_as_it_was(ending: str, document: Document) -> None:
    comes_back(document, ending)


@pytest.mark.prove
@pytest.mark.parametrize("ending", ENDINGS)
@given(document=documents())
@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_thousands_of_documents_come_back_from_every_format(ending: str, document: Document) -> None:
    comes_back(document, ending)


def comes_back(document: Document, ending: str) -> None:
    """A workbook always has its sheet of cases, be it an empty one."""
    if ending == ".xlsx":
        document = replace(document, cases=document.cases or Listing((), 0))

    again = through(document, ending)

    assert said(again) == said(document)
    assert formats.lost(document, again) == formats.lost(again, document) == ()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", BOOKS_OF_TABLES)
def test_every_shipped_book_comes_back_from_every_format_with_its_cases(name: str, ending: str) -> None:
    stem = name.rpartition(".")[0]
    document = formats.load(name, FILES[name], FILES.get(f"{stem}{formats.CASES}"))

    again = through(document, ending)

    assert said(again) == said(document)
    assert document.cases is not None
    assert document.cases.items


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_text_with_quotation_marks_is_asked_for_in_every_format(ending: str) -> None:
    asked = rb"""
table: t/words
policy: F
version_by: recorded
facts: {word: {type: text, allowed: ['say "hi"', plain]}}
outcome: {then: text}
rows: [{id: R1, word: '"say \"hi\""', then: 'it said \"hi\"'}]
"""
    document = formats.load("t/words.yaml", asked)

    again = through(document, ending).table

    assert again.rows[0].cells["word"].tests == ('say "hi"',)
    assert again.rows[0].outcome == {"then": r"it said \"hi\""}
    assert again.facts[0].allowed == ('say "hi"', "plain")
