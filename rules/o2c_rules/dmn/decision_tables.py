"""Decision tables of DMN: every hit policy, on values of any type. Our own tables are decided elsewhere, and faster."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from o2c_rules.feel.nodes import Node, UnaryTests
from o2c_rules.feel.operations import equal
from o2c_rules.feel.running import FUNCTIONS, Budget, Scope, holds, value

from .types import Type

Boxed = Callable[[Scope, Budget], Any]
"""An expression of any form: its value in a scope."""


class HitPolicy(StrEnum):
    """What it means that several rules match."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    PRIORITY = "PRIORITY"
    FIRST = "FIRST"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"
    COLLECT = "COLLECT"


_SINGLE = frozenset({HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.PRIORITY, HitPolicy.FIRST})
_AGGREGATES = {"SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count"}
AGGREGATIONS = tuple(_AGGREGATES)


@dataclass(frozen=True, slots=True)
class Input:
    """What a column asks about."""

    expression: Node
    type: Type
    allowed: UnaryTests | None


@dataclass(frozen=True, slots=True)
class Output:
    """What a column answers; `order` are its values, the most important first."""

    name: str
    type: Type
    allowed: UnaryTests | None
    order: tuple[Any, ...]
    default: Node | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row."""

    tests: tuple[UnaryTests, ...]
    answers: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A table that is asked by calling it."""

    policy: HitPolicy
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]

    def __call__(self, scope: Scope, budget: Budget) -> Any:
        """The answer; None where an input is not allowed, nothing matches, or the policy forbids what matches."""
        asked = []
        for each in self.inputs:
            found = each.type.fitted(value(each.expression, scope, budget), budget)
            if found is not None and each.allowed is not None and holds(each.allowed, found, scope, budget) is not True:
                return None
            asked.append(found)
        matched = [rule for rule in self.rules if self._matches(rule, asked, scope, budget)]
        if not matched:
            return self._default(scope, budget)
        if self.policy is HitPolicy.UNIQUE and len(matched) > 1:
            return None
        if self.policy is HitPolicy.FIRST:
            return self._shaped(self._answers(matched[0], scope, budget))
        return self._chosen([self._answers(rule, scope, budget) for rule in matched])

    def _matches(self, rule: Rule, asked: list[Any], scope: Scope, budget: Budget) -> bool:
        budget.spend(1)
        pairs = zip(rule.tests, asked, strict=True)
        return all(holds(tests, each, scope, budget) is True for tests, each in pairs)

    def _answers(self, rule: Rule, scope: Scope, budget: Budget) -> list[Any]:
        answers = []
        for output, node in zip(self.outputs, rule.answers, strict=True):
            found = output.type.fitted(value(node, scope, budget), budget)
            forbidden = output.allowed is not None and holds(output.allowed, found, scope, budget) is not True
            answers.append(None if forbidden else found)
        return answers

    def _chosen(self, found: list[list[Any]]) -> Any:
        if self.policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER):
            found = sorted(found, key=self._rank)
        if self.policy is HitPolicy.ANY and any(equal(found[0], other) is not True for other in found):
            return None
        if self.policy in _SINGLE:
            return self._shaped(found[0])
        shaped = [self._shaped(each) for each in found]
        return self._aggregated(shaped) if self.aggregation else shaped

    def _rank(self, answers: list[Any]) -> tuple[int, ...]:
        return tuple(
            next((n for n, each in enumerate(output.order) if equal(each, found) is True), len(output.order))
            for output, found in zip(self.outputs, answers, strict=True)
        )

    def _shaped(self, answers: list[Any]) -> Any:
        if len(self.outputs) == 1:
            return answers[0]
        return {output.name: found for output, found in zip(self.outputs, answers, strict=True)}

    def _aggregated(self, found: list[Any]) -> Any:
        return FUNCTIONS[_AGGREGATES[self.aggregation]]((found,), lambda _: None)

    def _default(self, scope: Scope, budget: Budget) -> Any:
        if all(output.default is None for output in self.outputs):
            return self._aggregated([]) if self.aggregation == "COUNT" else None
        found = [
            None if each.default is None else each.type.fitted(value(each.default, scope, budget), budget)
            for each in self.outputs
        ]
        shaped = self._shaped(found)
        return shaped if self.policy in _SINGLE or self.aggregation else [shaped]
