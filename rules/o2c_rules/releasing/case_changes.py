"""Which golden cases another version has, and what it says otherwise in those of the same sentence."""

from collections.abc import Iterator, Mapping
from typing import Any

from o2c_rules.cases import Case, cases_of
from o2c_rules.reading import name_of
from o2c_rules.rulebook import CASES, RuleBook
from o2c_rules.trials.running import SUGGESTED
from o2c_rules.values import shown


def changed_cases(base: RuleBook, book: RuleBook, file: str) -> list[str]:
    """Of one file of cases, headed by its name; how it is written is no part of it. Empty where they are the same."""
    table = name_of(file.removesuffix(CASES) + ".yaml")
    before, after = (_cases(each, table, file) for each in (base, book))
    lines = [f"-case: {sentence}" for sentence in before if sentence not in after]
    for sentence, case in after.items():
        if sentence not in before:
            lines.append(f"+case: {sentence}{' (suggested, confirmed by nobody yet)' * (case.note == SUGGESTED)}")
        else:
            lines += (f" case: {sentence}: {said}" for said in _otherwise(before[sentence], case))
    return [f"--- {file}", f"+++ {file}", *lines] if lines else []


def _cases(book: RuleBook, table: str, file: str) -> Mapping[str, Case]:
    found = cases_of(book, table) if table in book.tables else ()
    return {case.sentence: case for case in found if case.where.startswith(f"{file}:")}


def _otherwise(before: Case, after: Case) -> Iterator[str]:
    for name in {**before.facts, **after.facts}:
        was, now = _said(before.facts, name), _said(after.facts, name)
        if was != now:
            yield f"{name} {was} -> {now}"
    for name in ("on", "rows", "undecided", "note"):
        if getattr(before, name) != getattr(after, name):
            yield f"{name} {_listed(getattr(before, name))} -> {_listed(getattr(after, name))}"
    was_expected, now_expected = before.outcome or {}, after.outcome or {}
    for name in {**was_expected, **now_expected}:
        if _said(was_expected, name) != _said(now_expected, name):
            yield f"expects {name} {_said(was_expected, name)} -> {_said(now_expected, name)}"


def _said(values: Mapping[str, Any], name: str) -> str:
    return shown(values[name]) if name in values else "not said"


def _listed(value: Any) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value or "-")
