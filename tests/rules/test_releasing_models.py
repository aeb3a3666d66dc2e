"""Whose rules decide what, and when: one bundle for each contract and instant, whatever was released and taken back."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from o2c_rules.releasing.chain import Approval, NothingInForce, Release, Scope, chained
from o2c_rules.releasing.models import Models, Schedule
from o2c_rules.rulebook import RuleBook

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
TWO = Approval("ana", "ben", "RULE-7")
CONTRACTS = ("C-1", "C-2", "C-3")


def chain(*said: tuple[int, str, tuple[str, ...], bool]) -> tuple[Release, ...]:
    """Releases by day, bundle, contracts, and whether these go back to the general bundle."""
    made: list[Release] = []
    for day, bundle, contracts, returns in said:
        wanted = Release(0, bundle, NEW_YEAR + timedelta(days=day), TWO, "", "", Scope(contracts, returns))
        made.append(chained(made[-1] if made else None, wanted))
    return tuple(made)


def by_reading_the_chain_backwards(releases: Sequence[Release], at: datetime, contract: str | None) -> str | None:
    """What the words say: the last effective release of the contract, else the last effective general one."""
    for release in reversed(releases):
        if contract in release.scope.contracts and release.effective_from <= at:
            if release.scope.returns:
                break
            return release.bundle
    general = (r for r in reversed(releases) if r.is_general and r.effective_from <= at)
    return next((r.bundle for r in general), None)


schedules = st.lists(
    st.tuples(
        st.integers(0, 12), st.sampled_from("ABCD"), st.sets(st.sampled_from(CONTRACTS), max_size=3), st.booleans()
    ),
    max_size=9,
).map(lambda found: chain((0, "A", (), False), *((d, b, tuple(sorted(c)), r and bool(c)) for d, b, c, r in found)))


@given(schedules, st.sampled_from([*CONTRACTS, "C-9", None]), st.integers(0, 14 * 24))
def test_every_contract_has_exactly_one_bundle_at_every_instant(
    releases: tuple[Release, ...], contract: str | None, hours: int
) -> None:
    at = NEW_YEAR + timedelta(hours=hours)

    found = Schedule(releases).at(at, contract)

    assert found.bundle == by_reading_the_chain_backwards(releases, at, contract)
    assert found.n in Schedule(releases).ever_in_force


@given(schedules)
def test_the_releases_of_one_kind_follow_each_other_without_gap_or_overlap(releases: tuple[Release, ...]) -> None:
    schedule = Schedule(releases)

    for line in (schedule.general, *schedule.contracts.values()):
        for earlier, later in pairwise(line.releases):
            assert earlier.effective_from < later.effective_from
            assert earlier.n < later.n
            assert line.at(later.effective_from - timedelta(microseconds=1)) is earlier
            assert line.at(later.effective_from) is later


def test_a_contract_is_cut_over_at_its_instant_and_everything_else_stays() -> None:
    schedule = Schedule(chain((0, "imo", (), False), (5, "fmo", ("C-1",), False)))
    cut_over = NEW_YEAR + timedelta(days=5)

    before = schedule.at(cut_over - timedelta(seconds=1), "C-1").bundle
    after = [schedule.at(cut_over, contract).bundle for contract in ("C-1", "C-2", None)]

    assert before == "imo"
    assert after == ["fmo", "imo", "imo"]


def test_a_general_release_leaves_the_contracts_with_a_model_of_their_own_alone() -> None:
    schedule = Schedule(chain((0, "A", (), False), (1, "fmo", ("C-1",), False), (2, "B", (), False)))

    assert [schedule.at(NEW_YEAR + timedelta(days=3), c).bundle for c in ("C-1", "C-2")] == ["fmo", "B"]


def test_contracts_that_are_given_back_follow_the_general_bundle_again() -> None:
    releases = chain(
        (0, "A", (), False), (1, "fmo", ("C-1", "C-2"), False), (2, "A", ("C-1",), True), (3, "B", (), False)
    )

    assert [Schedule(releases).at(NEW_YEAR + timedelta(days=4), c).bundle for c in ("C-1", "C-2")] == ["B", "fmo"]


def test_before_the_first_release_nothing_is_in_force() -> None:
    with pytest.raises(NothingInForce, match="no release of rules is in force"):
        Schedule(chain((1, "A", (), False))).at(NEW_YEAR)


def book(limit: int) -> RuleBook:
    table = f"""
table: credit
policy: F
version_by: recorded
facts: {{amount: number}}
outcome: {{then: text}}
rows: [{{id: R, amount: "> {limit}", then: hold, basis: house}}]
"""
    return RuleBook({"credit.yaml": table.encode()})


def test_a_day_is_decided_by_the_rules_with_which_it_began_where_the_company_is() -> None:
    books = {"A": book(1), "B": book(2)}
    midnight_in_berlin = chain((0, "A", (), False), (181, "B", (), False))[1].effective_from - timedelta(hours=2)
    releases = (*chain((0, "A", (), False)),)
    releases = (releases[0], chained(releases[0], Release(0, "B", midnight_in_berlin, TWO, "", "")))
    models = Models(releases, books.__getitem__)
    first_of_july = date(2026, 7, 1)

    assert models.on(first_of_july, ZoneInfo("Europe/Berlin")) is books["B"]
    assert models.on(first_of_july - timedelta(days=1), ZoneInfo("Europe/Berlin")) is books["A"]
    assert models.on(first_of_july, ZoneInfo("America/New_York")) is books["B"]
    assert models.on(date(2020, 1, 1)) is books["A"]
    assert (models.general(midnight_in_berlin), models.newest) == (books["B"], books["B"])
