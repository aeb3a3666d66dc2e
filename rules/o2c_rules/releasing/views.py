"""Proposals and releases as plain JSON, the same for whoever asks at a desk or at a folder."""

from dataclasses import asdict
from difflib import unified_diff
from typing import Any

import orjson

from o2c_rules.bundles import Release, Store
from o2c_rules.calendar_book import FILE as CALENDARS
from o2c_rules.diffing import differences
from o2c_rules.formats import load, save
from o2c_rules.reading import name_of
from o2c_rules.rulebook import CASES, RuleBook

from .case_changes import changed_cases
from .chain import body_of
from .proposals import Filed

LINES_MOST = 400


def of_release(release: Release) -> dict[str, Any]:
    """A line of the chain, with its hash."""
    return body_of(release) | {"hash": release.hash}


def of_filed(filed: Filed) -> dict[str, Any]:
    """A proposal and what became of it."""
    proposal = filed.proposal
    body = asdict(proposal) | {"reports": dict(proposal.reports), "tables": list(proposal.tables)}
    whole = body | {
        "contracts": list(proposal.contracts),
        "against": list(proposal.against),
        "state": filed.state,
        "review": asdict(filed.review) if filed.review else None,
        "releases": list(filed.released),
    }
    return dict(orjson.loads(orjson.dumps(whole)))


def of_details(store: Store, filed: Filed) -> dict[str, Any]:
    """With its reports as they were kept, and what differs from the base: in an analyst's words, and line by line."""
    proposal = filed.proposal
    reports = {n: orjson.loads(store.report(proposal.bundle, n, digest)) for n, digest in proposal.reports.items()}
    base, book = store.book(proposal.base), store.book(proposal.bundle)
    tables = [name for name in proposal.tables if name in base.tables or name in book.tables]
    said = [difference.as_json() for difference in differences(base, book, tables)]
    return of_filed(filed) | {"found": reports, "differences": said, "changes": changed_lines(base, book)}


def changed_lines(base: RuleBook, book: RuleBook) -> list[str]:
    """The files that differ, line by line; of golden cases which differ, and in what. How something is written is no
    part of it. The tables come first. Up to a bound that is named where it is met."""
    lines: list[str] = []
    differing = [n for n in base.files.keys() | book.files.keys() if base.files.get(n) != book.files.get(n)]
    for name in sorted(differing, key=lambda name: (name.endswith(CASES), name)):
        if name.endswith(CASES):
            lines += changed_cases(base, book, name)
        else:
            before, after = (_written(name, files.get(name, b"")) for files in (base.files, book.files))
            lines += unified_diff(before, after, name, name, lineterm="", n=0)
    if len(lines) > LINES_MOST:
        lines[LINES_MOST:] = [f"… and {len(lines) - LINES_MOST} more lines"]
    return lines


def _written(name: str, content: bytes) -> list[str]:
    """A table as this program would write it, whoever wrote it; calendars as they are."""
    if content and name != CALENDARS:
        content = save(load(name, content), f"{name_of(name)}.yaml")
    return content.decode(errors="replace").splitlines()
