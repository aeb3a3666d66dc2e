"""A DMN model that can be asked: its decisions, what each requires, and their values for the facts of a case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any

from o2c_rules.circles import circles
from o2c_rules.feel.operations import EXACT
from o2c_rules.feel.running import Budget, TooMuch
from o2c_rules.feel.temporal import Months
from o2c_rules.source import DMN_BYTES_MOST, Finding, Findings

from .boxed import Reader, closed
from .decision_tables import Boxed
from .documents import BadModel, Element, attribute, child, children, line_of, local, read_bytes
from .types import Type, Types

NESTED_MOST = 20


class UnknownDecision(LookupError):
    """A decision that the model does not make."""


class BadFact(TypeError):
    """A fact of a type that no decision knows, such as a float."""


@dataclass(frozen=True, slots=True)
class _Part:
    """An input, a decision or a function of business knowledge."""

    name: str
    sort: str
    type: Type
    requires: tuple[str, ...] = ()
    boxed: Boxed | None = None
    function: tuple[tuple[str, ...], tuple[Type, ...], Boxed] | None = None


class Model:
    """The decisions of one file. Asking never changes it."""

    def __init__(self, name: str, parts: Mapping[str, _Part]) -> None:
        self.name = name
        self._parts = parts
        self._decisions = {part.name: id_ for id_, part in parts.items() if part.sort == "decision"}

    @classmethod
    def read(cls, path: str | Path) -> "Model":
        """The model of a file. BadModel with all that is wrong in it, each with its line."""
        try:
            with Path(path).open("rb") as file:
                content = file.read(DMN_BYTES_MOST + 1)
        except OSError as error:
            raise BadModel([Finding(str(path), error.strerror or str(error), "name a DMN file")]) from error
        return cls.of(content, Path(path).name)

    @classmethod
    def of(cls, content: bytes, file: str = "model.dmn") -> "Model":
        """The model in these bytes. BadModel with all that is wrong in it, each with its line."""
        findings = Findings(file)
        root = read_bytes(content, findings)
        model = None if root is None else _Reading(root, findings).model()
        if findings.found or model is None:
            raise BadModel(findings.found)
        return model

    @property
    def decisions(self) -> tuple[str, ...]:
        """The names of the decisions."""
        return tuple(self._decisions)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the facts it asks for."""
        return tuple(part.name for part in self._parts.values() if part.sort == "inputData")

    def decide(self, name: str, facts: Mapping[str, Any]) -> Any:
        """The value of a decision: str, Decimal, bool, date, time, datetime, timedelta, Months, list, dict or None.

        Facts are of the same types, or int; one that is not given, or of another type than its input's, is null.
        UnknownDecision for a name it does not decide, BadFact for a float or an object, TooMuch for an expression that
        would never end.
        """
        if name not in self._decisions:
            raise UnknownDecision(f"{self.name} does not decide {name!r}; it decides {', '.join(self._decisions)}")
        given = {
            part.name: _given(facts.get(part.name), 0) for part in self._parts.values() if part.sort == "inputData"
        }
        try:
            return _Asking(self._parts, given, Budget()).value(self._decisions[name])
        except RecursionError:
            raise TooMuch(f"{name}: its decisions lie too deep in each other") from None


class _Asking:
    """One question: every decision is made at most once."""

    def __init__(self, parts: Mapping[str, _Part], given: Mapping[str, Any], budget: Budget) -> None:
        self._parts, self._given, self._budget = parts, given, budget
        self._known: dict[str, Any] = {}

    def value(self, id_: str) -> Any:
        if id_ not in self._known:
            part = self._parts[id_]
            self._known[id_] = self._made(part)
        return self._known[id_]

    def _made(self, part: _Part) -> Any:
        if part.sort == "inputData":
            return part.type.fitted(self._given[part.name], self._budget)
        scope = {self._parts[id_].name: self.value(id_) for id_ in part.requires}
        if part.function is not None:
            return closed(part.function, scope, part.type)
        found = part.boxed(scope, self._budget) if part.boxed else None
        return part.type.fitted(found, self._budget)


def _given(value: Any, depth: int) -> Any:
    if depth > NESTED_MOST:
        raise BadFact(f"a fact with lists or contexts more than {NESTED_MOST} deep in each other")
    match value:
        case None | bool() | str() | date() | time() | timedelta() | Months():
            return value
        case int() | Decimal() if isinstance(value, int) or value.is_finite():
            try:
                return EXACT.create_decimal(value)
            except DecimalException:
                raise BadFact("a number beyond what decisions know; give int or Decimal below 10**6144") from None
        case list() | tuple():
            return [_given(item, depth + 1) for item in value]
        case Mapping():
            return {str(key): _given(item, depth + 1) for key, item in value.items()}
    shown = repr(value)[:40]
    raise BadFact(f"{shown} is a {type(value).__name__}; give int, Decimal, str, bool, date, time, list, dict or None")


class _Reading:
    """From the elements of a file to its parts, with everything that is wrong."""

    def __init__(self, root: Element, findings: Findings) -> None:
        self._root, self._findings = root, findings
        self._types = Types(root, findings)
        self._reader = Reader(self._types, frozenset(_names(root)), findings)
        self._elements: dict[str, Element] = {}

    def model(self) -> Model:
        for unread in children(self._root, "import"):
            self._findings.add(line_of(unread), "other files are not imported", "put what is needed into this file")
        self._collect(children(self._root, "inputData", "decision", "businessKnowledgeModel"))
        requires = {id_: tuple(self._requires(element)) for id_, element in self._elements.items()}
        self._check_circles(requires)
        parts = {id_: self._part(element, requires[id_]) for id_, element in self._elements.items()}
        return Model(attribute(self._root, "name") or self._findings.file, parts)

    def _collect(self, elements: Iterable[Element]) -> None:
        lines: dict[str, int] = {}
        for element in elements:
            name = attribute(element, "name")
            if not name:
                self._findings.add(line_of(element), f"<{local(element)}> has no name", 'name="Approval"')
            elif name in lines:
                self._findings.add(line_of(element), f"{name!r} a second time", f"it stands in line {lines[name]}")
            lines[name] = line_of(element)
            self._elements[attribute(element, "id") or f"?{name}"] = element

    def _requires(self, element: Element) -> Iterable[str]:
        for requirement in children(element, "informationRequirement", "knowledgeRequirement"):
            for needed in children(requirement, "requiredInput", "requiredDecision", "requiredKnowledge"):
                id_ = attribute(needed, "href").rpartition("#")[2]
                if id_ in self._elements:
                    yield id_
                else:
                    self._findings.add(
                        line_of(needed),
                        f"{attribute(needed, 'href')!r} is required and not there",
                        "add it, or undo it",
                    )

    def _check_circles(self, requires: Mapping[str, tuple[str, ...]]) -> None:
        for circle in circles(requires):
            names = [attribute(self._elements[id_], "name") for id_ in circle]
            self._findings.add(
                line_of(self._elements[circle[0]]),
                f"{names[0]!r} requires itself: {' requires '.join(names)}",
                "take one of these requirements away",
            )

    def _part(self, element: Element, requires: tuple[str, ...]) -> _Part:
        name, sort = attribute(element, "name"), local(element)
        type_ = self._types.of(child(element, "variable"))
        if sort == "inputData":
            return _Part(name, sort, type_)
        if sort == "businessKnowledgeModel":
            logic = child(element, "encapsulatedLogic")
            if logic is None:
                self._findings.add(line_of(element), f"{name!r} has no logic", "give it an expression")
                return _Part(name, sort, type_, requires)
            return _Part(name, sort, type_, requires, function=self._reader.function(logic))
        boxed = self._reader.inside(element)
        if boxed is None:
            self._findings.add(line_of(element), f"the decision {name!r} has no expression", "say how it is decided")
        return _Part(name, sort, type_, requires, boxed)


def _names(root: Element) -> Iterable[str]:
    """Every name that an expression may use, so that names of several words are known when it is read."""
    named = ("inputData", "decision", "businessKnowledgeModel", "variable", "formalParameter", "itemComponent")
    for element in root.iter(*(f"{{*}}{name}" for name in (*named, "parameter", "output", "column"))):
        if name := attribute(element, "name"):
            yield name
