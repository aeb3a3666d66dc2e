"""The reference executor: per column and code a mask of the rows that match. Checks and explains, never decides."""

from collections.abc import Iterator, Sequence

from .codes import Coding
from .unrolled import matches, rests

_WORD_BITS = 512
_WORD = (1 << _WORD_BITS) - 1


class Index:
    """The rows of one table as bits; bit n is row n."""

    def __init__(self, coding: Coding) -> None:
        self.all = (1 << coding.rows) - 1
        self.masks = [coder.rows_of_code for coder in coding.coders]
        self.matches = matches(self.masks, self.all)
        """The rows that match, as a mask."""
        self.rests = rests(self.masks, self.all)
        """The rows that match; and for each column those that match everywhere but perhaps there."""

    def single_misses(self, codes: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Columns in which alone some rows fail, each with those rows as a mask."""
        once = twice = 0
        failed = [self.all & ~masks[code] for masks, code in zip(self.masks, codes, strict=True)]
        for mask in failed:
            once, twice = once | mask, twice | (once & mask)
        for column, mask in enumerate(failed):
            if alone := mask & ~twice:
                yield column, alone

    def without(self, codes: Sequence[int], column: int) -> int:
        """The rows that match everywhere but perhaps in one column."""
        hit = self.all
        for at, (masks, code) in enumerate(zip(self.masks, codes, strict=True)):
            if at != column:
                hit &= masks[code]
        return hit


def bits(mask: int) -> Iterator[int]:
    """The positions of the set bits, lowest first; word by word, as every step over a long number costs its length."""
    start = 0
    while mask:
        word = mask & _WORD
        while word:
            lowest = word & -word
            yield start + lowest.bit_length() - 1
            word ^= lowest
        mask >>= _WORD_BITS
        start += _WORD_BITS
