"""YAML to the tree of `source`: positions kept, every scalar left as text, nothing constructed, aliases refused."""

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from .source import TEXT_MOST, Entries, Findings, Listing, Node, Place, Scalar, spoken

DEPTH_MOST = 12
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
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except YAMLError as error:
        _explain(error, findings)
        return None
    if root is None:
        findings.add(1, "the file is empty", "begin with `table: <name>`")
        return None
    return _node(root, findings, 0)


def _explain(error: YAMLError, findings: Findings) -> None:
    hint = 'put cells that begin with > - * & ! [ or hold a colon in quotes: "> 100"; indent with spaces'
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    problem = str(getattr(error, "problem", None) or error).splitlines()[0]
    findings.add(mark.line + 1 if mark else 1, f"no YAML: {problem}", hint)


def _node(node: YamlNode, findings: Findings, depth: int) -> Node:
    line = node.start_mark.line + 1
    if depth > DEPTH_MOST:
        findings.add(line, f"nested more than {DEPTH_MOST} deep", "a table is flat")
        return Scalar("", line)
    if not _is_plain(node, findings):
        return Scalar("", line)
    if isinstance(node, MappingNode):
        return _entries(node, findings, depth)
    if isinstance(node, SequenceNode):
        return Listing(tuple(_node(item, findings, depth + 1) for item in node.value), line)
    return _scalar(node, findings) if isinstance(node, ScalarNode) else Scalar("", line)


def _is_plain(node: YamlNode, findings: Findings) -> bool:
    """Refuse what builds objects or multiplies itself; an anchor is where every bomb of aliases begins."""
    what = "an anchor (&name)" if node.anchor else "" if node.tag in _TAGS else f"a tag ({node.tag})"
    if what:
        findings.add(node.start_mark.line + 1, f"{what} is not read", 'write the value itself; quote a text: "*"')
    return not what


def _scalar(node: ScalarNode, findings: Findings) -> Scalar:
    line = node.start_mark.line + 1
    if len(node.value) > TEXT_MOST:
        findings.add(line, f"a text of {len(node.value):,} characters", f"at most {TEXT_MOST:,} are read")
        return Scalar("", line)
    return Scalar(node.value, line, quoted=bool(node.style))


def _entries(node: MappingNode, findings: Findings, depth: int) -> Entries:
    items: dict[str, Node] = {}
    lines: dict[str, Place] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            findings.add(line, "a name that is no text", "a name is one word")
            continue
        if key.value in items:
            findings.add(line, f"{key.value!r} a second time", f"it stands already in {spoken(lines[key.value])}")
            continue
        items[key.value] = _node(value, findings, depth + 1)
        lines[key.value] = line
    return Entries(items, lines, node.start_mark.line + 1)
