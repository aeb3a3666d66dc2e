"""CSV to the tree of `source`: lines `# key: value` for the head, one row of marked columns, then one line per row.

# table: orders/credit
# policy: F
# fact.amount_minor.missing: undecided
# outcome.role.allowed: clerk, manager
id,in:amount_minor:money,in:reason:text,out:role:text,note:because,note:basis
"""

import csv
from collections.abc import Iterator
from io import StringIO

from .heads import put, with_lists
from .source import TEXT_MOST, Entries, Findings, Listing, Node, Scalar


def read(text: str, findings: Findings) -> Entries | None:
    """The document of a file; None, with findings, when there is no row of columns."""
    lines = StringIO(text, newline="").readlines()
    head = Entries({}, {}, 1)
    start = _head(lines, head, findings)
    if start is None:
        findings.add(1, "no row of columns", "id,in:amount_minor:money,out:then:text,note:because,note:basis")
        return None
    if other := _other_separator(lines[start]):
        findings.add(
            start + 1, f"the columns are separated by {other}", "save it as CSV with commas between the columns"
        )
        return None
    cells = _cells(lines, start, findings)
    if not cells:
        return None
    names = _columns(cells[0][1], cells[0][0], head, findings)
    answers = {mark.split(":")[1].strip() for mark in cells[0][1] if mark.strip().startswith("out:")}
    rows = tuple(_row(line, row, names, answers, findings) for line, row in cells[1:] if any(c.strip() for c in row))
    head.items["rows"], head.lines["rows"] = Listing(rows, start + 1), start + 1
    found = with_lists(head)
    return found if isinstance(found, Entries) else None


def _other_separator(line: str) -> str:
    """How another program separates the row of columns; empty where it has commas, as every table does."""
    marks = {";": "semicolons", "\t": "tabulators", "|": "bars"}
    return next((name for mark, name in marks.items() if mark in line and "," not in line), "")


def _head(lines: list[str], head: Entries, findings: Findings) -> int | None:
    """Take the lines of the head; the place of the first line after it, None where there is none."""
    at = 0
    while at < len(lines):
        bare, taken = lines[at].strip().rstrip(","), 1
        if bare.startswith('"#'):
            bare, taken = _quoted(lines, at, findings)
        if bare and not bare.startswith("#"):
            return at
        key, colon, value = bare[1:].partition(":")
        if colon:
            put(head, Scalar(key.strip(), at + 1), Scalar(value.strip(), at + 1), findings)
        at += taken
    return None


def _quoted(lines: list[str], at: int, findings: Findings) -> tuple[str, int]:
    """A line of the head as spreadsheet programs write it: in quotes, perhaps over several lines."""
    reader = csv.reader(lines[at:], strict=True)
    try:
        row = next(reader)
    except csv.Error as error:
        findings.add(at + 1, f"no CSV: {error}", "put the whole line in quotes, and double those inside it")
        return "#", 1
    return row[0].strip(), reader.line_num


def _cells(lines: list[str], start: int, findings: Findings) -> list[tuple[int, list[str]]]:
    reader = csv.reader(lines[start:], strict=True)
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
    known = name in columns.items
    options = columns.items.setdefault(name, Entries({}, {}, line))
    columns.lines.setdefault(name, line)
    if isinstance(options, Entries) and (type_ or not known):
        kind, _, unit = type_.partition(" ")
        written = {"type": kind} | ({"unit": unit.strip()} if unit else {})
        for key, value in written.items():
            options.items.setdefault(key, Scalar(value, line))
            options.lines.setdefault(key, line)


def _row(line: int, cells: list[str], names: list[str], answers: set[str], findings: Findings) -> Node:
    """A word such as null says "nothing" in the column of an answer only; elsewhere it is that word."""
    if len(cells) > len(names) and any(c.strip() for c in cells[len(names) :]):
        findings.add(line, f"{len(cells)} cells under {len(names)} columns", "put a cell with commas in quotes")
    items: dict[str, Node] = {}
    for name, cell in zip(names, cells, strict=False):
        if len(cell) > TEXT_MOST:
            findings.add(line, f"a text of {len(cell):,} characters", f"at most {TEXT_MOST:,} are read")
        elif name:
            text = cell.strip()
            items[name] = Scalar(text, line, quoted=bool(text) and name not in answers)
    return Entries(items, dict.fromkeys(items, line), line)
