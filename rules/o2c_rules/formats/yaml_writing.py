"""The tree of `source` as YAML, laid out as a person would write a book: one line per row's cell, short heads."""

import re
from collections.abc import Iterator

from o2c_rules.source import Entries, Listing, Node, Scalar

_PLAIN = re.compile(r"(?:[A-Za-z0-9_/(À-ɏ]|-(?=[0-9]))(?:[^\s:#{}\[\],&*!|>'\"%@`\\]|:(?=[A-Za-z0-9_])| (?=\S))*")
_PRINTABLE = re.compile(r"[ !#-\[\]-~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_GUESSED = re.compile(r"true|false|[-+]?[0-9][0-9_.]*|[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What a fact that no table declares is taken for unless it stands in quotation marks."""
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def table_text(tree: Entries) -> str:
    """A whole book."""
    return "\n".join(_head(tree)) + "\n"


def cases_text(cases: Listing) -> str:
    """A file of golden cases: a sentence, then facts and expectation in a line each."""
    lines = []
    for case in cases.items:
        assert isinstance(case, Entries)
        marks = ["- ", *["  "] * len(case.items)]
        lines += [
            f"{mark}{key(name)}: {flow(node)}" for mark, (name, node) in zip(marks, case.items.items(), strict=False)
        ]
    return "\n".join(lines) + "\n" if lines else "[]\n"


def _head(tree: Entries) -> Iterator[str]:
    for name, node in tree.items.items():
        if name == "rows" and isinstance(node, Listing):
            yield "rows:"
            yield from _rows(node)
        elif name in ("facts", "derived", "outcome", "notes") and isinstance(node, Entries):
            yield f"{name}:"
            for column, item in node.items.items():
                yield f"  {key(column)}: {flow(_shortened(item))}"
        else:
            yield f"{key(name)}: {flow(node)}"


def _rows(rows: Listing) -> Iterator[str]:
    for row in rows.items:
        mark = "  - "
        assert isinstance(row, Entries)
        for name, node in row.items.items():
            yield f"{mark}{key(name)}: {flow(node)}"
            mark = "    "


def _shortened(node: Node) -> Node:
    """`{type: number, unit: 0.01}` as `number 0.01`, and `{is: a - b}` as `a - b`."""
    if not isinstance(node, Entries) or not all(isinstance(item, Scalar) for item in node.items.values()):
        return node
    if list(node.items) in (["type"], ["type", "unit"], ["is"]):
        return Scalar(" ".join(item.text for item in node.items.values() if isinstance(item, Scalar)), node.line)
    return node


def flow(node: Node) -> str:
    """A node in one line."""
    if isinstance(node, Scalar):
        return scalar(node)
    if isinstance(node, Listing):
        return f"[{', '.join(map(flow, node.items))}]"
    return f"{{{', '.join(f'{key(name)}: {flow(item)}' for name, item in node.items.items())}}}"


def scalar(node: Scalar) -> str:
    """A text, in quotation marks where YAML, or our own reader, would take it for something else."""
    if node.text in ("", "~", "null"):
        return f'"{node.text}"' if node.quoted else node.text or "null"
    meant = node.quoted and _GUESSED.fullmatch(node.text)
    return node.text if _PLAIN.fullmatch(node.text) and not meant else _quoted(node.text)


def key(name: str) -> str:
    """A name, in quotation marks where it needs them."""
    return name if _PLAIN.fullmatch(name) and ":" not in name else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + "".join(c if _PRINTABLE.fullmatch(c) else _escaped(c) for c in text) + '"'


def _escaped(char: str) -> str:
    code = ord(char)
    return _SHORT.get(char) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
