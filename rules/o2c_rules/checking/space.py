"""All that a table can be asked, as boxes of codes, split only as far as its rows tell things apart.

Never runs through every combination: a part is left as soon as one row answers all of it.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import and_, or_

from o2c_rules.codes import Coder, Coding
from o2c_rules.index import bits
from o2c_rules.table import Response, Table

from .specimens import specimens

Box = tuple[int, ...]
"""Per column a mask of codes; the facts of a box are all combinations of them."""
STEPS_MOST = 3_000_000
_SEVERAL = 2


class Tangled(Exception):
    """The rows of a table cut each other into more parts than can be looked at."""


class _Ranges:
    """Masks joined over runs of places, in steps that grow with the logarithm of the run."""

    def __init__(self, masks: Sequence[int], join: Callable[[int, int], int], empty: int) -> None:
        self._size, self._join, self._empty = len(masks), join, empty
        self._tree = [empty] * self._size + list(masks)
        for at in range(self._size - 1, 0, -1):
            self._tree[at] = join(self._tree[2 * at], self._tree[2 * at + 1])

    def over(self, run: range) -> int:
        found, low, high = self._empty, run.start + self._size, run.stop + self._size
        while low < high:
            if low & 1:
                found, low = self._join(found, self._tree[low]), low + 1
            if high & 1:
                high -= 1
                found = self._join(found, self._tree[high])
            low, high = low >> 1, high >> 1
        return found


class Column:
    """One column that rows ask about: its codes that a fact can have, and what each row makes of them."""

    def __init__(self, coder: Coder, rows: int) -> None:
        self.coder, self.name, self.fact = coder, coder.name, coder.fact
        self._every = every = (1 << rows) - 1
        self._touched: dict[int, int] = {}
        self._covered: dict[int, int] = {}
        self.places = [p for p in range(coder.null) if next(specimens(coder, p), None) is not None]
        """The places that a value can have: allowed, and with a whole step between its bounds."""
        self.rank = {place: n for n, place in enumerate(self.places)}
        self._places_of: dict[int, list[int]] = {}
        for place in self.places:
            self._places_of.setdefault(coder.of_place[place], []).append(place)
        self.present = reduce(or_, (1 << code for code in self._places_of), 0)
        self.absent = reduce(or_, (1 << coder.of_place[p] for p in self._gone()), 0)
        self.rows_of_code = coder.rows_of_code
        can = [False] * coder.null
        for place in self.places:
            can[place] = True
        masks = [coder.rows_of_code[coder.of_place[p]] for p in range(coder.null)]
        self._codes = _Ranges([1 << coder.of_place[p] if can[p] else 0 for p in range(coder.null)], or_, 0)
        self._touching = _Ranges([mask if can[p] else 0 for p, mask in enumerate(masks)], or_, 0)
        self._covering = _Ranges([mask if can[p] else every for p, mask in enumerate(masks)], and_, every)
        self._known: dict[tuple[range, ...] | None, tuple[int, int, int]] = {None: self._of_any(every)}

    def of_row(self, row: int) -> tuple[int, int, int]:
        """The codes that a row accepts; the rows that accept any of them; the rows that accept them all."""
        runs = self.coder.runs[row]
        found = self._known.get(runs)
        if found is None:
            codes = reduce(or_, map(self._codes.over, runs or ()), 0)
            touching = reduce(or_, map(self._touching.over, runs or ()), 0)
            covering = reduce(and_, map(self._covering.over, runs or ()), self._every)
            self._touched[codes], self._covered[codes] = touching, covering
            found = self._known[runs] = (codes, touching, covering)
        return found

    def codes_over(self, run: range) -> int:
        """The codes of the places of a run that a value can have."""
        return self._codes.over(run)

    def places_in(self, codes: int) -> Iterator[int]:
        """The places of these codes, those of one code after those of another."""
        for code in bits(codes & self.present):
            yield from self._places_of[code]

    def touching(self, codes: int) -> int:
        """The rows that accept any of these codes."""
        if (found := self._touched.get(codes)) is None:
            found = self._touched[codes] = reduce(or_, (self.rows_of_code[code] for code in bits(codes)), 0)
        return found

    def covering(self, codes: int) -> int:
        """The rows that accept all of these codes."""
        if (found := self._covered.get(codes)) is None:
            found = self._covered[codes] = reduce(and_, (self.rows_of_code[c] for c in bits(codes)), self._every)
        return found

    def share(self) -> float:
        """How much of the rows a code leaves on average."""
        codes = list(bits(self.present)) or [0]
        return sum(self.rows_of_code[code].bit_count() for code in codes) / len(codes)

    def _of_any(self, every: int) -> tuple[int, int, int]:
        codes = self.present | self.absent
        touching = reduce(or_, (self.rows_of_code[code] for code in bits(codes)), 0)
        return codes, touching, reduce(and_, (self.rows_of_code[code] for code in bits(codes)), every)

    def _gone(self) -> Iterator[int]:
        """The places of a fact that is not there, where the head lets such a fact through to the rows."""
        if self.fact.null.response is Response.NO_MATCH:
            yield self.coder.null
        if Response.NO_MATCH in (self.fact.missing.response, self.fact.wrong.response):
            yield self.coder.missing


class Space:
    """The columns of one table, and the search for what no row answers."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.coding = Coding(table)
        self.rows = len(table.rows)
        self.all = (1 << self.rows) - 1
        self.columns = [Column(coder, self.rows) for coder in self.coding.coders]
        self.present: Box = tuple(column.present for column in self.columns)
        self.any: Box = tuple(column.present | column.absent for column in self.columns)
        self.steps = 0
        """How many parts were looked at so far."""

    def box_of(self, row: int) -> Box:
        """All that a row accepts."""
        return tuple(column.of_row(row)[0] for column in self.columns)

    def overlapping(self, row: int) -> int:
        """The rows, itself among them, that some fact of a row matches too: boxes meet where each side meets."""
        return reduce(and_, (column.of_row(row)[1] for column in self.columns), self.all)

    def containing(self, row: int) -> int:
        """The rows, itself among them, that match whatever a row matches."""
        return reduce(and_, (column.of_row(row)[2] for column in self.columns), self.all)

    def touching(self, box: Box) -> int:
        """The rows that match some fact of a box."""
        return reduce(and_, (c.touching(codes) for c, codes in zip(self.columns, box, strict=True)), self.all)

    def uncovered(self, within: Box, rows: int) -> Iterator[Box]:
        """The parts of a box that none of these rows matches, apart from each other; Tangled when they are too many."""
        if all(within):
            order = sorted(range(len(within)), key=lambda at: within[at].bit_count())
            rest = [self.all] * (len(order) + 1)
            for level in range(len(order) - 1, -1, -1):
                column = self.columns[order[level]]
                rest[level] = rest[level + 1] & rows & column.covering(within[order[level]])
            yield from _Search(self, order, rest).walk(0, rows, within)

    def split(self, at: int, codes: int, rows: int) -> list[tuple[int, int]]:
        """The codes of a column in parts, each with those of the rows that accept it; fewest rows first."""
        column = self.columns[at]
        if _SEVERAL * rows.bit_count() < codes.bit_count():
            parts = self._by_rows(column, codes, rows)
        else:
            parts = {}
            for code in bits(codes):
                left = rows & column.rows_of_code[code]
                parts[left] = parts.get(left, 0) | 1 << code
        self.steps += len(parts)
        if self.steps > STEPS_MOST:
            raise Tangled(f"more than {STEPS_MOST:,} parts")
        return sorted(((part, left) for left, part in parts.items()), key=lambda found: found[1].bit_count())

    def _by_rows(self, column: Column, codes: int, rows: int) -> dict[int, int]:
        parts = {0: codes}
        for row in bits(rows):
            accepted, finer = column.of_row(row)[0], {}
            for left, part in parts.items():
                if inside := part & accepted:
                    finer[left | 1 << row] = inside
                if outside := part & ~accepted:
                    finer[left] = outside
            parts = finer
        return parts

    def widened(self, box: Box, within: Box, rows: int) -> Box:
        """An unmatched box made as large as it can be without any of these rows matching in it."""
        sides = list(box)
        for at, column in enumerate(self.columns):
            others = (c.touching(sides[n]) for n, c in enumerate(self.columns) if n != at)
            near = reduce(and_, others, rows)
            free = (code for code in bits(within[at]) if not near & column.rows_of_code[code])
            sides[at] = reduce(or_, (1 << code for code in free), 0)
        return tuple(sides)


class _Search:
    """One walk through a box, column by column, the widest side last."""

    def __init__(self, space: Space, order: Sequence[int], rest: Sequence[int]) -> None:
        self._space, self._order, self._rest = space, order, rest
        self._full: set[tuple[int, int]] = set()

    def walk(self, level: int, rows: int, box: Box) -> Iterator[Box]:
        """The parts of the box without any of these rows, which match in the columns before the level."""
        if not rows:
            yield box
            return
        if level == len(self._order) or rows & self._rest[level] or (level, rows) in self._full:
            return
        at, found = self._order[level], False
        for part, left in self._parts(level, box[at], rows):
            for inner in self.walk(level + 1, left, (*box[:at], part, *box[at + 1 :])):
                found = True
                yield inner
        if not found:
            self._full.add((level, rows))

    def _parts(self, level: int, codes: int, rows: int) -> Sequence[tuple[int, int]]:
        """In the last column only what no row accepts is of interest."""
        at = self._order[level]
        if level < len(self._order) - 1:
            return self._space.split(at, codes, rows)
        column = self._space.columns[at]
        free = codes & ~reduce(or_, (column.of_row(row)[0] for row in bits(rows)), 0)
        return [(free, 0)] if free else []
