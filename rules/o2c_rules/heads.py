"""The head of a table as flat lines, `fact.amount_minor.missing: undecided`, for formats that nest nothing."""

from collections.abc import Iterator

from .cells import split
from .source import Entries, Findings, Listing, Node, Scalar, spoken
from .values import BadValue

PROSE = frozenset({"title", "note", "because", "basis", "source"})
"""Entries that hold a person's words: nothing in them is a value, a list or a null."""
PARTS = {"fact": "facts", "derived": "derived", "outcome": "outcome", "default": "default"}
_WRITTEN = {part: name for name, part in PARTS.items()}
Path = tuple[str, ...]


def flat(node: Node, path: Path = ()) -> Iterator[tuple[str, Scalar]]:
    """Every value below a node with its dotted path, such that `put` builds the same node again."""
    if isinstance(node, Entries):
        for name, item in node.items.items():
            yield from flat(item, (*path, name))
    elif isinstance(node, Scalar):
        yield _dotted(path), node
    elif (joined := listed(node)) is not None:
        bare = path[-1] == "allowed"
        yield _dotted(path), Scalar(joined if bare else f"[{joined}]", node.line)
    else:
        for at, item in enumerate(node.items, 1):
            yield from flat(item, (*path, str(at)))


def listed(node: Listing) -> str | None:
    """The values of a list with commas between; None where a value would not come back from that."""
    texts = [item.text for item in node.items if isinstance(item, Scalar)]
    if len(texts) < len(node.items) or not all(texts):
        return None
    joined = ", ".join(texts)
    try:
        same = split(joined) == texts if texts else not node.items
    except BadValue:
        return None
    return joined if same and not (joined.startswith("[") and joined.endswith("]")) else None


def put(head: Entries, name: Scalar, value: Scalar, findings: Findings) -> None:
    """`fact.amount.missing` lands where YAML would have it: facts -> amount -> missing."""
    path = _path(name.text)
    at = head
    for part in path[:-1]:
        inner = at.items.setdefault(part, Entries({}, {}, name.line))
        at.lines.setdefault(part, name.line)
        if not isinstance(inner, Entries):
            findings.add(name.line, f"{part!r} has a value and parts", "write one of them")
            return
        at = inner
    if path[-1] in at.items:
        first = spoken(at.lines[path[-1]])
        findings.add(name.line, f"{name.text!r} a second time", f"it stands already in {first}")
        return
    at.items[path[-1]], at.lines[path[-1]] = _node(path, value, findings), name.line


def with_lists(node: Node) -> Node:
    """The tree with every set of names `1`, `2`, … `n` as the list that it stands for."""
    if not isinstance(node, Entries):
        return node
    items = {name: item if name == "notes" else with_lists(item) for name, item in node.items.items()}
    if items and list(items) == [str(at) for at in range(1, len(items) + 1)]:
        return Listing(tuple(items.values()), node.line)
    return Entries(items, node.lines, node.line)


def _node(path: Path, value: Scalar, findings: Findings) -> Node:
    if path[-1] in PROSE or path[0] == "notes":
        return Scalar(value.text, value.line, quoted=bool(value.text))
    text = value.text
    if not (text.startswith("[") and text.endswith("]")) or path[0] in ("derived", "kind"):
        return value
    try:
        parts = split(text[1:-1]) if text[1:-1].strip() else []
    except BadValue as error:
        findings.add(value.line, str(error), error.hint)
        return value
    return Listing(tuple(Scalar(part, value.line) for part in parts), value.line)


def _path(dotted: str) -> Path:
    first, *rest = (part.strip() for part in dotted.strip().split("."))
    if first == "notes" and rest:
        return (first, dotted.strip().partition(".")[2].strip())
    return (PARTS[first], *rest) if rest and first in PARTS else (first, *rest)


def _dotted(path: Path) -> str:
    return ".".join((_WRITTEN.get(path[0], path[0]), *path[1:])) if len(path) > 1 else path[0]
