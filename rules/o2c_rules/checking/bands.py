"""The bands of a matrix: which amounts each row speaks of, as masks, so that many rows are joined at once."""

from bisect import bisect_left
from functools import reduce
from operator import or_

from o2c_rules.index import bits

from .space import Column


class Bands:
    """The places of an amount from zero on; nobody gives up less than nothing. Bit n is the n-th of them."""

    def __init__(self, amount: Column, rows: int) -> None:
        zero = amount.coder.place(0)
        self._amount = amount
        self._places = places = [place for place in amount.places if place >= zero]
        self.codes = [amount.coder.of_place[place] for place in places]
        self.rows_at = [amount.rows_of_code[code] for code in self.codes]
        """The rows that speak of each place."""
        self.all = (1 << len(places)) - 1
        self._spans = [self._span(row) for row in range(rows)]
        self._edges = [(span ^ span >> 1) & self.all >> 1 for span in self._spans]

    def of(self, rows: int) -> int:
        """The places of which any of these rows speaks."""
        return reduce(or_, (self._spans[row] for row in bits(rows)), 0)

    def edges(self, rows: int) -> int:
        """The places after which another of these rows speaks than before."""
        return reduce(or_, (self._edges[row] for row in bits(rows)), 0)

    def codes_of(self, places: int) -> int:
        """The codes of places, as a mask; joined run by run, as there may be thousands in one."""
        found, start = 0, 0
        while places:
            start += below(places)
            places >>= below(places)
            length = below(~places)
            found |= self._amount.codes_over(range(self._places[start], self._places[start + length - 1] + 1))
            start += length
            places >>= length
        return found

    def _span(self, row: int) -> int:
        runs, places = self._amount.coder.runs[row], self._places
        if runs is None:
            return self.all
        return sum((1 << bisect_left(places, run.stop)) - (1 << bisect_left(places, run.start)) for run in runs)


def above(places: int) -> int:
    """How many bits lie up to the highest one of a mask: the first place above it."""
    return places.bit_length()


def below(places: int) -> int:
    """The first place of a mask that is not empty."""
    return (places & -places).bit_length() - 1
