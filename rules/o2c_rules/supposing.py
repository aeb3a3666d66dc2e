"""A fact sheet that a person makes up, for a question to a table; nothing is recorded and nothing decided by it."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from .cases import facts_of
from .source import BadTable, Entries, Finding, Findings, Scalar, decoded
from .table import Table
from .values import Facts
from .yaml_tables import read_node


def supposed(content: bytes, file: str, version: Table) -> Facts:
    """Facts as YAML or JSON has them, `name: value`, read by the types that the table declares. A golden case's
    `facts` may stand there as they are. BadTable with all that is wrong."""
    findings = Findings(file)
    text = decoded(content, findings)
    root = read_node(text, findings) if text is not None else None
    if isinstance(root, Entries) and isinstance(inner := root.items.get("facts"), Entries):
        root = inner
    if root is not None and not isinstance(root, Entries):
        findings.add(root.line, "no fact sheet", "write one `name: value` a line")
    found = facts_of(root, version, findings) if isinstance(root, Entries) else {}
    findings.raise_any()
    return found


def changed(facts: Facts, said: Mapping[str, str], version: Table) -> Facts:
    """The fact sheet with single facts in other words; an empty word or `null` says that there is nothing. BadTable for
    a number written as 10,000.00."""
    findings = Findings("--set")
    nodes = Entries({n: Scalar(text, 1) for n, text in said.items()}, dict.fromkeys(said, 1), 1)
    found = facts_of(nodes, version, findings)
    findings.raise_any()
    return {**facts, **found}


def strange(facts: Facts, version: Table) -> Iterator[Finding]:
    """Facts that no column of the table knows, each with the name that was perhaps meant."""
    known = [fact.name for fact in version.facts]
    for name in facts:
        if name not in known:
            near = get_close_matches(name, known, 1)
            yield Finding(name, f"{version.name} has no such fact", f"did you mean {near[0]}?" if near else "")


def unsaid(facts: Facts, version: Table) -> tuple[str, ...]:
    """What rows ask about and the fact sheet leaves out."""
    asked = {name for row in version.rows for name in row.cells}
    return tuple(f.name for f in version.facts if f.expression is None and f.name in asked and f.name not in facts)


__all__ = ["BadTable", "changed", "strange", "supposed", "unsaid"]
