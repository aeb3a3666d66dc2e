"""Item definitions: which values a variable may have. A value of another type is null, as DMN has it."""

from dataclasses import dataclass
from typing import Any

from o2c_rules.circles import circles
from o2c_rules.feel.nodes import Constant, Number, UnaryTests
from o2c_rules.feel.operations import sort_of
from o2c_rules.feel.running import Budget, holds, value
from o2c_rules.feel.syntax import unary_tests
from o2c_rules.feel.words import BadFeel
from o2c_rules.source import Findings

from .documents import Element, attribute, child, children, line_of, text_line, text_of

_SORTS = {
    "string": "string",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "dateTime": "date and time",
    "date and time": "date and time",
    "dayTimeDuration": "days and time duration",
    "days and time duration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "years and months duration": "years and months duration",
    "context": "context",
    "list": "list",
    "Any": "",
    "": "",
}


@dataclass(frozen=True, slots=True)
class Type:
    """A type: one of FEEL's, perhaps only some of its values, of named parts, or a list of them."""

    sort: str = ""
    """In FEEL's words; nothing for any."""
    parts: tuple[tuple[str, "Type"], ...] = ()
    is_list: bool = False
    item: "Type | None" = None
    """What each item, or the value itself, must be as well."""
    allowed: UnaryTests | None = None

    def fitted(self, found: Any, budget: Budget) -> Any:
        """The value, where it is of this type; a list of one for its item, and the other way round; else None."""
        budget.spend(1)
        if found is None:
            return None
        if self.is_list:
            items = [self._one(each, budget) for each in (found if isinstance(found, list) else [found])]
            given = found if isinstance(found, list) else [found]
            fits = all(item is not None or each is None for item, each in zip(items, given, strict=True))
            return items if fits else None
        if isinstance(found, list) and len(found) == 1 and self.wants_one:
            found = found[0]
        return self._one(found, budget)

    @property
    def wants_one(self) -> bool:
        """Whether a list can be no value of this type."""
        inner = self.item
        return bool(self.parts or (self.sort and self.sort != "list")) or (
            inner is not None and not inner.is_list and inner.wants_one
        )

    def _one(self, found: Any, budget: Budget) -> Any:
        if self.item is not None and found is not None:
            found = self.item.fitted(found, budget)
        if found is None or (self.sort and sort_of(found) != self.sort):
            return None
        if self.parts:
            found = self._with_parts(found, budget)
        if found is not None and self.allowed is not None and holds(self.allowed, found, {}, budget) is not True:
            return None
        return found

    def _with_parts(self, found: Any, budget: Budget) -> Any:
        if not isinstance(found, dict):
            return None
        fitted = dict(found)
        for name, type_ in self.parts:
            fitted[name] = type_.fitted(found.get(name), budget)
            if fitted[name] is None and found.get(name) is not None:
                return None
        return fitted

    def values(self) -> list[Any]:
        """The allowed values, where they are written one by one."""
        if self.allowed is not None:
            return listed(self.allowed)
        return [] if self.item is None else self.item.values()


ANY = Type()


def listed(tests: UnaryTests) -> list[Any]:
    """The values of tests that are plain values."""
    return [value(test, {}) for test in tests.tests if isinstance(test, Constant | Number)]


class Types:
    """All types of a model, by name."""

    def __init__(self, root: Element, findings: Findings) -> None:
        self._findings = findings
        self._elements = {attribute(each, "name"): each for each in children(root, "itemDefinition")}
        self._made: dict[str, Type] = {}
        needs = {name: tuple(_references(each)) for name, each in self._elements.items()}
        for circle in circles(needs):
            findings.add(
                line_of(self._elements[circle[0]]),
                f"the type {circle[0]!r} is made of itself: {' of '.join(circle)}",
                "a type is made of simpler ones",
            )
            self._made[circle[0]] = ANY

    def named(self, reference: str, line: int) -> Type:
        """The type that a typeRef names, with or without a prefix; any, with a finding, where there is none."""
        name = reference if reference in self._elements else reference.rpartition(":")[2]
        if name in self._made:
            return self._made[name]
        if name in self._elements:
            self._made[name] = self._defined(self._elements[name])
            return self._made[name]
        if name not in _SORTS:
            known = ", ".join([*self._elements, *filter(None, _SORTS)])
            self._findings.add(line, f"the type {reference!r} is not known", f"one of {known}")
        return Type(_SORTS.get(name, ""))

    def of(self, element: Element | None) -> Type:
        """The type that an element's typeRef names; any without one."""
        return ANY if element is None else self.named(attribute(element, "typeRef"), line_of(element))

    def _defined(self, element: Element) -> Type:
        reference = child(element, "typeRef")
        item = None if reference is None else self.named((reference.text or "").strip(), line_of(reference))
        parts = tuple((attribute(each, "name"), self._defined(each)) for each in children(element, "itemComponent"))
        whole = read_tests(child(element, "typeConstraint"), self._findings)
        allowed = read_tests(child(element, "allowedValues"), self._findings)
        is_list = attribute(element, "isCollection") == "true"
        made = Type("context" if parts else "", parts, is_list, item, allowed)
        return made if whole is None else Type(item=made, allowed=whole)


def read_tests(element: Element | None, findings: Findings, names: frozenset[str] = frozenset()) -> UnaryTests | None:
    """The unary tests in an element; None where there are none, or, with a finding, where they cannot be read."""
    if element is None or not (text := text_of(element)):
        return None
    try:
        return unary_tests(text, names)
    except BadFeel as error:
        findings.add(text_line(element), str(error), error.hint)
        return None


def _references(element: Element) -> list[str]:
    """The names of all types that an item definition is made of."""
    return [(each.text or "").strip().rpartition(":")[2] for each in element.iter("{*}typeRef")]
