"""How columns are said: the words of `words.yaml`, kept as texts so that a person can improve them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from o2c_rules.source import BadTable, Entries, Finding, Findings, Listing, Node, Scalar
from o2c_rules.yaml_tables import read_node

FILE = Path(__file__).with_name("words.yaml")
_PARTS = ("names", "conditions", "answers")
Said = str | tuple[str, str]
"""A sentence with a place for the cell, or the sentences for yes and for no."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words for the columns of one table; what is not in it is said by its name."""

    names: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, Said] = field(default_factory=dict)
    answers: Mapping[str, Said] = field(default_factory=dict)


@cache
def vocabulary(table: str) -> Vocabulary:
    """The words for a table, its own before the general ones."""
    words, own = _words()
    return Vocabulary(
        {name: text for name, text in words["names"].items() if isinstance(text, str)},
        {**words["conditions"], **own.get(table, {})},
        words["answers"],
    )


@cache
def _words() -> tuple[dict[str, dict[str, Said]], dict[str, dict[str, Said]]]:
    findings = Findings(FILE.name)
    root = read_node(FILE.read_text(encoding="utf-8"), findings)
    if not isinstance(root, Entries) or set(root.items) != {*_PARTS, "tables"}:
        raise BadTable([*findings.found, Finding(f"{FILE.name}:1", f"it must hold {', '.join(_PARTS)} and tables")])
    tables = root.items["tables"]
    assert isinstance(tables, Entries), "tables are named"
    return {part: _said(root.items[part]) for part in _PARTS}, {n: _said(item) for n, item in tables.items.items()}


def _said(node: Node) -> dict[str, Said]:
    assert isinstance(node, Entries), "words are named"
    return {name: _one(item) for name, item in node.items.items()}


def _one(node: Node) -> Said:
    if isinstance(node, Scalar):
        return node.text
    assert isinstance(node, Listing), "a sentence, or one for yes and one for no"
    yes, no = (item.text for item in node.items if isinstance(item, Scalar))
    return yes, no
