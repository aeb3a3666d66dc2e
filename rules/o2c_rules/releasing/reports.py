"""What is asked of a bundle before anybody may release it: check, golden cases, proof. Kept beside its tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from o2c_rules.checking import Flaw, check
from o2c_rules.checking.flaws import Severity
from o2c_rules.proof import Proof, engine, prove
from o2c_rules.rulebook import RuleBook
from o2c_rules.trials import Failure, run

NAMED_MOST = 5
PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports as they are kept, and what of them speaks against a release."""

    contents: Mapping[str, bytes]
    against: tuple[str, ...]


def examine(book: RuleBook, tables: Iterable[str], facts: int = 10_000) -> Reports:
    """`tables`: those that differ from what is in force. Golden cases are run for all, since calendars are shared, and
    all are proved, since the engine may be another one than at the last release."""
    changed = tuple(name for name in tables if name in book.tables)
    flaws = check(book, changed)
    errors = [flaw for flaw in flaws if flaw.severity is Severity.ERROR]
    proof = prove(book, facts=facts)
    whole, mine = run(book, coverage=False), run(book, changed)
    reports: dict[str, Any] = {
        "check": {"ok": not errors, "tables": list(changed), "findings": [flaw.as_json() for flaw in flaws]},
        "cases": {"ok": whole.ok, "all": whole.as_json(), "changed": mine.as_json()},
        PROOF: proof.as_json(),
    }
    against = (_flaws(errors), _cases(whole.failures), _differences(proof))
    contents = {name: _canonical(report) for name, report in reports.items()}
    return Reports(contents, tuple(sentence for sentence in against if sentence))


def proved_elsewhere(report: bytes) -> str:
    """Why a proof does not count here: another engine decides than the one that was proved. Nothing where it counts."""
    proved, here = orjson.loads(report).get("engine"), engine()
    return "" if proved == here else f"it was proved on {proved}, and {here} would decide"


def _flaws(errors: Sequence[Flaw]) -> str:
    if not errors:
        return ""
    found = [f"{flaw.kind} in {flaw.where}: {flaw.text}" for flaw in errors]
    return f"{_counted(len(found), 'finding')} of check: {_some(found)}"


def _cases(failures: Sequence[Failure]) -> str:
    if not failures:
        return ""
    failed = [f"{failure.table}: {failure.sentence}" for failure in failures]
    return f"{_counted(len(failed), 'golden case')} not met: {_some(failed)}"


def _differences(proof: Proof) -> str:
    found = [f"{difference.table} on {difference.facts}: {difference.text}" for difference in proof.differences]
    return f"the executors differ: {_some(found)}" if found else ""


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _some(names: list[str]) -> str:
    more = len(names) - NAMED_MOST
    return "; ".join(names[:NAMED_MOST]) + (f"; and {more} more" if more > 0 else "")


def _canonical(report: Any) -> bytes:
    return orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
