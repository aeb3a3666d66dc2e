"""Single faults that a person makes in a table, and whether golden cases or a check would tell."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from o2c_rules.cases import Case
from o2c_rules.cells import Bound, Cell, Interval, Test
from o2c_rules.checking import checker
from o2c_rules.checking.flaws import Flaw, FlawKind
from o2c_rules.checking.people import staff_of
from o2c_rules.codes import Coding
from o2c_rules.diffing.comparing import Change, Comparison
from o2c_rules.explain import stepped
from o2c_rules.index import Index
from o2c_rules.policies import HitPolicy
from o2c_rules.projection import Projection, Undecidable
from o2c_rules.rulebook import RuleBook
from o2c_rules.table import Fact, Policy, Row, Table
from o2c_rules.values import Value

CURRENCIES = ("EUR", "GBP", "USD", "CHF")


@dataclass(frozen=True)
class Fault:
    right: Table
    wrong: Table
    what: str

    def __str__(self) -> str:
        return f"{self.right.file}: {self.what}"


def faults(table: Table) -> Iterator[Fault]:
    """Every single fault of the five kinds."""
    rows = table.rows
    for at, row in enumerate(rows):
        if len(rows) > 1:
            yield Fault(table, replace(table, rows=(*rows[:at], *rows[at + 1 :])), f"without row {row.id}")
        for fact in table.facts:
            for cell, what in _wrong_cells(fact, row.cells.get(fact.name)):
                cells = {**row.cells, fact.name: cell}
                wrong = replace(row, cells={name: c for name, c in cells.items() if not c.is_any})
                changed = replace(table, rows=(*rows[:at], wrong, *rows[at + 1 :]))
                yield Fault(table, changed, f"row {row.id}, {fact.name} {row.cells[fact.name].text}: {what}")
        if at and table.policy is Policy.FIRST:
            swapped = (*rows[: at - 1], row, rows[at - 1], *rows[at + 1 :])
            yield Fault(table, replace(table, rows=swapped), f"rows {rows[at - 1].id} and {row.id} swapped")


def difference(fault: Fault) -> Change | None:
    """One change that facts show; None where the table decides the same for all facts."""
    return next((change for change in Comparison(fault.right, fault.wrong).changes if change.example), None)


def told_by_cases(fault: Fault, cases: tuple[Case, ...]) -> bool:
    answers = Answers(fault.wrong)
    return any(answers.contradict(case) for case in cases if _holds_on(fault.wrong, case))


def told_by_check(fault: Fault, book: RuleBook) -> bool:
    found: list[Flaw] = checker._of_version(book, fault.wrong, staff_of(book))
    return any(flaw.kind is not FlawKind.UNTESTED for flaw in found)


class Answers:
    """A table asked without an engine: quick enough for thousands of wrong ones."""

    def __init__(self, table: Table) -> None:
        self._table, self._projection, self._policy = table, Projection(table), HitPolicy(table)
        self._coding = Coding(table)
        self._index = Index(self._coding)

    def contradict(self, case: Case) -> bool:
        try:
            codes = self._coding.of(self._projection.of(case.facts))
        except Undecidable:
            return not case.undecided
        matched = self._index.matches(codes)
        rows = [self._table.rows[n] for n in self._policy.chosen(matched)]
        if (matched and not rows) != case.undecided:
            return True
        if case.rows is not None and tuple(row.id for row in rows) != case.rows:
            return True
        return any(self._said(rows, name) != value for name, value in (case.outcome or {}).items())

    def _said(self, rows: list[Row], name: str) -> Value:
        if self._table.aggregation is not None:
            return sum(value for row in rows if isinstance(value := row.outcome[name], int))
        if rows:
            return rows[0].outcome[name]
        return self._table.default.outcome[name] if self._table.default else None


def _holds_on(table: Table, case: Case) -> bool:
    return table.effective_from <= case.on <= table.effective_to


def _wrong_cells(fact: Fact, cell: Cell | None) -> Iterator[tuple[Cell, str]]:
    for at, test in enumerate(cell.tests if cell else ()):
        assert cell is not None
        others: list[tuple[Test, str]]
        if isinstance(test, Interval):
            others = list(_wrong_intervals(fact, test))
        elif fact.name == "currency":
            known = [word for word in CURRENCIES if word not in cell.tests]
            others = [(known[0], f"{known[0]} for {test}")] if known else []
        else:
            others = []
        for other, what in others:
            if other == Interval(None, False, None, False):
                yield Cell("-"), what
            else:
                yield replace(cell, tests=(*cell.tests[:at], other, *cell.tests[at + 1 :])), what


def _wrong_intervals(fact: Fact, test: Interval) -> Iterator[tuple[Test, str]]:
    for steps in (1, -1, 7):
        for low, high, what in (
            (_moved(test.low, steps, fact), test.high, "low"),
            (test.low, _moved(test.high, steps, fact), "high"),
        ):
            moved = replace(test, low=low, high=high)
            if moved != test and _holds_something(moved):
                yield moved, f"{what} bound moved by {steps}"
    if test.low is not None and test.high is not None and test.low != test.high:
        yield replace(test, low=None, low_closed=False), "widened downwards"
        yield replace(test, high=None, high_closed=False), "widened upwards"
    else:
        yield Interval(None, False, None, False), "widened to anything"


def _moved(bound: Bound | None, steps: int, fact: Fact) -> Bound | None:
    return None if bound is None else stepped(bound, steps, fact.unit)


def _holds_something(test: Interval) -> bool:
    if test.low is None or test.high is None:
        return True
    closed = test.low_closed and test.high_closed
    return test.low < test.high or (closed and test.low == test.high)  # type: ignore[operator]
