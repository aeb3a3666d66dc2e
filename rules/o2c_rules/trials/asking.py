"""One version of a table with its golden cases put through it, so that a row may be added or taken away in thought."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from o2c_rules.cases import Case
from o2c_rules.cells import Interval
from o2c_rules.codes import Coder, Codes, Coding
from o2c_rules.decision import Decision
from o2c_rules.index import Index, bits
from o2c_rules.policies import HitPolicy
from o2c_rules.projection import Projected, Projection, Undecidable
from o2c_rules.table import Table
from o2c_rules.values import Absent, Facts, Value, is_number


@dataclass(frozen=True, slots=True)
class Asked:
    """One case, what was answered, and which rows matched; bit n is row n."""

    case: Case
    decision: Decision
    values: Mapping[str, Value | Absent]
    codes: Codes
    matched: int


class Version:
    """One version of a table and the cases of its time."""

    def __init__(self, table: Table, cases: Iterable[Case], decide: Callable[[Case], Decision]) -> None:
        self.table = table
        self.cases: list[Case] = []
        self.coding = Coding(table)
        self.coders: tuple[Coder, ...] = tuple(self.coding.coders)
        self.at = {coder.name: column for column, coder in enumerate(self.coders)}
        self._projection, self._index, self.policy = Projection(table), Index(self.coding), HitPolicy(table)
        self._below_zero = {self.at[coder.name] for coder in self.coders if _asks_below_zero(table, coder.name)}
        self.decide = decide
        self.asked: list[Asked] = []
        """The cases that the rows decide; one that is undecided before any row is asked is not among them."""
        for case in cases:
            self.add(case)

    def add(self, case: Case) -> None:
        """One case more."""
        self.cases.append(case)
        values = self.projected(case.facts)
        if values is not None:
            codes = self.coding.of(values)
            self.asked.append(Asked(case, self.decide(case), values, codes, self.matches(codes)))

    def projected(self, facts: Facts) -> Projected | None:
        """The declared facts by name; None where nobody may decide by them."""
        try:
            return self._projection.of(facts)
        except Undecidable:
            return None

    def matches(self, codes: Codes) -> int:
        return self._index.matches(codes)

    def misses(self, codes: Codes) -> Iterator[tuple[int, int]]:
        """Row and column of every row that fails in one column alone."""
        for column, rows in self._index.single_misses(codes):
            for row in bits(rows):
                yield row, column

    def only_column(self, codes: Codes, column: int) -> int:
        """The rows for which this column decides: they match everywhere else."""
        return self._index.without(codes, column)

    def is_plausible(self, column: int, value: Value) -> bool:
        """Whether a fact may be so: allowed, and not negative where no cell asks for less than zero and no case of the
        column ever is."""
        coder = self.coders[column]
        if coder.fact.allowed and value not in coder.fact.allowed:
            return False
        if not is_number(value) or value >= 0 or column in self._below_zero:
            return True
        known = [*coder.cuts, *(asked.values[coder.name] for asked in self.asked)]
        return any(is_number(v) and v < 0 for v in known)

    def turns(self, matched: int, row: int) -> bool:
        """Whether it matters for the answer if this row matches or not."""
        own = 1 << row
        return self.policy.chosen(matched | own) != self.policy.chosen(matched & ~own)

    def notices(self, asked: Asked, matched: int) -> bool:
        """Whether the case would fail if these rows matched instead."""
        chosen = self.policy.chosen(matched)
        if chosen == self.policy.chosen(asked.matched) and bool(matched) == bool(asked.matched):
            return False
        rows = tuple(self.table.rows[row] for row in chosen)
        conflict = self.policy.conflict(matched) if matched and not chosen else None
        return any(asked.case.contradictions(replace(asked.decision, rows=rows, undecided=conflict)))


def _asks_below_zero(table: Table, name: str) -> bool:
    """Whether some row answers nothing but what is negative: `< 0`, or `not(>= 0)`. Who writes `<= 0` means zero."""
    return any(
        isinstance(test, Interval) and (_from_zero(test) if cell.negated else _below_zero(test))
        for row in table.rows
        if (cell := row.cells.get(name)) is not None
        for test in cell.tests
    )


def _below_zero(test: Interval) -> bool:
    return is_number(test.high) and (test.high < 0 or (test.high == 0 and not test.high_closed))


def _from_zero(test: Interval) -> bool:
    return test.low == 0 and test.low_closed and test.high is None
