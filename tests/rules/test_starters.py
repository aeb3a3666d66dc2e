"""Every kind of table can be started from, passes the check, and its golden cases hold, in every format."""

import pytest
from o2c_rules.cases import cases_of
from o2c_rules.checking import check
from o2c_rules.formats import load
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BadTable
from o2c_rules.starters import KINDS, start
from o2c_rules.trials import run
from o2c_rules.trials.mutants import mutate
from o2c_rules.trials.running import versions_of

SHIPPED = RuleBook.shipped()


def started(kind: str) -> RuleBook:
    """The shipped books, where the roles stand, with a new table beside them."""
    made = start(kind, "drafts/mine")
    assert made.cases is not None
    return RuleBook({**SHIPPED.files, "drafts/mine.yaml": made.table, "drafts/mine.cases.yaml": made.cases})


@pytest.mark.parametrize("kind", KINDS)
def test_a_started_table_passes_the_check_and_its_cases_hold(kind: str) -> None:
    book = started(kind)

    trial = run(book, ["drafts/mine"])
    (version,) = versions_of(book, "drafts/mine", ())

    assert check(book, ["drafts/mine"]) == ()
    assert trial.failures == ()
    assert trial.cases >= 3
    assert trial.coverage[0].row.percent == 100
    assert version.table.title
    assert [row.id for row in version.table.rows if not row.basis] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_mistake_in_a_started_table_goes_unnoticed(kind: str) -> None:
    book = started(kind)
    (version,) = versions_of(book, "drafts/mine", cases_of(book, "drafts/mine"))

    assert [str(found) for found in mutate(version).unnoticed] == []


@pytest.mark.parametrize("ending", [".yaml", ".csv", ".xlsx"])
def test_a_table_is_started_in_any_format_with_the_same_rows_and_cases(ending: str) -> None:
    plain, other = start("credit-hold", "orders/small"), start("credit-hold", "orders/small", ending)

    wanted = load("orders/small.yaml", plain.table, plain.cases)
    found = load(f"orders/small{ending}", other.table, other.cases)

    assert found.table.rows == wanted.table.rows
    assert found.cases is not None
    assert wanted.cases is not None
    assert len(found.cases.items) == len(wanted.cases.items)


def test_the_comments_of_the_example_stay_in_yaml() -> None:
    assert start("call-windows", "a/b").table.startswith(b"# When may a customer be called?")


def test_a_kind_or_name_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        start("credit", "a/b")
    with pytest.raises(BadTable, match="no name for a table"):
        start("credit-hold", "Big Orders")
    with pytest.raises(BadTable, match="without an ending"):
        start("credit-hold", "a/b.yaml")
    with pytest.raises(BadTable, match="no format"):
        start("credit-hold", "a/b", ".txt")
