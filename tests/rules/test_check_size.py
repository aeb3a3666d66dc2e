"""A check grows with the rows and their clashes, never with the number of combinations of facts."""

from itertools import product
from math import prod

import pytest
from o2c_rules.checking import check, subject
from o2c_rules.checking.flaws import FlawKind, Severity
from o2c_rules.checking.partition import GAPS_MOST, PAIRS_MOST, Partition
from o2c_rules.checking.space import STEPS_MOST
from o2c_rules.checking.subject import Subject
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Policy

from tests.rules.large import NARROW, WIDE, Width, matrix, table


@pytest.mark.parametrize("width", [NARROW, WIDE], ids=lambda width: width.name)
@pytest.mark.parametrize("policy", [Policy.FIRST, Policy.UNIQUE])
def test_a_thousand_rows_are_checked_in_few_steps(policy: Policy, width: Width) -> None:
    partition = Partition(table(1_000, policy, width))

    flaws = list(partition.flaws())

    combinations = prod(column.present.bit_count() for column in partition.space.columns)
    assert flaws
    assert partition.space.steps < STEPS_MOST / 10 < combinations / 100


def test_the_laws_look_at_all_of_a_matrix_of_a_thousand_rows_in_few_steps() -> None:
    book = matrix(1_000)
    of_matrix = Subject(book, book.versions("t/matrix")[0])

    leaves = list(of_matrix.leaves(of_matrix.space.present, filter(None, [of_matrix.column("amount")])))
    found = check(book, ["t/matrix"])

    assert len(leaves) > 10_000
    assert of_matrix.space.steps < STEPS_MOST / 10
    assert [flaw for flaw in found if flaw.kind is FlawKind.INCOMPLETE] == []


def test_a_law_that_breaks_off_says_so_and_blocks_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "LEAVES_MOST", 20)

    found = check(matrix(60), ["t/matrix"])

    (broken, *_) = [flaw for flaw in found if flaw.kind is FlawKind.INCOMPLETE]
    assert broken.severity is Severity.ERROR
    assert broken.text == "the rows cut each other into more than 20 parts, so that not all could be looked at"


def test_a_list_of_findings_that_is_cut_says_how_many_more_there_are() -> None:
    overlaps = list(Partition(table(1_000, Policy.UNIQUE, WIDE)).flaws())
    less = [flaw for flaw in check(matrix(1_000), ["t/matrix"]) if flaw.kind is FlawKind.NON_MONOTONE]

    told = [flaw for flaw in overlaps if flaw.kind is FlawKind.OVERLAP and flaw.rows]
    (more,) = [flaw for flaw in overlaps if flaw.kind is FlawKind.OVERLAP and not flaw.rows]
    assert PAIRS_MOST <= len(told) < PAIRS_MOST + 1_000
    assert more.text.endswith("more pairs of rows match together; they are not listed")
    assert int(more.text.split()[0].replace(",", "")) > 1_000
    assert next(flaw.text for flaw in less if not flaw.rows).endswith("they are not listed")


def test_more_gaps_than_anybody_reads_are_said_to_be_more() -> None:
    columns = {name: ["alone", "b"] for name in "stuvwxyz"}
    facts = ", ".join(f"{name}: {{type: text, allowed: [{', '.join(words)}]}}" for name, words in columns.items())
    rows = "".join(
        f"  - {{id: R{n}, {', '.join(f'{name}: {word}' for name, word in zip(columns, words, strict=True))}, a: x}}\n"
        for n, words in enumerate(product(*columns.values()))
        if sum(word == "b" for word in words) % 2
    )
    body = f"table: t/x\npolicy: U\nversion_by: recorded\nkind: decision\nfacts: {{{facts}}}\noutcome: {{a: text}}\n"

    found = check(RuleBook({"t/x.yaml": f"{body}rows:\n{rows}".encode()}))

    gaps = [flaw.text for flaw in found if flaw.kind is FlawKind.GAP]
    assert len(gaps) == GAPS_MOST + 1
    assert "more facts that no row answers; they are not listed" in gaps
