"""The columns of a DMN decision table as columns of ours: names, types, units and allowed values, also where another
program wrote the table and says less than we want to know."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from o2c_rules.columns import RESERVED
from o2c_rules.feel.nodes import Name, Node, parts
from o2c_rules.feel.syntax import expression, unary_tests
from o2c_rules.feel.words import BadFeel
from o2c_rules.quoting import marked
from o2c_rules.source import Entries, Findings, Listing, Scalar
from o2c_rules.source import Node as Item
from o2c_rules.values import BadValue, Kind, Value

from .cell_texts import is_plain, plain_value, renamed
from .documents import Element, attribute, child, children, line_of, text_line, text_of
from .types import ANY, Type, Types, listed, read_tests

_OWN_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KINDS = {"string": Kind.TEXT, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN, "date": Kind.DATE}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one table; a name is empty where a column cannot be one of ours."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    facts: Entries
    outcomes: Entries
    calculated: frozenset[str]
    names: Mapping[str, str]
    """Our name for each name that an expression may use."""

    def renamed(self, text: str) -> str:
        """An expression with our names in it."""
        return renamed(text, frozenset(self.names), self.names)

    def kinds(self, name: str) -> tuple[Kind, ...]:
        """What the cells of a fact's column may be; a number may be money in minor units."""
        options = self.facts.items.get(name)
        type_ = options.items.get("type") if isinstance(options, Entries) else None
        kind = Kind(type_.text) if isinstance(type_, Scalar) else Kind.TEXT
        return (kind, Kind.MONEY) if kind is Kind.NUMBER else (kind,)


def foreign_columns(decision: Element, table: Element, findings: Findings) -> Columns:
    """The columns of the decision's table, with a finding for each that our tables cannot have."""
    return _Reading(decision, table, findings).columns()


def own_name(name: str) -> str:
    """A name as our columns have it: Monthly Salary and monthlySalary are monthly_salary."""
    if _OWN_NAME.fullmatch(name) and name not in RESERVED:
        return name
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    bare = re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")
    return f"{bare}_value" if bare in RESERVED else bare if _OWN_NAME.fullmatch(bare) else ""


class _Reading:
    def __init__(self, decision: Element, table: Element, findings: Findings) -> None:
        root = decision.getparent()
        assert root is not None
        self._decision, self._table, self._findings = decision, table, findings
        self._types = Types(root, findings)
        named = {attribute(each, "name"): each for each in children(root, "inputData") if attribute(each, "name")}
        self._data = named
        self._names = frozenset(named)

    def columns(self) -> Columns:
        inputs, outputs = list(children(self._table, "input")), list(children(self._table, "output"))
        rules = list(children(self._table, "rule"))
        cells = [[list(children(rule, sort)) for rule in rules] for sort in ("inputEntry", "outputEntry")]
        facts: dict[str, Item] = {}
        names = []
        for at, each in enumerate(inputs):
            name = self._asked(each, facts)
            names.append(name)
            if name:
                facts[name] = self._fact(each, name, [row[at] for row in cells[0] if at < len(row)])
        answers: dict[str, Item] = {}
        told, calculated = [], set()
        for at, each in enumerate(outputs):
            name = self._answered(each, outputs, facts)
            told.append(name)
            entries = [row[at] for row in cells[1] if at < len(row)]
            if name and any(self._calculates(entry) for entry in entries):
                calculated.add(name)
            if name:
                answers[name] = self._outcome(each, entries, len(outputs), is_calculated=name in calculated)
        line = line_of(self._table)
        return Columns(
            inputs=tuple(names),
            outputs=tuple(told),
            facts=Entries(facts, {name: node.line for name, node in facts.items()}, line),
            outcomes=Entries(answers, {name: node.line for name, node in answers.items()}, line),
            calculated=frozenset(calculated),
            names={each: own_name(each) for each in self._names} | {name: name for name in facts},
        )

    def _asked(self, element: Element, taken: Mapping[str, Item]) -> str:
        """Our name of the fact that an input asks about."""
        entry = child(element, "inputExpression")
        text, line = text_of(entry), line_of(element) if entry is None else text_line(entry)
        try:
            node: Node | None = expression(text, self._names)
        except BadFeel:
            node = None
        name = own_name(node.name) if isinstance(node, Name) else ""
        if not name:
            self._findings.add(
                line, f"the column asks about {text!r}, which is no single fact", "ask about a name, derive it before"
            )
        elif name in taken:
            self._findings.add(line, f"a second column about {text!r}", "put both tests into one cell")
            return ""
        return name

    def _fact(self, element: Element, name: str, cells: list[Element]) -> Entries:
        entry = child(element, "inputExpression")
        data = self._data.get(text_of(entry))
        type_ = self._type(entry, None if data is None else child(data, "variable"))
        values = [value for cell in cells for value in _values_of_tests(text_of(cell))]
        options = {"type": self._kind(type_, values, name, element)}
        allowed = self._allowed(child(element, "inputValues"), type_)
        return self._column(options | _unit(options["type"], [*values, *allowed]), allowed, element)

    def _answered(self, element: Element, outputs: list[Element], facts: Mapping[str, Item]) -> str:
        variable = child(self._decision, "variable")
        whole = [attribute(self._decision, "name")] if variable is None else [attribute(variable, "name")]
        candidates = [attribute(element, "name"), attribute(element, "label"), *(whole if len(outputs) == 1 else [])]
        name = next((own for each in candidates if each and (own := own_name(each))), "")
        if not name:
            self._findings.add(line_of(element), "an output without a name", 'name="then", of letters and digits')
        return f"{name}_outcome" if name in facts else name

    def _outcome(self, element: Element, entries: list[Element], outputs: int, *, is_calculated: bool) -> Entries:
        variable = child(self._decision, "variable") if outputs == 1 else None
        type_ = self._type(element, variable)
        values: list[Value] = []
        optional = False
        for entry in entries:
            found = _value_of(text_of(entry), self._names)
            optional = optional or found is None
            values += [] if found is None or isinstance(found, Node) else [found]
        if is_calculated:
            values = [value for value in values if not isinstance(value, str)]
        options = {"type": self._kind(type_, values, attribute(element, "name"), element)}
        if optional:
            options["optional"] = "true"
        if is_calculated:
            options["computed"] = "true"
        return self._column(options, self._allowed(child(element, "outputValues"), type_), element)

    def _column(self, options: Mapping[str, str], allowed: list[Value], element: Element) -> Entries:
        line = line_of(element)
        items: dict[str, Item] = {name: Scalar(text, line) for name, text in options.items()}
        if allowed:
            items["allowed"] = Listing(tuple(_allowed_item(value, line) for value in allowed), line)
        return Entries(items, dict.fromkeys(items, line), line)

    def _type(self, *elements: Element | None) -> Type:
        """The first type that one of these elements names, as a single value of it."""
        for element in elements:
            found = self._types.of(element)
            while found.item is not None and not found.sort:
                found = Type(found.item.sort, found.item.parts, item=found.item.item, allowed=found.allowed)
            if found != ANY:
                return found
        return ANY

    def _kind(self, type_: Type, values: list[Value], name: str, element: Element) -> str:
        """Our kind of a type; without one, that of the values in the column."""
        if type_.sort in _KINDS:
            return _KINDS[type_.sort]
        if type_.sort or type_.parts:
            self._findings.add(
                line_of(element), f"{name!r} is a {type_.sort or 'context'}", "number, string, boolean or date"
            )
            return Kind.TEXT
        kinds = {_kind_of(value) for value in values}
        if len(kinds) == 1:
            return kinds.pop()
        self._findings.add(line_of(element), f"the column {name!r} names no type", 'typeRef="number"')
        return Kind.TEXT

    def _allowed(self, element: Element | None, type_: Type) -> list[Value]:
        tests = read_tests(element, self._findings, self._names)
        values = type_.values() if tests is None else listed(tests)
        if tests is not None and len(values) < len(tests.tests) and element is not None:
            self._findings.add(text_line(element), f"{text_of(element)!r} is no list of values", '"a", "b", "c"')
        return [_whole(value) for value in values]

    def _calculates(self, entry: Element) -> bool:
        text = text_of(entry)
        if not text or text == "-":
            return False
        try:
            return not is_plain(expression(text, self._names))
        except BadFeel as error:
            self._findings.add(text_line(entry), str(error), error.hint)
            return False


def _allowed_item(value: Value, line: int) -> Scalar:
    if isinstance(value, str):
        return Scalar(marked(value), line, quoted=True)
    return Scalar(f"{Decimal(value):f}" if isinstance(value, int | Decimal) else str(value), line)


def _whole(value: Value) -> Value:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


def _value_of(text: str, names: frozenset[str]) -> Value | Node:
    """The value in a cell that answers; the expression itself where it calculates."""
    if not text or text == "-":
        return None
    try:
        node = expression(text, names)
        return plain_value(node) if is_plain(node) else node
    except BadFeel:
        return Name("")


def _values_of_tests(text: str) -> Iterable[Value]:
    """Every value that a cell of tests mentions."""
    try:
        open_: list[Node] = list(unary_tests(text).tests)
    except BadFeel:
        return
    while open_:
        node = open_.pop()
        try:
            found = plain_value(node)
        except BadValue:
            open_ += parts(node)
        else:
            if found is not None:
                yield found


def _kind_of(value: Value) -> Kind:
    match value:
        case bool():
            return Kind.BOOLEAN
        case str():
            return Kind.TEXT
        case int() | Decimal():
            return Kind.NUMBER
    return Kind.DATE


def _unit(kind: str, values: Iterable[Value]) -> dict[str, str]:
    """The finest step that any number of a column has."""
    exponents = (value.as_tuple().exponent for value in values if isinstance(value, Decimal))
    places = max((-each for each in exponents if isinstance(each, int)), default=0)
    return {"unit": f"{Decimal(1).scaleb(-places):f}"} if kind == Kind.NUMBER and places > 0 else {}
