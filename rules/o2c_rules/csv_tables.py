"""CSV to the tree of `source`: lines `# key: value` for the head, one row of marked columns, then one line per row.

# table: orders/credit
# policy: F
# fact.amount_minor.missing: undecided
# outcome.role.allowed: clerk, manager
id,in:amount_minor:money,in:reason:text,out:role:text,note:because,note:basis
"""

import csv
from collections.abc import Iterator

from .source import Entries, Findings, Listing, Node, Scalar

_PARTS = {"fact": "facts", "derived": "derived", "outcome": "outcome", "default": "default"}


def read(text: str, findings: Findings) -> Entries | None:
    """The document of a file; None, with findings, when there is no row of columns."""
    lines = text.splitlines()
    head, columns_at = _head(lines, findings)
    if columns_at is None:
        findings.add(1, "no row of columns", "id,in:amount_minor:money,out:then:text,note:because,note:basis")
        return None
    cells = _cells(lines, columns_at, findings)
    if not cells:
        return None
    names = _columns(cells[0][1], cells[0][0], head, findings)
    rows = tuple(_row(line, row, names, findings) for line, row in cells[1:] if any(c.strip() for c in row))
    head.items["rows"], head.lines["rows"] = Listing(rows, columns_at + 1), columns_at + 1
    return head


def _head(lines: list[str], findings: Findings) -> tuple[Entries, int | None]:
    head = Entries({}, {}, 1)
    for at, line in enumerate(lines):
        bare = line.strip().rstrip(",")
        if not bare:
            continue
        if not bare.startswith("#"):
            return head, at
        key, colon, value = bare[1:].strip().strip('"').partition(":")
        if colon:
            _put(head, key.strip().split("."), Scalar(value.strip(), at + 1), findings)
    return head, None


def _put(head: Entries, path: list[str], value: Scalar, findings: Findings) -> None:
    """`fact.amount.missing` lands where YAML would have it: facts -> amount -> missing."""
    if len(path) > 1 and path[0] in _PARTS:
        path = [_PARTS[path[0]], *path[1:]]
    at = head
    for name in path[:-1]:
        inner = at.items.setdefault(name, Entries({}, {}, value.line))
        at.lines.setdefault(name, value.line)
        if not isinstance(inner, Entries):
            findings.add(value.line, f"{name!r} has a value and parts", "write one of them")
            return
        at = inner
    if path[-1] in at.items:
        findings.add(value.line, f"{'.'.join(path)!r} a second time", f"it stands already in line {at.lines[path[-1]]}")
        return
    at.items[path[-1]], at.lines[path[-1]] = value, value.line


def _cells(lines: list[str], start: int, findings: Findings) -> list[tuple[int, list[str]]]:
    reader = csv.reader((line + "\n" for line in lines[start:]), strict=True)
    found: list[tuple[int, list[str]]] = []
    last = 0
    try:
        for row in reader:
            found.append((start + last + 1, row))
            last = reader.line_num
    except csv.Error as error:
        findings.add(start + reader.line_num, f"no CSV: {error}", "put a cell with commas or quotes in quotes")
        return []
    return found


def _columns(marks: list[str], line: int, head: Entries, findings: Findings) -> list[str]:
    """The names of the columns; the marks' types join what the head lines say of the same columns."""
    names: list[str] = []
    for mark in marks:
        sort, _, rest = mark.strip().partition(":")
        name, _, type_ = rest.partition(":")
        if sort in ("in", "out") and name:
            _declare(head, "facts" if sort == "in" else "outcome", name.strip(), type_.strip(), line)
            names.append(name.strip())
        elif sort == "note" and name and not type_:
            names.append(name.strip())
        elif mark.strip() == "id":
            names.append("id")
        else:
            findings.add(
                line, f"the column {mark!r} is not marked", "id, in:<fact>:<type>, out:<answer>:<type>, note:<name>"
            )
            names.append("")
    for name in _twice(names):
        findings.add(line, f"the column {name!r} a second time", "columns share one set of names")
    return names


def _twice(names: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            yield name
        seen.add(name)


def _declare(head: Entries, part: str, name: str, type_: str, line: int) -> None:
    derived = head.items.get("derived")
    if isinstance(derived, Entries) and name in derived.items:
        return
    columns = head.items.setdefault(part, Entries({}, {}, line))
    head.lines.setdefault(part, line)
    if not isinstance(columns, Entries):
        return
    options = columns.items.setdefault(name, Entries({}, {}, line))
    columns.lines.setdefault(name, line)
    if isinstance(options, Entries):
        kind, _, unit = type_.partition(" ")
        written = {"type": kind} | ({"unit": unit.strip()} if unit else {})
        for key, value in written.items():
            options.items.setdefault(key, Scalar(value, line))
            options.lines.setdefault(key, line)


def _row(line: int, cells: list[str], names: list[str], findings: Findings) -> Node:
    if len(cells) > len(names) and any(c.strip() for c in cells[len(names) :]):
        findings.add(line, f"{len(cells)} cells under {len(names)} columns", "put a cell with commas in quotes")
    items: dict[str, Node] = {
        name: Scalar(cell.strip(), line) for name, cell in zip(names, cells, strict=False) if name
    }
    return Entries(items, dict.fromkeys(items, line), line)
