"""One version of a table under the eyes of a law: its parts by name, its leaves, and findings about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, reduce
from itertools import islice
from operator import and_

from o2c_rules.index import bits
from o2c_rules.policies import HitPolicy
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Fact, Outcome, Policy, Row, Table
from o2c_rules.values import Value

from .flaws import Flaw
from .partition import Partition
from .space import Box, Column, Space, Tangled

LEAVES_MOST = 200_000
UNANSWERED_MOST = 200


class Subject:
    """A table, the book around it, and what is known of it."""

    def __init__(self, book: RuleBook, table: Table) -> None:
        self.book, self.table = book, table
        self.partition = Partition(table)
        self._policy = HitPolicy(table)

    @property
    def space(self) -> Space:
        return self.partition.space

    @property
    def kind(self) -> str:
        """What kind of table it says it is."""
        return self.table.kind.get("is", "")

    def part(self, name: str) -> str:
        """The column, or whatever else, that plays a part; empty where the head names none."""
        return self.table.kind.get(name, "")

    def parts(self, name: str) -> list[str]:
        """The same where several may play it."""
        return self.part(name).replace(",", " ").split()

    def column(self, part: str) -> Column | None:
        """The column that plays a part, where rows ask about it."""
        name = self.part(part)
        return next((column for column in self.space.columns if column.name == name), None)

    def at(self, column: Column) -> int:
        """Which of the columns it is."""
        return self.space.columns.index(column)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        return {fact.name: fact for fact in self.table.facts}

    @cached_property
    def outcomes(self) -> Mapping[str, Outcome]:
        return {outcome.name: outcome for outcome in self.table.outcomes}

    def winners(self, matched: int) -> list[Row]:
        """The rows that answer where these match."""
        return [self.table.rows[n] for n in self._policy.chosen(matched)]

    def first(self, matched: int) -> int | None:
        """The number of the first of the winners; None where no row answers."""
        chosen = self._policy.chosen(matched)
        return chosen[0] if chosen else None

    def said(self, row: int | None, name: str) -> Value:
        """What a row, else the default, says in a column."""
        if row is not None:
            return self.table.rows[row].outcome[name]
        return self.table.default.outcome[name] if self.table.default else None

    def answer(self, matched: int, name: str) -> Value:
        """What the first of the winners, else the default, says in a column."""
        return self.said(self.first(matched), name)

    def leaves(self, within: Box, without: Iterable[Column] = ()) -> Iterator[tuple[Box, int]]:
        """The parts of a box in which the same rows match, but for what some columns decide; no two alike. Rows that
        come after one that answers the whole part anyway are left out. Tangled when the parts are too many.
        """
        left_out = {self.at(column) for column in without}
        order = [at for at in range(len(within)) if at not in left_out]
        always = self._always(within, order, left_out)
        seen: set[tuple[int, int]] = set()
        found: set[int] = set()

        def walk(level: int, box: Box, rows: int) -> Iterator[tuple[Box, int]]:
            if whole := rows & always[level]:
                rows &= self._policy.open_to(whole)
            if (level, rows) in seen:
                return
            seen.add((level, rows))
            if level == len(order):
                if rows not in found:
                    found.add(rows)
                    yield box, rows
                return
            if len(found) >= LEAVES_MOST:
                raise Tangled(f"more than {LEAVES_MOST:,} parts")
            at = order[level]
            for part, left in self.space.split(at, box[at], rows):
                yield from walk(level + 1, (*box[:at], part, *box[at + 1 :]), left)

        yield from walk(0, within, self.space.all)

    def _always(self, within: Box, order: Sequence[int], left_out: Iterable[int]) -> list[int]:
        """By level, the rows that accept whatever the columns from there on may be; none where all rows answer."""
        if self.table.policy is not Policy.FIRST:
            return [0] * (len(order) + 1)
        columns = self.space.columns
        rows = reduce(and_, (columns[at].covering(within[at]) for at in left_out), self.space.all)
        found = [rows]
        for at in reversed(order):
            found.append(found[-1] & columns[at].covering(within[at]))
        return found[::-1]

    def answers(self) -> Iterator[tuple[Row | None, Mapping[str, Value]]]:
        """What each row says, in their order, and last what the default says, of which the row is None."""
        yield from ((row, row.outcome) for row in self.table.rows)
        if self.table.default is not None:
            yield None, self.table.default.outcome

    def unanswered(self) -> dict[str, Value] | None:
        """Facts that no row answers, as the default does; None where none were found."""
        try:
            parts = islice(self.space.uncovered(self.space.present, self.space.all), UNANSWERED_MOST)
            return next((found for part in parts if (found := self.partition.witness.facts(part)) is not None), None)
        except Tangled:
            return None

    @property
    def flaw(self) -> Callable[..., Flaw]:
        """How a finding about the table is made."""
        return self.partition.flaw

    @property
    def warning(self) -> Callable[..., Flaw]:
        """The same for what a person may find right."""
        return self.partition.warning

    def narrowed(self, box: Box, column: Column, codes: int) -> Box:
        """A box with another side."""
        at = self.at(column)
        return (*box[:at], codes, *box[at + 1 :])

    def rows_of(self, matched: int) -> tuple[Row, ...]:
        """Rows of a mask."""
        return tuple(self.table.rows[n] for n in bits(matched))


def of_kind(book: RuleBook, kind: str) -> tuple[Table, ...]:
    """The newest version of each table of a kind."""
    found = (book.versions(name)[-1] for name in book.tables)
    return tuple(table for table in found if table.kind.get("is") == kind)
