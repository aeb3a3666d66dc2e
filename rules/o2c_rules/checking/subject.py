"""One version of a table under the eyes of a law: its parts by name, its leaves, and findings about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from o2c_rules.index import bits
from o2c_rules.policies import HitPolicy
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Fact, Outcome, Row, Table
from o2c_rules.values import Value

from .flaws import Flaw
from .partition import Partition
from .space import Box, Column, Space

LEAVES_MOST = 20_000


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

    def answer(self, matched: int, name: str) -> Value:
        """What the first of the winners, else the default, says in a column."""
        rows = self.winners(matched)
        if rows:
            return rows[0].outcome[name]
        return self.table.default.outcome[name] if self.table.default else None

    def leaves(self, within: Box, without: Iterable[Column] = ()) -> Iterator[tuple[Box, int]]:
        """The parts of a box in which the same rows match, but for what some columns decide; no two alike."""
        left_out = {self.at(column) for column in without}
        order = [at for at in range(len(within)) if at not in left_out]
        seen: set[tuple[int, int]] = set()
        found: set[int] = set()

        def walk(level: int, box: Box, rows: int) -> Iterator[tuple[Box, int]]:
            if (level, rows) in seen or len(found) >= LEAVES_MOST:
                return
            seen.add((level, rows))
            if level == len(order):
                found.add(rows)
                yield box, rows
                return
            at = order[level]
            for part, left in self.space.split(at, box[at], rows):
                yield from walk(level + 1, (*box[:at], part, *box[at + 1 :]), left)

        yield from walk(0, within, self.space.all)

    def roles(self, names: Iterable[str]) -> Iterator[tuple[str, tuple[Row, ...]]]:
        """The words in columns of roles, each with the rows that name it; a word of `own` is no role."""
        found: dict[str, list[Row]] = {}
        for name in names:
            for row in self.table.rows:
                for word in self._words(row, name):
                    found.setdefault(word, []).append(row)
        yield from ((role, tuple(rows)) for role, rows in found.items() if role not in self.parts("own"))

    def _words(self, row: Row, name: str) -> list[str]:
        if name in self.outcomes:
            value = row.outcome[name]
            return [step.partition(":")[0] for step in value.split()] if isinstance(value, str) else []
        cell = row.cells.get(name)
        return [test for test in cell.tests if isinstance(test, str)] if cell else []

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
