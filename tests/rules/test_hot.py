"""Rules are swapped between slices: a good release at once, a bad one never."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from o2c_rules.bundles import RELEASES, Approval, NothingInForce, Release, Scope, Store
from o2c_rules.hot import AGAIN_SECONDS, HotBook
from o2c_rules.rulebook import RuleBook

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
TWO = Approval("ana", "ben", "RULE-7")


class Watch:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def release(store: Store, folder: Path, limit: int, since: datetime = NEW_YEAR, outcome: str = "then") -> str:
    folder.mkdir(exist_ok=True)
    (folder / "credit.yaml").write_text(
        f"""
table: credit
policy: F
version_by: recorded
facts: {{amount: number}}
outcome: {{{outcome}: text}}
rows: [{{id: R, amount: "> {limit}", {outcome}: hold}}]
"""
    )
    bundle = store.publish(folder)
    store.release(bundle, since, TWO)
    return bundle


def holds(book: RuleBook, amount: int) -> bool:
    return book.decide("credit", {"amount": amount}, NEW_YEAR.date())["then"] == "hold"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_release_is_in_use_at_the_next_poll_and_a_book_in_hand_stays(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    hot = HotBook(Store(store.folder))
    assert hot.poll()
    in_hand = hot.at(NEW_YEAR)

    release(store, tmp_path / "a", 200)

    assert holds(hot.at(NEW_YEAR), 150)
    assert hot.poll()
    assert not holds(hot.at(NEW_YEAR), 150)
    assert holds(in_hand, 150)
    assert not hot.poll()


def test_an_instant_before_a_release_is_decided_by_the_rules_of_its_day(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    release(store, tmp_path / "a", 200, NEW_YEAR + timedelta(days=31))
    hot = HotBook(store)
    hot.poll()

    assert holds(hot.at(NEW_YEAR + timedelta(days=30)), 150)
    assert not holds(hot.at(NEW_YEAR + timedelta(days=31)), 150)
    assert hot.release_at(NEW_YEAR).n == 1
    with pytest.raises(NothingInForce):
        hot.at(NEW_YEAR - timedelta(days=1))


def test_a_damaged_chain_never_replaces_a_good_one_and_says_why(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    watch = Watch()
    hot = HotBook(store, monotonic=watch)
    hot.poll()
    path = store.folder / RELEASES
    good = path.read_bytes()

    path.write_bytes(good.replace(b"RULE-7", b"RULE-8"))
    watch.now = 5

    assert not hot.poll()
    assert hot.problem is not None
    assert "release 1" in hot.problem
    assert holds(hot.at(NEW_YEAR), 150)
    assert hot.age == 5

    path.write_bytes(good)
    watch.now = 7

    assert hot.poll()
    assert (str(hot.problem), hot.age) == ("None", 0)


def test_a_bundle_that_is_not_there_yet_is_asked_for_again(store: Store, tmp_path: Path) -> None:
    bundle = release(store, tmp_path / "a", 100)
    place = store.folder / "bundles" / bundle
    place.rename(tmp_path / "elsewhere")
    watch = Watch()
    hot = HotBook(Store(store.folder), monotonic=watch)

    assert not hot.poll()
    assert "never published" in str(hot.problem)
    with pytest.raises(NothingInForce, match="never published"):
        hot.at(NEW_YEAR)

    (tmp_path / "elsewhere").rename(place)
    assert not hot.poll()
    watch.now += AGAIN_SECONDS

    assert hot.poll()
    assert holds(hot.at(NEW_YEAR), 150)


def test_a_chain_that_was_exchanged_for_another_is_not_believed(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    hot = HotBook(store)
    hot.poll()
    other = Store(tmp_path / "other")
    release(other, tmp_path / "b", 900)
    release(other, tmp_path / "b", 901)

    (store.folder / RELEASES).write_bytes((other.folder / RELEASES).read_bytes())

    assert not hot.poll()
    assert "are not those read before" in str(hot.problem)
    assert holds(hot.at(NEW_YEAR), 150)


@pytest.mark.parametrize("emptied", ["", "gone"])
def test_a_store_that_lost_its_releases_keeps_the_good_ones_in_use(emptied: str, store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    hot = HotBook(store)
    hot.poll()

    path = store.folder / RELEASES
    path.unlink() if emptied == "gone" else path.write_bytes(b"")

    assert not hot.poll()
    assert hot.problem == "the store has no releases"
    assert holds(hot.at(NEW_YEAR), 150)


def test_a_release_without_what_the_code_asks_for_is_refused(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    hot = HotBook(store, needs=store.book(store.current(NEW_YEAR).bundle))
    hot.poll()

    release(store, tmp_path / "b", 200, outcome="action")

    assert not hot.poll()
    assert hot.problem == "release 2: credit.yaml lacks then"
    assert holds(hot.at(NEW_YEAR), 150)


def test_tables_that_did_not_change_are_not_compiled_again(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    (tmp_path / "a" / "other.yaml").write_text(
        'table: other\npolicy: F\nversion_by: recorded\noutcome: {then: text}\nrows: [{id: R, then: "yes"}]\n'
    )
    release(store, tmp_path / "a", 100)

    first, second = (store.book(r.bundle) for r in store.releases())

    assert first.versions("credit")[0] is second.versions("credit")[0]
    assert first.hash != second.hash


class SwappedMeanwhile(Store):
    """A store in which somebody exchanges a file of the newest bundle between the look at the chain and the read."""

    def releases(self) -> tuple[Release, ...]:
        found = super().releases()
        file = self.folder / "bundles" / found[-1].bundle / "credit.yaml"
        if "900" not in file.read_text():
            file.write_text(file.read_text().replace("> 200", "> 900"))
        return found


def test_a_file_swapped_while_it_is_read_leaves_the_running_book_untouched(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    hot = HotBook(SwappedMeanwhile(store.folder))
    assert hot.poll()
    in_use = hot.at(NEW_YEAR)

    release(store, tmp_path / "b", 200)

    assert not hot.poll()
    assert "damaged" in str(hot.problem)
    assert hot.at(NEW_YEAR) is in_use


@pytest.mark.parametrize("bytes_left", [0, 1, 100])
def test_a_file_cut_short_leaves_the_running_book_untouched(store: Store, tmp_path: Path, bytes_left: int) -> None:
    release(store, tmp_path / "a", 100)
    hot = HotBook(Store(store.folder))
    hot.poll()
    newest = release(store, tmp_path / "b", 200)
    file = store.folder / "bundles" / newest / "credit.yaml"
    whole = file.read_bytes()

    file.write_bytes(whole[:bytes_left])
    assert not hot.poll()
    assert holds(hot.at(NEW_YEAR), 150)

    file.write_bytes(whole)
    later = HotBook(Store(store.folder))
    assert later.poll()
    assert not holds(later.at(NEW_YEAR), 150)


def test_a_chain_cut_within_a_line_leaves_the_running_book_untouched(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    hot = HotBook(Store(store.folder))
    hot.poll()
    release(store, tmp_path / "b", 200)
    chain = store.folder / RELEASES
    chain.write_bytes(chain.read_bytes()[:-40])

    assert not hot.poll()
    assert "release 2: its line has no end" in str(hot.problem)
    assert holds(hot.at(NEW_YEAR), 150)


def test_a_release_that_fits_takes_over_although_one_before_it_did_not(store: Store, tmp_path: Path) -> None:
    first = release(store, tmp_path / "a", 100)
    watch = Watch()
    hot = HotBook(store, needs=store.book(first), monotonic=watch)
    hot.poll()
    release(store, tmp_path / "b", 200, outcome="action")
    assert not hot.poll()

    release(store, tmp_path / "a", 300)
    watch.now = AGAIN_SECONDS

    assert hot.poll()
    assert [r.n for r in hot.effective(NEW_YEAR)] == [3]


def test_a_model_of_a_contract_that_the_code_cannot_decide_by_does_not_fall_to_another(
    store: Store, tmp_path: Path
) -> None:
    needs = store.book(release(store, tmp_path / "a", 100))
    without = release(store, tmp_path / "b", 200, outcome="action")
    good = release(store, tmp_path / "a", 300)
    contracts = Scope(("C-1",))
    store.release(without, NEW_YEAR, TWO, contracts)
    store.release(good, NEW_YEAR + timedelta(days=1), TWO, contracts)
    hot = HotBook(Store(store.folder), needs=needs)
    hot.poll()

    with pytest.raises(NothingInForce, match="lacks then"):
        hot.effective(NEW_YEAR)
    assert [r.n for r in hot.effective(NEW_YEAR + timedelta(days=1))] == [3, 5]


def test_looking_costs_nothing_until_the_chain_changes(store: Store, tmp_path: Path) -> None:
    release(store, tmp_path / "a", 100)
    watch = Watch()
    hot = HotBook(store, monotonic=watch)
    assert hot.due()
    hot.poll()
    watch.now = 9

    assert not hot.due()
    assert hot.age == 0
    release(store, tmp_path / "b", 200)
    assert hot.due()
