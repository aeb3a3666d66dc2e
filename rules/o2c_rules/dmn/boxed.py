"""Boxed expressions of a model: literal, context, invocation, list, relation, function, decision table. Reads each
once, with all that is wrong in it, and gives what can be asked."""

from collections.abc import Iterator
from typing import Any

from o2c_rules.feel.nodes import Constant, Entry, Name, Node, Turn, UnaryTests, parts
from o2c_rules.feel.running import FUNCTIONS, Budget, Closure, Scope, value
from o2c_rules.feel.syntax import expression
from o2c_rules.feel.words import BadFeel
from o2c_rules.source import Findings

from .decision_tables import AGGREGATIONS, Boxed, DecisionTable, HitPolicy, Input, Output, Rule
from .documents import Element, attribute, child, children, line_of, local, text_line, text_of
from .types import ANY, Type, Types, listed, read_tests

FORMS = (
    "literalExpression",
    "decisionTable",
    "context",
    "invocation",
    "list",
    "relation",
    "functionDefinition",
)
_UNREAD = ("conditional", "filter", "for", "some", "every")
NESTED_MOST = 30
_FEEL = ("", "feel")
_BOUND = frozenset({"?", "item", "partial"})


class Reader:
    """Reads the expressions of one model."""

    def __init__(self, types: Types, names: frozenset[str], findings: Findings) -> None:
        self._types, self._names, self._findings = types, names, findings
        self._depth = 0

    def inside(self, element: Element) -> Boxed | None:
        """The expression inside an element, by its form; None where there is none, with a finding where it is not
        understood."""
        found = child(element, *FORMS)
        if found is not None:
            return self.of(found)
        if (unread := child(element, *_UNREAD)) is not None:
            self._findings.add(line_of(unread), f"<{local(unread)}> is not read", "write it as a FEEL expression")
        return None

    def of(self, element: Element) -> Boxed:
        """The expression of an element of one of the forms."""
        self._depth += 1
        if self._depth > NESTED_MOST:
            self._findings.add(line_of(element), "expressions nested too deeply", "make a part a decision of its own")
            return _nothing
        try:
            boxed: Boxed = getattr(self, f"_{local(element).lower()}")(element)
            return boxed
        finally:
            self._depth -= 1

    def node(self, element: Element | None, line: int) -> Node:
        """The FEEL in the `text` of an element; null, with a finding, where it cannot be read."""
        text = text_of(element)
        if element is None or not text:
            self._findings.add(line, "an empty expression", "write a value, or null")
            return Constant(None)
        language = attribute(element, "expressionLanguage")
        if language.rstrip("/").rpartition("/")[2].lower() not in _FEEL:
            self._findings.add(line_of(element), f"the language {language} is not read", "write FEEL")
            return Constant(None)
        try:
            node = expression(text, self._names)
        except BadFeel as error:
            self._findings.add(text_line(element), str(error), error.hint)
            return Constant(None)
        self._check_names(node, text_line(element))
        return node

    def _check_names(self, node: Node, line: int) -> None:
        known = self._names | FUNCTIONS.keys() | _BOUND | set(_bound(node))
        for part in _all(node):
            if isinstance(part, Name) and part.name not in known:
                clock = part.name in ("now", "today")
                hint = "give the day or the moment as an input" if clock else "name an input, a decision or a function"
                self._findings.add(line, f"{part.name!r} is not known", hint)

    def _literalexpression(self, element: Element) -> Boxed:
        node, type_ = self.node(element, line_of(element)), self._types.of(element)
        return lambda scope, budget: type_.fitted(value(node, scope, budget), budget)

    def _context(self, element: Element) -> Boxed:
        entries: list[tuple[str, Type, Boxed]] = []
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            name = "" if variable is None else attribute(variable, "name")
            entries.append((name, self._types.of(variable), self.inside(entry) or _nothing))

        def run(scope: Scope, budget: Budget) -> Any:
            made: dict[str, Any] = {}
            for name, type_, boxed in entries:
                found = type_.fitted(boxed({**scope, **made}, budget), budget)
                if not name:
                    return found
                made[name] = found
            return made

        return run

    def _invocation(self, element: Element) -> Boxed:
        function = self.inside(element) or _nothing
        bindings: dict[str, Boxed] = {}
        for binding in children(element, "binding"):
            parameter = child(binding, "parameter")
            name = "" if parameter is None else attribute(parameter, "name")
            bindings[name] = self.inside(binding) or _nothing

        def run(scope: Scope, budget: Budget) -> Any:
            called = function(scope, budget)
            if not isinstance(called, Closure) or not set(bindings) <= set(called.parameters):
                return None
            given = {name: boxed(scope, budget) for name, boxed in bindings.items()}
            return called.run(tuple(given.get(name) for name in called.parameters), budget)

        return run

    def _list(self, element: Element) -> Boxed:
        items = [self.of(each) for each in children(element, *FORMS)]
        return lambda scope, budget: [item(scope, budget) for item in items]

    def _relation(self, element: Element) -> Boxed:
        names = [attribute(column, "name") for column in children(element, "column")]
        rows = []
        for row in children(element, "row"):
            cells = [self.of(each) for each in children(row, *FORMS)]
            if len(cells) != len(names):
                self._findings.add(
                    line_of(row), f"{len(cells)} cells under {len(names)} columns", "one cell for each column"
                )
            rows.append(cells)
        return lambda scope, budget: [
            {name: cell(scope, budget) for name, cell in zip(names, cells, strict=False)} for cells in rows
        ]

    def _functiondefinition(self, element: Element) -> Boxed:
        closure = self.function(element)
        return lambda scope, _: closed(closure, scope)

    def function(self, element: Element) -> tuple[tuple[str, ...], tuple[Type, ...], Boxed]:
        """The parameters, their types and the body of a function definition."""
        if attribute(element, "kind") not in ("", "FEEL"):
            self._findings.add(line_of(element), f"a function in {attribute(element, 'kind')}", "write it in FEEL")
        parameters = list(children(element, "formalParameter"))
        body = self.inside(element)
        if body is None:
            self._findings.add(line_of(element), "a function without a body", "give it an expression")
        names = tuple(attribute(each, "name") for each in parameters)
        return names, tuple(self._types.of(each) for each in parameters), body or _nothing

    def _decisiontable(self, element: Element) -> Boxed:
        inputs = tuple(self._input(each) for each in children(element, "input"))
        outputs = tuple(self._output(each) for each in children(element, "output"))
        rules = tuple(
            rule for each in children(element, "rule") if (rule := self._rule(each, len(inputs), len(outputs)))
        )
        aggregation = attribute(element, "aggregation")
        if aggregation and (aggregation not in AGGREGATIONS or len(outputs) != 1):
            self._findings.add(
                line_of(element), f"{aggregation} over {len(outputs)} outputs", f"{', '.join(AGGREGATIONS)} of one"
            )
            aggregation = ""
        return DecisionTable(policy_of(element, self._findings), aggregation, inputs, outputs, rules)

    def _input(self, element: Element) -> Input:
        asked = child(element, "inputExpression")
        type_ = self._types.of(asked)
        allowed = read_tests(child(element, "inputValues"), self._findings, self._names)
        return Input(self.node(asked, line_of(element)), type_, allowed)

    def _output(self, element: Element) -> Output:
        type_ = self._types.of(element)
        allowed = read_tests(child(element, "outputValues"), self._findings, self._names)
        default = child(element, "defaultOutputEntry")
        return Output(
            name=attribute(element, "name"),
            type=type_,
            allowed=allowed,
            order=tuple(listed(allowed) if allowed else type_.values()),
            default=None if default is None else self.node(default, line_of(default)),
        )

    def _rule(self, element: Element, inputs: int, outputs: int) -> Rule | None:
        cells, answers = list(children(element, "inputEntry")), list(children(element, "outputEntry"))
        if len(cells) != inputs or len(answers) != outputs:
            self._findings.add(
                line_of(element),
                f"a rule with {len(cells)} inputs and {len(answers)} outputs",
                f"the table has {inputs} and {outputs}",
            )
            return None
        tests = tuple(read_tests(cell, self._findings, self._names) or UnaryTests(()) for cell in cells)
        for cell, test in zip(cells, tests, strict=True):
            for node in test.tests:
                self._check_names(node, text_line(cell))
        return Rule(tests, tuple(self.node(answer, line_of(answer)) for answer in answers))


def policy_of(element: Element, findings: Findings) -> HitPolicy:
    """The hit policy of a decision table; UNIQUE without one."""
    written = attribute(element, "hitPolicy")
    try:
        return HitPolicy(written or "UNIQUE")
    except ValueError:
        findings.add(line_of(element), f"the hit policy {written!r} is not known", f"one of {', '.join(HitPolicy)}")
        return HitPolicy.UNIQUE


def closed(function: tuple[tuple[str, ...], tuple[Type, ...], Boxed], scope: Scope, result: Type = ANY) -> Closure:
    """A function over the names it may see."""
    names, types, body = function

    def run(given: tuple[Any, ...], budget: Budget) -> Any:
        fitted = [type_.fitted(each, budget) for type_, each in zip(types, given, strict=True)]
        return result.fitted(body({**scope, **dict(zip(names, fitted, strict=True))}, budget), budget)

    return Closure(names, run)


def _nothing(_: Scope, __: Budget) -> Any:
    return None


def _all(node: Node) -> Iterator[Node]:
    yield node
    for part in parts(node):
        yield from _all(part)


def _bound(node: Node) -> Iterator[str]:
    return (part.name for part in _all(node) if isinstance(part, Turn | Entry))
