"""Every shipped book: it loads, its golden cases hold, and no row, boundary or word of it may be wrong unnoticed."""

from collections import Counter

import pytest
from o2c_rules.cases import Case, cases_of
from o2c_rules.rulebook import RuleBook
from o2c_rules.trials.coverage import coverage_of
from o2c_rules.trials.mutants import mutate
from o2c_rules.trials.running import versions_of

BOOK = RuleBook.shipped()
CASES = [case for table in BOOK.tables for case in cases_of(BOOK, table)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.table}: {case.sentence}")
def test_a_golden_case_holds(case: Case) -> None:
    assert list(case.failures(BOOK)) == []


@pytest.mark.parametrize("table", BOOK.tables)
def test_every_row_is_fired_by_a_case_and_spared_by_another(table: str) -> None:
    fired: Counter[tuple[str, str]] = Counter()
    asked: Counter[str] = Counter()

    for case in cases_of(BOOK, table):
        decision = BOOK.decide(table, case.facts, case.on)
        for version in BOOK.versions(table):
            if version.effective_from <= case.on <= version.effective_to:
                asked[version.file] += 1
                fired.update((version.file, row.id) for row in decision.rows)

    rows = [(version.file, row.id) for version in BOOK.versions(table) for row in version.rows]
    assert [row for row in rows if not fired[row]] == [], "rows that no case fires"
    assert [row for row in rows if fired[row] == asked[row[0]]] == [], "rows that every case fires"


@pytest.mark.parametrize("table", BOOK.tables)
def test_no_single_mistake_in_a_table_goes_unnoticed(table: str) -> None:
    versions = versions_of(BOOK, table, cases_of(BOOK, table))

    unnoticed = [str(mutant) for version in versions for mutant in mutate(version).unnoticed]

    assert unnoticed == [], "see o2c rules test shipped --mutate"


@pytest.mark.parametrize("table", BOOK.tables)
def test_every_boundary_has_a_case_on_it_and_one_unit_to_either_side(table: str) -> None:
    versions = versions_of(BOOK, table, cases_of(BOOK, table))

    missing = [point for version in versions for point in coverage_of(version).boundary.missing]

    assert missing == [], "see o2c rules test shipped --coverage"


@pytest.mark.parametrize("table", BOOK.tables)
def test_every_row_says_what_it_rests_on(table: str) -> None:
    rows = [row for version in BOOK.versions(table) for row in version.rows]

    assert [row.id for row in rows if not row.basis] == []


@pytest.mark.parametrize("table", BOOK.tables)
def test_a_table_has_a_title_and_two_cases_never_share_a_sentence(table: str) -> None:
    sentences = Counter(case.sentence for case in cases_of(BOOK, table))

    assert all(version.title for version in BOOK.versions(table))
    assert [sentence for sentence, times in sentences.items() if times > 1] == []
