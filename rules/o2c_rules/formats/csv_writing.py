"""The tree of `source` as CSV: lines `# key: value` for the head, one row of marked columns, then one line per row."""

import csv
from collections.abc import Iterator
from io import StringIO

from o2c_rules.heads import flat
from o2c_rules.source import Entries, Listing, Scalar

_WORDS = ("because", "basis", "source", "note")
_COLUMNS = ("facts", "derived", "outcome")


def table_text(tree: Entries) -> str:
    """A whole table; golden cases have no place in CSV."""
    rows = tree.items["rows"]
    assert isinstance(rows, Listing)
    used = {name for row in rows.items if isinstance(row, Entries) for name in row.items}
    marks = dict(_marks(tree, used))
    text = StringIO(newline="")
    for dotted, value in _head(tree, marks):
        text.write(_line(f"# {dotted}: {value}"))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(marks.values())
    for row in rows.items:
        assert isinstance(row, Entries)
        writer.writerow([_cell(row, name, mark) for name, mark in marks.items()])
    return text.getvalue()


def _head(tree: Entries, marks: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, node in tree.items.items():
        if name == "rows" or (name in _COLUMNS and isinstance(node, Entries) and _says_all(node, marks)):
            continue
        yield from ((dotted, value.text) for dotted, value in flat(node, (name,)))


def _says_all(columns: Entries, marks: dict[str, str]) -> bool:
    """Whether the marks say all about these columns; if not, all go into the head, so that their order stays."""
    return all(
        name in marks and isinstance(options, Entries) and set(options.items) <= {"type", "unit"}
        for name, options in columns.items.items()
    )


def _marks(tree: Entries, used: set[str]) -> Iterator[tuple[str, str]]:
    yield "id", "id"
    for part, sort in (("facts", "in"), ("derived", "in"), ("outcome", "out")):
        columns = tree.items.get(part)
        for name, options in columns.items.items() if isinstance(columns, Entries) else ():
            if name in used or part == "outcome":
                yield name, ":".join((sort, name, *_type(options if part != "derived" else None)))
    yield from ((word, f"note:{word}") for word in _WORDS if word in used)


def _type(options: object) -> Iterator[str]:
    if isinstance(options, Entries):
        written = [options.items[name] for name in ("type", "unit") if name in options.items]
        yield " ".join(item.text for item in written if isinstance(item, Scalar))


def _cell(row: Entries, name: str, mark: str) -> str:
    node = row.items.get(name)
    return node.text if isinstance(node, Scalar) else "-" if mark.startswith("in:") else ""


def _line(text: str) -> str:
    """A line of the head, in quotes where a reader would cut it short."""
    plain = "\n" not in text and "\r" not in text and not text.endswith(",")
    return text + "\n" if plain else '"' + text.replace('"', '""') + '"\n'
