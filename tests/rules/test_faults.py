"""A single fault in a shipped table is told by a check or by a golden case; where neither tells, no facts would."""

import random
from collections import Counter
from functools import cache

import pytest
from o2c_rules.cases import Case, cases_of
from o2c_rules.rulebook import RuleBook

from tests.rules.faults import Fault, difference, faults, told_by_cases, told_by_check

SEED, SHORT, CAUGHT_LEAST = 20_261_122, 260, 0.99
BOOK = RuleBook.shipped()


@cache
def cases(table: str) -> tuple[Case, ...]:
    return cases_of(BOOK, table)


def every_fault() -> list[Fault]:
    return [fault for name in BOOK.tables for table in BOOK.versions(name) for fault in faults(table)]


def missed(some: list[Fault]) -> tuple[int, list[str]]:
    """How many of these faults change a decision, and those that nothing tells."""
    real, unnoticed = 0, []
    for fault in some:
        if told_by_cases(fault, cases(fault.right.name)):
            real += 1
        elif difference(fault) is not None:
            real += 1
            if not told_by_check(fault, BOOK):
                unnoticed.append(str(fault))
    return real, unnoticed


def test_of_hundreds_of_faults_hardly_one_goes_unnoticed() -> None:
    some = random.Random(SEED).sample(every_fault(), SHORT)

    real, unnoticed = missed(some)

    assert real >= 200
    assert len(unnoticed) <= real * (1 - CAUGHT_LEAST), unnoticed


def test_the_sweep_knows_every_kind_of_fault() -> None:
    kinds = ("without row", "swapped", "bound moved", "widened", " for ")
    told = Counter(kind for fault in every_fault() for kind in kinds if kind in fault.what)

    assert all(told[kind] >= 20 for kind in kinds)


def test_an_equal_table_is_no_fault_and_a_wrong_one_is_shown_by_facts() -> None:
    (table,) = BOOK.versions("orders/tolerance")
    by_name = {fault.what: fault for fault in faults(table)}

    same = by_name["rows order-other and delivery swapped"]
    other = by_name["without row order-b"]
    change = difference(other)

    assert difference(same) is None
    assert change is not None
    assert dict(change.example)["risk_class"] == "B"
    assert told_by_cases(other, cases("orders/tolerance"))


@pytest.mark.prove
def test_of_all_faults_of_all_tables_hardly_one_goes_unnoticed() -> None:
    real, unnoticed = missed(every_fault())

    assert real >= 1_000
    assert len(unnoticed) <= real * (1 - CAUGHT_LEAST), unnoticed
