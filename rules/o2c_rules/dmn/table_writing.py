"""Our decision tables as DMN 1.3: a decision with its inputs, a drawing of them, and in a namespace of our own what DMN
has no place for."""

from collections.abc import Iterator

from lxml import etree

from o2c_rules.formats.form import tree_of
from o2c_rules.source import BadTable, Entries, Finding, Listing, Node, Scalar
from o2c_rules.table import Default, Fact, Outcome, Policy, Row, Table
from o2c_rules.values import Kind, Value

from .cell_texts import cell_text, own_cell, value_text
from .documents import Element

OWN = "urn:o2c:rules:1"
_MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_DRAWING = "https://www.omg.org/spec/DMN/20191111/DMNDI/"
_BOUNDS, _LINES = "http://www.omg.org/spec/DMN/20180521/DC/", "http://www.omg.org/spec/DMN/20180521/DI/"
_PREFIXES = {None: _MODEL, "dmndi": _DRAWING, "dc": _BOUNDS, "di": _LINES, "o2c": OWN}
TYPES = {
    Kind.NUMBER: "number",
    Kind.MONEY: "number",
    Kind.TEXT: "string",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
}
POLICIES = {
    Policy.UNIQUE: "UNIQUE",
    Policy.ANY: "ANY",
    Policy.PRIORITY: "PRIORITY",
    Policy.FIRST: "FIRST",
    Policy.RULE_ORDER: "RULE ORDER",
    Policy.OUTPUT_ORDER: "OUTPUT ORDER",
    Policy.COLLECT: "COLLECT",
}
WORDS = ("basis", "source", "note")
_WIDTH, _HEIGHT, _GAP, _PER_LINE = 160, 60, 30, 6


def write(table: Table) -> bytes:
    """The DMN file of a table; `tables.read_tree` is its inverse. BadTable for a text that XML cannot hold."""
    try:
        root = _definitions(table)
    except ValueError as error:
        raise BadTable(
            [Finding(f"{table.file}:1", f"no XML: {error}", "take the control characters out of its texts")]
        ) from error
    etree.indent(root, space=" ")
    for entry in root.iter(f"{{{_MODEL}}}inputEntry", f"{{{_MODEL}}}outputEntry", f"{{{_MODEL}}}annotationEntry"):
        _on_one_line(entry)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8")) + b"\n"


def _on_one_line(entry: Element) -> None:
    """A large table has a hundred thousand cells."""
    for each in entry.iterdescendants("*"):
        each.tail = None
        if len(each):
            each.text = None
    entry.text = None


def asked(table: Table) -> list[Fact]:
    """The facts that become columns: those that a row asks about, and at least one."""
    found = [fact for fact in table.facts if any(fact.name in row.cells for row in table.rows)]
    return found or list(table.facts[:1])


def _definitions(table: Table) -> Element:
    title = table.title or table.name
    root = etree.Element(f"{{{_MODEL}}}definitions", nsmap=_PREFIXES, id="definitions", name=title)  # type: ignore[arg-type]
    root.set("namespace", f"{OWN}:{table.name}")
    facts = asked(table)
    decision = _put(root, "decision", id="decision", name=title)
    _put_own(decision, table)
    _put(decision, "variable", id="answer", name=title, **_answer_type(table))
    for fact in facts:
        requirement = _put(decision, "informationRequirement", id=f"requires_{fact.name}")
        _put(requirement, "requiredInput", href=f"#fact_{fact.name}")
    _put_table(decision, table, facts)
    for fact in facts:
        given = _put(root, "inputData", id=f"fact_{fact.name}", name=fact.name)
        if fact.expression is not None or fact.note:
            derived = "" if fact.expression is None else f"derived: {fact.expression.text}"
            _put(given, "description").text = fact.note or derived
        _put(given, "variable", id=f"variable_{fact.name}", name=fact.name, typeRef=TYPES[fact.kind])
    _draw(root, facts)
    return root


def _answer_type(table: Table) -> dict[str, str]:
    single = len(table.outcomes) == 1 and table.policy.is_single
    return {"typeRef": TYPES[table.outcomes[0].kind]} if single else {}


def _put(parent: Element, tag: str, **attributes: str) -> Element:
    return etree.SubElement(parent, f"{{{_MODEL}}}{tag}", attributes)


def _put_text(parent: Element, tag: str, text: str, **attributes: str) -> Element:
    made = _put(parent, tag, **attributes)
    _put(made, "text").text = text
    return made


def _put_own(decision: Element, table: Table) -> None:
    """The head in our own words, for what DMN cannot say of it."""
    own = etree.SubElement(_put(decision, "extensionElements"), f"{{{OWN}}}table")
    tree = tree_of(table)
    for name, node in tree.items.items():
        if name != "rows":
            _put_node(own, name, node)


def _put_node(parent: Element, name: str, node: Node) -> None:
    if isinstance(node, Scalar):
        made = etree.SubElement(parent, f"{{{OWN}}}entry", name=name)
        made.text = node.text
        if node.quoted:
            made.set("quoted", "true")
        return
    made = etree.SubElement(parent, f"{{{OWN}}}{'list' if isinstance(node, Listing) else 'entries'}", name=name)
    inner = node.items.items() if isinstance(node, Entries) else (("", item) for item in node.items)
    for inner_name, item in inner:
        _put_node(made, inner_name, item)


def _put_table(decision: Element, table: Table, facts: list[Fact]) -> None:
    made = _put(decision, "decisionTable", id="table", hitPolicy=POLICIES[table.policy])
    if table.aggregation:
        made.set("aggregation", str(table.aggregation))
    for fact in facts:
        column = _put(made, "input", id=f"input_{fact.name}", label=fact.name)
        _put_text(column, "inputExpression", fact.name, id=f"asked_{fact.name}", typeRef=TYPES[fact.kind])
        if fact.allowed:
            _put_text(column, "inputValues", allowed_text(fact.allowed), id=f"allowed_{fact.name}")
    for outcome in table.outcomes:
        column = _put(made, "output", id=f"output_{outcome.name}", name=outcome.name, typeRef=TYPES[outcome.kind])
        if outcome.allowed:
            _put_text(column, "outputValues", allowed_text(outcome.allowed), id=f"answers_{outcome.name}")
        if table.default is not None:
            _put_text(column, "defaultOutputEntry", answer_text(table.default, outcome), id=f"default_{outcome.name}")
    words = [word for word in WORDS if any(getattr(row, word) for row in table.rows)]
    for word in words:
        _put(made, "annotation", name=word)
    for number, row in enumerate(table.rows, 1):
        _put_row(made, row, number, (facts, table.outcomes, words))


def allowed_text(values: tuple[Value, ...]) -> str:
    """Allowed values as unary tests."""
    return ", ".join(map(value_text, values))


def answer_text(row: Row | Default, outcome: Outcome) -> str:
    """What a cell of an outcome says in FEEL."""
    if outcome.name in row.computed:
        return row.computed[outcome.name].text
    return value_text(row.outcome[outcome.name])


def _put_row(
    parent: Element, row: Row, number: int, columns: tuple[list[Fact], tuple[Outcome, ...], list[str]]
) -> None:
    facts, outcomes, words = columns
    rule = _put(parent, "rule", id=f"rule_{row.id}")
    if row.because:
        _put(rule, "description").text = row.because
    for at, fact in enumerate(facts):
        cell = row.cells.get(fact.name)
        text = "-" if cell is None else cell_text(cell)
        made = _put(rule, "inputEntry", id=f"in_{number}_{at}")
        if cell is not None and own_cell(text, "", ()) != cell.text:
            own = etree.SubElement(_put(made, "extensionElements"), f"{{{OWN}}}cell")
            own.text = cell.text
        _put(made, "text").text = text
    for at, outcome in enumerate(outcomes):
        _put_text(rule, "outputEntry", answer_text(row, outcome), id=f"out_{number}_{at}")
    for word in words:
        _put_text(rule, "annotationEntry", getattr(row, word))


def _draw(root: Element, facts: list[Fact]) -> None:
    """The decision with its inputs in lines below it, an arrow from each."""
    diagram = etree.SubElement(
        etree.SubElement(root, f"{{{_DRAWING}}}DMNDI"), f"{{{_DRAWING}}}DMNDiagram", id="drawing"
    )
    columns = min(max(len(facts), 1), _PER_LINE)
    top = (columns * (_WIDTH + _GAP) - _GAP) // 2 + _GAP - _WIDTH // 2, _GAP
    _draw_shape(diagram, "decision", top)
    places = list(_places(facts))
    for fact, place in places:
        _draw_shape(diagram, f"fact_{fact.name}", place)
    for fact, (x, y) in places:
        edge = etree.SubElement(
            diagram, f"{{{_DRAWING}}}DMNEdge", id=f"edge_{fact.name}", dmnElementRef=f"requires_{fact.name}"
        )
        for at_x, at_y in ((x + _WIDTH // 2, y), (top[0] + _WIDTH // 2, top[1] + _HEIGHT)):
            etree.SubElement(edge, f"{{{_LINES}}}waypoint", x=str(at_x), y=str(at_y))


def _places(facts: list[Fact]) -> Iterator[tuple[Fact, tuple[int, int]]]:
    for number, fact in enumerate(facts):
        line, column = divmod(number, _PER_LINE)
        yield fact, (_GAP + column * (_WIDTH + _GAP), _GAP + (line + 1) * (_HEIGHT + 2 * _GAP))


def _draw_shape(diagram: Element, of: str, place: tuple[int, int]) -> None:
    shape = etree.SubElement(diagram, f"{{{_DRAWING}}}DMNShape", id=f"shape_{of}", dmnElementRef=of)
    etree.SubElement(
        shape,
        f"{{{_BOUNDS}}}Bounds",
        x=str(place[0]),
        y=str(place[1]),
        width=str(_WIDTH),
        height=str(_HEIGHT),
    )
