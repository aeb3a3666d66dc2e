"""From the tree of a file to a table: every name, type and cell checked, all errors collected before any is raised."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TypeVar

from . import csv_tables, yaml_tables
from .columns import read_facts, read_outcomes, value_of
from .rows import read_default, read_rows
from .source import BYTES_MOST, DMN_BYTES_MOST, BadTable, Entries, Findings, Node, Scalar, decoded
from .table import Aggregation, Outcome, Policy, Table, VersionBy
from .values import Kind

_HEAD = frozenset(
    {"table", "title", "policy", "aggregation", "version_by", "effective_from", "effective_to"}
    | {"facts", "derived", "outcome", "default", "rows", "notes", "kind"}
)
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)*")
_NOTE = re.compile(r"[^\s:.#][^:\n\r#]*(?<!\s)")
_OTHER_SHEETS = (".xls", ".xlsm", ".xlsb", ".xltx", ".ods", ".numbers")
_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_Choice = TypeVar("_Choice", bound=StrEnum)


def read_table(path: str, content: bytes) -> Table:
    """The table of one file. `path` is relative to the books, with `/`; BadTable holds everything that is wrong."""
    findings = Findings(path)
    table = table_as_far(path, content, findings)
    findings.raise_any()
    if table is None:
        raise BadTable(findings.found)
    return table


def table_as_far(path: str, content: bytes, findings: Findings) -> Table | None:
    """What a file says as far as it can be read, to find what else is wrong around it; nobody may decide by a table
    with findings."""
    root = read_tree(path, content, findings)
    return _table(path, root, findings) if root else None


def read_tree(path: str, content: bytes, findings: Findings) -> Entries | None:
    """The tree of a file, by its ending."""
    if path.endswith(".xlsx"):
        from .formats import xlsx_reading  # noqa: PLC0415 - books without workbooks need none of it

        return xlsx_reading.read(content, findings)
    if content.startswith(_BINARY) or path.lower().endswith(_OTHER_SHEETS):
        ending = PurePosixPath(path).suffix
        other = f"a file {ending}" if path.lower().endswith(_OTHER_SHEETS) else f"a workbook or archive called {ending}"
        findings.add(1, f"{other} is not read", "save it as .xlsx (Excel workbook)")
        return None
    text = decoded(content, findings, DMN_BYTES_MOST if path.endswith(".dmn") else BYTES_MOST)
    if text is None:
        return None
    if path.endswith(".dmn"):
        from .dmn import tables as dmn_tables  # noqa: PLC0415 - books without DMN need none of it

        return dmn_tables.read_tree(text, findings)
    return csv_tables.read(text, findings) if path.endswith(".csv") else yaml_tables.read(text, findings)


def name_of(path: str) -> str:
    """The name a table must have: its path without ending and without the mark of its version (`credit@2027`)."""
    bare = PurePosixPath(path).with_suffix("")
    return str(bare.with_name(bare.name.split("@")[0]))


def _table(path: str, root: Entries, findings: Findings) -> Table:
    for name in root.items:
        if name not in _HEAD:
            findings.add(root.lines[name], f"{name!r} is not part of a table", f"known: {', '.join(sorted(_HEAD))}")
    facts = read_facts(root, findings)
    outcomes = read_outcomes(root, findings)
    policy = _choice(root, "policy", Policy, Policy.FIRST, findings)
    aggregation = _aggregation(root, policy, outcomes, findings)
    _check_priorities(root, policy, outcomes, findings)
    since, until = _period(root, findings)
    return Table(
        name=_name(path, root, findings),
        file=path,
        policy=policy,
        version_by=_choice(root, "version_by", VersionBy, VersionBy.RECORDED, findings),
        facts=facts,
        outcomes=outcomes,
        rows=read_rows(root, facts, outcomes, findings),
        title=_title(root, findings),
        aggregation=aggregation,
        effective_from=since,
        effective_to=until,
        default=read_default(root, outcomes, facts, findings),
        notes=_notes(root.items.get("notes"), findings),
        kind=_kind(root.items.get("kind"), findings),
    )


def _name(path: str, root: Entries, findings: Findings) -> str:
    wanted, found = name_of(path), _text(root, "table")
    if not _NAME.fullmatch(wanted):
        findings.add(1, f"{wanted!r} is no name for a table", "small letters, digits, - and /")
    if found != wanted:
        findings.add(
            root.lines.get("table", root.line),
            f"the table is called {found!r} but its file is {path}",
            f"write table: {wanted}",
        )
    return wanted


def _text(root: Entries, name: str) -> str:
    node = root.items.get(name)
    return node.text.strip() if isinstance(node, Scalar) and not node.is_null else ""


def _title(root: Entries, findings: Findings) -> str:
    if not isinstance(node := root.items.get("title", Scalar("", root.line)), Scalar):
        findings.add(node.line, "the title is no text", "title: Who may release a held order")
    return _text(root, "title")


def _notes(node: Node | None, findings: Findings) -> Mapping[str, str]:
    if not isinstance(node, Entries):
        return {"note": node.text.strip()} if isinstance(node, Scalar) and not node.is_null else {}
    found = {}
    for name, item in node.items.items():
        if not isinstance(item, Scalar) or not _NOTE.fullmatch(name):
            findings.add(node.lines[name], f"the note {name!r} is no text under a plain name", "notes: {scope: a text}")
        elif not item.is_null:
            found[name] = item.text.strip()
    return {name: text for name, text in found.items() if text}


def _kind(node: Node | None, findings: Findings) -> Mapping[str, str]:
    """`kind: approvals`, or the kind and the columns that play its parts: `{is: approvals, amount: amount_minor}`."""
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return {}
    if isinstance(node, Scalar):
        return {"is": node.text.strip()}
    items = node.items if isinstance(node, Entries) else {}
    parts = {name: item.text.strip() for name, item in items.items() if isinstance(item, Scalar)}
    if "is" not in parts or len(parts) < len(items):
        findings.add(
            node.line, "kind is neither a word nor a set of texts", "kind: {is: approvals, amount: total_minor}"
        )
    return parts


def _choice(root: Entries, name: str, choices: type[_Choice], otherwise: _Choice, findings: Findings) -> _Choice:
    known = ", ".join(choices)
    node = root.items.get(name)
    if not isinstance(node, Scalar):
        findings.add(root.lines.get(name, root.line), f"the head lacks {name}", f"one of {known}")
        return otherwise
    try:
        return choices(node.text)
    except ValueError:
        findings.add(node.line, f"{name} {node.text!r} is unknown", f"one of {known}")
        return otherwise


def _aggregation(
    root: Entries, policy: Policy, outcomes: tuple[Outcome, ...], findings: Findings
) -> Aggregation | None:
    if "aggregation" not in root.items:
        return None
    found = _choice(root, "aggregation", Aggregation, Aggregation.COUNT, findings)
    line = root.lines["aggregation"]
    if policy is not Policy.COLLECT:
        findings.add(line, f"policy {policy} does not aggregate", "aggregation goes with policy C")
    if len(outcomes) != 1:
        findings.add(line, f"{found} over {len(outcomes)} outcomes", "declare exactly one outcome")
    elif found is not Aggregation.COUNT and outcomes[0].kind not in (Kind.NUMBER, Kind.MONEY):
        findings.add(line, f"{found} over a {outcomes[0].kind}", "the outcome must be a number or money")
    return found


def _check_priorities(root: Entries, policy: Policy, outcomes: tuple[Outcome, ...], findings: Findings) -> None:
    if policy in (Policy.PRIORITY, Policy.OUTPUT_ORDER) and not any(o.allowed for o in outcomes):
        findings.add(
            root.lines.get("policy", root.line),
            f"policy {policy} needs to know which outcome goes before which",
            "give an outcome its `allowed` values, the most important first",
        )
    if policy in (Policy.PRIORITY, Policy.OUTPUT_ORDER) and any(o.allowed and o.computed for o in outcomes):
        findings.add(
            root.lines.get("policy", root.line),
            f"policy {policy} ranks the rows by an outcome that is calculated only when they answer",
            "rank by an outcome that is written out; give the calculated one no `allowed` values",
        )


def _period(root: Entries, findings: Findings) -> tuple[date, date]:
    since = _day(root, "effective_from", date.min, findings)
    until = _day(root, "effective_to", date.max, findings)
    if until < since:
        findings.add(root.lines["effective_to"], f"effective to {until}, from {since}", "the first day comes first")
    return since, until


def _day(root: Entries, name: str, otherwise: date, findings: Findings) -> date:
    node = root.items.get(name)
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return otherwise
    found = value_of(node, Kind.DATE, findings)
    return found if isinstance(found, date) else otherwise
