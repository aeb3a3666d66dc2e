"""Other engines with the same rows, each as its documentation drives it and in its fastest way; and a plain loop.

Their packages are for this bench alone: `make bench-rules` installs them. ModuleNotFoundError where one is not there.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any

from tests.bench.rules_bench.matrix import WORDS, Line, band
from tests.bench.rules_bench.ours import Ask


def zen(rows: Sequence[Line], *, collect: bool) -> Ask:
    """zen-engine with its static loader, which is indexed and answers inline. It refuses Decimal, so that whoever has
    Decimals makes floats of them for each decision."""
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
        {"id": "table", "type": "decisionTableNode", "name": "table", "position": {"x": 0, "y": 0},
         "content": _zen_table(rows, "collect" if collect else "first")},
        {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 0, "y": 0}},
    ]  # fmt: skip
    edges = [
        {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}
        for source, target in (("in", "table"), ("table", "out"))
    ]
    content = {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}
    engine = import_module("zen").ZenEngine({"loader": {"type": "static", "content": {"approvals": content}}})
    evaluate = engine.evaluate
    if collect:
        return lambda facts: [row["row"] for row in evaluate("approvals", _floats(facts))["result"]]

    def ask(facts: Mapping[str, Any]) -> list[int]:
        found = evaluate("approvals", _floats(facts))["result"]
        return [found["row"]] if found else []

    return ask


def _zen_table(rows: Sequence[Line], policy: str) -> dict[str, Any]:
    columns = (*WORDS, "amount")
    return {
        "hitPolicy": policy,
        "inputs": [{"id": name, "name": name, "type": "expression", "field": name} for name in columns],
        "outputs": [{"id": "row", "name": "row", "type": "expression", "field": "row"}],
        "rules": [
            {"_id": f"R{n}", "row": str(n), "amount": band(line)}
            | {name: json.dumps(word) if word else "" for name, word in zip(WORDS, line.words, strict=True)}
            for n, line in enumerate(rows)
        ],
    }


def _floats(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {**facts, "amount": float(facts["amount"])}


def rule_engine(rows: Sequence[Line], *, collect: bool) -> Ask:
    """rule-engine: one parsed expression per row, asked in order. It takes Decimals as they are."""
    make = import_module("rule_engine").Rule
    matches = [make(_expression(line)).matches for line in rows]
    if collect:
        return lambda facts: [n for n, match in enumerate(matches) if match(facts)]

    def ask(facts: Mapping[str, Any]) -> list[int]:
        return next(([n] for n, match in enumerate(matches) if match(facts)), [])

    return ask


def _expression(line: Line) -> str:
    parts = [f"{name} == {json.dumps(word)}" for name, word in zip(WORDS, line.words, strict=True) if word]
    parts += [f"amount >= {line.low}"] + ([] if line.high is None else [f"amount < {line.high}"])
    return " and ".join(parts)


def business_rules(rows: Sequence[Line], *, collect: bool) -> Ask:
    """business-rules: conditions as dictionaries, variables made anew for each decision, as its documentation does."""
    run_all = import_module("business_rules").run_all
    variables, actions = _variables(), _actions()
    rules = [
        {"conditions": {"all": _conditions(line)}, "actions": [{"name": "hit", "params": {"row": n}}]}
        for n, line in enumerate(rows)
    ]

    def ask(facts: Mapping[str, Any]) -> list[int]:
        found: list[int] = []
        run_all(
            rule_list=rules,
            defined_variables=variables(facts),
            defined_actions=actions(found),
            stop_on_first_trigger=not collect,
        )
        return found

    return ask


def _conditions(line: Line) -> list[dict[str, Any]]:
    words: list[dict[str, Any]] = [
        {"name": name, "operator": "equal_to", "value": word}
        for name, word in zip(WORDS, line.words, strict=True)
        if word
    ]
    low: dict[str, Any] = {"name": "amount", "operator": "greater_than_or_equal_to", "value": line.low}
    high: dict[str, Any] = {"name": "amount", "operator": "less_than", "value": line.high}
    return [*words, low] + ([] if line.high is None else [high])


def _variables() -> Any:
    variables = import_module("business_rules.variables")
    space: dict[str, Any] = {"__init__": lambda self, facts: setattr(self, "facts", facts)}
    for name in WORDS:
        space[name] = variables.string_rule_variable()(_reader(name))
    space["amount"] = variables.numeric_rule_variable()(_reader("amount"))
    return type("Variables", (variables.BaseVariables,), space)


def _reader(name: str) -> Any:
    def read(self: Any) -> Any:
        return self.facts[name]

    read.__name__ = name
    return read


def _actions() -> Any:
    actions = import_module("business_rules.actions")

    def hit(self: Any, row: int) -> None:
        self.found.append(row)

    fields = import_module("business_rules.fields")
    space = {
        "__init__": lambda self, found: setattr(self, "found", found),
        "hit": actions.rule_action(params={"row": fields.FIELD_NUMERIC})(hit),
    }
    return type("Actions", (actions.BaseActions,), space)


def linear(rows: Sequence[Line], *, collect: bool) -> Ask:
    """What a programmer writes first: a loop over the rows, in Decimals."""
    prepared = [
        (n, *line.words, Decimal(line.low), None if line.high is None else Decimal(line.high))
        for n, line in enumerate(rows)
    ]

    def ask(facts: Mapping[str, Any]) -> list[int]:
        kind, currency, region, amount = facts["kind"], facts["currency"], facts["region"], facts["amount"]
        found = []
        for n, of_kind, of_currency, of_region, low, high in prepared:
            if (
                (of_kind is None or of_kind == kind)
                and (of_currency is None or of_currency == currency)
                and (of_region is None or of_region == region)
                and low <= amount
                and (high is None or amount < high)
            ):
                found.append(n)
                if not collect:
                    break
        return found

    return ask
