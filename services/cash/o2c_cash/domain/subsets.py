"""In how many ways open items add up to an amount: exact, whichever way they are combined. Decides nothing."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

ITEMS_MOST = 60
"""More open items than this are not searched: what is not counted exactly is not said to be unique."""
WORK_MOST = 200_000_000
"""Items times sums that a bit set may hold: about 25 MB and some tens of milliseconds."""
SUMS_MOST = 200_000
"""Distinct sums that may be kept where the amounts are too large for a bit set."""
_FEW = 8

Choice = tuple[int, int]
"""Index of an item, and the amount at which it is paid."""


@dataclass(frozen=True, slots=True)
class Explanations:
    """The ways found, at most as many as were asked for. `decided` is false where the search would be too large."""

    ways: tuple[tuple[Choice, ...], ...]
    decided: bool = True


class _Bits:
    """Reachable sums as the bits of one number. Bytes, because a shift of a large number copies all of it."""

    __slots__ = ("_raw",)

    def __init__(self, bits: int) -> None:
        self._raw = bits.to_bytes((bits.bit_length() + 7) // 8, "little")

    def __contains__(self, total: object) -> bool:
        return isinstance(total, int) and total >> 3 < len(self._raw) and self._raw[total >> 3] >> (total & 7) & 1 == 1


def explain(values: Sequence[Sequence[int]], low: int, high: int, most: int) -> Explanations:
    """Ways to choose items, each at one of its amounts, whose sum lies in [low, high]; stops after `most` of them.

    `values`: for each item the amounts at which it may be paid, all positive. Every subset is considered, of any size:
    fewer than `most` ways found means that there are no others.
    """
    low = max(low, 1)
    usable = [(n, tuple(v for v in of_item if v <= high)) for n, of_item in enumerate(values)]
    usable = [(n, of_item) for n, of_item in usable if of_item]
    if len(usable) > ITEMS_MOST:
        return Explanations((), decided=False)
    if sum(max(of_item) for _, of_item in usable) < low:
        return Explanations(())
    amounts = [of_item for _, of_item in usable]
    reached = _reached(amounts, low, high)
    if reached is None:
        return Explanations((), decided=False)
    found = (way for total in range(low, high + 1) if total in reached[-1] for way in _ways(amounts, reached, total))
    return Explanations(tuple(tuple((usable[i][0], v) for i, v in way) for way in islice(found, most)))


def _reached(amounts: Sequence[tuple[int, ...]], low: int, high: int) -> Sequence[Container[int]] | None:
    """For each number of first items the sums they can reach; None where they are too many to hold."""
    if len(amounts) > _FEW and len(amounts) * high <= WORK_MOST:
        return _as_bits(amounts, high)
    return _as_sets(amounts, low, high)


def _as_bits(amounts: Sequence[tuple[int, ...]], high: int) -> list[_Bits]:
    within = (1 << high + 1) - 1
    bits, reached = 1, [_Bits(1)]
    for of_item in amounts:
        before = bits
        for value in of_item:
            bits |= before << value
        bits &= within
        reached.append(_Bits(bits))
    return reached


def _as_sets(amounts: Sequence[tuple[int, ...]], low: int, high: int) -> list[set[int]] | None:
    """Keeps only sums from which the rest of the items can still reach the window."""
    rest = list(accumulate((max(of_item) for of_item in reversed(amounts)), initial=0))[::-1]
    sums, reached = {0}, [{0}]
    for of_item, still in zip(amounts, rest[1:], strict=True):
        more = {total + value for total in sums for value in of_item}
        sums = {total for total in sums | more if low - still <= total <= high}
        if len(sums) > SUMS_MOST:
            return None
        reached.append(sums)
    return reached


def _ways(amounts: Sequence[tuple[int, ...]], reached: Sequence[Container[int]], total: int) -> Iterator[list[Choice]]:
    """Every way to reach a total, walking back over the reachable sums only: no step is a dead end."""
    ways: list[tuple[int, int, list[Choice]]] = [(len(amounts), total, [])]
    while ways:
        count, left, taken = ways.pop()
        if count == 0:
            yield taken[::-1]
            continue
        before = reached[count - 1]
        paid = ((count - 1, value) for value in reversed(amounts[count - 1]) if value <= left)
        ways += [(n, left - value, [*taken, (n, value)]) for n, value in paid if left - value in before]
        if left in before:
            ways.append((count - 1, left, taken))
