"""Bundles are known by their hash, releases form a chain, and whatever was changed is noticed and named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from o2c_rules.bundles import (
    RELEASES,
    Approval,
    BrokenChain,
    NothingInForce,
    Scope,
    Store,
    StoreProblem,
    UnknownBundle,
    seed,
)
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BadTable

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
TWO = Approval("ana", "ben", "RULE-7")


def books(folder: Path, limit: int = 100) -> Path:
    (folder / "orders").mkdir(parents=True, exist_ok=True)
    (folder / "orders" / "credit.yaml").write_text(
        f"""
table: orders/credit
title: Credit
policy: F
version_by: recorded
facts: {{amount: number}}
outcome: {{then: text}}
rows: [{{id: R, amount: "> {limit}", then: hold, basis: house}}]
"""
    )
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_published_bundle_is_found_by_its_hash_and_decides(store: Store, tmp_path: Path) -> None:
    bundle = store.publish(books(tmp_path / "a"))

    book = Store(store.folder).book(bundle)

    assert book.hash == bundle
    assert book.decide("orders/credit", {"amount": 101}, NEW_YEAR.date())["then"] == "hold"
    assert store.publish(books(tmp_path / "b")) == bundle


def test_bad_tables_are_not_taken_in(store: Store, tmp_path: Path) -> None:
    folder = books(tmp_path / "a")
    (folder / "orders" / "bad.yaml").write_text("table: [")

    with pytest.raises(BadTable):
        store.publish(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreProblem, match="holds no tables"):
        store.publish(tmp_path / "empty")

    assert not (store.folder / "bundles").exists()


def test_releases_form_a_chain(store: Store, tmp_path: Path) -> None:
    first = store.release(store.publish(books(tmp_path / "a")), NEW_YEAR, TWO)
    second = store.release(store.publish(books(tmp_path / "b", 200)), NEW_YEAR + timedelta(days=31), TWO)

    assert Store(store.folder).releases() == (first, second)
    assert (first.n, second.n, second.previous) == (1, 2, first.hash)


def test_the_last_release_that_is_effective_is_in_force_so_that_a_rollback_is_a_release(
    store: Store, tmp_path: Path
) -> None:
    old, new = store.publish(books(tmp_path / "a")), store.publish(books(tmp_path / "b", 200))
    february, march = NEW_YEAR + timedelta(days=31), NEW_YEAR + timedelta(days=59)
    store.release(old, NEW_YEAR, TWO)
    store.release(new, february, TWO)

    assert [store.current(at).bundle for at in (NEW_YEAR, february - timedelta(seconds=1), february)] == [old, old, new]

    store.release(old, march, TWO)

    assert [store.current(at).bundle for at in (february, march)] == [new, old]
    with pytest.raises(NothingInForce):
        store.current(NEW_YEAR - timedelta(seconds=1))


def test_any_flipped_byte_names_the_first_bad_release(store: Store, tmp_path: Path) -> None:
    bundle = store.publish(books(tmp_path / "a"))
    for month in range(3):
        store.release(bundle, NEW_YEAR + timedelta(days=31 * month), TWO)
    path = store.folder / RELEASES
    content = path.read_bytes()

    for at in range(0, len(content), 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])

        with pytest.raises(BrokenChain) as broken:
            store.releases()

        assert broken.value.release == content[:at].count(b"\n") + 1


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_release_breaks_the_chain_where_it_is_missing(lost: int, store: Store, tmp_path: Path) -> None:
    bundle = store.publish(books(tmp_path / "a"))
    for month in range(3):
        store.release(bundle, NEW_YEAR + timedelta(days=31 * month), TWO)
    lines = (store.folder / RELEASES).read_bytes().splitlines(keepends=True)
    (store.folder / RELEASES).write_bytes(b"".join(lines[:lost] + lines[lost + 1 :]))

    with pytest.raises(BrokenChain) as broken:
        store.releases()

    assert broken.value.release == lost + 1


def test_a_line_that_was_not_written_to_its_end_is_no_release(store: Store, tmp_path: Path) -> None:
    store.release(store.publish(books(tmp_path / "a")), NEW_YEAR, TWO)
    path = store.folder / RELEASES
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(BrokenChain, match="no end"):
        store.releases()


def test_a_rewritten_line_with_hashes_of_its_own_does_not_fit_what_follows(store: Store, tmp_path: Path) -> None:
    old, new = store.publish(books(tmp_path / "a")), store.publish(books(tmp_path / "b", 200))
    store.release(old, NEW_YEAR, TWO)
    store.release(old, NEW_YEAR + timedelta(days=1), TWO)
    forger = Store(tmp_path / "forged")
    forger.publish(books(tmp_path / "c", 200))
    forged = forger.release(new, NEW_YEAR, TWO).as_line()
    rest = (store.folder / RELEASES).read_bytes().split(b"\n", 1)[1]
    (store.folder / RELEASES).write_bytes(forged + rest)

    with pytest.raises(BrokenChain) as broken:
        store.releases()

    assert broken.value.release == 2


def test_a_damaged_bundle_is_not_used(store: Store, tmp_path: Path) -> None:
    bundle = store.publish(books(tmp_path / "a"))
    file = store.folder / "bundles" / bundle / "orders" / "credit.yaml"
    file.write_text(file.read_text().replace("100", "900"))

    with pytest.raises(UnknownBundle, match="damaged"):
        Store(store.folder).book(bundle)


@pytest.mark.parametrize("bundle", ["f" * 64, "../../etc", "", "F" * 64])
def test_what_was_never_published_cannot_be_released(bundle: str, store: Store) -> None:
    with pytest.raises(UnknownBundle):
        store.release(bundle, NEW_YEAR, TWO)

    assert store.releases() == ()


def test_a_release_needs_two_people_and_a_ticket() -> None:
    with pytest.raises(StoreProblem, match="may not approve"):
        Approval("ana", "ana", "RULE-7")
    with pytest.raises(StoreProblem, match="names its author"):
        Approval("ana", "ben", "")


def test_an_instant_without_a_zone_is_refused(store: Store, tmp_path: Path) -> None:
    bundle = store.publish(books(tmp_path / "a"))

    with pytest.raises(ValueError, match="names no zone"):
        store.release(bundle, datetime(2026, 1, 1), TWO)  # noqa: DTZ001


def test_seeding_releases_the_shipped_books_once(tmp_path: Path) -> None:
    seeded = seed(tmp_path, NEW_YEAR)
    again = seed(tmp_path, NEW_YEAR + timedelta(days=9))

    assert [(r.n, r.bundle, r.effective_from) for r in again.releases()] == [(1, RuleBook.shipped().hash, NEW_YEAR)]
    assert seeded.current(NEW_YEAR).approval.author == "shipped"


def test_seeding_follows_the_shipped_books_until_a_person_has_released(tmp_path: Path) -> None:
    later = NEW_YEAR + timedelta(days=1)
    store = Store(tmp_path / "store")
    old = store.publish(books(tmp_path / "a"))
    store.release(old, NEW_YEAR, Approval("shipped", "installation", "shipped books"))

    assert seed(store.folder, later).current(later).bundle == RuleBook.shipped().hash

    store.release(old, later, TWO)
    kept = seed(store.folder, later)
    book = kept.book(kept.current(later).bundle)

    assert book.files["orders/credit.yaml"] == kept.book(old).files["orders/credit.yaml"]
    assert seed(store.folder, later).releases() == kept.releases()


def test_a_store_of_a_persons_is_given_the_tables_that_the_code_asks_for_and_keeps_its_own(tmp_path: Path) -> None:
    store, next_year = Store(tmp_path / "store"), NEW_YEAR + timedelta(days=365)
    store.release(store.publish(books(tmp_path / "a", 100)), NEW_YEAR, TWO)
    store.release(store.publish(books(tmp_path / "b", 200)), NEW_YEAR, TWO, Scope(("C-1",)))
    store.release(store.publish(books(tmp_path / "c", 300)), next_year, TWO)
    later = NEW_YEAR + timedelta(days=1)

    seeded = seed(store.folder, later)

    found = [(at, contract) for at in (later, next_year) for contract in ("C-1", None)]
    decided = [seeded.book(seeded.current(*asked).bundle) for asked in found]
    assert [b"> 100" in b.files["orders/credit.yaml"] for b in decided] == [False, True, False, False]
    assert [b"> 200" in b.files["orders/credit.yaml"] for b in decided] == [True, False, True, False]
    assert [b"> 300" in b.files["orders/credit.yaml"] for b in decided] == [False, False, False, True]
    assert all(set(RuleBook.shipped().tables) <= set(b.tables) for b in decided)
    assert b"> 100" in seeded.book(seeded.current(NEW_YEAR).bundle).files["orders/credit.yaml"]
    assert [r.approval.author for r in seeded.releases()] == ["ana"] * 3 + ["shipped"] * 3


def test_a_line_of_the_chain_is_plain_json(store: Store, tmp_path: Path) -> None:
    bundle = store.publish(books(tmp_path / "a"))
    store.release(bundle, NEW_YEAR, TWO)

    body = orjson.loads((store.folder / RELEASES).read_bytes())

    assert {k: body[k] for k in ("n", "bundle", "effective_from", "author", "approver", "ticket")} == {
        "n": 1,
        "bundle": bundle,
        "effective_from": "2026-01-01T00:00:00+00:00",
        "author": "ana",
        "approver": "ben",
        "ticket": "RULE-7",
    }
