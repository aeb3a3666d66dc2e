"""The README's walk of one event: what it names is there, and the flow can be read in some hundred and fifty lines."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLOW = {
    "chassis/o2c_chassis/consumer.py": ("on_slices", "_apply", "enter", "carry_out"),
    "services/orders/o2c_orders/tables/needs.py": ("of_order",),
    "services/orders/o2c_orders/handlers/orders.py": ("on_order_submitted",),
    "services/orders/o2c_orders/handlers/credit.py": ("judge",),
    "services/orders/o2c_orders/handlers/holds.py": ("settle",),
    "chassis/o2c_chassis/relay.py": ("step",),
}
"""From topic to topic: what a reader reads; all else on the way does what its name says."""
LINES_MOST = 160


def lengths(path: str) -> dict[str, int]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in functions}


def walk() -> list[str]:
    return [line for line in README.splitlines() if re.match(r"\| \d+ \| ", line)]


def test_the_flow_of_one_event_is_read_in_some_hundred_and_fifty_lines() -> None:
    assert sum(lengths(path)[name] for path, names in FLOW.items() for name in names) <= LINES_MOST


@pytest.mark.parametrize("row", walk(), ids=lambda row: row.split("|")[1].strip())
def test_each_function_that_the_walk_names_is_in_one_of_the_files_beside_it(row: str) -> None:
    files = [path for path in re.findall(r"\]\(([^)]+\.py)\)", row) if (ROOT / path).exists()]
    known = {name for path in files for name in lengths(path)}
    named = set(re.findall(r"`([a-z_]+)`", row))

    assert files
    assert named <= known


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []
