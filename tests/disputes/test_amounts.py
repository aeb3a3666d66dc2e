"""The fold from rows to amounts: money pays what nobody contests first, then the newest contest; back the other way."""

from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_disputes.domain.amounts import Amounts, Dispute, amounts_of
from o2c_disputes.domain.items import Bucket, Movement

Step = tuple[Bucket, int]


def dispute(case_id: str, original: int, opened_version: int = 0) -> Dispute:
    return Dispute(case_id, 1, "acme", "DE01", "EUR", "INV-1", original, opened_version, "[]", "open", None, None)


def moves(total: int, *steps: tuple[Bucket, int] | tuple[Bucket, int, str]) -> list[Movement]:
    """Changes of one item of so much, each by an amount; negative ones are owed again."""
    found, left = [], total
    for version, (bucket, amount, *case) in enumerate(steps, 1):
        left -= amount
        found.append(
            Movement("INV-1", version, "acme", "DE01", "EUR", bucket, amount, left, str(case[0]) if case else None)
        )
    return found


def parts(amounts: Amounts) -> tuple[int, int, int, int, int]:
    return (
        amounts.disputed_minor,
        amounts.paid_minor,
        amounts.credited_minor,
        amounts.written_off_minor,
        amounts.undisputed_minor,
    )


def test_the_newest_contest_shrinks_first_and_by_no_more_than_it_must() -> None:
    disputes = [dispute("a", 300), dispute("b", 500)]

    found = amounts_of(disputes, moves(1000, ("paid", 400)))

    assert parts(found["a", 1]) == (300, 0, 0, 0, 0)
    assert parts(found["b", 1]) == (300, 200, 0, 0, 0)


def test_when_the_newest_is_used_up_the_older_one_follows() -> None:
    disputes = [dispute("a", 300), dispute("b", 500)]

    found = amounts_of(disputes, moves(1000, ("paid", 400), ("written_off", 450)))

    assert parts(found["a", 1]) == (150, 0, 0, 150, 0)
    assert parts(found["b", 1]) == (0, 200, 0, 300, 0)


def test_what_is_owed_again_goes_back_to_the_oldest_first() -> None:
    disputes = [dispute("a", 300), dispute("b", 500)]

    found = amounts_of(disputes, moves(1000, ("paid", 950), ("paid", -300)))

    assert parts(found["a", 1]) == (300, 0, 0, 0, 0)
    assert parts(found["b", 1]) == (50 + 0, 450, 0, 0, 0)


def test_a_credit_that_names_a_case_is_that_cases() -> None:
    disputes = [dispute("a", 300), dispute("b", 500)]

    found = amounts_of(disputes, moves(1000, ("credited", 300, "a")))

    assert parts(found["a", 1]) == (0, 0, 300, 0, 0)
    assert parts(found["b", 1]) == (500, 0, 0, 0, 0)


def test_what_happened_before_a_contest_is_not_its_own() -> None:
    found = amounts_of([dispute("a", 100, opened_version=1)], moves(1000, ("paid", 900), ("paid", -900)))

    assert parts(found["a", 1]) == (100, 0, 0, 0, 0)


def test_a_released_part_stays_released_whatever_comes_later() -> None:
    released = dispute("a", 300).release(200, 1)

    found = amounts_of([released], moves(1000, ("paid", 100), ("paid", 800), ("paid", -800)))

    assert parts(found["a", 1]) == (100, 0, 0, 0, 200)


def test_a_decided_contest_is_frozen_and_one_ended_by_payment_comes_back() -> None:
    decided = dispute("a", 300).resolve("invalid", 1)
    settled = dispute("b", 300).resolve("paid", 2)
    story = moves(1000, ("paid", 400), ("paid", 600), ("paid", -600))

    assert parts(amounts_of([decided], story)["a", 1]) == (0, 0, 0, 0, 300)
    assert parts(amounts_of([settled], story)["b", 1]) == (300, 0, 0, 0, 0)


SIGN = st.sampled_from((1, -1))
BUCKETS: st.SearchStrategy[Literal["paid", "credited", "written_off"]] = st.sampled_from(
    ("paid", "credited", "written_off")
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(1, 600), min_size=1, max_size=3),
    st.lists(st.tuples(BUCKETS, st.integers(1, 700), SIGN), max_size=8),
)
def test_the_parts_always_add_up_and_exactly_what_must_is_taken(
    wanted: list[int], steps: list[tuple[Bucket, int, int]]
) -> None:
    left, disputes = 1000, []
    for n, amount in enumerate(wanted):
        disputes.append(dispute(f"case-{n}", min(amount, left)))
        left -= disputes[-1].original_minor
    story, gone = [], dict.fromkeys(("paid", "credited", "written_off"), 0)
    for bucket, amount, sign in steps:
        fits = min(amount, 1000 - sum(gone.values())) if sign > 0 else -min(amount, gone[bucket])
        if fits:
            gone[bucket] += fits
            story.append((bucket, fits))

    found = amounts_of([d for d in disputes if d.original_minor], moves(1000, *story))

    for n, d in enumerate(disputes):
        if d.original_minor:
            assert min(parts(found[f"case-{n}", 1])) >= 0
            assert sum(parts(found[f"case-{n}", 1])) == d.original_minor
    contested, open_now = sum(a.disputed_minor for a in found.values()), 1000 - sum(gone.values())
    assert contested <= open_now
    if all(amount > 0 for _, amount in story):
        assert contested == min(sum(d.original_minor for d in disputes), open_now)
