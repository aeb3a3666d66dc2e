"""What is asked of a bundle before anybody may release it: check, golden cases, proof. Kept beside its tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from o2c_rules.checking import Flaw, check
from o2c_rules.checking.flaws import Severity
from o2c_rules.rulebook import RuleBook
from o2c_rules.trials import Failure, run

NAMED_MOST = 5


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports as they are kept, and what of them speaks against a release."""

    contents: Mapping[str, bytes]
    against: tuple[str, ...]


def examine(book: RuleBook, tables: Iterable[str]) -> Reports:
    """`tables`: those that differ from what is in force; golden cases are run for all, since calendars are shared."""
    changed = tuple(name for name in tables if name in book.tables)
    flaws = check(book, changed)
    errors = [flaw for flaw in flaws if flaw.severity is Severity.ERROR]
    whole, mine = run(book, coverage=False), run(book, changed)
    reports: dict[str, Any] = {
        "check": {"ok": not errors, "tables": list(changed), "findings": [flaw.as_json() for flaw in flaws]},
        "cases": {"ok": whole.ok, "all": whole.as_json(), "changed": mine.as_json()},
    }
    against = [*([_flaws(errors)] if errors else []), *([_cases(whole.failures)] if not whole.ok else [])]
    return Reports({name: _canonical(report) for name, report in reports.items()}, tuple(against))


def _flaws(errors: Sequence[Flaw]) -> str:
    found = [f"{flaw.kind} in {flaw.where}: {flaw.text}" for flaw in errors]
    return f"{_counted(len(found), 'finding')} of check: {_some(found)}"


def _cases(failures: Iterable[Failure]) -> str:
    failed = [f"{failure.table}: {failure.sentence}" for failure in failures]
    return f"{_counted(len(failed), 'golden case')} not met: {_some(failed)}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _some(names: list[str]) -> str:
    more = len(names) - NAMED_MOST
    return "; ".join(names[:NAMED_MOST]) + (f"; and {more} more" if more > 0 else "")


def _canonical(report: Any) -> bytes:
    return orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
