"""Money to the cent: what is split adds up again, and amounts round once, half-up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from o2c_contracts.money import CURRENCIES, allocate, as_text, to_amount, to_minor

TOTALS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.one_of(st.integers(0, 10**9), st.decimals(0, 10**6, places=4)), min_size=1, max_size=12).filter(
    any
)


@given(TOTALS, WEIGHTS)
def test_parts_add_up_to_the_total_each_within_a_cent_of_its_share(total: int, weights: list[int | Decimal]) -> None:
    parts = allocate(total, weights)

    assert sum(parts) == total
    whole = sum(Decimal(w) for w in weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - total * Decimal(weight)) < whole


@given(st.integers(0, 10**9), st.integers(1, 50))
def test_equal_shares_differ_by_a_cent_at_most_and_the_first_ones_get_it(total: int, count: int) -> None:
    parts = allocate(total, [1] * count)

    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


def test_who_weighs_nothing_gets_nothing() -> None:
    assert allocate(10_01, [0, 2, 0, 1]) == [0, 6_67, 0, 3_34]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [-1, 3]])
def test_what_cannot_be_split_by_is_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(100, weights)


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES)))
def test_an_amount_and_its_minor_units_are_the_same_money_in_every_currency(minor: int, currency: str) -> None:
    assert to_minor(to_amount(minor, currency), currency) == minor


def test_half_a_cent_is_rounded_away_from_zero_so_that_a_credit_mirrors_its_invoice() -> None:
    assert [to_minor(Decimal(a), "EUR") for a in ("0.005", "-0.005", "0.004", "2.675")] == [1, -1, 0, 268]
    assert [to_minor(Decimal(a), c) for a, c in (("0.5", "JPY"), ("1.0005", "KWD"))] == [1, 1001]


def test_a_sentence_shows_as_many_decimals_as_the_currency_has() -> None:
    assert [as_text(6_120_000, "EUR"), as_text(1234, "JPY"), as_text(-5, "KWD")] == [
        "61,200.00 EUR",
        "1,234 JPY",
        "-0.005 KWD",
    ]
