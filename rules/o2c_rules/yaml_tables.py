"""YAML to the tree of `source`: positions kept, every scalar left as text, nothing constructed, aliases refused."""

from collections.abc import Iterator
from typing import Any

import yaml

from .source import TEXT_MOST, Entries, Findings, Listing, Node, Place, Scalar, spoken

DEPTH_MOST = 12
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where it was built: ten times as fast
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "value", "merge")
)


def read(text: str, findings: Findings) -> Entries | None:
    """The table of a file; None, with findings, when it is no mapping or not safe YAML."""
    root = read_node(text, findings)
    if root is not None and not isinstance(root, Entries):
        findings.add(1, "the file holds no table", "begin with `table: <name>`")
        return None
    return root


def read_node(text: str, findings: Findings) -> Node | None:
    """Whatever a file holds; None, with findings, when it is empty or not safe YAML."""
    reader = _Reader(yaml.parse(text, Loader=_LOADER), findings)
    try:
        return reader.document()
    except yaml.YAMLError as error:
        _explain(error, findings, text)
        return None


def _explain(error: yaml.YAMLError, findings: Findings, text: str) -> None:
    hint = 'put cells that begin with > - * & ! [ or hold a colon in quotes: "> 100"; indent with spaces'
    mark = error.problem_mark or error.context_mark if isinstance(error, yaml.MarkedYAMLError) else None
    problem = str(getattr(error, "problem", None) or error).splitlines()[0]
    last = len(text.rstrip().splitlines()) or 1  # What ends too early is pointed at where it ends, not behind it.
    findings.add(min(mark.line + 1, last) if mark else 1, f"no YAML: {problem}", hint)


class _Reader:
    """From events to the tree; nothing is ever built from a name or a tag, and nothing is read twice."""

    def __init__(self, events: Iterator[Any], findings: Findings) -> None:
        self._events, self._findings = events, findings

    def document(self) -> Node | None:
        """The only document of a file."""
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                root = self._node(event, 0)
                break
        else:
            self._findings.add(1, "the file is empty", "begin with `table: <name>`")
            return None
        second: Any = next((e for e in self._events if isinstance(e, yaml.DocumentStartEvent)), None)
        if second is not None:
            line = second.start_mark.line + 1
            self._findings.add(line, "no YAML: a second document", "one file holds one table")
            return None
        return root

    def _node(self, event: Any, depth: int) -> Node:
        line = event.start_mark.line + 1
        refused = self._refused(event, depth)
        if refused is not None:
            self._findings.add(line, *refused)
            self._skip(event)
            return Scalar("", line)
        if isinstance(event, yaml.MappingStartEvent):
            return self._entries(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(tuple(self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)), line)
        return self._scalar(event)

    def _refused(self, event: Any, depth: int) -> tuple[str, str] | None:
        """What builds objects or multiplies itself; an anchor is where every bomb of aliases begins."""
        if depth > DEPTH_MOST:
            return f"nested more than {DEPTH_MOST} deep", "a table is flat"
        if event.anchor:
            return "an anchor (&name) is not read", 'write the value itself; quote a text: "*"'
        if event.tag is not None and event.tag not in _TAGS:
            return f"a tag ({event.tag}) is not read", 'write the value itself; quote a text: "*"'
        return None

    def _skip(self, event: Any) -> None:
        """To the end of a node whose start was just read."""
        depth = int(isinstance(event, yaml.CollectionStartEvent))
        while depth:
            event = next(self._events)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)

    def _until(self, end: type) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _scalar(self, event: Any) -> Scalar:
        line = event.start_mark.line + 1
        if len(event.value) > TEXT_MOST:
            self._findings.add(line, f"a text of {len(event.value):,} characters", f"at most {TEXT_MOST:,} are read")
            return Scalar("", line)
        return Scalar(event.value, line, quoted=bool(event.style))

    def _entries(self, event: Any, depth: int) -> Entries:
        items: dict[str, Node] = {}
        lines: dict[str, Place] = {}
        for key in self._until(yaml.MappingEndEvent):
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarEvent):
                self._findings.add(line, "a name that is no text", "a name is one word")
                self._skip(key)
                self._skip(next(self._events))
                continue
            value = self._node(next(self._events), depth + 1)
            if key.value in items:
                stands = f"it stands already in {spoken(lines[key.value])}"
                self._findings.add(line, f"{key.value!r} a second time", stands)
                continue
            items[key.value], lines[key.value] = value, line
        return Entries(items, lines, event.start_mark.line + 1)
