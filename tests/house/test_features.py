"""docs/features.md is true at least in this: every test that it names exists, and so does every question it shows."""

import ast
import re
from functools import cache
from pathlib import Path

from o2c_console.world import installed

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/\w+/\w+\.py)::(\w+)`")


@cache
def proofs_in(file: str) -> frozenset[str]:
    path = ROOT / file
    tree = ast.parse(path.read_text()) if path.exists() else ast.Module([], [])
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "features.md").read_text().splitlines()
    cells = [re.split(r"(?<!\\)\|", line) for line in lines if line.startswith("| ")]
    return [[cell.strip() for cell in row[1:-1]] for row in cells if row[1].strip() != "what"]


def test_every_test_that_the_features_name_exists() -> None:
    named = [found for row in rows() for found in NAMED.findall(row[-1])]

    assert len(named) > 100
    assert [f"{file}::{name}" for file, name in named if name not in proofs_in(file)] == []


def test_every_feature_is_proven_by_a_test_and_named_once() -> None:
    found = rows()

    assert [row[0] for row in found if len(row) != 3 or not NAMED.search(row[-1])] == []
    for row in found:
        tests = NAMED.findall(row[-1])
        assert len(tests) == len(set(tests)), row[0]


def test_every_question_that_the_features_show_is_one_of_the_service() -> None:
    asked = [found for row in rows() for found in re.findall(r"`GET /v1/(\w+)/([^`]+)`", row[1])]
    services = installed()

    answered = {
        (name, re.sub(r"{[^}]+}", "{}", getattr(route, "path", "").lstrip("/")))
        for name, service in services.items()
        if service.api is not None
        for route in service.api.routes
    }
    assert len(asked) > 10
    assert [a for a in asked if (a[0], re.sub(r"{[^}]+}", "{}", a[1])) not in answered] == []
