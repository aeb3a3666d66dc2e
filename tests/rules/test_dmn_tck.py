"""The public cases of DMN compliance level 2, read where they lie beside the project; each is one test."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from o2c_rules.dmn import Model
from o2c_rules.feel.temporal import read_duration

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "dmn-tck-level-2"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
READ: dict[str, Callable[[str], Any]] = {
    "string": str,
    "decimal": Decimal,
    "double": Decimal,
    "integer": Decimal,
    "boolean": lambda text: text == "true",
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "dateTime": datetime.fromisoformat,
    "duration": read_duration,
}
absent = pytest.mark.skipif(not FOLDER.is_dir(), reason="the public DMN cases do not lie beside the project")


def cases() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*/*-test-*.xml")):
        for case in etree.parse(file).getroot().findall("{*}testCase"):
            yield pytest.param(file, case, id=f"{file.parent.name}-{case.get('id')}")


@cache
def model(path: Path) -> Model:
    return Model.read(path)


def read(node: Any) -> Any:
    """A value, a list of items or a context of components."""
    components, items, value = node.findall("{*}component"), node.find("{*}list"), node.find("{*}value")
    if components:
        return {component.get("name"): read(component) for component in components}
    if items is not None:
        return [read(item) for item in items.findall("{*}item")]
    if value is None or value.get(NIL) == "true":
        return None
    return READ[value.get(TYPE).rpartition(":")[2]](value.text or "")


def same(found: Any, expected: Any) -> bool:
    """Numbers may differ beyond what the expected one is written with, as the published runner has it."""
    if isinstance(expected, Decimal):
        return isinstance(found, Decimal) and abs(found - expected) < Decimal("1E-8")
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[name], expected[name]) for name in expected)
        )
    return type(found) is type(expected) and bool(found == expected)


@absent
@pytest.mark.parametrize(("file", "case"), list(cases()))
def test_a_public_case_comes_out_as_published(file: Path, case: Any) -> None:
    facts = {node.get("name"): read(node) for node in case.findall("{*}inputNode")}
    asked = model(file.with_name(f"{file.parent.name}.dmn"))

    for result in case.findall("{*}resultNode"):
        found, expected = asked.decide(result.get("name"), facts), read(result.find("{*}expected"))

        assert same(found, expected), f"{result.get('name')} is {found!r}, published is {expected!r}"


@absent
def test_all_of_the_public_cases_are_there() -> None:
    assert len(list(cases())) == 116
