"""Decision tables from DMN files: ours with nothing lost, those of other programs as far as our tables can say it."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from o2c_rules.quoting import marked
from o2c_rules.source import TEXT_MOST, Entries, Findings, Listing, Node, Place, Scalar
from o2c_rules.values import BadValue, Kind

from .boxed import FORMS, policy_of
from .cell_texts import own_cell, own_value, quoted, value_text
from .documents import Element, attribute, child, children, line_of, local, read_text, text_line, text_of
from .foreign import foreign_columns
from .table_writing import OWN, POLICIES, TYPES, WORDS, write

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_POLICIES = {written: policy for policy, written in POLICIES.items()}

__all__ = ["read_tree", "write"]


def read_tree(text: str, findings: Findings) -> Entries | None:
    """The tree of the one decision table of a DMN file; None, with findings, where it holds none, or several."""
    root = read_text(text, findings)
    found = None if root is None else _one_table(root, findings)
    if root is None or found is None:
        return None
    decision, table = found
    own = next((each for each in decision.iter(f"{{{OWN}}}table")), None)
    reading = _Table(decision, table, findings)
    tree = reading.foreign() if own is None else reading.own(own)
    _check_sizes(root, findings)
    return tree


def _one_table(root: Element, findings: Findings) -> tuple[Element, Element] | None:
    logic = [(each, child(each, *FORMS)) for each in children(root, "decision", "businessKnowledgeModel")]
    tables = [(each, table) for each, table in logic if table is not None and local(table) == "decisionTable"]
    if len(tables) != 1:
        names = ", ".join(repr(attribute(decision, "name")) for decision, _ in tables)
        findings.add(
            line_of(root), f"the file holds {len(tables)} decision tables {names}".strip(), "one table to a file"
        )
        return None
    for each, _ in logic:
        if each is not tables[0][0]:
            findings.add(line_of(each), f"{attribute(each, 'name')!r} is no decision table", "one table alone")
    return tables[0]


def _check_sizes(root: Element, findings: Findings) -> None:
    for element in root.iter("*"):
        if element.text and len(element.text) > TEXT_MOST:
            findings.add(line_of(element), f"a text of {len(element.text):,} characters", f"at most {TEXT_MOST:,}")


@dataclass(slots=True)
class _Head:
    """The head in the making."""

    items: dict[str, Node]
    lines: dict[str, Place]

    def put(self, name: str, node: Node, line: Place) -> None:
        self.items[name], self.lines[name] = node, line

    def tree(self, line: int) -> Entries:
        return Entries(dict(self.items), {name: self.lines[name] for name in self.items}, line)


class _Table:
    def __init__(self, decision: Element, table: Element, findings: Findings) -> None:
        self._decision, self._table, self._findings = decision, table, findings
        self._line = line_of(table)
        self._columns = foreign_columns(decision, table, findings)
        self._calculated = set(self._columns.calculated)
        self._head = _Head({}, {})

    def own(self, own: Element) -> Entries:
        """A table that we wrote, perhaps changed since by another program: what DMN says of it comes first."""
        written = _entries(own)
        self._head = _Head(dict(written.items), dict(written.lines))
        title = self._decision.get("name") or ""
        if title != (_text(written, "title") or _text(written, "table")):
            line = line_of(self._decision)
            self._head.put("title", Scalar(title, line, quoted=True), line)
        self._join("facts", self._columns.facts, _part(written, "derived"))
        self._join("outcome", self._columns.outcomes, Entries({}, {}, self._line))
        outcomes = _part(self._head.tree(self._line), "outcome").items
        self._calculated = {
            name for name, each in outcomes.items() if isinstance(each, Entries) and _text(each, "computed") == "true"
        }
        self._policy()
        default = _part(written, "default")
        return self._body(default.items.get("because"), is_own=True)

    def foreign(self) -> Entries:
        """A table of another program: our names for its names, and the usual where it says nothing."""
        self._head.put("table", Scalar(_file_name(self._findings.file), self._line), self._line)
        title = " ".join((self._decision.get("name") or "").split())
        self._head.put("title", Scalar(title, line_of(self._decision), quoted=True), line_of(self._decision))
        self._policy()
        self._head.put("version_by", Scalar("recorded", self._line), self._line)
        self._head.put("facts", self._columns.facts, self._line)
        self._head.put("outcome", self._columns.outcomes, self._line)
        return self._body(None, is_own=False)

    def _body(self, because: Node | None, *, is_own: bool) -> Entries:
        self._default(because)
        words = [attribute(each, "name") for each in children(self._table, "annotation")]
        taken: set[str] = set()
        rows = []
        for number, rule in enumerate(children(self._table, "rule"), 1):
            id_ = _id_of(rule, number, taken, is_own=is_own)
            taken.add(id_)
            row = {"id": Scalar(id_, line_of(rule))} | self._row(rule) | _words_of(rule, words, is_own=is_own)
            rows.append(Entries(dict(row), {name: node.line for name, node in row.items()}, line_of(rule)))
        self._head.put("rows", Listing(tuple(rows), self._line), self._line)
        return self._head.tree(self._line)

    def _policy(self) -> None:
        policy = _POLICIES[str(policy_of(self._table, self._findings))]
        self._head.put("policy", Scalar(policy, self._line), self._line)
        self._head.items.pop("aggregation", None)
        if aggregation := attribute(self._table, "aggregation"):
            self._head.put("aggregation", Scalar(aggregation, self._line), self._line)

    def _join(self, part: str, told: Entries, beside: Entries) -> None:
        """Columns of the head with what DMN says otherwise of their types and allowed values; new ones at the end. A
        fact without a column stays declared, an outcome without one is gone."""
        before = _part(self._head.tree(self._line), part)
        known = {name: node for name, node in before.items.items() if part == "facts" or name in told.items}
        places = dict(before.lines)
        for name, options in told.items.items():
            own = known.get(name)
            if name not in beside.items and isinstance(options, Entries):
                known[name] = _joined(own, options) if isinstance(own, Entries) else options
                places.setdefault(name, told.lines[name])
        if known:
            self._head.put(part, Entries(known, places, told.line), self._head.lines.get(part, self._line))

    def _default(self, because: Node | None) -> None:
        """What holds when nothing matches: the answers; where all are null, nothing is answered."""
        outputs = zip(self._columns.outputs, children(self._table, "output"), strict=True)
        answers: dict[str, Node] = {}
        for name, output in outputs:
            entry = child(output, "defaultOutputEntry")
            if entry is not None and name and (node := self._answer(entry, name)) is not None:
                answers[name] = node
        said = {name: node for name, node in answers.items() if not (isinstance(node, Scalar) and node.is_null)}
        if because is not None:
            said["because"] = because
        said = said or answers
        self._head.items.pop("default", None)
        if said:
            line = next(iter(said.values())).line
            self._head.put("default", Entries(said, {name: node.line for name, node in said.items()}, line), self._line)

    def _row(self, rule: Element) -> dict[str, Scalar]:
        columns = self._columns
        cells, answers = list(children(rule, "inputEntry")), list(children(rule, "outputEntry"))
        if len(cells) != len(columns.inputs) or len(answers) != len(columns.outputs):
            self._findings.add(
                line_of(rule),
                f"a rule with {len(cells)} inputs and {len(answers)} outputs",
                f"the table has {len(columns.inputs)} and {len(columns.outputs)}",
            )
            return {}
        asked = {name: self._cell(cell, name) for name, cell in zip(columns.inputs, cells, strict=True) if name}
        said = {name: self._answer(each, name) for name, each in zip(columns.outputs, answers, strict=True) if name}
        return {name: node for name, node in (asked | said).items() if node is not None}

    def _cell(self, element: Element, name: str) -> Scalar | None:
        own = next((each.text or "" for each in element.iter(f"{{{OWN}}}cell")), "")
        try:
            text = own_cell(text_of(element), own, self._columns.kinds(name))
        except BadValue as error:
            self._findings.add(text_line(element), f"{name}: {text_of(element)!r}: {error}", error.hint)
            return None
        return None if text == "-" else Scalar(text, text_line(element))

    def _answer(self, element: Element, name: str) -> Scalar | None:
        text, line = text_of(element), text_line(element)
        if not text or text == "-":
            return None
        if name in self._calculated:
            return Scalar(text if text == "null" else self._columns.renamed(text), line)
        try:
            value = own_value(text)
        except BadValue as error:
            self._findings.add(line, f"{name}: {text!r}: {error}", error.hint)
            return None
        if isinstance(value, str):
            return Scalar(marked(value), line, quoted=True)
        return Scalar("null" if value is None else value_text(value), line)


def _id_of(rule: Element, number: int, taken: set[str], *, is_own: bool) -> str:
    """The id of a row: what we made of it, else the rule's own where it can be one, else its number."""
    written = attribute(rule, "id")
    id_ = written.removeprefix("rule_") if is_own else written
    return id_ if _ID.fullmatch(id_) and id_ not in taken else f"R{number}"


def _words_of(rule: Element, words: list[str], *, is_own: bool) -> dict[str, Scalar]:
    """A row's sentence, basis, source and note; of other programs all that they say, as the note."""
    description = child(rule, "description")
    said = (
        {"because": Scalar((description.text or "").strip(), line_of(description), quoted=True)}
        if (description is not None)
        else {}
    )
    for name, entry in zip(words, children(rule, "annotationEntry"), strict=False):
        said[name] = Scalar(text_of(entry), text_line(entry), quoted=True)
    said = {name: node for name, node in said.items() if node.text}
    if is_own:
        return {name: node for name, node in said.items() if name in ("because", *WORDS)}
    note = "; ".join(node.text for node in said.values())
    return {"note": Scalar(note, line_of(rule), quoted=True)} if note else {}


def _file_name(file: str) -> str:
    bare = PurePosixPath(file).with_suffix("")
    return str(bare.with_name(bare.name.split("@")[0]))


def _joined(own: Entries, told: Entries) -> Entries:
    """The options of a column: ours where DMN says nothing else."""
    items, lines = dict(own.items), dict(own.lines)
    kind = _kind(own)
    type_, allowed = _text(told, "type"), told.items.get("allowed")
    if "type" in told.items and type_ in TYPES and TYPES[Kind(type_)] != TYPES[kind]:
        items["type"], lines["type"] = told.items["type"], told.lines["type"]
    if allowed is None:
        items.pop("allowed", None)
    elif _values(items.get("allowed")) != _values(allowed):
        items["allowed"], lines["allowed"] = allowed, told.lines["allowed"]
    return Entries(items, lines, own.line)


def _values(node: Node | None) -> list[str]:
    items = node.items if isinstance(node, Listing) else ()
    texts = [item.text for item in items if isinstance(item, Scalar)]
    return [text if len(text) > 1 and text[0] == text[-1] == '"' else quoted(text) for text in texts]


def _kind(options: Node) -> Kind:
    text = _text(options, "type") if isinstance(options, Entries) else ""
    return Kind(text) if text in TYPES else Kind.TEXT


def _entries(element: Element) -> Entries:
    items: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for each in element.iterchildren("*"):
        name = str(each.get("name"))
        items[name], lines[name] = _node(each), line_of(each)
    return Entries(items, dict(lines), line_of(element))


def _node(element: Element) -> Node:
    if element.tag == f"{{{OWN}}}entries":
        return _entries(element)
    if element.tag == f"{{{OWN}}}list":
        return Listing(tuple(_node(each) for each in element.iterchildren("*")), line_of(element))
    return Scalar(element.text or "", line_of(element), quoted=element.get("quoted") == "true")


def _part(tree: Entries, name: str) -> Entries:
    node = tree.items.get(name)
    return node if isinstance(node, Entries) else Entries({}, {}, tree.line)


def _text(tree: Entries, name: str) -> str:
    node = tree.items.get(name)
    return node.text if isinstance(node, Scalar) else ""
