"""Golden cases as the YAML that `cases` reads back to the same cases."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from o2c_rules.cases import Case
from o2c_rules.values import Value

CONFIRM = "# Suggested by `o2c rules cases --suggest`: a person must confirm each case, then take its note away."
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NOT_BARE = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def as_yaml(cases: Iterable[Case], default_day: date) -> str:
    """The cases, one after the other; `on` is left out where it is the day they have anyway."""
    return "".join(_case(case, default_day) for case in cases)


def _case(case: Case, default_day: date) -> str:
    lines = [f"- case: {_text(case.sentence)}"]
    if case.on != default_day:
        lines.append(f"  on: {case.on}")
    lines += [f"  facts: {_flow(case.facts)}", f"  expect: {{{_expected(case)}}}"]
    if case.note:
        lines.append(f"  note: {_text(case.note)}")
    return "\n".join(lines) + "\n"


def _expected(case: Case) -> str:
    if case.undecided:
        return "undecided: true"
    parts = []
    if case.rows is not None:
        parts.append(f"rows: [{', '.join(map(_text, case.rows))}]")
    if case.outcome:
        parts.append(f"outcome: {_flow(case.outcome)}")
    return ", ".join(parts)


def _flow(values: Mapping[str, Value]) -> str:
    return "{" + ", ".join(f"{name}: {_value(value)}" for name, value in values.items()) + "}"


def _value(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _text(text: str) -> str:
    if _BARE.fullmatch(text) and text.lower() not in _NOT_BARE:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
