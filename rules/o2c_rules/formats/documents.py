"""Tables with their golden cases, from and to files of every format: YAML, CSV, XLSX and DMN, by the file's ending."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from o2c_rules.checking.flaws import Flaw
from o2c_rules.reading import read_table
from o2c_rules.source import ENDINGS, BadTable, Entries, Finding, Findings, Listing, Node, Scalar, decoded
from o2c_rules.table import Table
from o2c_rules.yaml_tables import read_node

from . import csv_writing, xlsx_reading, yaml_writing
from .form import tree_of

CASES = ".cases.yaml"
_SHAPE = {"case": Scalar, "on": Scalar, "note": Scalar, "facts": Entries, "expect": Entries}
_EXPECTED = {"rows": Listing, "undecided": Scalar, "outcome": Entries}


@dataclass(frozen=True, slots=True)
class Document:
    """A table, and its golden cases as they are written; None where none were given."""

    table: Table
    cases: Listing | None = None


def load(path: str, content: bytes, cases: bytes | None = None) -> Document:
    """What a file says; `cases` is the content of a `.cases.yaml` beside it. BadTable with all that is wrong in both.

    `path` is relative to the books: without its ending it is the table's name.
    """
    findings, beside = Findings(path), Findings(str(PurePosixPath(path).with_suffix(CASES)))
    found = xlsx_reading.read_cases(content, findings) if path.endswith(".xlsx") else None
    if cases is not None:
        apart = cases_in(cases, beside)
        for case in apart.items if apart else ():
            _check_shape(case, beside)
        found = Listing((*found.items, *apart.items), found.line) if found and apart else found or apart
    table, wrong = None, [*findings.found, *beside.found]
    try:
        table = read_table(path, content)
    except BadTable as error:
        wrong = [*error.findings, *wrong]
    if table is None or wrong:
        raise BadTable(dict.fromkeys(wrong))
    return Document(table, found)


def save(document: Document, path: str, flaws: Sequence[Flaw] = ()) -> bytes:
    """The file of a document; a workbook holds its cases too, and the flaws as comments."""
    tree = tree_of(document.table)
    match PurePosixPath(path).suffix:
        case ".yaml":
            return yaml_writing.table_text(tree).encode()
        case ".csv":
            return csv_writing.table_text(tree).encode()
        case ".xlsx":
            from .xlsx_writing import workbook  # noqa: PLC0415 - an eighth of a second for who writes workbooks

            return workbook(tree, document.cases, flaws)
        case ".dmn":
            from o2c_rules.dmn.tables import write  # noqa: PLC0415 - only who writes DMN needs it

            return write(document.table)
    raise BadTable([Finding(path, "no format of this ending", f"one of {', '.join(ENDINGS)}")])


def save_cases(document: Document, path: str) -> bytes | None:
    """The file of cases that lies beside another; None where there are none, or the file holds them itself."""
    if path.endswith(".xlsx") or document.cases is None:
        return None
    return yaml_writing.cases_text(document.cases).encode()


def cases_in(content: bytes, findings: Findings) -> Listing | None:
    """Golden cases as a `.cases.yaml` has them; None, with findings, where it holds none."""
    text = decoded(content, findings)
    root = read_node(text, findings) if text is not None else None
    if root is None:
        return None
    if not isinstance(root, Listing):
        findings.add(root.line, "the file holds no cases", "- case: a sentence")
        return None
    return root


def lost(before: Document, after: Document) -> tuple[str, ...]:
    """What a document says that another one does not, by its place in the form; nothing when both say the same."""
    told = dict(_said(tree_of(after.table), ())) | dict(_said(after.cases, ("cases",)))
    own = dict(_said(tree_of(before.table), ())) | dict(_said(before.cases, ("cases",)))
    return tuple(f"{name}: {text}" for name, text in own.items() if told.get(name) != text)


def _said(node: Node | None, path: tuple[str, ...]) -> list[tuple[str, str]]:
    if isinstance(node, Scalar):
        return [(".".join(path), node.text)]
    if isinstance(node, Listing):
        return [said for at, item in enumerate(node.items, 1) for said in _said(item, (*path, str(at)))]
    return [said for name, item in node.items.items() for said in _said(item, (*path, name))] if node else []


def _check_shape(case: Node, findings: Findings) -> None:
    if not isinstance(case, Entries):
        findings.add(case.line, "a case is no set of names", "- case: a sentence")
        return
    _check_parts(case, _SHAPE, findings)
    expect, facts = case.items.get("expect"), case.items.get("facts")
    outcome = None
    if isinstance(expect, Entries):
        _check_parts(expect, _EXPECTED, findings)
        outcome = expect.items.get("outcome")
    for part in (facts, outcome):
        if isinstance(part, Entries):
            _check_parts(part, dict.fromkeys(part.items, Scalar), findings)


def _check_parts(node: Entries, shape: dict[str, type[Scalar | Listing | Entries]], findings: Findings) -> None:
    for name, item in node.items.items():
        if name not in shape:
            findings.add(node.lines[name], f"{name!r} is unknown here", f"known: {', '.join(sorted(shape))}")
        elif not isinstance(item, shape[name]):
            wanted = {Scalar: "one value", Listing: "a list", Entries: "a set of names"}[shape[name]]
            findings.add(node.lines[name], f"{name} is not {wanted}", "write it as the cases around it")
