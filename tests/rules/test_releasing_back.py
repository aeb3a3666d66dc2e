"""Taken back, and for some contracts only: what held before holds again."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from o2c_rules.bundles import Approval, Circumstances, Store
from o2c_rules.releasing.authority import Person, Refusal
from o2c_rules.releasing.desk import Sooner, Wish
from o2c_rules.releasing.models import Schedule

from tests.rules.desks import (
    CONRAD,
    CORA,
    FELIX,
    MINUTE,
    NOON,
    OLGA,
    RICK,
    WISH,
    approved,
    at,
    percent_of,
    store_in,
    tolerance,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return store_in(tmp_path)


def test_a_rollback_is_a_release_that_restores_and_asking_again_goes_further_back(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12)))
    later = NOON + timedelta(hours=1)
    at(store, later).release(RICK, approved(store, tolerance(13), now=later))
    evening = NOON + timedelta(hours=6)

    [first] = at(store, evening).roll_back(OLGA, "INC-1")
    [second] = at(store, evening + MINUTE).roll_back(OLGA, "INC-2")

    assert [percent_of(store.book(r.bundle)) for r in (first, second)] == [12, 10]
    assert (first.n, first.about.restores, first.effective_from) == (4, 2, evening)
    assert first.approval == Approval("olga", "clara", "INC-1")
    assert second.about.restores == 1
    with pytest.raises(Refusal, match="nothing held before release 1"):
        at(store, evening + 2 * MINUTE).roll_back(OLGA, "INC-3")
    [named] = at(store, evening + 3 * MINUTE).roll_back(OLGA, "INC-4", to=3)
    assert percent_of(store.book(named.bundle)) == 13
    with pytest.raises(Refusal, match="in force already"):
        at(store, evening + 4 * MINUTE).roll_back(OLGA, "INC-5", to=3)


def test_who_rolls_back_needs_authority_and_an_instant_that_has_passed_needs_an_override(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12)))
    evening = NOON + timedelta(hours=6)

    with pytest.raises(Refusal, match=r"cora .* may not roll-back"):
        at(store, evening).roll_back(CORA, "INC-1")
    with pytest.raises(Refusal, match=r"olga .* may not override"):
        at(store, evening).roll_back(OLGA, "INC-1", sooner=Sooner(NOON, "as if it had never been"))
    both = Person("felix", ("cfo", "controller"))
    [made] = at(store, evening).roll_back(both, "INC-1", sooner=Sooner(NOON, "as if it had never been"))

    assert (made.effective_from, made.about.override is not None) == (NOON, True)


def test_a_release_that_never_came_into_force_is_taken_back_by_somebody_with_authority_only(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12), Wish("RULE-17", effective_from=NOON + timedelta(days=9))))

    with pytest.raises(Refusal, match="may not roll-back orders/tolerance"):
        at(store, NOON + MINUTE).roll_back(CORA, "INC-1")
    at(store, NOON + MINUTE).roll_back(OLGA, "INC-1")

    assert percent_of(store.book(store.current(NOON + timedelta(days=10)).bundle)) == 10


def test_what_was_overruled_before_its_instant_never_held_and_is_not_brought_back(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12), Wish("RULE-17", effective_from=NOON + timedelta(days=2))))
    id_ = approved(store, tolerance(13), Wish("RULE-18", effective_from=NOON + timedelta(days=1)))
    at(store).release(FELIX, id_, "in spite of release 2")

    [back] = at(store, NOON + timedelta(days=3)).roll_back(OLGA, "INC-1")

    assert back.about.restores == 1
    assert percent_of(store.book(back.bundle)) == 10


def test_what_held_until_a_backdated_release_was_made_is_brought_back(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(12)))
    later = NOON + timedelta(days=1)
    proposed = at(store, later).propose(RICK, tolerance(13), WISH).proposal
    made = Circumstances(released_at=later)
    store.release(proposed.bundle, NOON - timedelta(days=1), Approval("rick", "clara", "RULE-18"), about=made)

    [back] = at(store, later + MINUTE).roll_back(OLGA, "INC-1")

    assert back.about.restores == 2


def test_contracts_are_cut_over_to_a_model_of_their_own_and_rolled_back_to_what_each_had(store: Store) -> None:
    first = approved(store, tolerance(20), Wish("FMO-1", contracts=("C-2",)))
    at(store).release(RICK, first)
    later = NOON + timedelta(hours=1)
    second = approved(store, tolerance(30), Wish("FMO-2", contracts=("C-3", "C-1")), later)
    at(store, later).release(RICK, second)
    evening = NOON + timedelta(hours=6)

    def percents(instant: datetime) -> list[object]:
        schedule = Schedule(store.releases())
        return [percent_of(store.book(schedule.at(instant, c).bundle)) for c in ("C-1", "C-2", "C-3", "C-4", None)]

    assert percents(NOON) == [10, 10, 10, 10, 10]
    assert percents(evening) == [30, 20, 30, 10, 10]

    [back] = at(store, evening).roll_back(OLGA, "INC-1")

    assert (back.scope.contracts, back.scope.returns) == (("C-1", "C-3"), True)
    assert percents(evening) == [10, 20, 10, 10, 10]
    with pytest.raises(Refusal, match="nothing held before"):
        at(store, evening + MINUTE).roll_back(OLGA, "INC-2")


def test_contracts_of_different_models_are_proposed_apart(store: Store) -> None:
    at(store).release(RICK, approved(store, tolerance(20), Wish("FMO-1", contracts=("C-2",))))

    with pytest.raises(Refusal, match="decided by different bundles"):
        at(store, NOON + 2 * MINUTE).propose(RICK, tolerance(30), Wish("FMO-2", contracts=("C-1", "C-2")))


def test_a_controller_overrides_for_single_contracts_and_not_for_all(store: Store) -> None:
    own = approved(store, tolerance(20, expected=1), Wish("FMO-1", contracts=("C-2",)))
    everybody = approved(store, tolerance(20, expected=1))

    assert at(store).release(CONRAD, own, "a pilot").about.override is not None
    with pytest.raises(Refusal, match="may not override"):
        at(store).release(CONRAD, everybody, "a pilot")
