"""In how many ways open items add up: against counting all subsets by hand."""

from itertools import combinations
from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st
from o2c_cash.domain.subsets import ITEMS_MOST, explain


def ones(*amounts: int) -> list[tuple[int, ...]]:
    return [(a,) for a in amounts]


def counted(amounts: list[int], low: int, high: int) -> set[tuple[int, ...]]:
    """All subsets, tried one by one."""
    return {
        chosen
        for size in range(1, len(amounts) + 1)
        for chosen in combinations(range(len(amounts)), size)
        if low <= sum(amounts[i] for i in chosen) <= high
    }


def test_one_item_of_that_amount_is_the_only_way():
    found = explain(ones(5_594, 6_174, 6_588), 6_174, 6_174, 2)

    assert found.ways == (((1, 6_174),),)


def test_the_same_amount_twice_is_two_ways():
    assert len(explain(ones(100, 100), 100, 100, 9).ways) == 2


def test_an_item_and_a_combination_of_the_same_sum_are_two_ways():
    assert len(explain(ones(1_000, 400, 600), 1_000, 1_000, 9).ways) == 2


def test_an_item_counts_at_either_of_its_amounts_but_never_at_both():
    found = explain([(1_000, 980), (500,)], 1_480, 1_480, 9)

    assert found.ways == (((0, 980), (1, 500)),)
    assert explain([(1_000, 980)], 1_980, 1_980, 9).ways == ()


def test_a_large_combination_is_counted_too():
    found = explain(ones(*[1] * 20), 20, 20, 2)

    assert found.decided
    assert len(found.ways) == 1
    assert len(found.ways[0]) == 20


def test_more_items_than_can_be_counted_are_not_decided():
    found = explain(ones(*range(100, 100 + ITEMS_MOST + 1)), 5_000, 5_000, 2)

    assert not found.decided
    assert found.ways == ()


def test_sums_too_large_to_hold_are_not_decided():
    amounts = [10**12 + 7 * 3**n for n in range(40)]

    assert not explain(ones(*amounts), 20 * 10**12, 21 * 10**12, 2).decided


def test_large_amounts_of_a_few_items_are_decided():
    found = explain(ones(10**14, 3 * 10**14, 10**14 + 1), 4 * 10**14, 4 * 10**14, 9)

    assert found.ways == (((0, 10**14), (1, 3 * 10**14)),)


def test_sixty_items_are_counted_in_a_moment():
    amounts = ones(*[5_000 + 37 * n for n in range(60)])

    started = perf_counter()
    found = explain(amounts, 18_330, 18_330, 2)

    assert len(found.ways) == 2
    assert perf_counter() - started < 0.5


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=11), st.integers(1, 120), st.integers(0, 4))
def test_it_finds_exactly_the_subsets_that_trying_all_of_them_finds(amounts: list[int], low: int, width: int):
    wanted = counted(amounts, low, low + width)

    found = explain(ones(*amounts), low, low + width, 10_000)

    assert found.decided
    assert len(found.ways) == len(set(found.ways))
    assert {tuple(i for i, _ in way) for way in found.ways} == wanted
