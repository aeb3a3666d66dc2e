"""The proof before a release finds an executor that is wrong, wherever it is wrong; and says what it tried."""

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from o2c_rules.codes import Coding
from o2c_rules.compiled import Compiled
from o2c_rules.index import Index
from o2c_rules.probes import Probes
from o2c_rules.projection import Projection, Undecidable
from o2c_rules.proof import prove
from o2c_rules.rulebook import RuleBook, UnknownTable
from o2c_rules.table import Table
from o2c_rules.values import Kind

from tests.rules.generated import tables

BANDS = "\n".join(f'  - {{id: R{n}, amount: "[{n * 10}..{n * 10 + 10})", kind: k{n % 7}, then: a}}' for n in range(60))
WIDE = f"""
table: t/wide
policy: C
version_by: recorded
facts: {{amount: number 0.01, kind: text, when: date, open: boolean}}
outcome: {{then: text}}
rows:
{BANDS}
  - {{id: LATE, when: '> date("2026-03-01")', open: true, then: b}}
"""


def wide() -> RuleBook:
    """A table too wide for all its combinations to be compared when it is loaded."""
    return RuleBook({"t/wide.yaml": WIDE.encode()})


def test_a_bundle_that_is_right_has_no_difference_and_the_proof_says_what_it_rests_on() -> None:
    book = wide()

    proof = prove(book, facts=500)

    assert proof.ok
    assert proof.differences == ()
    assert (proof.bundle, proof.seed) == (book.hash, 1)
    assert proof.engine.startswith("durable-rules 2.")
    [proved] = proof.tables
    assert (proved.table, proved.random) == ("t/wide", 500)
    assert proved.boundary > 60 * 2 * 6
    assert proved.coded > 300


def test_the_same_seed_gives_the_same_proof_and_another_one_other_facts() -> None:
    first, again, other = (prove(wide(), facts=300, seed=seed).as_json() for seed in (1, 1, 2))

    assert orjson.dumps(first) == orjson.dumps(again)
    assert first["tables"][0]["coded"] != other["tables"][0]["coded"]


def test_only_the_tables_that_are_named_are_tried() -> None:
    proof = prove(RuleBook.shipped(), tables=["orders/tolerance", "orders/tolerance"], facts=10)

    assert [proved.table for proved in proof.tables] == ["orders/tolerance"]
    with pytest.raises(UnknownTable):
        prove(RuleBook.shipped(), tables=["orders/none"], facts=10)


class Forgetful:
    """An engine that forgets one row, but only where another one fires beside it."""

    def __init__(self, right: Any) -> None:
        self._right = right

    def first(self, codes: Sequence[int]) -> int | None:
        return self._right.first(codes)  # type: ignore[no-any-return]

    def every(self, codes: Sequence[int]) -> list[int]:
        found: list[int] = self._right.every(codes)
        return found[:-1] if found == [42, 60] else found


def test_an_engine_that_is_wrong_at_one_place_is_found_and_the_facts_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    book = wide()
    [compiled] = book.compiled("t/wide")
    monkeypatch.setattr(compiled, "_durable", Forgetful(compiled._durable))

    proof = prove(book)

    assert not proof.ok
    difference = proof.differences[0]
    assert "says rows [42]" in difference.text
    assert "kind='k0'" in difference.facts
    assert "open=True" in difference.facts
    assert proof.as_json()["ok"] is False


def test_an_index_that_is_wrong_at_one_bound_is_found_by_the_boundary_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    book = wide()
    [compiled] = book.compiled("t/wide")
    right = compiled._index.matches
    monkeypatch.setattr(compiled._index, "matches", lambda codes: right(codes) & ~(1 << 7))

    proof = prove(book, facts=0)

    assert {difference.table for difference in proof.differences} == {"t/wide"}


def test_a_short_way_to_the_codes_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    book = wide()
    [compiled] = book.compiled("t/wide")
    right = compiled.codes_of

    def short_way(facts: Any) -> tuple[int, ...] | None:
        codes = right(facts)
        return codes and ((0, *codes[1:]) if facts.get("amount") == Decimal("99.99") else codes)

    monkeypatch.setattr(compiled, "codes_of", short_way)

    assert "by the short way" in prove(book, facts=0).differences[0].text


def test_an_engine_that_fails_is_a_difference_and_no_end_of_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    book = wide()
    monkeypatch.setattr("o2c_rules.durable.engine.assert_fact", lambda handle, message: (3, 0))

    proof = prove(book, facts=10)

    assert "durable-rules answers 3" in proof.differences[0].text


@settings(max_examples=40, deadline=None, derandomize=True)
@given(tables())
def test_boundary_facts_stand_on_both_sides_of_every_bound(table: Table) -> None:
    coding = Coding(table)
    seen: dict[str, set[Any]] = {coder.name: set() for coder in coding.coders}

    for probe in Probes(table, coding).boundaries():
        for name, value in probe.facts.items():
            if type(value) in (int, Decimal) and name in seen:
                seen[name].add(value)

    for coder in coding.coders:
        if coder.fact.kind in (Kind.NUMBER, Kind.MONEY):
            for cut in coder.cuts:
                assert {cut - coder.fact.unit, cut, cut + coder.fact.unit} <= seen[coder.name]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(tables())
def test_random_facts_meet_every_row_that_can_be_met(table: Table) -> None:
    coding = Coding(table)
    probes = Probes(table, coding)

    by_boundaries, by_chance = (
        met(table, coding, (probe.facts for probe in some)) for some in (probes.boundaries(), probes.at_random(300, 7))
    )

    assert by_chance == by_boundaries


def met(table: Table, coding: Coding, sheets: Iterable[dict[str, Any]]) -> int:
    index, projection, found = Index(coding), Projection(table), 0
    for sheet in sheets:
        with contextlib.suppress(Undecidable):
            found |= index.matches(coding.of(projection.of(sheet)))
    return found


def test_the_shipped_bundle_is_proved_on_its_boundaries_and_some_random_facts() -> None:
    proof = prove(RuleBook.shipped(), facts=200)

    assert proof.ok
    assert {proved.table for proved in proof.tables} == set(RuleBook.shipped().tables)


@pytest.mark.prove
def test_the_shipped_bundle_is_proved_on_ten_thousand_facts_per_table() -> None:
    proof = prove(RuleBook.shipped())

    assert proof.ok
    assert all(proved.random == 10_000 for proved in proof.tables)


def test_a_compiled_table_compares_its_executors_when_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    [compiled] = wide().compiled("t/wide")
    asked: list[Sequence[int]] = []
    monkeypatch.setattr(Compiled, "compare", lambda _, codes: asked.append(codes))

    Compiled(replace(compiled.table, name="t/again"))

    columns = [{codes[column] for codes in asked} for column in range(len(compiled.coding.coders))]
    assert [len(codes) for codes in columns] == [coder.codes for coder in compiled.coding.coders]
